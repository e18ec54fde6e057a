"""What the indexes are built from: one row per post and encoder, stamped with the revision that wrote it.

The revision comes from one counter row whose lock is held until commit, so the order of revisions is the order of
commits, and `revision > mine` is everything that a process has not seen.
"""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base


class IndexState(Base):
    __tablename__ = "index_state"
    __table_args__ = (CheckConstraint("id = 1", name="single"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    revision: Mapped[int] = mapped_column(default=0)
    encoder: Mapped[str] = mapped_column(String(200), default="", comment="name of the encoder in use")


class PostVector(Base):
    __tablename__ = "post_vector"
    __table_args__ = (Index("ix_post_vector_encoder_revision", "encoder", "revision", unique=True),)

    post_id: Mapped[int] = mapped_column(ForeignKey("post.id", ondelete="CASCADE"), primary_key=True)
    encoder: Mapped[str] = mapped_column(String(200), primary_key=True)
    revision: Mapped[int]
    removed: Mapped[bool] = mapped_column(default=False, comment="no longer to be found; kept so that others learn it")
    digest: Mapped[str] = mapped_column(String(64), default="", comment="SHA-256 of the text that was encoded")
    chunks: Mapped[int] = mapped_column(default=0, comment="vectors in `data`; 0 while only terms are indexed")
    data: Mapped[bytes | None] = mapped_column(LargeBinary, comment="chunks × dim float32, little endian, unit length")


def next_revision(session: Session) -> int:
    """Take the next revision. Holds the counter's lock until the transaction ends."""
    raised = update(IndexState).where(IndexState.id == 1).values(revision=IndexState.revision + 1)
    return session.execute(raised.returning(IndexState.revision)).scalar_one()

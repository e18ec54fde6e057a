"""The ledger of what was not public and was shown: one row each time. Rows are only added."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Id, Moment, now
from models.post import Post
from models.user import User

PARTS = ("full", "annex", "contact", "attachment", "organisation")


class Disclosure(Base):
    __tablename__ = "disclosure"
    __table_args__ = (
        CheckConstraint(f"part IN {PARTS}", name="part"),
        Index("ix_disclosure_post_id", "post_id", "id"),
        Index("ix_disclosure_viewer_id", "viewer_id", "id"),
    )

    id: Mapped[Id]
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id", ondelete="CASCADE"))
    part: Mapped[str] = mapped_column(String(16), comment="full, annex, contact, attachment, organisation")
    viewer_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    introduction_id: Mapped[int | None] = mapped_column(
        ForeignKey("introduction.id", ondelete="SET NULL"), comment="the case that allowed it; none: the office")
    how: Mapped[str] = mapped_column(String(64), default="", comment="the page or file in which it was shown")
    at: Mapped[Moment] = mapped_column(default=now)

    post: Mapped[Post] = relationship()
    viewer: Mapped[User] = relationship()

"""Files that belong to a post. The bytes lie in the instance folder under their hash; a row says who reads them."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Id, Moment, now
from models.post import Post
from models.vocabulary import ATTACHMENT_PARTS


class Attachment(Base):
    __tablename__ = "attachment"
    __table_args__ = (
        CheckConstraint(f"part IN {tuple(ATTACHMENT_PARTS)}", name="part"),
        UniqueConstraint("post_id", "sha256"),
    )

    id: Mapped[Id]
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id", ondelete="CASCADE"))
    part: Mapped[str] = mapped_column(String(8), comment="code of ATTACHMENT_PARTS: with what it is disclosed")
    name: Mapped[str] = mapped_column(String(200), comment="as its owner calls it; never a path")
    size: Mapped[int] = mapped_column(comment="bytes")
    sha256: Mapped[str] = mapped_column(String(64), comment="of the content; the name under which it is kept")
    media_type: Mapped[str] = mapped_column(String(100), comment="found from the content")
    uploaded_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    created_at: Mapped[Moment] = mapped_column(default=now)

    post: Mapped[Post] = relationship()

"""What somebody is typing into a form and has not saved: kept as typed, right or wrong."""

from __future__ import annotations

from sqlalchemy import JSON, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Id, Moment, now
from models.post import Post


class Draft(Base):
    __tablename__ = "draft"
    __table_args__ = (UniqueConstraint("post_id", "user_id"), UniqueConstraint("user_id", "page"))

    id: Mapped[Id]
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"))
    page: Mapped[str] = mapped_column(String(32), comment="the opened page that saved last")
    version: Mapped[int] = mapped_column(default=1, comment="counts saves")
    post_version: Mapped[int] = mapped_column(comment="version of the post that the typing began with")
    data: Mapped[dict[str, list[str]]] = mapped_column(JSON, comment="input name → what was typed")
    updated_at: Mapped[Moment] = mapped_column(default=now)

    post: Mapped[Post] = relationship()

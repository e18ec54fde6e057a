"""What the office's reviewers say of a post, and what the post said each time that it was published."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Id, Json, Moment, now
from models.post import Post
from models.user import User

DECISIONS = ("approve", "return", "refuse")


class Review(Base):
    """One decision about one wording of a post. Rows are only added; the newest of a wording counts."""

    __tablename__ = "review"
    __table_args__ = (
        CheckConstraint(f"decision IN {DECISIONS}", name="decision"),
        CheckConstraint("decision <> 'refuse' OR note <> ''", name="reason"),
        Index("ix_review_post_id", "post_id", "id"),
    )

    id: Mapped[Id]
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id", ondelete="CASCADE"))
    version: Mapped[int] = mapped_column(comment="of the post that was read")
    digest: Mapped[str] = mapped_column(String(64), comment="SHA-256 of the content that was read")
    reviewer_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    decision: Mapped[str] = mapped_column(String(8), comment="approve, return, refuse")
    checklist: Mapped[Json] = mapped_column(default=dict, comment="item of the checklist → whether it holds")
    comments: Mapped[Json] = mapped_column(default=dict, comment="field → what to mend there, read by the poster")
    note: Mapped[str] = mapped_column(default="", comment="the reason as a whole, read by the poster")
    created_at: Mapped[Moment] = mapped_column(default=now)

    post: Mapped[Post] = relationship()
    reviewer: Mapped[User] = relationship()


class PostRevision(Base):
    """All that a post said when it was published; compared with what it says when it is to be published again."""

    __tablename__ = "post_revision"
    __table_args__ = (Index("ix_post_revision_post_id", "post_id", "id"),)

    id: Mapped[Id]
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id", ondelete="CASCADE"))
    version: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64), comment="SHA-256 of the content")
    content: Mapped[Json] = mapped_column(comment="column → value, as JSON; not for those who may not read it all")
    published_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"), comment="none: the system")
    created_at: Mapped[Moment] = mapped_column(default=now)

"""What the ranking said of one post and one candidate, with everything that produced it."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Id, Json, Moment, Rows, now
from models.post import Post


class Match(Base):
    __tablename__ = "match"
    __table_args__ = (
        CheckConstraint("band IN ('strong', 'medium', 'weak')", name="band"),
        Index("uq_match_post_candidate", "post_id", "candidate_id", unique=True),
        Index("ix_match_post_kind_rank", "post_id", "candidate_kind", "rank"),
    )

    id: Mapped[Id]
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id", ondelete="CASCADE"), comment="who asks")
    candidate_id: Mapped[int] = mapped_column(ForeignKey("post.id", ondelete="CASCADE"), index=True)
    candidate_kind: Mapped[str] = mapped_column(String(16))
    rank: Mapped[int] = mapped_column(comment="1 is best; those a rule failed come after all others")
    score: Mapped[float]
    probability: Mapped[float] = mapped_column(comment="that the candidate is relevant, calibrated")
    band: Mapped[str] = mapped_column(String(8))
    passed: Mapped[bool] = mapped_column(comment="no rule failed")
    reasons: Mapped[Rows] = mapped_column(comment="feature, score, detail")
    rules: Mapped[Rows] = mapped_column(comment="rule, verdict (pass, fail, unknown), sentence")
    evidence: Mapped[Json] = mapped_column(comment="sentences, terms, indicators")
    produced_by: Mapped[Json] = mapped_column(comment="encoder, index revision, weights, post versions")
    created_at: Mapped[Moment] = mapped_column(default=now)
    first_at: Mapped[Moment] = mapped_column(default=now, comment="since when the candidate is in the list")

    post: Mapped[Post] = relationship(foreign_keys=[post_id])
    candidate: Mapped[Post] = relationship(foreign_keys=[candidate_id])

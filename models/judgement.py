"""What people say of candidates: fits, or does not fit and why. Rows are only added; the newest of a person counts.

What the ranking had said of the pair is kept with it, so that weights can be fitted from judgements alone.
"""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Id, Moment, Rows, now
from models.user import User


class Judgement(Base):
    __tablename__ = "judgement"
    __table_args__ = (
        CheckConstraint("verdict IN ('fits', 'unfits', 'withdrawn')", name="verdict"),
        CheckConstraint("(verdict = 'unfits') = (reason IS NOT NULL)", name="reason"),
        CheckConstraint("reason IS NULL OR reason <> 'other' OR note <> ''", name="note"),
        Index("ix_judgement_pair", "post_id", "candidate_id", "user_id", "id"),
    )

    id: Mapped[Id]
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id", ondelete="CASCADE"), comment="who asks")
    candidate_id: Mapped[int] = mapped_column(ForeignKey("post.id", ondelete="CASCADE"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    verdict: Mapped[str] = mapped_column(String(16), comment="withdrawn: the person takes back what it said before")
    reason: Mapped[str | None] = mapped_column(String(16), comment="code of PASSING_REASONS")
    note: Mapped[str] = mapped_column(default="")
    post_version: Mapped[int] = mapped_column(comment="the words that were judged")
    candidate_version: Mapped[int]
    rank: Mapped[int] = mapped_column(comment="the place at which the candidate was shown")
    score: Mapped[float]
    reasons: Mapped[Rows] = mapped_column(comment="feature, score, weight, contribution, detail, as shown")
    encoder: Mapped[str] = mapped_column(String(200), comment="that produced the reasons")
    weights: Mapped[str] = mapped_column(String(64), comment="id of the weights that produced the score")
    created_at: Mapped[Moment] = mapped_column(default=now)

    user: Mapped[User] = relationship()

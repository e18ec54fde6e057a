"""Weights of the ranking that were learnt here. None active: those that ship with the product."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Id, Json, Moment, Strings, now


class Weights(Base):
    __tablename__ = "weights"
    __table_args__ = (
        Index("uq_weights_active", "purpose", unique=True, sqlite_where=text("active"),
              postgresql_where=text("active")),
    )

    id: Mapped[Id]
    purpose: Mapped[str] = mapped_column(String(32), default="ranking")
    encoder: Mapped[str] = mapped_column(String(200), comment="model whose scores they weigh")
    features: Mapped[Strings] = mapped_column(comment="what they were fitted on, in order; no other list takes them")
    data: Mapped[Json] = mapped_column(comment="feature → weight")
    metrics: Mapped[Json] = mapped_column(comment="held out: old, new, difference with its interval")
    training: Mapped[Json] = mapped_column(comment="how many judgements, posts, people, benchmark pairs")
    active: Mapped[bool] = mapped_column(default=False, comment="at most one of a purpose")
    previous_id: Mapped[int | None] = mapped_column(
        ForeignKey("weights.id"), comment="active before these were; none: the shipped ones")
    created_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"), comment="none: an operator")
    created_at: Mapped[Moment] = mapped_column(default=now)
    activated_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    activated_at: Mapped[dt.datetime | None]

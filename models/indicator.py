"""Quantified requirements of a need, or measured values of an achievement."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Float, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Id
from models.vocabulary import COMPARISONS


class Indicator(Base):
    __tablename__ = "indicator"
    __table_args__ = (
        CheckConstraint(f"comparison IN {tuple(COMPARISONS)}", name="comparison"),
        CheckConstraint("low IS NOT NULL OR high IS NOT NULL", name="bounded"),
    )

    id: Mapped[Id]
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id", ondelete="CASCADE"), index=True)
    position: Mapped[int]
    quantity: Mapped[str] = mapped_column(String(100), comment="what is measured, e.g. 抗拉强度")
    comparison: Mapped[str] = mapped_column(String(8), comment="code of COMPARISONS")
    low: Mapped[float | None] = mapped_column(Float, comment="the value, or the lower end of a range")
    high: Mapped[float | None] = mapped_column(Float, comment="the upper end of a range, or an upper bound")
    unit: Mapped[str] = mapped_column(String(32), default="", comment="as written")
    condition: Mapped[str] = mapped_column(String(100), default="", comment="e.g. 室温")
    confirmed: Mapped[bool] = mapped_column(default=True, comment="by the poster; false = read from the text")

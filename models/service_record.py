"""What a facility did for whom: one row per service, kept by its owner and the office."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from sqlalchemy import CheckConstraint, Float, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Id, Moment, now
from models.vocabulary import SERVICE_MODES


class ServiceRecord(Base):
    __tablename__ = "service_record"
    __table_args__ = (
        CheckConstraint(f"mode IN {tuple(SERVICE_MODES)}", name="mode"),
        CheckConstraint("rating IS NULL OR rating BETWEEN 1 AND 5", name="rating"),
        CheckConstraint("amount > 0", name="amount"),
        Index("ix_service_record_facility_served", "facility_id", "served_on", "id"),
    )

    id: Mapped[Id]
    facility_id: Mapped[int] = mapped_column(ForeignKey("post.id", ondelete="CASCADE"))
    served_on: Mapped[dt.date]
    client: Mapped[str] = mapped_column(String(100), comment="for whom, in words")
    mode: Mapped[str] = mapped_column(String(16), comment="code of SERVICE_MODES")
    amount: Mapped[float] = mapped_column(Float, comment="how much, in `unit`")
    unit: Mapped[str] = mapped_column(String(16), comment="e.g. 机时, 样品")
    fee: Mapped[Decimal | None] = mapped_column(comment="yuan; none: free of charge or not told")
    rating: Mapped[int | None] = mapped_column(comment="1–5, given by the client")
    note: Mapped[str] = mapped_column(default="")
    created_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    created_at: Mapped[Moment] = mapped_column(default=now)

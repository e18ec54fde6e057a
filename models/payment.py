"""What is to be paid under a contract, and what was received."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Id, Moment, Yuan, now


class Payment(Base):
    """One step of the schedule (`planned`), or a royalty that came in and that nobody could plan (`royalty`)."""

    __tablename__ = "payment"
    __table_args__ = (
        CheckConstraint("kind IN ('planned', 'royalty')", name="kind"),
        CheckConstraint("(received_on IS NULL) = (received IS NULL)", name="received"),
        Index("ix_payment_contract_id_position", "contract_id", "position"),
        Index("ix_payment_due_on", "due_on"),
    )

    id: Mapped[Id]
    contract_id: Mapped[int] = mapped_column(ForeignKey("contract.id", ondelete="CASCADE"))
    position: Mapped[int] = mapped_column(comment="order within the contract, from 0")
    kind: Mapped[str] = mapped_column(String(16), default="planned", comment="planned or royalty")
    milestone: Mapped[str] = mapped_column(comment="what it is paid for")
    due_on: Mapped[dt.date | None]
    amount: Mapped[Yuan] = mapped_column(comment="yuan")
    received_on: Mapped[dt.date | None]
    received: Mapped[Decimal | None] = mapped_column(comment="yuan received so far; may be part of the amount")
    note: Mapped[str] = mapped_column(default="", server_default="")
    created_at: Mapped[Moment] = mapped_column(default=now)

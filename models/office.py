"""What the office itself decides: its settings, and how the money of a contract is shared."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Id, Moment, Rows, now
from models.user import User


class OfficeSetting(Base):
    """One setting that differs from its default; `services.office.OPTIONS` says which there are."""

    __tablename__ = "office_setting"

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(64), unique=True)
    value: Mapped[Any] = mapped_column(JSON)
    updated_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    updated_at: Mapped[Moment] = mapped_column(default=now, onupdate=now)


class SplitRule(Base):
    """Who gets which part of a contract's money. A rule is never changed: a new one takes its place."""

    __tablename__ = "split_rule"

    id: Mapped[Id]
    shares: Mapped[Rows] = mapped_column(comment="party (SHARERS), percent; together 100")
    note: Mapped[str] = mapped_column(default="", comment="the decision or document that it rests on")
    made_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[Moment] = mapped_column(default=now)

    maker: Mapped[User | None] = relationship()

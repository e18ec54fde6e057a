"""What an office wants to reach: goals, the target of each per year and area, and values entered by hand."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Id, Moment, now
from models.user import User

AREAS = ("all", "region", "field", "broker", "institute")
"""What a target may be set for: everything, or one region, field, broker or institute."""


class Goal(Base):
    """An indicator of the office's plan; `figure` names what the system counts, none means entered by hand."""

    __tablename__ = "goal"
    __table_args__ = (CheckConstraint("gathered IN ('sum', 'last')", name="gathered"),)

    id: Mapped[Id]
    version: Mapped[int] = mapped_column(comment="counts saves; a save of an old version is refused")
    name: Mapped[str] = mapped_column(String(100), unique=True)
    unit: Mapped[str] = mapped_column(String(16))
    figure: Mapped[str | None] = mapped_column(String(48), comment="key of a counted figure; none: by hand")
    gathered: Mapped[str] = mapped_column(
        String(8), default="sum", comment="by hand: entries of the year are added up, or the last one counts")
    note: Mapped[str] = mapped_column(default="", comment="what is counted, in the office's words")
    active: Mapped[bool] = mapped_column(default=True)
    demo: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[Moment] = mapped_column(default=now)

    __mapper_args__ = {"version_id_col": version}


class Target(Base):
    """How much of a goal is wanted in a year, in an area."""

    __tablename__ = "target"
    __table_args__ = (
        CheckConstraint(f"area_kind IN {AREAS}", name="area_kind"),
        CheckConstraint("(area_kind = 'all') = (area = '')", name="area"),
        CheckConstraint("year BETWEEN 2000 AND 2100", name="year"),
        UniqueConstraint("goal_id", "year", "area_kind", "area"),
    )

    id: Mapped[Id]
    goal_id: Mapped[int] = mapped_column(ForeignKey("goal.id"), index=True)
    year: Mapped[int] = mapped_column(index=True)
    area_kind: Mapped[str] = mapped_column(String(16), default="all")
    area: Mapped[str] = mapped_column(
        String(32), default="", comment="code of the region or field, id of the broker or institute; '' for all")
    amount: Mapped[Decimal] = mapped_column(comment="in the goal's unit; money in yuan")
    demo: Mapped[bool] = mapped_column(default=False)

    goal: Mapped[Goal] = relationship()


class GoalEntry(Base):
    """A value entered by hand for a goal that the system cannot count."""

    __tablename__ = "goal_entry"
    __table_args__ = (
        CheckConstraint(f"area_kind IN {AREAS}", name="area_kind"),
        CheckConstraint("(area_kind = 'all') = (area = '')", name="area"),
        Index("ix_goal_entry_goal_on", "goal_id", "entered_for"),
    )

    id: Mapped[Id]
    goal_id: Mapped[int] = mapped_column(ForeignKey("goal.id"))
    area_kind: Mapped[str] = mapped_column(String(16), default="all")
    area: Mapped[str] = mapped_column(String(32), default="")
    entered_for: Mapped[dt.date] = mapped_column(comment="the day it holds for")
    value: Mapped[Decimal]
    note: Mapped[str] = mapped_column(default="")
    entered_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    demo: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[Moment] = mapped_column(default=now)

    goal: Mapped[Goal] = relationship()
    author: Mapped[User | None] = relationship()

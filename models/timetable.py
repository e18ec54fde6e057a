"""When each periodic piece of work was last queued."""

from __future__ import annotations

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base


class TimetableRun(Base):
    __tablename__ = "timetable_run"

    name: Mapped[str] = mapped_column(String(64), primary_key=True, comment="entry of services.timetable")
    slot: Mapped[str] = mapped_column(String(16), comment="the local hour it was last queued for, 2026-11-22T07")

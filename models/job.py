"""Work to be done after a commit: a row written in the same transaction as its cause."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Id, Json, Moment, now


class Job(Base):
    __tablename__ = "job"
    __table_args__ = (
        CheckConstraint("state IN ('queued', 'running', 'done', 'failed', 'cancelled')", name="state"),
        Index("ix_job_state_priority", "state", "priority", "run_after", "id"),
        Index(
            "uq_job_waiting", "kind", "dedupe_key", unique=True,
            sqlite_where=text("state = 'queued' AND dedupe_key IS NOT NULL"),
            postgresql_where=text("state = 'queued' AND dedupe_key IS NOT NULL"),
        ),
    )

    id: Mapped[Id]
    kind: Mapped[str] = mapped_column(String(32), comment="embed, shortlist, import, mail …")
    payload: Mapped[Json] = mapped_column(default=dict)
    dedupe_key: Mapped[str | None] = mapped_column(String(128), comment="at most one waiting job of a kind has it")
    state: Mapped[str] = mapped_column(String(16), default="queued")
    priority: Mapped[int] = mapped_column(default=10, comment="lower runs first: 0 a person waits, 10 bulk")
    run_after: Mapped[Moment] = mapped_column(default=now)
    attempts: Mapped[int] = mapped_column(default=0)
    claimed_by: Mapped[str | None] = mapped_column(String(128), comment="host:pid:token of the worker")
    lease_until: Mapped[dt.datetime | None] = mapped_column(comment="after this the job may be taken over")
    done: Mapped[int] = mapped_column(default=0, comment="progress: items finished")
    total: Mapped[int] = mapped_column(default=0, comment="progress: items in all; 0 = unknown")
    message: Mapped[str] = mapped_column(default="", comment="progress in words")
    result: Mapped[Json] = mapped_column(default=dict)
    error: Mapped[str | None] = mapped_column(comment="why the last attempt failed")
    created_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    created_at: Mapped[Moment] = mapped_column(default=now)
    finished_at: Mapped[dt.datetime | None]

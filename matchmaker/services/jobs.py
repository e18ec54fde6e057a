"""Jobs: enqueueing work in the transaction that causes it, claiming it, and keeping what became of it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import Job


def enqueue(
    session: Session, kind: str, payload: dict[str, Any], *, dedupe_key: str | None = None, priority: int = 10,
    created_by: int | None = None,
) -> Job | None:
    """Add a job to the transaction. With a `dedupe_key`, nothing is added while an equal one waits (returns None)."""
    if dedupe_key and _waiting(session, kind, dedupe_key):
        return None
    job = Job(kind=kind, payload=payload, dedupe_key=dedupe_key, priority=priority, created_by=created_by)
    session.add(job)
    return job


def _waiting(session: Session, kind: str, dedupe_key: str) -> bool:
    waiting = select(Job.id).where(Job.kind == kind, Job.dedupe_key == dedupe_key, Job.state == "queued")
    return session.scalar(waiting) is not None


def backlog(session: Session) -> dict[str, int]:
    """How many jobs are in each state that needs attention."""
    counted = select(Job.state, func.count()).where(Job.state.in_(("queued", "running", "failed"))).group_by(Job.state)
    return {"queued": 0, "running": 0, "failed": 0} | dict(session.execute(counted).tuples())

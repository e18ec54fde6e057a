"""The log of what happened: written in the same transaction as the change it tells of."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from models import Event, User


def record(
    session: Session, actor: User | None, action: str, subject: object, *,
    before: dict[str, Any] | None = None, after: dict[str, Any] | None = None,
) -> None:
    """Add an event about `subject` (a stored row, already flushed). `actor` None means the system itself."""
    session.add(Event(
        actor_id=actor.id if actor else None, action=action, subject=subject.__class__.__table__.name,  # type: ignore[attr-defined]
        subject_id=getattr(subject, "id", None), before=before or {}, after=after or {},
    ))

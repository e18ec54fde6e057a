"""The privacy notice and consent to it."""

from __future__ import annotations

from sqlalchemy.orm import Session

from matchmaker.services import events
from models import User, now

VERSION = "2026-11"
"""Of the text in templates/privacy/notice.html. A new one is asked of everybody again."""


def consent(session: Session, user: User) -> None:
    """Record that the user agrees to the present version of the notice."""
    user.privacy_version, user.privacy_at = VERSION, now()
    events.record(session, user, "user.consented", user, after={"version": VERSION})


def is_due(user: User) -> bool:
    """Whether the user is still to be asked for consent."""
    return user.privacy_version != VERSION

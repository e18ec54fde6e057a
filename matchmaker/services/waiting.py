"""How much waits for a person: the counts behind the first page of those who work here."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from matchmaker.services import casework, clock, desk, follow_ups, messages, organisations, permissions, seeing
from models import CaseTask, Post, User
from models.vocabulary import State

SOON = dt.timedelta(days=30)


def submitted(session: Session, _viewer: User) -> int:
    """Posts that wait for the office's review."""
    return _count(session, Post.state == State.SUBMITTED)


def unanswered(session: Session, _viewer: User) -> int:
    """Published needs that were matched and have no strong candidate."""
    return session.scalar(select(func.count()).select_from(Post).where(desk.unanswered_needs())) or 0


def with_news(session: Session, viewer: User) -> int:
    """Needs with candidates that are newer than the viewer's last look."""
    return len(seeing.fresh(session, viewer, most=100))


def returned(session: Session, viewer: User) -> int:
    """The viewer's posts that the office asked to be changed."""
    return _count(session, Post.state == State.RETURNED, permissions.owned_posts(viewer))


def without_organisation(session: Session, viewer: User) -> int:
    """1 for who belongs to no organisation and has not asked to join one."""
    return int(viewer.organisation_id is None and organisations.waiting_of(session, viewer) is None)


def drafts(session: Session, viewer: User) -> int:
    """The viewer's posts that were not submitted yet."""
    return _count(session, Post.state == State.DRAFT, Post.owner_id == viewer.id)


def expiring(session: Session, viewer: User) -> int:
    """The viewer's published posts whose date comes within SOON, or is past."""
    soon = Post.valid_until <= clock.today() + SOON
    return _count(session, Post.state == State.PUBLISHED, permissions.owned_posts(viewer), soon)


def due_cases(session: Session, viewer: User) -> int:
    """Cases of the viewer whose next step is due today, or was before."""
    return casework.count(session, casework.due(viewer))


def stalled_cases(session: Session, viewer: User) -> int:
    """Cases of the viewer on which nothing was done for longer than the office allows."""
    return casework.count(session, casework.stalled(session, viewer))


def office_cases(session: Session, viewer: User) -> int:
    """Cases of the viewer in which the office is to act."""
    return casework.count(session, casework.waiting_for_office(session, viewer))


def due_follow_ups(session: Session, viewer: User) -> int:
    """Follow-ups due today, or before, of the contracts that the viewer brokers."""
    return follow_ups.due(session, viewer, clock.today())


def intents(session: Session, viewer: User) -> int:
    """Intents and proposals that the viewer's side is to answer."""
    return len(casework.waiting_for(session, viewer, most=200))


def tasks(session: Session, viewer: User) -> int:
    """What the viewer said they would do."""
    mine = select(func.count(CaseTask.id)).where(CaseTask.who_id == viewer.id, CaseTask.done_at.is_(None))
    return session.scalar(mine) or 0


def messages_unread(session: Session, viewer: User) -> int:
    """Messages of all cases that the viewer has not read."""
    return sum(messages.unread(session, viewer).values())


def _count(session: Session, *conditions: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).select_from(Post).where(*conditions)) or 0

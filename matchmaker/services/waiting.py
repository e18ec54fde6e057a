"""How much waits for a person: the counts behind the first page of those who work here."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from matchmaker.services import desk, permissions, seeing, validity
from models import Post, User
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


def drafts(session: Session, viewer: User) -> int:
    """The viewer's posts that were not submitted yet."""
    return _count(session, Post.state == State.DRAFT, Post.owner_id == viewer.id)


def expiring(session: Session, viewer: User) -> int:
    """The viewer's published posts whose date comes within SOON, or is past."""
    soon = Post.valid_until <= validity.today() + SOON
    return _count(session, Post.state == State.PUBLISHED, permissions.owned_posts(viewer), soon)


def _count(session: Session, *conditions: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).select_from(Post).where(*conditions)) or 0

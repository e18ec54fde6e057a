"""Until when a post holds: pure rules about its days, the same in the database and in hand.

A post holds until its last valid day; an expert's profile for one renewal after it was last confirmed. Before that
day, after it, and before it freezes its owner is asked.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import ColumnElement, and_, or_

from matchmaker.services import clock
from models import Post
from models.vocabulary import Kind


class Counts(Protocol):
    """Settings that are whole numbers."""

    def count(self, name: str) -> int: ...


@dataclass(frozen=True)
class Terms:
    """How long what is posted holds, in days."""

    notice: int
    """Before the end, owners are asked and the post is listed as about to expire."""
    renewal: int
    """By so much a confirmation extends it."""
    abandoned: int
    """So long after the end needs, achievements and facilities freeze."""
    expert: int
    """An expert unconfirmed for so long freezes."""

    @classmethod
    def of(cls, settings: Counts) -> Terms:
        names = ("EXPIRY_NOTICE_DAYS", "RENEWAL_DAYS", "ABANDONED_DAYS", "EXPERT_FREEZE_DAYS")
        return cls(*(settings.count(name) for name in names))


def stale(day: dt.date) -> ColumnElement[bool]:
    """The condition under which a post's time is over; such posts sink in lists."""
    return and_(Post.valid_until.is_not(None), Post.valid_until < day)


def is_stale(post: Post, day: dt.date) -> bool:
    """The same rule for a post in hand."""
    return post.valid_until is not None and post.valid_until < day


def confirmed(post: Post) -> dt.date:
    """When it was last said that the post holds; publishing it says so too."""
    return post.confirmed_on or (post.published_at or post.created_at).astimezone(clock.HERE).date()


def ends(post: Post, terms: Terms) -> dt.date:
    """The last day on which the post holds."""
    if post.kind == Kind.EXPERT or post.valid_until is None:
        return confirmed(post) + dt.timedelta(terms.renewal)
    return post.valid_until


def freezes(post: Post, terms: Terms) -> dt.date:
    """The day on which the post freezes unless somebody confirms it."""
    if post.kind == Kind.EXPERT:
        return confirmed(post) + dt.timedelta(terms.expert)
    return ends(post, terms) + dt.timedelta(terms.abandoned + 1)


def asks(post: Post, terms: Terms, day: dt.date) -> bool:
    """Whether its owner is to be asked now: once before the end, once after it, once before it freezes."""
    notice, over = dt.timedelta(terms.notice), ends(post, terms)
    due = [moment for moment in (over - notice, over + dt.timedelta(1), freezes(post, terms) - notice) if moment <= day]
    return bool(due) and (post.asked_on is None or post.asked_on < max(due))


def due(terms: Terms, day: dt.date) -> ColumnElement[bool]:
    """Posts about which something may have to be done: asked, dated, or frozen."""
    unconfirmed = day - dt.timedelta(terms.renewal - terms.notice)
    midnight = dt.datetime.combine(unconfirmed, dt.time.max, clock.HERE)
    expert = and_(Post.kind == Kind.EXPERT.value, or_(
        Post.confirmed_on <= unconfirmed, and_(Post.confirmed_on.is_(None), Post.published_at <= midnight)))
    return or_(Post.valid_until.is_(None), Post.valid_until <= day + dt.timedelta(terms.notice), expert)

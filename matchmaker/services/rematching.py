"""Which open needs a new or changed supply could answer: their candidates are computed anew."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session, with_polymorphic

from matchmaker.services import shortlists
from matchmaker.services.ports import Finder
from models import Job, Match, Post
from models.vocabulary import SUPPLIES, Kind, State

MOST = 20
"""Needs that one supply may send to be matched anew, beside those that list it already."""


def affected(session: Session, finder: Finder, post_ids: Sequence[int], waiting: int = 0) -> list[int]:
    """Ids of published needs that list any of these supplies, or are likely enough to, and whose candidates are not
    about to be computed anyway.

    After an import as many supplies may be `waiting` besides as there are needs: then all needs are named, because to
    search with each supply would take long and leave out few. Raises FinderUnavailable.
    """
    soon = select(Job.payload["post_id"].as_integer()).where(Job.kind == "shortlist", Job.state == "queued")
    is_open = and_(Post.kind == Kind.NEED.value, Post.state == State.PUBLISHED.value, Post.id.not_in(soon))
    needs = session.scalar(select(func.count()).where(is_open)) or 0
    if not needs or needs <= waiting:
        return list(session.scalars(select(Post.id).where(is_open).order_by(Post.id)))
    listing = select(Match.post_id).join(Match.post).where(Match.candidate_id.in_(post_ids), is_open)
    found = set(session.scalars(listing))
    every = with_polymorphic(Post, "*")
    supplies = select(every).where(every.id.in_(post_ids), every.state == State.PUBLISHED.value,
                                   every.kind.in_([kind.value for kind in SUPPLIES]))
    for post in session.scalars(supplies):
        found.update(shortlists.likely(session, finder, post, Kind.NEED, MOST))
    return sorted(found - set(session.scalars(soon)))

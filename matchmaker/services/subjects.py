"""Posts as the ranking sees them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from matchmaker.ranking.subject import Coded, Subject
from matchmaker.services import clock, texts
from models import CLASSES, Achievement, Expert, Need, Post
from models.vocabulary import FIELDS, MODES, REGIONS, SECRECY, Kind, State, Vocabulary


def load(session: Session, ids: Collection[int], kind: Kind) -> dict[int, Post]:
    """Published posts of `kind` by id, with what a list of them shows; ids of others are left out."""
    entity = CLASSES[kind]
    query = (
        select(entity).where(entity.id.in_(list(ids)), entity.state == State.PUBLISHED)
        .options(joinedload(entity.organisation), selectinload(entity.indicators))
    )
    return {post.id: post for post in session.scalars(query)}


def asking(post: Post) -> Subject:
    """The post that looks for partners, with all its words."""
    return _subject(post, texts.query_text(post))


def candidate(post: Post) -> Subject:
    """A post that may be the answer, with what is public of it alone: its list is read by others.

    What a staged post does not tell everyone is unknown to the rules.
    """
    found = _subject(post, public_text(post))
    if post.disclosure == "open":
        return found
    return replace(found, trl=None, trl_low=None, trl_high=None, budget=None, price=None, deadline=None,
                   months_to_deliver=None, regions=None if isinstance(post, (Need, Expert)) else ())


def stranger(text: str, kind: Kind) -> Subject:
    """Free text that asks; `kind` is what it stands for."""
    return Subject(id=0, kind=kind.value, title="", text=text)


def public_text(post: Post) -> str:
    return texts.public_passage(post).whole()


def _subject(post: Post, text: str) -> Subject:
    shared = Subject(
        id=post.id, kind=post.kind, title=post.title, text=text, keywords=tuple(post.keywords),
        field=_coded(FIELDS, post.field), region=_region(post), organisation_id=post.organisation_id,
        owner_id=post.owner_id, published=post.state == State.PUBLISHED,
        secrecy=Coded(post.secrecy, SECRECY.label(post.secrecy)), valid_until=post.valid_until,
        updated_on=clock.day_of(post.updated_at), modes=_codes(MODES, post.modes),
        trl=post.trl, trl_low=post.trl_low, trl_high=post.trl_high,
    )
    match post:
        case Need():
            deadline = dt.date(min(post.to_year, dt.MAXYEAR), 12, 31) if post.to_year else None
            accepted = _codes(REGIONS, post.regions_accepted)
            return replace(shared, budget=post.budget, deadline=deadline, regions=accepted)
        case Achievement():
            return replace(shared, price=post.price, months_to_deliver=post.months_to_deliver)
        case Expert():
            return replace(shared, regions=_codes(REGIONS, post.regions_served))
    return shared


def _region(post: Post) -> Coded | None:
    """Its own region, else that of its organisation unless that is hidden: a region narrows down who it is."""
    organisation = None if post.hide_organisation else post.organisation
    return _coded(REGIONS, post.region) or (_coded(REGIONS, organisation.region) if organisation else None)


def _coded(vocabulary: Vocabulary, code: str | None) -> Coded | None:
    return Coded(code, vocabulary.label(code)) if code else None


def _codes(vocabulary: Vocabulary, codes: Iterable[str] | None) -> tuple[Coded, ...]:
    return tuple(Coded(code, vocabulary.label(code)) for code in codes or ())

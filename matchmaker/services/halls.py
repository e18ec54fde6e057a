"""The public halls: what a hall shows for the words, filters and order asked for, and what is like a post in it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from matchmaker.services import counting, lists, search, subjects
from matchmaker.services.counting import Asked, Tally
from matchmaker.services.facets import Filters
from matchmaker.services.ports import Finder, FinderUnavailable
from matchmaker.services.search import Found, Ranking, Wanted
from models import Organisation, Post, User
from models.vocabulary import Kind

POOL = 500
"""Of the nearest by words and by meaning, how many a hall searches, counts and pages through."""
LONGEST = 200
"""Characters of the words looked for that an address keeps."""
RELEVANCE = "relevance"
ALIKE = 4
TELLING = 400
"""Characters of a post, its title and keywords first, by which others are called alike."""


@dataclass(frozen=True)
class Question:
    """What a hall is asked: words, filters, an order, and the place where the page before ended."""

    kind: Kind
    text: str = ""
    filters: Filters = field(default_factory=Filters)
    sort: str = ""
    after: str | None = None
    most: int = lists.PAGE

    @classmethod
    def of(cls, kind: Kind, asked: Mapping[str, str]) -> Question:
        """The question that an address asks; what is unknown in it is left out."""
        text = " ".join(asked.get("q", "").replace("\x00", " ").split())[:LONGEST]
        sort = asked.get("sort", "")
        known = sort in lists.sorts_of(kind) or (sort == RELEVANCE and text)
        return cls(kind, text, Filters.of(asked), sort if known else "", asked.get("after"))

    def as_query(self, **changes: str | None) -> dict[str, Any]:
        """The question as an address asks it, from the first page on; `changes` set parts, or unset them by None."""
        asked = {"q": self.text} | self.filters.as_query() | {"sort": self.sort} | changes
        return {name: value for name, value in asked.items() if value}

    @property
    def order(self) -> str:
        """The order asked for, else the one that suits the question."""
        if self.sort in lists.sorts_of(self.kind):
            return self.sort
        return RELEVANCE if self.text else lists.NEWEST


@dataclass(frozen=True)
class Hall:
    """One page of a hall and the counts of the whole; `finds` are the posts found by words, by id."""

    posts: list[Post]
    finds: dict[int, Found]
    after: str | None
    tally: Tally
    degraded: bool = False


def browse(session: Session, finder: Finder, viewer: User | None, question: Question, *, count: bool = True) -> Hall:
    """The page of the hall that answers the question; without `count` its facets stay empty."""
    if not question.text:
        asked = Asked(viewer, question.kind, question.filters)
        page = lists.listing(session, asked, question.order, question.after, question.most)
        return Hall(page.posts, {}, page.after, _tally(session, asked, count))
    ranking = _ranking(session, finder, viewer, question)
    asked = Asked(viewer, question.kind, question.filters, tuple(ranking.ids))
    if question.order == RELEVANCE:
        ids = lists.ordered(session, asked, ranking.ids)
        posts, after = _page(session, question, ids)
    else:
        page = lists.listing(session, asked, question.order, question.after, question.most)
        posts, after = page.posts, page.after
    finds = {post.id: search.shown(post, ranking.terms, viewer) for post in posts}
    return Hall(posts, finds, after, _tally(session, asked, count), ranking.degraded)


def published_since(
    session: Session, finder: Finder, viewer: User | None, question: Question, moment: dt.datetime
) -> list[int]:
    """Ids of all that the hall shows for the question's words and filters and was published since, the newest first."""
    among = tuple(_ranking(session, finder, viewer, question).ids) if question.text else None
    return lists.published_since(session, Asked(viewer, question.kind, question.filters, among), moment)


def similar(session: Session, finder: Finder, viewer: User | None, post: Post, most: int = ALIKE) -> list[Post]:
    """Published posts of the same kind that are near to what everyone may read of the post; while the engine is away
    the newest of its field."""
    kind = Kind(post.kind)
    try:
        near = search.near(session, finder, subjects.public_text(post)[:TELLING], kind)
    except FinderUnavailable:
        asked = Asked(viewer, kind, Filters(field=post.field))
        return [one for one in lists.listing(session, asked, most=most + 1).posts if one.id != post.id][:most]
    shown = lists.ordered(session, Asked(viewer, kind, Filters()), [id_ for id_ in near if id_ != post.id])
    return lists.load(session, kind, shown[:most])


def newest(session: Session, viewer: User | None, kind: Kind, most: int) -> list[Post]:
    """The latest of a hall."""
    return lists.listing(session, Asked(viewer, kind, Filters()), most=most).posts


def of_organisation(session: Session, viewer: User | None, organisation: Organisation, most: int) -> dict[Kind, Hall]:
    """What an organisation has in the halls under its name, by kind; only kinds of which it has something."""
    filters = Filters(organisation=str(organisation.id))
    found = {}
    for kind in Kind:
        asked = Asked(viewer, kind, filters)
        page = lists.listing(session, asked, most=most)
        if page.posts:
            found[kind] = Hall(page.posts, {}, page.after, Tally(counting.total(session, asked), ()))
    return found


def _ranking(session: Session, finder: Finder, viewer: User | None, question: Question) -> Ranking:
    wanted = Wanted((question.kind,), question.filters, most=POOL, pool=POOL)
    return search.rank(session, finder, viewer, question.text, wanted)


def _tally(session: Session, asked: Asked, count: bool) -> Tally:
    return counting.tally(session, asked) if count else Tally(0, ())


def _page(session: Session, question: Question, ids: list[int]) -> tuple[list[Post], str | None]:
    """The posts after the last of the page before; where that one is gone, those after its place."""
    place, _, last = (question.after or "").partition("_")
    start = 0
    if place.isdecimal() and last.isdecimal() and len(question.after or "") < 30:
        start = ids.index(int(last)) + 1 if int(last) in ids else int(place)
    rest = ids[start : start + question.most]
    after = f"{start + len(rest)}_{rest[-1]}" if start + len(rest) < len(ids) and rest else None
    return lists.load(session, question.kind, rest), after

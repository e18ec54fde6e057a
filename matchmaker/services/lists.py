"""Lists of posts: what a viewer may see of a kind, filtered, counted, page by page."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import asdict, dataclass, replace
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session, joinedload

from matchmaker.services.permissions import visible_posts
from models import CLASSES, Post, User
from models.vocabulary import FIELDS, REGIONS, STATES, Kind, Role

PAGE = 20
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


class Cell(NamedTuple):
    """How many posts are alike in everything that lists are narrowed by."""

    field: str | None
    region: str | None
    state: str
    n: int


@dataclass(frozen=True)
class Filters:
    """What a list is narrowed to; every part a code of its closed list, or None."""

    field: str | None = None
    region: str | None = None
    state: str | None = None

    @classmethod
    def known(cls, field: str | None, region: str | None, state: str | None) -> Filters:
        """Filters from what a person sent; what is not in the closed lists is left out."""
        return cls(field if field in FIELDS else None, region if region in REGIONS else None,
                   state if state in STATES else None)

    def without(self, part: str) -> Filters:
        return replace(self, **{part: None})

    def as_query(self) -> dict[str, str]:
        return {name: value for name, value in asdict(self).items() if value}

    def admit(self, post: Post | Cell) -> bool:
        """Whether a post in hand passes; the same rule as `conditions`."""
        within = not self.region or (post.region or "").startswith(area_prefix(self.region))
        return within and self.field in (None, post.field) and self.state in (None, post.state)

    def conditions(self) -> list[ColumnElement[bool]]:
        found = [column == value for column, value in ((Post.field, self.field), (Post.state, self.state)) if value]
        return found + ([Post.region.startswith(area_prefix(self.region))] if self.region else [])


@dataclass(frozen=True)
class Page:
    """One page of a list; `after` asks for the next one, None at the end."""

    posts: list[Post]
    after: str | None


Counts = dict[str, dict[str, int]]
"""Part of the filters → code → how many posts choosing it would leave, the other parts kept."""


def area_prefix(region: str) -> str:
    """The digits that the codes of all places within a region share."""
    if region.endswith("0000"):
        return region[:2]
    return region[:4] if region.endswith("00") else region


def city(region: str) -> str:
    """The prefecture (or province) that a place belongs to."""
    return f"{region[:4]}00"


def listing(session: Session, viewer: User | None, kind: Kind, filters: Filters, after: str | None = None) -> Page:
    """The newest first. `after` is what the page before said; an unreadable one means the first page."""
    entity = CLASSES[kind]
    wanted = select(entity).where(_visible(viewer, kind), *filters.conditions())
    if place := _place(after):
        wanted = wanted.where(or_(Post.updated_at < place[0], and_(Post.updated_at == place[0], Post.id < place[1])))
    newest = wanted.options(joinedload(entity.organisation)).order_by(Post.updated_at.desc(), Post.id.desc())
    found = list(session.scalars(newest.limit(PAGE + 1)))
    return Page(found[:PAGE], _mark(found[PAGE - 1]) if len(found) > PAGE else None)


@dataclass(frozen=True)
class Tally:
    """How long the whole list is, and how many posts each choice of each filter would leave."""

    total: int
    counts: Counts


def tally(session: Session, viewer: User | None, kind: Kind, filters: Filters) -> Tally:
    """Counted in the database in one pass, whatever the filters."""
    columns = (Post.field, Post.region, Post.state)
    grouped = select(*columns, func.count()).where(_visible(viewer, kind)).group_by(*columns)
    cells = [Cell(*row) for row in session.execute(grouped)]
    return Tally(sum(cell.n for cell in cells if filters.admit(cell)), _counts(cells, filters))


def tally_among(posts: list[Post], filters: Filters) -> Tally:
    """The same for posts in hand, as a search found them."""
    cells = [Cell(post.field, post.region, post.state, 1) for post in posts]
    return Tally(sum(filters.admit(cell) for cell in cells), _counts(cells, filters))


def mine(session: Session, viewer: User, most: int = 20) -> list[Post]:
    """The viewer's own posts and those of the organisation it posts for, the newest first."""
    wanted = select(Post).where(own(viewer)).options(joinedload(Post.organisation))
    return list(session.scalars(wanted.order_by(Post.updated_at.desc(), Post.id.desc()).limit(most)))


def own(viewer: User) -> ColumnElement[bool]:
    """The condition under which a post is the viewer's own or of the organisation it posts for."""
    whose = [Post.owner_id == viewer.id]
    if viewer.role == Role.ENTERPRISE and viewer.organisation_id is not None:
        whose.append(Post.organisation_id == viewer.organisation_id)
    return or_(*whose)


def _counts(cells: list[Cell], filters: Filters) -> Counts:
    counted = {}
    for part in ("field", "region", "state"):
        total: Counter[str] = Counter()
        for cell in cells:
            if (code := getattr(cell, part)) and filters.without(part).admit(cell):
                total[city(code) if part == "region" else code] += cell.n
        counted[part] = dict(total.most_common())
    return counted


def _visible(viewer: User | None, kind: Kind) -> ColumnElement[bool]:
    return and_(Post.kind == kind.value, visible_posts(viewer))


def _mark(post: Post) -> str:
    return f"{(post.updated_at - EPOCH) // dt.timedelta(microseconds=1)}-{post.id}"


def _place(mark: str | None) -> tuple[dt.datetime, int] | None:
    moment, _, last = (mark or "").partition("-")
    if not (moment.isdecimal() and last.isdecimal() and len(moment) < 18 and len(last) < 18):
        return None
    return EPOCH + dt.timedelta(microseconds=int(moment)), int(last)

"""Lists of posts: what a viewer may see of a kind, narrowed, sorted, page by page.

A page is asked for by the place where the one before ended, never by its number, so that what is published in the
meantime neither repeats a post nor hides one. What is past its date stands behind everything else.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Date, and_, case, func, literal, or_, select
from sqlalchemy.orm import Session, joinedload

from matchmaker.services import clock, validity
from matchmaker.services.counting import Asked
from matchmaker.services.facets import AMOUNT, OPEN, Filters, area_prefix, city
from models import CLASSES, Post, User
from models.base import Money
from models.vocabulary import Kind, Role

__all__ = [
    "Filters", "Page", "area_prefix", "city", "listing", "load", "mine", "ordered", "published_since", "sorts_of",
]
PAGE = 20
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
NEVER = dt.date(9999, 12, 31)
DEAREST = Decimal(10**15)
"""Stands where no amount is told, behind all that are."""


@dataclass(frozen=True)
class Sort:
    """An order of a hall: by what, and how a place in it is written down and read back."""

    label: str
    key: ColumnElement[Any]
    """Never NULL; made of public facts alone, since an order tells them."""
    write: Callable[[Any], str]
    read: Callable[[str], Any]
    """Raises ValueError, OverflowError or InvalidOperation for what the order never writes."""
    rising: bool = False
    kinds: frozenset[Kind] = frozenset(Kind)


def _instant(text: str) -> dt.datetime:
    return EPOCH + dt.timedelta(microseconds=int(text))


def _amount(text: str) -> Decimal:
    found = Decimal(text)
    if not found.is_finite() or found.copy_abs() > DEAREST:
        raise ValueError(text)
    return found


def _level(text: str) -> int:
    return range(10).index(int(text))


_DUE = func.coalesce(Post.valid_until, literal(NEVER, Date))
_AMOUNT = func.coalesce(case((OPEN, AMOUNT)), literal(Decimal(-1), Money))
_WITH_AMOUNT = frozenset({Kind.NEED, Kind.ACHIEVEMENT})
SORTS: dict[str, Sort] = {
    "new": Sort("最近更新", Post.updated_at.expression, lambda at: str((at - EPOCH) // dt.timedelta(microseconds=1)),
                _instant),
    "deadline": Sort("截止日期近", _DUE, dt.date.isoformat, dt.date.fromisoformat, rising=True),
    "amount": Sort("金额高到低", _AMOUNT, str, _amount, kinds=_WITH_AMOUNT),
    "cheap": Sort("金额低到高", func.coalesce(case((OPEN, AMOUNT)), literal(DEAREST, Money)), str, _amount,
                  rising=True, kinds=_WITH_AMOUNT),
    "trl": Sort("成熟度高到低", func.coalesce(case((OPEN, Post.trl)), 0), str, _level, kinds=_WITH_AMOUNT),
}
NEWEST = "new"


@dataclass(frozen=True)
class Page:
    """One page of a list; `after` asks for the next one, None at the end."""

    posts: list[Post]
    after: str | None


class Place(NamedTuple):
    """Where a page ended."""

    stale: int
    key: Any
    id: int


def sorts_of(kind: Kind) -> dict[str, str]:
    """The orders that a hall offers, by name, with their labels."""
    return {name: sort.label for name, sort in SORTS.items() if kind in sort.kinds}


def listing(session: Session, asked: Asked, sort: str = NEWEST, after: str | None = None, most: int = PAGE) -> Page:
    """A page of a hall. `after` is what the page before said; an unreadable one means the first page."""
    order = SORTS[sort]
    stale = case((validity.stale(clock.today()), 1), else_=0)
    key = order.key.label("key")
    wanted = select(Post.id, stale.label("stale"), key).where(asked.conditions())
    if place := _place(order, after):
        wanted = wanted.where(_beyond(stale, order, place))
    turned = (order.key.asc(), Post.id.asc()) if order.rising else (order.key.desc(), Post.id.desc())
    rows = list(session.execute(wanted.order_by(stale, *turned).limit(most + 1)))
    last = rows[most - 1] if len(rows) > most else None
    posts = load(session, asked.kind, [row.id for row in rows[:most]])
    return Page(posts, f"{last.stale}_{order.write(last.key)}_{last.id}" if last is not None else None)


def ordered(session: Session, asked: Asked, ids: Sequence[int]) -> list[int]:
    """Those of the posts that the hall shows, in the order given."""
    found = set(session.scalars(select(Post.id).where(asked.conditions(), Post.id.in_(list(ids)))))
    return [id_ for id_ in ids if id_ in found]


def published_since(session: Session, asked: Asked, moment: dt.datetime) -> list[int]:
    """Ids of all that the hall shows and was first published at the moment or later, the newest first."""
    stale = case((validity.stale(clock.today()), 1), else_=0)
    wanted = select(Post.id).where(asked.conditions(), Post.published_at >= moment)
    return list(session.scalars(wanted.order_by(stale, Post.published_at.desc(), Post.id.desc())))


def load(session: Session, kind: Kind, ids: Collection[int]) -> list[Post]:
    """The posts with what a list of them shows, in the order given."""
    entity = CLASSES[kind]
    wanted = select(entity).where(entity.id.in_(list(ids))).options(joinedload(entity.organisation))
    found = {post.id: post for post in session.scalars(wanted)}
    return [found[id_] for id_ in ids if id_ in found]


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


def _place(order: Sort, mark: str | None) -> Place | None:
    stale, _, rest = (mark or "").partition("_")
    key, _, last = rest.rpartition("_")
    if stale not in ("0", "1") or not (last.isascii() and last.isdecimal()) or len(mark or "") > 60:
        return None
    try:
        return Place(int(stale), order.read(key), int(last[:9]))
    except (ValueError, OverflowError, InvalidOperation):
        return None


def _beyond(stale: ColumnElement[int], order: Sort, place: Place) -> ColumnElement[bool]:
    """What comes after a place in an order."""
    further = order.key > place.key if order.rising else order.key < place.key
    same = Post.id > place.id if order.rising else Post.id < place.id
    return or_(stale > place.stale, and_(stale == place.stale, or_(further, and_(order.key == place.key, same))))

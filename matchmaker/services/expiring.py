"""What is about to expire, what is stale and what is frozen, for its owners and for the office."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session, joinedload

from matchmaker.services import permissions
from matchmaker.services.lists import own
from matchmaker.services.validity import Terms, stale
from models import Post, User
from models.vocabulary import State

PAGE = 20


class Part(StrEnum):
    SOON = "soon"
    STALE = "stale"
    FROZEN = "frozen"

    @property
    def label(self) -> str:
        return {"soon": "即将到期", "stale": "已过期", "frozen": "已冻结"}[self]


@dataclass(frozen=True)
class Page:
    """One page of a list; `after` asks for the next one, None at the end."""

    posts: list[Post]
    after: str | None


@dataclass(frozen=True)
class Scope:
    """Whose posts: a person's own; for staff all, or with `mine` those that they broker or posted."""

    viewer: User
    terms: Terms
    day: dt.date
    mine: bool = False

    def holds(self, part: Part) -> ColumnElement[bool]:
        over, published = stale(self.day), Post.state == State.PUBLISHED.value
        soon = Post.valid_until.between(self.day, self.day + dt.timedelta(self.terms.notice))
        return {Part.SOON: and_(published, soon), Part.STALE: and_(published, over),
                Part.FROZEN: Post.state == State.FROZEN.value}[part]

    def whose(self) -> list[ColumnElement[bool]]:
        if not permissions.is_staff(self.viewer):
            return [own(self.viewer)]
        return [or_(Post.broker_id == self.viewer.id, Post.owner_id == self.viewer.id)] if self.mine else []


def listing(session: Session, scope: Scope, part: Part, after: str = "") -> Page:
    """What ends first at the top. `after` is what the page before said; an unreadable one means the first page."""
    wanted = select(Post).where(*scope.whose(), scope.holds(part), Post.valid_until.is_not(None))
    if place := _place(after):
        wanted = wanted.where(or_(Post.valid_until > place[0], and_(Post.valid_until == place[0], Post.id > place[1])))
    ordered = wanted.order_by(Post.valid_until, Post.id).options(joinedload(Post.organisation), joinedload(Post.owner))
    found = list(session.scalars(ordered.limit(PAGE + 1)))
    last = found[PAGE - 1] if len(found) > PAGE else None
    return Page(found[:PAGE], f"{last.valid_until}_{last.id}" if last else None)


def counts(session: Session, scope: Scope) -> dict[Part, int]:
    """How many posts each part has."""
    wanted = select(*(func.count().filter(scope.holds(part)) for part in Part)).select_from(Post).where(
        *scope.whose(), or_(*(scope.holds(part) for part in Part)))
    return dict(zip(Part, session.execute(wanted).one(), strict=True))


def _place(mark: str) -> tuple[dt.date, int] | None:
    until, _, last = mark.partition("_")
    try:
        return dt.date.fromisoformat(until), int(last[:9])
    except ValueError:
        return None

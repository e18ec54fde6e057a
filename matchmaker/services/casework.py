"""What a person who works cases sees: the board, the day, the list of one's own, and the log of a case."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, true
from sqlalchemy.orm import Session, aliased, contains_eager, joinedload

from matchmaker.services import caps, clock, messages, office, permissions, stalling
from matchmaker.services.lists import area_prefix, city
from models import CaseTask, Event, Introduction, Meeting, Post, User, now
from models.introduction import ENDED
from models.vocabulary import CASE_STATES, FIELDS, REGIONS, STAFF, Role

PAGE = 30
COLUMN = 20
"""Most cards of a column; the whole of one is shown by itself, ALL at most."""
ALL = 200
FRESH = dt.timedelta(days=3)
STANDING = tuple(state for state in CASE_STATES if state not in ENDED)


@dataclass(frozen=True)
class Chosen:
    """To what the board is narrowed. `broker` 0 means nobody's; `age` is the least days in the present state."""

    broker: int | None = None
    field: str | None = None
    region: str | None = None
    age: int | None = None

    @classmethod
    def of(cls, asked: Mapping[str, str]) -> Chosen:
        """From what a person sent; what is unknown is left out."""
        numbers = {name: int(text) for name in ("broker", "age")
                   if (text := asked.get(name, "")).isascii() and text.isdecimal() and len(text) < 9}
        area, region = asked.get("field"), asked.get("region")
        return cls(numbers.get("broker"), area if area in FIELDS else None, region if region in REGIONS else None,
                   numbers.get("age"))

    def as_query(self) -> dict[str, str]:
        return {name: str(value) for name, value in vars(self).items() if value is not None}

    def cases(self) -> Select[Introduction]:
        """The cases that fit; field and region are those of the need."""
        need = aliased(Post)
        wanted = _cases(need)
        if self.broker is not None:
            wanted = wanted.where(Introduction.broker_id == self.broker if self.broker
                                  else Introduction.broker_id.is_(None))
        if self.field:
            wanted = wanted.where(need.field == self.field)
        if self.region:
            wanted = wanted.where(need.region.startswith(area_prefix(self.region)))
        if self.age:
            wanted = wanted.where(Introduction.state_since < now() - dt.timedelta(days=self.age))
        return wanted


@dataclass(frozen=True)
class Board:
    """Columns in the order of the states; a column holds the first COLUMN cards, by due day, then by age."""

    columns: dict[str, list[Introduction]]
    more: dict[str, bool]
    news: dict[int, int]


def board(session: Session, viewer: User, chosen: Chosen, state: str = "") -> Board:
    """The standing cases that fit the filters, by state, or all of one state. Raises NotAllowed outside the office."""
    permissions.check_staff(viewer)
    states, most = ((state,), ALL) if state in CASE_STATES else (STANDING, COLUMN)
    columns, more = {}, {}
    for one in states:
        ordered = chosen.cases().where(Introduction.state == one).order_by(
            Introduction.next_due.is_(None), Introduction.next_due, Introduction.state_since, Introduction.id)
        found = list(session.scalars(ordered.limit(most + 1)).unique())
        columns[one], more[one] = found[:most], len(found) > most
    return Board(columns, more, messages.unread(session, viewer))


@dataclass(frozen=True)
class Load:
    """How many open cases somebody of the office works, and how many the office lets them."""

    person: User
    n: int
    most: int


def loads(session: Session) -> list[Load]:
    """Of every broker, and of whoever else works a case; the busiest first."""
    counted, most = caps.loads(session), office.get(session, "case.cap_broker")
    found = [Load(one, counted.get(one.id, 0), most) for one in brokers(session)]
    return sorted((one for one in found if one.n or one.person.role == Role.BROKER), key=lambda one: -one.n)


@dataclass
class Day:
    """What the office's person has to look at today; a case stands in each list to which it belongs."""

    due: list[Introduction] = field(default_factory=list)
    stalled: list[Introduction] = field(default_factory=list)
    fresh: list[Introduction] = field(default_factory=list)
    waiting: list[Introduction] = field(default_factory=list)
    tasks: list[CaseTask] = field(default_factory=list)
    meetings: list[Meeting] = field(default_factory=list)
    news: dict[int, int] = field(default_factory=dict)


def day(session: Session, viewer: User) -> Day:
    """Of a broker the own cases and those that are nobody's; of the head everyone's. Raises NotAllowed."""
    permissions.check_staff(viewer)
    since, cases = Introduction.state_since, _cases()
    new = or_(Introduction.created_at > now() - FRESH, Introduction.broker_id.is_(None))
    return Day(
        due=_some(session, cases.where(due(viewer)).order_by(Introduction.next_due)),
        stalled=_some(session, cases.where(stalled(session, viewer)).order_by(since)),
        fresh=_some(session, cases.where(_mine(viewer), new).order_by(Introduction.id.desc())),
        waiting=_some(session, cases.where(waiting_for_office(session, viewer)).order_by(since)),
        tasks=open_tasks(session, viewer), meetings=meetings_ahead(session, viewer),
        news=messages.unread(session, viewer))


def due(viewer: User) -> ColumnElement[bool]:
    """The viewer's cases whose next step is due today, or was before."""
    return and_(_mine(viewer), Introduction.next_due <= clock.today())


def stalled(session: Session, viewer: User) -> ColumnElement[bool]:
    """The viewer's cases on which nothing was done for longer than the office allows, marked or not."""
    return and_(_mine(viewer), or_(Introduction.state == stalling.STALLED, stalling.overdue(session)))


def waiting_for_office(session: Session, viewer: User) -> ColumnElement[bool]:
    """The viewer's cases with news, without a plan, or with a question to the office."""
    news = Introduction.id.in_(list(messages.unread(session, viewer)))
    return and_(_mine(viewer), or_(news, _no_plan(), _asked_office()))


def count(session: Session, condition: ColumnElement[bool]) -> int:
    """How many cases fit."""
    return session.scalar(select(func.count(Introduction.id)).where(condition)) or 0


def own(session: Session, viewer: User, after: int | None = None) -> list[Introduction]:
    """The viewer's cases, the newest first; one more than PAGE when there are more. `after`: the last id shown."""
    wanted = _cases().where(permissions.visible_cases(viewer)).order_by(Introduction.id.desc()).limit(PAGE + 1)
    if after is not None:
        wanted = wanted.where(Introduction.id < after)
    return list(session.scalars(wanted).unique())


def waiting_for(session: Session, viewer: User, most: int = 20) -> list[Introduction]:
    """Cases in which it is the viewer's side that is to answer, the longest waiting first."""
    if permissions.is_staff(viewer):
        return []
    wanted = _cases().where(permissions.visible_cases(viewer), Introduction.state.in_(("proposed", "intent")))
    found = session.scalars(wanted.order_by(Introduction.state_since).limit(200)).unique()
    return [case for case in found if case.state == "proposed"
            or case.waiting_side in permissions.sides(viewer, case)][:most]


def open_tasks(session: Session, viewer: User, most: int = 50) -> list[CaseTask]:
    wanted = select(CaseTask).where(CaseTask.who_id == viewer.id, CaseTask.done_at.is_(None))
    return list(session.scalars(wanted.options(joinedload(CaseTask.introduction)).order_by(
        CaseTask.due.is_(None), CaseTask.due, CaseTask.id).limit(most)))


def meetings_ahead(session: Session, viewer: User, most: int = 20) -> list[Meeting]:
    """Meetings to come and those whose time is still to be chosen, in cases of the viewer."""
    mine = permissions.visible_cases(viewer)
    if permissions.is_staff(viewer) and not permissions.is_head(viewer):
        mine = Introduction.broker_id == viewer.id
    ahead = or_(Meeting.state == "proposed",
                and_(Meeting.state == "agreed", Meeting.ends_at > now() - dt.timedelta(days=1)))
    wanted = select(Meeting).join(Introduction).where(mine, ahead, Introduction.state.not_in(ENDED)).options(
        contains_eager(Meeting.introduction))
    first = wanted.order_by(Meeting.starts_at.is_(None), Meeting.starts_at, Meeting.id)
    return list(session.scalars(first.limit(most)))


def log(session: Session, case: Introduction, before: int | None = None) -> list[Event]:
    """What happened to the case, the newest first; one more than PAGE when there is more."""
    wanted = select(Event).where(Event.subject == "introduction", Event.subject_id == case.id)
    if before is not None:
        wanted = wanted.where(Event.id < before)
    newest = wanted.options(joinedload(Event.actor)).order_by(Event.id.desc())
    return list(session.scalars(newest.limit(PAGE + 1)))


def regions(session: Session) -> list[str]:
    """The cities and prefectures from which the needs of standing cases come."""
    wanted = select(Post.region).join(Introduction, Introduction.need_id == Post.id).where(
        Introduction.state.not_in(ENDED), Post.region.is_not(None)).distinct()
    return sorted({city(code) for code in session.scalars(wanted) if code})


def brokers(session: Session) -> list[User]:
    """Everyone of the office who may work a case."""
    staff = [role.value for role in STAFF]
    return list(session.scalars(select(User).where(User.role.in_(staff), User.active.is_(True)).order_by(User.id)))


def colleagues(session: Session, case: Introduction, side: str) -> list[User]:
    """People who could speak for a side: active accounts of the organisation that posted."""
    post = case.need if side == "need" else case.supply
    if post.organisation_id is None:
        return []
    wanted = select(User).where(User.organisation_id == post.organisation_id, User.active.is_(True),
                                User.role.in_(("enterprise", "researcher")))
    return list(session.scalars(wanted.order_by(User.name, User.id).limit(100)))


def _cases(need: Any = None) -> Select[Introduction]:
    need, supply = need or aliased(Post), aliased(Post)
    return (select(Introduction).join(Introduction.need.of_type(need)).join(Introduction.supply.of_type(supply))
            .options(contains_eager(Introduction.need.of_type(need)), contains_eager(
                Introduction.supply.of_type(supply)), joinedload(Introduction.broker)))


def _some(session: Session, wanted: Select[Introduction], most: int = 50) -> list[Introduction]:
    return list(session.scalars(wanted.limit(most)).unique())


def _mine(viewer: User) -> ColumnElement[bool]:
    """Standing cases: of a broker the own and those that are nobody's; of the head everyone's."""
    mine = true() if permissions.is_head(viewer) else or_(
        Introduction.broker_id == viewer.id, Introduction.broker_id.is_(None))
    return and_(mine, Introduction.state.not_in(ENDED))


def _no_plan() -> ColumnElement[bool]:
    """A case that the office should take further and for which nothing is planned."""
    return and_(Introduction.next_step == "", Introduction.state.not_in(("intent", stalling.STALLED)))


def _asked_office() -> ColumnElement[bool]:
    return and_(Introduction.state == "intent", Introduction.waiting_side == "office")

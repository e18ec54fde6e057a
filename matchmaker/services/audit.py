"""The log as those read it who answer for the office: filtered, exported, and proven to be untouched."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session, joinedload

from matchmaker.services import audit_values, audit_words, clock, events, permissions
from matchmaker.services.audit_words import ACTIONS, SUBJECTS
from matchmaker.services.problems import Problem
from matchmaker.services.transfer import sheets
from models import Event, EventChain, EventSeal, User
from models.event import START, digest

PAGE, CHUNK = 50, 1000
COLUMNS = ("编号", "时间", "人员", "邮箱", "操作", "操作名称", "对象", "对象编号", "变更前", "变更后", "链上序号",
           "校验值")
FORMATS = ("xlsx", "csv")


@dataclass(frozen=True)
class Asked:
    """What the log is narrowed to; empty parts leave it as it is. Days and times are those of a zone."""

    who: str = ""
    """Everybody, or only `people`, or only the `system` itself."""
    person: str = ""
    """Part of a name or of an e-mail."""
    action: str = ""
    """Its beginning, e.g. post or post.published."""
    subject: str = ""
    number: int | None = None
    since: dt.date | None = None
    until: dt.date | None = None
    zone: dt.tzinfo = clock.HERE

    @property
    def listed(self) -> bool:
        """Whether the list of actions has it: one of them, or all of a thing (`post.`)."""
        return self.action in ACTIONS or self.action.removesuffix(".") in SUBJECTS

    def as_query(self) -> dict[str, str]:
        return {name: str(value) for name, value in vars(self).items() if value not in ("", None) and name != "zone"}

    def conditions(self) -> list[ColumnElement[bool]]:
        found: list[ColumnElement[bool]] = []
        if self.who:
            by_system = Event.actor_id.is_(None)
            found.append(by_system if self.who == "system" else ~by_system)
        if self.person:
            named = or_(User.name.icontains(self.person, autoescape=True),
                        User.email.icontains(self.person, autoescape=True))
            found.append(Event.actor_id.in_(select(User.id).where(named)))
        if self.action:
            found.append(Event.action.startswith(self.action, autoescape=True))
        if self.subject:
            found.append(Event.subject == self.subject)
        if self.number is not None:
            found.append(Event.subject_id == self.number)
        if self.since:
            found.append(Event.at >= clock.midnight(self.since, self.zone))
        if self.until:
            found.append(Event.at < clock.midnight(self.until + dt.timedelta(days=1), self.zone))
        return found


@dataclass(frozen=True)
class Verdict:
    """What following the chain found. `fault`: the first entry that does not hold, in words; empty when all do."""

    length: int
    hash: str
    fault: str = ""


def page(session: Session, viewer: User | None, asked: Asked, before: int | None = None) -> list[Event]:
    """The newest entries older than the one with the id `before`; one more than PAGE when there are more.

    Raises NotAllowed for all but head and administrator.
    """
    permissions.check_head(viewer)
    older = [] if before is None else [Event.id < before]
    wanted = select(Event).where(*asked.conditions(), *older).order_by(Event.id.desc()).limit(PAGE + 1)
    return list(session.scalars(wanted.options(joinedload(Event.actor))))


def people(session: Session, entries: Iterable[Event]) -> dict[int, str]:
    """Number → name of the accounts that the entries name."""
    wanted = select(User.id, User.name).where(User.id.in_(audit_values.accounts(entries)))
    return {row.id: row.name for row in session.execute(wanted)}


def head(session: Session) -> str:
    """The end of the chain as `place:hash`, to be noted elsewhere and given to `verify` later."""
    end = session.get(EventChain, 1)
    return f"{end.length}:{end.hash}" if end else f"0:{START}"


def subjects(session: Session) -> list[str]:
    """The tables that the log tells of, one jump in the index each."""
    found: list[str] = []
    while True:
        beyond = [Event.subject > found[-1]] if found else []
        following = session.scalar(select(Event.subject).where(*beyond).order_by(Event.subject).limit(1))
        if following is None:
            return found
        found.append(following)


def export(session: Session, viewer: User | None, asked: Asked, path: Path) -> None:
    """Write the entries asked for, the oldest first, in the format of `path`'s name. Raises NotAllowed."""
    permissions.check_head(viewer)
    sheets.write(path, COLUMNS, lambda: _rows(session, asked))


def exported(session: Session, viewer: User, asked: Asked) -> None:
    """Log that the log was taken out."""
    events.record(session, viewer, "audit.exported", viewer, after=asked.as_query())


def verify(session: Session, anchor: str = "") -> Verdict:
    """Follow the whole chain and say whether every entry is what it was when it was written.

    1. Places without a gap, each following the one before. 2. Each event still says what was sealed. 3. The chain ends
    where its end is noted. 4. No event stands outside. `anchor` (`place:hash`, noted elsewhere at an earlier time)
    shows a chain that was forged as a whole. Raises Problem for an anchor that cannot be read.
    """
    noted = _anchor(anchor)
    place, previous = 0, START
    for seal, event in _sealed(session):
        fault = _broken(place + 1, previous, seal, event) or _forged(seal, noted)
        if fault:
            return Verdict(place, previous, fault)
        place, previous = seal.place, seal.hash
    end = session.get(EventChain, 1)
    length, last = (end.length, end.hash) if end else (0, START)
    if (length, last) != (place, previous):
        return Verdict(place, previous, f"链尾记录为第 {length} 条，实际到第 {place} 条：末尾的记录被删除或改动。")
    if noted and noted[0] > place:
        return Verdict(place, previous, f"留存的校验点为第 {noted[0]} 条，现有记录只到第 {place} 条。")
    outside = select(Event.id).outerjoin(EventSeal, EventSeal.event_id == Event.id).where(EventSeal.place.is_(None))
    if (stray := session.scalar(outside.order_by(Event.id).limit(1))) is not None:
        return Verdict(place, previous, f"编号 {stray} 的记录不在链上：它不是由本系统写入的。")
    return Verdict(place, previous)


def _sealed(session: Session) -> Iterator[tuple[EventSeal, Event | None]]:
    last = 0
    while True:
        wanted = select(EventSeal, Event).outerjoin(Event, Event.id == EventSeal.event_id)
        rows = session.execute(wanted.where(EventSeal.place > last).order_by(EventSeal.place).limit(CHUNK)).all()
        yield from ((seal, event) for seal, event in rows)
        if len(rows) < CHUNK:
            return
        last = rows[-1][0].place
        session.expunge_all()


def _broken(place: int, previous: str, seal: EventSeal, event: Event | None) -> str:
    if seal.place != place:
        return f"链上第 {place} 条缺失，其后是第 {seal.place} 条。"
    if event is None:
        return f"链上第 {place} 条所记的编号 {seal.event_id} 已被删除。"
    if seal.previous != previous or seal.hash != digest(previous, event):
        return f"链上第 {place} 条（编号 {event.id}，{event.action}）与写入时不符，内容被改动过。"
    return ""


def _forged(seal: EventSeal, noted: tuple[int, str] | None) -> str:
    if noted is None or noted[0] != seal.place or noted[1] == seal.hash:
        return ""
    return f"链上第 {seal.place} 条与留存的校验点不符：此条或更早的记录被整体改写过。"


def _anchor(text: str) -> tuple[int, str] | None:
    if not text:
        return None
    place, _, noted = text.strip().partition(":")
    if not place.isdecimal() or len(place) > 12 or len(noted) != len(START):
        raise Problem("校验点应为“序号:校验值”，即上次校验时显示的那一行。")
    return int(place), noted.lower()


def _rows(session: Session, asked: Asked) -> Iterator[list[str | int | float]]:
    last = 0
    while True:
        wanted = select(Event, EventSeal).outerjoin(EventSeal, EventSeal.event_id == Event.id)
        chosen = wanted.where(*asked.conditions(), Event.id > last).order_by(Event.id).limit(CHUNK)
        rows = session.execute(chosen.options(joinedload(Event.actor))).all()
        for event, seal in rows:
            yield _line(event, seal, asked.zone)
        if len(rows) < CHUNK:
            return
        last = rows[-1][0].id
        session.expunge_all()


def _line(event: Event, seal: EventSeal | None, zone: dt.tzinfo) -> list[str | int | float]:
    who, mail = (event.actor.name, event.actor.email) if event.actor else ("系统", "")
    at = event.at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")
    return [event.id, at, who, mail, event.action, audit_words.action(event.action), event.subject,
            "" if event.subject_id is None else event.subject_id, _json(event.before), _json(event.after),
            seal.place if seal else "", seal.hash if seal else ""]


def _json(value: dict[str, object]) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True) if value else ""

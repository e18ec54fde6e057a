"""Meetings and visits of a case: proposing times, agreeing, calling off; minutes with decisions and tasks.

A meeting is `proposed` with up to five times by one side; the other accepts one or proposes others; when it was held,
its minutes are written.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.services import calendars, events, permissions, rows, telling
from matchmaker.services.problems import Conflict, NotAllowed, NotFound, Problem
from models import Introduction, Meeting, User, now
from models.introduction import ENDED
from models.vocabulary import MEETING_KINDS

MOST_TIMES = 5
LONGEST = dt.timedelta(hours=12)
FARTHEST = dt.timedelta(days=366)


@dataclass(frozen=True)
class Slot:
    """A time proposed; both ends with their zone."""

    start: dt.datetime
    end: dt.datetime

    def stored(self) -> dict[str, str]:
        return {"start": self.start.astimezone(dt.UTC).isoformat(), "end": self.end.astimezone(dt.UTC).isoformat()}


@dataclass(frozen=True)
class Plan:
    """What is proposed: kind (code of MEETING_KINDS), title, where, when."""

    kind: str
    title: str
    place: str = ""
    link: str = ""
    slots: Sequence[Slot] = field(default_factory=tuple)


def at(day: str, clock: str, zone: ZoneInfo) -> dt.datetime:
    """The instant of a day (2026-12-01) and a time (14:00) in a zone. Raises Problem for what is no time there.

    A time that the clocks skip in spring is refused; of one that comes twice in autumn the first is meant.
    """
    try:
        wall = dt.datetime.fromisoformat(f"{day.strip()}T{clock.strip()}").replace(tzinfo=zone)
    except ValueError:
        raise Problem("时间：请按“2026-12-01”和“14:00”的样子填写日期与时刻。") from None
    if not 2000 <= wall.year <= 2100:
        raise Problem("时间：请填写 2000–2100 年之间的日期。")
    if wall.astimezone(dt.UTC).astimezone(zone).replace(tzinfo=None) != wall.replace(tzinfo=None):
        raise Problem(f"时间：{day} {clock} 因夏令时切换并不存在，请改选其他时刻。")
    return wall


def stored_slots(meeting: Meeting) -> list[Slot]:
    """The times that stand proposed."""
    return [Slot(dt.datetime.fromisoformat(row["start"]), dt.datetime.fromisoformat(row["end"]))
            for row in meeting.options]


def get(session: Session, viewer: User, meeting_id: int) -> Meeting:
    """Raises NotFound for a meeting that is absent or of a case that is not the viewer's."""
    found = rows.find(session, Meeting, meeting_id)
    if found is None or permissions.side_of(viewer, found.introduction) is None:
        raise NotFound("没有找到这次会谈，它可能不属于您或地址有误。")
    return found


def of_case(session: Session, case: Introduction) -> list[Meeting]:
    """The case's meetings, the newest first."""
    return list(session.scalars(select(Meeting).where(Meeting.introduction_id == case.id).order_by(Meeting.id.desc())))


def propose(session: Session, actor: User, case: Introduction, plan: Plan) -> Meeting:
    """Propose a meeting with one to five times. Raises NotAllowed, Problem naming the first that cannot be used."""
    side = _side(actor, case)
    if case.state in ENDED:
        raise Problem("这项对接已经结束，不能再约时间。")
    clean = _checked(plan)
    meeting = Meeting(
        uid=f"{secrets.token_hex(12)}@meeting", introduction_id=case.id, introduction=case, kind=clean.kind,
        title=clean.title, place=clean.place, link=clean.link or None, side=side,
        options=[slot.stored() for slot in clean.slots], created_by=actor.id, state="proposed", minutes="")
    session.add(meeting)
    session.flush()
    events.record(session, actor, "meeting.proposed", meeting, after={"case": case.id, "options": meeting.options})
    _tell(session, actor, meeting, "请选择会谈时间")
    return meeting


def counter(session: Session, actor: User, meeting: Meeting, version: int, slots: Sequence[Slot]) -> None:
    """Other times instead of those proposed (or agreed). Raises Conflict, NotAllowed, Problem."""
    side = _open(actor, meeting, version)
    called_off = meeting.state == "agreed"
    meeting.options = [slot.stored() for slot in _slots(slots)]
    meeting.side, meeting.state, meeting.starts_at, meeting.ends_at = side, "proposed", None, None
    session.flush()
    events.record(session, actor, "meeting.countered", meeting, after={"options": meeting.options})
    if called_off:
        calendars.send(session, meeting, "CANCEL")
    _tell(session, actor, meeting, "对方提出了新的会谈时间")


def accept(session: Session, actor: User, meeting: Meeting, version: int, number: int) -> None:
    """Agree to the time with that number (from 0). The side that proposed does not accept its own times.

    Everyone gets an invitation for their calendar. Raises Conflict, NotAllowed, Problem.
    """
    side = _open(actor, meeting, version)
    if meeting.state != "proposed" or (side == meeting.side and side != "office"):
        raise NotAllowed("这些时间由您一方提出，请等对方选择；也可以改提其他时间。")
    slots = stored_slots(meeting)
    if not 0 <= number < len(slots):
        raise Problem("请从所列时间中选择一个。")
    if slots[number].start < now():
        raise Problem("这个时间已经过去，请选择其他时间或另提时间。")
    meeting.starts_at, meeting.ends_at, meeting.state = slots[number].start, slots[number].end, "agreed"
    session.flush()
    events.record(session, actor, "meeting.agreed", meeting, before={"state": "proposed"},
                  after={"state": "agreed", "start": meeting.options[number]["start"]})
    calendars.send(session, meeting, "REQUEST")
    _tell(session, actor, meeting, "会谈时间已定")


def cancel(session: Session, actor: User, meeting: Meeting, version: int) -> None:
    """Call a meeting off that was not held. Raises Conflict, NotAllowed."""
    _open(actor, meeting, version)
    before, meeting.state = meeting.state, "cancelled"
    session.flush()
    events.record(session, actor, "meeting.cancelled", meeting, before={"state": before}, after={"state": "cancelled"})
    if before == "agreed":
        calendars.send(session, meeting, "CANCEL")
    _tell(session, actor, meeting, "会谈已取消")


def may_answer(viewer: User, meeting: Meeting) -> bool:
    """Whether it is the viewer's side that is to choose a time; the office may choose for whoever is asked."""
    side = permissions.side_of(viewer, meeting.introduction)
    return meeting.state == "proposed" and side is not None and (side != meeting.side or side == "office")


def check_version(meeting: Meeting, version: int) -> None:
    if meeting.version != version:
        raise Conflict("操作未完成：他人刚刚更新了这次会谈。以下是最新内容，请核对后重试。")


def said(slot: Slot) -> str:
    """A time as the clock shows it by which it was given."""
    return f"{slot.start:%Y-%m-%d %H:%M}–{slot.end:%H:%M}"


def _side(actor: User, case: Introduction) -> str:
    side = permissions.side_of(actor, case)
    if side is None or (side != "office" and case.accepted_at is None):
        raise NotAllowed("双方接受意向之后，才能约会谈时间。")
    return side


def _open(actor: User, meeting: Meeting, version: int) -> str:
    side = _side(actor, meeting.introduction)
    check_version(meeting, version)
    if meeting.state not in ("proposed", "agreed"):
        raise NotAllowed("这次会谈已经结束或取消，不能再更改时间。")
    return side


def _checked(plan: Plan) -> Plan:
    title, place, link = plan.title.strip(), plan.place.strip(), plan.link.strip()
    if plan.kind not in MEETING_KINDS:
        raise Problem("请选择是会谈还是诊断走访。")
    if not 1 <= len(title) <= 100:
        raise Problem("主题：请用 1–100 字写明谈什么。")
    if len(place) > 200:
        raise Problem("地点：最多 200 字。")
    if link and (len(link) > 500 or urlsplit(link).scheme not in ("http", "https") or not urlsplit(link).hostname):
        raise Problem("线上链接：请填写以 https:// 开头的完整地址。")
    if not place and not link:
        raise Problem("地点：请填写见面地点，或线上会议的链接。")
    return Plan(plan.kind, title, place, link, _slots(plan.slots))


def _slots(slots: Sequence[Slot]) -> list[Slot]:
    if not 1 <= len(slots) <= MOST_TIMES:
        raise Problem(f"时间：请提出 1–{MOST_TIMES} 个可选时间。")
    for slot in slots:
        if slot.start < now():
            raise Problem(f"时间：{said(slot)} 已经过去，请改选以后的时间。")
        if slot.start > now() + FARTHEST:
            raise Problem("时间：请选择一年以内的时间。")
        if not dt.timedelta(0) < slot.end - slot.start <= LONGEST:
            raise Problem("时间：时长须在 12 小时以内，并大于 0。")
    unique = {slot.start: slot for slot in slots}
    return sorted(unique.values(), key=lambda slot: slot.start)


def _tell(session: Session, actor: User, meeting: Meeting, subject: str) -> None:
    for person in telling.everyone(meeting.introduction):
        telling.of_meeting(session, actor, meeting, person, subject)

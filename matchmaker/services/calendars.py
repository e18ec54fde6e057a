"""Meetings in calendars: the invitation that goes with a mail, one meeting to download, and a person's feed.

Times are written in UTC, so that every calendar shows them right whatever its zone and season.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Iterable
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, vCalAddress, vText
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from matchmaker.services import clock, events, mailing, permissions, telling, throttle
from matchmaker.services.problems import NotFound
from models import CalendarFeed, CaseTask, Introduction, Meeting, User, now
from models.vocabulary import MEETING_KINDS

KEPT = dt.timedelta(days=180)
"""How far back a feed goes."""


def invitation(meeting: Meeting, people: Iterable[User], method: str) -> str:
    """One agreed (or called off) meeting as iCalendar text; `method` is REQUEST, CANCEL or PUBLISH.

    Addresses stand in it only when it is mailed: one who downloads it learns no one's address.
    """
    event = _event(meeting, cancelled=method == "CANCEL")
    for person in people:
        attendee = vCalAddress(f"mailto:{person.email}")
        attendee.params["CN"] = vText(person.name)
        attendee.params["RSVP"] = vText("FALSE")
        event.add("attendee", attendee, encode=False)
    return _calendar([event], method)


def send(session: Session, meeting: Meeting, method: str) -> None:
    """Queue a mail with the invitation to everyone in the case, the time as each one's clock shows it.

    Each sees only the own address in it.
    """
    case = meeting.introduction
    what = "会谈取消" if method == "CANCEL" else "会谈邀请"
    for person in telling.everyone(case):
        mailing.queue(session, mailing.Letter(
            person.email, f"{what}：{meeting.title}", _letter(meeting, person, what),
            f"/meetings/{meeting.id}", invitation(meeting, [person], method)))


def _letter(meeting: Meeting, person: User, what: str) -> str:
    if meeting.starts_at is None or meeting.ends_at is None:
        return f"{what}：{meeting.title}。日历邀请见附件，详情请登录查看："
    name = person.zone if person.zone in clock.ZONES else clock.HERE.key
    when = clock.span(meeting.starts_at, meeting.ends_at, ZoneInfo(name))
    return f"{what}：{meeting.title}。时间：{when}，{clock.ZONES[name]}。日历邀请见附件，详情请登录查看："


def rotate(session: Session, user: User) -> str:
    """A new secret address for the user's feed; the old one is worthless from now on. Only its hash is kept."""
    token = secrets.token_urlsafe(32)
    row = session.get(CalendarFeed, user.id) or CalendarFeed(user_id=user.id)
    row.token_hash, row.created_at = throttle.digest(token), now()
    session.add(row)
    session.flush()
    events.record(session, user, "calendar.rotated", user)
    return token


def feed_of(session: Session, user: User) -> CalendarFeed | None:
    return session.get(CalendarFeed, user.id)


def by_token(session: Session, token: str) -> str:
    """The calendar behind a secret address: the user's agreed meetings and open tasks. Raises NotFound."""
    row = session.scalar(select(CalendarFeed).where(CalendarFeed.token_hash == throttle.digest(token)))
    user = session.get(User, row.user_id) if row else None
    if user is None or not user.active:
        raise NotFound("这个日历地址已经失效。请登录后重新生成。")
    found = [_event(meeting) for meeting in _meetings(session, user)]
    return _calendar(found + [_task(task) for task in _tasks(session, user)], "PUBLISH")


def _meetings(session: Session, user: User) -> list[Meeting]:
    """Of a broker the meetings of the own cases, of others those of every case they stand in."""
    mine = permissions.visible_cases(user)
    if permissions.is_staff(user):
        mine = or_(Introduction.broker_id == user.id, permissions.named(user))
    wanted = select(Meeting).join(Introduction, Introduction.id == Meeting.introduction_id).where(
        mine, Meeting.state.in_(("agreed", "held")), Meeting.starts_at > now() - KEPT)
    return list(session.scalars(wanted.order_by(Meeting.starts_at)))


def _tasks(session: Session, user: User) -> list[CaseTask]:
    wanted = select(CaseTask).where(CaseTask.who_id == user.id, CaseTask.done_at.is_(None), CaseTask.due.is_not(None))
    return list(session.scalars(wanted.order_by(CaseTask.due, CaseTask.id)))


def _event(meeting: Meeting, cancelled: bool = False) -> Event:
    event = Event()
    event.add("uid", meeting.uid)
    event.add("sequence", meeting.version)
    event.add("dtstamp", meeting.updated_at.astimezone(dt.UTC))
    if meeting.starts_at and meeting.ends_at:
        event.add("dtstart", meeting.starts_at.astimezone(dt.UTC))
        event.add("dtend", meeting.ends_at.astimezone(dt.UTC))
    event.add("summary", f"{MEETING_KINDS[meeting.kind]}：{meeting.title}")
    event.add("description", f"需求：{meeting.introduction.need.title}\n供给：{meeting.introduction.supply.title}")
    if where := "；".join(part for part in (meeting.place, meeting.link) if part):
        event.add("location", where)
    if meeting.link:
        event.add("url", meeting.link)
    event.add("status", "CANCELLED" if cancelled else "CONFIRMED")
    return event


def _task(task: CaseTask) -> Event:
    event = Event()
    event.add("uid", f"task-{task.id}@case")
    event.add("dtstamp", task.created_at.astimezone(dt.UTC))
    assert task.due is not None
    event.add("dtstart", task.due)
    event.add("dtend", task.due + dt.timedelta(days=1))
    event.add("summary", f"待办：{task.text}")
    event.add("transp", "TRANSPARENT")
    return event


def _calendar(found: list[Event], method: str) -> str:
    calendar = Calendar()
    calendar.add("prodid", "-//matchmaker//cases//ZH")
    calendar.add("version", "2.0")
    calendar.add("method", method)
    for event in found:
        calendar.add_component(event)
    return str(calendar.to_ical().decode("utf-8"))

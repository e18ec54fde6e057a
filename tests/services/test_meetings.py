"""Times are proposed, chosen and changed; calendars hear of it; minutes leave decisions, tasks and needs."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar
from sqlalchemy import select

from matchmaker.services import brokering, calendars, casework, mailing, meetings, minutes, permissions
from matchmaker.services.meetings import Plan, Slot
from matchmaker.services.minutes import Result, Todo
from matchmaker.services.problems import Conflict, NotAllowed, NotFound, Problem
from models import Event, Job, Need, now
from tests.services import cases

BERLIN, HERE = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Shanghai")


@pytest.fixture
def who(session):
    return cases.people(session)


@pytest.fixture
def case(session, who):
    return cases.accepted(session, who)


def slots(*days, hours=1.0):
    first = now().replace(minute=0, second=0, microsecond=0)
    return [Slot(first + dt.timedelta(days=n), first + dt.timedelta(days=n, hours=hours)) for n in days]


def plan(*days, kind="meeting", **more):
    given = {"kind": kind, "title": "首次会谈", "place": "示例精工会议室", "slots": slots(*(days or (2,)))}
    return Plan(**(given | more))


def invitations(session):
    return [job.payload["calendar"] for job in session.scalars(select(Job).where(Job.kind == "mail").order_by(Job.id))]


def test_the_other_side_chooses_one_of_the_times_and_everyone_is_invited(session, who, case):
    meeting = meetings.propose(session, who.wang, case, plan(2, 3))
    with pytest.raises(NotAllowed, match="等对方选择"):
        meetings.accept(session, who.wang, meeting, meeting.version, 0)
    meetings.accept(session, who.li, meeting, meeting.version, 1)
    assert (meeting.state, meeting.starts_at) == ("agreed", meetings.stored_slots(meeting)[1].start)
    sent = invitations(session)
    assert len(sent) == 3
    event = Calendar.from_ical(sent[0]).walk("VEVENT")[0]
    assert event["dtstart"].dt == meeting.starts_at
    assert "METHOD:REQUEST" in sent[0]
    assert [text.count("ATTENDEE") for text in sent] == [1, 1, 1]


def test_an_invitation_by_mail_names_who_invites(session, who, case):
    meeting = meetings.propose(session, who.wang, case, plan(2))
    meetings.accept(session, who.li, meeting, meeting.version, 0)
    payload = session.scalars(select(Job).where(Job.kind == "mail")).first().payload
    letter = mailing.Letter(*(payload[name] for name in ("to", "subject", "text", "link", "calendar")))
    sent = mailing.compose(letter, mailing.Sender("office@example.com", "示例中心", "https://example.com"), "1")
    [attached] = [part for part in sent.walk() if part.get_content_type() == "text/calendar"]
    [event] = Calendar.from_ical(attached.get_content()).walk("VEVENT")
    assert (str(event["organizer"]), event["organizer"].params["CN"]) == ("mailto:office@example.com", "示例中心")
    assert str(event["attendee"]) == f"mailto:{letter.to}"
    assert attached.get_param("method") == "REQUEST"


def test_an_invitation_says_the_time_by_the_clock_of_each_who_gets_it(session, who, case):
    """李研究员 works in Berlin, where the day is another one than in Beijing."""
    who.li.zone, day = "Europe/Berlin", now().date() + dt.timedelta(days=30)
    start = dt.datetime.combine(day, dt.time(1), HERE)
    meeting = meetings.propose(session, who.wang, case, plan(slots=[Slot(start, start + dt.timedelta(hours=1))]))
    meetings.accept(session, who.li, meeting, meeting.version, 0)
    told = {job.payload["to"]: job.payload["text"] for job in session.scalars(select(Job).where(Job.kind == "mail"))}
    there = start.astimezone(BERLIN)
    assert f"时间：{day} 01:00–02:00，北京时间（UTC+8）。" in told[who.wang.email]
    assert there.date() < day
    assert f"时间：{there:%Y-%m-%d %H:%M}–{there.hour + 1}:00，柏林" in told[who.li.email]


def test_a_time_that_is_past_is_said_as_it_was_given(session, who, case):
    start = dt.datetime(2026, 1, 1, 10, tzinfo=BERLIN)
    with pytest.raises(Problem, match="2026-01-01 10:00–11:00 已经过去"):
        meetings.propose(session, who.wang, case, plan(slots=[Slot(start, start + dt.timedelta(hours=1))]))


def test_other_times_take_the_place_of_agreed_ones_and_the_old_invitation_is_called_off(session, who, case):
    meeting = meetings.propose(session, who.wang, case, plan(2))
    meetings.accept(session, who.li, meeting, meeting.version, 0)
    before = meeting.version
    meetings.counter(session, who.li, meeting, meeting.version, slots(5))
    assert (meeting.state, meeting.side, meeting.starts_at) == ("proposed", "supply", None)
    assert "METHOD:CANCEL" in invitations(session)[-1]
    with pytest.raises(Conflict):
        meetings.accept(session, who.wang, meeting, before, 0)
    meetings.accept(session, who.wang, meeting, meeting.version, 0)
    meetings.cancel(session, who.broker, meeting, meeting.version)
    assert meeting.state == "cancelled"
    with pytest.raises(NotAllowed):
        meetings.cancel(session, who.broker, meeting, meeting.version)


@pytest.mark.parametrize(("wrong", "sentence"), [
    ({"slots": []}, "1–5"), ({"slots": slots(1, 2, 3, 4, 5, 6)}, "1–5"), ({"slots": slots(-1)}, "已经过去"),
    ({"slots": slots(400)}, "一年以内"), ({"slots": slots(1, hours=0)}, "大于 0"), ({"title": " "}, "主题"),
    ({"slots": slots(1, hours=13)}, "12 小时"), ({"place": ""}, "地点"), ({"kind": "party"}, "会谈"),
    ({"link": "javascript:alert(1)"}, "https"),
])
def test_what_cannot_be_proposed_is_said(session, who, case, wrong, sentence):
    with pytest.raises(Problem, match=sentence):
        meetings.propose(session, who.wang, case, plan(**wrong))


def test_before_the_intent_is_accepted_parties_meet_nobody(session, who):
    case = cases.asked(session, who)
    with pytest.raises(NotAllowed, match="接受意向之后"):
        meetings.propose(session, who.wang, case, plan(2))
    meeting = meetings.propose(session, who.broker, case, plan(2))
    with pytest.raises(NotFound):
        meetings.get(session, who.stranger, meeting.id)


def test_a_time_that_the_clocks_skip_is_refused_and_the_first_of_a_double_one_is_meant():
    with pytest.raises(Problem, match="夏令时"):
        meetings.at("2027-03-28", "02:30", BERLIN)
    twice = meetings.at("2027-10-31", "02:30", BERLIN)
    assert twice.astimezone(dt.UTC) == dt.datetime(2027, 10, 31, 0, 30, tzinfo=dt.UTC)
    assert meetings.at("2027-03-28", "02:30", HERE).astimezone(dt.UTC).hour == 18
    for day, clock in (("", "10:00"), ("2027-02-30", "10:00"), ("2027-01-01", "25:00"), ("明天", "10:00")):
        with pytest.raises(Problem, match="时间"):
            meetings.at(day, clock, HERE)


def test_a_feed_has_a_secret_address_that_can_be_changed(session, who, case):
    meeting = meetings.propose(session, who.wang, case, plan(2))
    meetings.accept(session, who.li, meeting, meeting.version, 0)
    minutes.add_task(session, who.broker, case, Todo("寄样件", who.wang.id, dt.date(2026, 12, 24)))
    old = calendars.rotate(session, who.wang)
    found = Calendar.from_ical(calendars.by_token(session, old)).walk("VEVENT")
    assert [str(event["summary"]) for event in found] == ["会谈：首次会谈", "待办：寄样件"]
    assert found[0]["uid"] == meeting.uid
    new = calendars.rotate(session, who.wang)
    with pytest.raises(NotFound):
        calendars.by_token(session, old)
    assert calendars.feed_of(session, who.wang).token_hash not in (old, new)
    stranger = calendars.rotate(session, who.stranger)
    assert Calendar.from_ical(calendars.by_token(session, stranger)).walk("VEVENT") == []
    who.wang.active = False
    session.flush()
    with pytest.raises(NotFound):
        calendars.by_token(session, new)


def held(session, who, case, kind="meeting", **more):
    meeting = meetings.propose(session, who.broker, case, plan(2, kind=kind))
    meetings.accept(session, who.li, meeting, meeting.version, 0)
    minutes.write(session, who.broker, meeting, meeting.version, Result("谈了补偿方法。", **more))
    return meeting


def test_minutes_leave_decisions_and_tasks_in_the_day_of_who_does_them(session, who, case):
    meeting = held(session, who, case, decisions=["先做一轮试模", " "], tasks=[
        Todo("提供模具图", who.wang.id, dt.date(2026, 12, 1)), Todo(" ", 0)])
    assert (meeting.state, meeting.decisions) == ("held", ["先做一轮试模"])
    task = casework.open_tasks(session, who.wang)[0]
    assert (task.text, task.meeting_id) == ("提供模具图", meeting.id)
    with pytest.raises(NotAllowed):
        minutes.finish_task(session, who.li, task.id)
    minutes.finish_task(session, who.wang, task.id)
    assert casework.open_tasks(session, who.wang) == []
    minutes.finish_task(session, who.broker, task.id, done=False)
    assert casework.open_tasks(session, who.wang) == [task]
    with pytest.raises(Problem, match="参与对接的人"):
        minutes.add_task(session, who.wang, case, Todo("外人的事", who.stranger.id))
    with pytest.raises(NotAllowed):
        minutes.write(session, who.wang, meeting, meeting.version, Result("x"))


def test_what_a_visit_found_becomes_a_draft_need_once(session, who, case):
    meeting = held(session, who, case, kind="visit")
    with pytest.raises(Problem, match="主要问题"):
        minutes.make_need(session, who.broker, meeting)
    found = {"main_problem": "注塑件出模后翘曲\n每月报废两成", "tried": "调过保压", "conditions": "停机半天"}
    minutes.write(session, who.broker, meeting, meeting.version, Result("看了现场。", findings=found))
    draft = minutes.make_need(session, who.broker, meeting)
    assert isinstance(draft, Need)
    assert (draft.state, draft.title, draft.tried) == ("draft", "注塑件出模后翘曲", "调过保压")
    assert permissions.owns(who.wang, draft)
    assert permissions.owns(who.broker, draft)
    assert minutes.make_need(session, who.broker, meeting) is draft
    assert session.scalar(select(Event).where(Event.action == "meeting.need_made")) is not None


def test_an_ended_case_makes_no_more_appointments(session, who, case):
    brokering.pass_(session, who.li, case, case.version, "time")
    with pytest.raises(Problem, match="已经结束"):
        meetings.propose(session, who.wang, case, plan(2))

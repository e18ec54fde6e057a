"""Messages reach who they are for; the board and the day show what is there; what stands still is marked."""

import datetime as dt

import pytest
from sqlalchemy import select, update

from matchmaker.services import brokering, casework, clock, intents, messages, office, stalling
from matchmaker.services.casework import Chosen
from matchmaker.services.problems import NotAllowed, NotFound, Problem
from models import Introduction, Notice, Reading, now
from tests.services import cases
from tests.services.cases import step


@pytest.fixture
def who(session):
    return cases.people(session)


def test_a_message_reaches_the_others_each_by_an_address_of_their_own(session, who):
    case = cases.accepted(session, who)
    sent = messages.send(session, who.wang, case, " 请发实测数据。 ")
    rows = session.scalars(select(Reading).where(Reading.message_id == sent.id)).all()
    assert {row.user_id for row in rows} == {who.li.id, who.broker.id}
    assert messages.unread(session, who.li) == {case.id: 1}
    notice = session.scalar(select(Notice).where(Notice.user_id == who.li.id, Notice.kind == "message"))
    assert "实测数据" not in notice.text + notice.subject
    token = notice.link.removeprefix("/messages/")
    assert messages.by_token(session, who.li, token) is sent
    for person, asked in ((who.wang, token), (who.li, "nothing")):
        with pytest.raises(NotFound, match="另一个账号"):
            messages.by_token(session, person, asked)
    messages.read(session, who.li, case)
    assert messages.unread(session, who.li) == {}
    assert messages.unread(session, who.broker) == {case.id: 1}


def test_internal_notes_are_for_the_office_alone(session, who):
    case = cases.accepted(session, who)
    messages.send(session, who.broker, case, "对方报价偏高，先压一压。", internal=True)
    assert [row.text for row in messages.thread(session, who.broker, case)] == ["对方报价偏高，先压一压。"]
    assert messages.thread(session, who.wang, case) == []
    assert session.scalars(select(Reading)).all() == []
    with pytest.raises(NotAllowed):
        messages.send(session, who.wang, case, "x", internal=True)


def test_messages_are_bounded_and_end_with_the_case(session, who):
    case = cases.accepted(session, who)
    for text, sentence in ((" ", "写下"), ("长" * 2001, "2000")):
        with pytest.raises(Problem, match=sentence):
            messages.send(session, who.wang, case, text)
    with pytest.raises(NotAllowed):
        messages.send(session, who.stranger, case, "x")
    brokering.pass_(session, who.li, case, case.version, "time")
    with pytest.raises(Problem, match="已经结束"):
        messages.send(session, who.wang, case, "x")


def test_names_are_known_once_the_intent_is_accepted(session, who):
    case = cases.asked(session, who)
    asked = messages.ask_back(session, who.li, case, case.version, "量产节拍是多少？")
    assert case.waiting_side == "need"
    assert messages.name_for(who.wang, case, asked) == "供给方"
    answer = messages.send(session, who.wang, case, "45 秒。")
    assert case.waiting_side == "supply"
    assert messages.name_for(who.li, case, answer) == "需求方"
    assert messages.name_for(who.broker, case, answer) == "王工（需求方）"
    brokering.accept(session, who.li, case, case.version)
    assert messages.name_for(who.wang, case, asked) == "李研究员（供给方）"


def test_old_messages_are_reached_page_by_page(session, who, monkeypatch):
    monkeypatch.setattr(messages, "PAGE", 3)
    case = cases.accepted(session, who)
    for n in range(5):
        messages.send(session, who.wang, case, f"第 {n} 条")
    newest = messages.thread(session, who.li, case)
    assert [row.text for row in newest[-3:]] == ["第 2 条", "第 3 条", "第 4 条"]
    assert [row.text for row in messages.thread(session, who.li, case, newest[-3].id)] == ["第 0 条", "第 1 条"]


def test_reasons_reach_the_owner_without_names(session, who):
    case = cases.asked(session, who)
    brokering.pass_(session, who.li, case, case.version, "too_early", "李研究员（示例理工大学）认为尚早")
    said = intents.feedback(session, who.wang, who.need)
    assert [(row.reason, row.note) for row in said] == [("too_early", "对方（对方）认为尚早")]
    assert intents.feedback(session, who.stranger, who.need) == []
    assert intents.feedback(session, who.li, who.supply) == []


def test_the_board_has_every_standing_case_in_its_column_and_narrows(session, who):
    who.need.field, who.need.region = "materials", "220102"
    case = cases.accepted(session, who)
    shown = casework.board(session, who.broker, Chosen())
    assert shown.columns["accepted"] == [case]
    assert sum(map(len, shown.columns.values())) == 1
    assert casework.regions(session) == ["220100"]
    fits = [{"broker": str(who.broker.id)}, {"field": "materials"}, {"region": "220100"}, {"age": "0"}]
    fails = [{"broker": "0"}, {"broker": str(who.other.id)}, {"field": "nuclear"}, {"region": "310000"}, {"age": "7"}]
    for asked, n in [(one, 1) for one in fits] + [(one, 0) for one in fails]:
        found = casework.board(session, who.broker, Chosen.of(asked))
        assert sum(map(len, found.columns.values())) == n, asked
    assert Chosen.of({"broker": "x", "field": "magic", "region": "", "age": "9" * 20}) == Chosen()
    step(session, who.li, case, "pass", reason="time")
    assert not any(casework.board(session, who.broker, Chosen()).columns.values())
    assert casework.board(session, who.broker, Chosen(), "passed").columns == {"passed": [case]}
    with pytest.raises(NotAllowed):
        casework.board(session, who.wang, Chosen())


def test_the_day_says_what_is_due_new_and_waiting(session, who):
    case = cases.accepted(session, who)
    day = casework.day(session, who.broker)
    assert (day.due, day.fresh, day.waiting, day.stalled) == ([], [case], [case], [])
    brokering.set_next_step(session, who.broker, case, case.version, ("约会谈", clock.today()))
    messages.send(session, who.wang, case, "何时来？")
    day = casework.day(session, who.broker)
    assert (day.due, day.waiting, day.news) == ([case], [case], {case.id: 1})
    messages.read(session, who.broker, case)
    assert casework.day(session, who.broker).waiting == []
    assert casework.day(session, who.other).due == []
    assert casework.day(session, who.head).due == [case]


def test_a_party_sees_what_waits_for_it(session, who):
    case = cases.asked(session, who)
    assert casework.waiting_for(session, who.li) == [case]
    assert casework.waiting_for(session, who.wang) == []
    assert casework.own(session, who.wang) == casework.own(session, who.li) == [case]
    assert casework.own(session, who.stranger) == []


def aged(session, case, days):
    then = now() - dt.timedelta(days=days)
    session.execute(update(Introduction).where(Introduction.id == case.id).values(updated_at=then, state_since=then))
    session.expire(case)


def test_what_stands_still_too_long_is_marked_once_and_said(session, who):
    case = cases.accepted(session, who)
    limit = office.get(session, "case.stalled_days")["accepted"]
    aged(session, case, limit - 1)
    assert stalling.mark(session) == 0
    aged(session, case, limit + 1)
    assert casework.day(session, who.broker).stalled == [case]
    assert stalling.mark(session) == 1
    assert stalling.mark(session) == 0
    assert (case.state, case.paused_state) == ("stalled", "accepted")
    assert session.scalar(select(Notice).where(Notice.user_id == who.broker.id, Notice.subject.contains("停滞")))
    step(session, who.broker, case, "reopen")
    assert stalling.mark(session) == 0


def test_a_message_or_a_plan_keeps_a_case_from_stalling(session, who):
    case = cases.accepted(session, who)
    later = clock.today() + dt.timedelta(days=9)
    brokering.set_next_step(session, who.broker, case, case.version, ("等样件", later))
    aged(session, case, 400)
    assert stalling.mark(session) == 0
    brokering.set_next_step(session, who.broker, case, case.version, ("", None))
    aged(session, case, 400)
    messages.send(session, who.wang, case, "样件已寄出。")
    assert stalling.mark(session) == 0
    office.put(session, who.head, "case.stalled_days", office.get(session, "case.stalled_days") | {"accepted": 0})
    assert stalling.mark(session, now() + dt.timedelta(days=4000)) == 0

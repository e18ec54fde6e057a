"""An enterprise's need becomes a case; a researcher passes; two brokers collide; the office's caps."""

import datetime as dt

import pytest
from sqlalchemy import select

from matchmaker.services import brokering, caps, office, permissions, telling
from matchmaker.services.brokering import Duplicate, Given, Pair
from matchmaker.services.casesteps import TRANSITIONS, allowed
from matchmaker.services.problems import Conflict, NotAllowed, NotFound, Problem
from models import Event, Introduction, Judgement, Notice, now
from tests.builders import achievement, user
from tests.services import cases
from tests.services.cases import ANSWERS, step


@pytest.fixture
def who(session):
    return cases.people(session)


def told(session, person):
    return session.scalars(select(Notice.subject).where(Notice.user_id == person.id).order_by(Notice.id)).all()


def test_a_need_becomes_a_signed_registered_and_closed_case(session, who):
    cases.matched(session, who)
    case = brokering.propose(session, who.broker, who.pair)
    assert (case.state, case.opened_side, case.broker_id) == ("proposed", "office", who.broker.id)
    assert (case.evidence["rank"], case.evidence["reasons"][0]["feature"]) == (2, "words")
    assert told(session, who.wang) == told(session, who.li) == ["中心为您推荐了一个合作对象"]
    again = brokering.express_intent(session, who.wang, who.pair, "need", ANSWERS)
    assert again is case
    assert (case.state, case.waiting_side, case.answers) == ("intent", "supply", ANSWERS)
    brokering.accept(session, who.li, case, case.version)
    assert case.accepted_at is not None
    for action in ("meet", "diagnose"):
        step(session, who.broker, case, action)
    step(session, who.broker, case, "nda", need_nda_on=now().date(), supply_nda_on=now().date())
    assert case.need_nda_at
    assert case.supply_nda_at
    step(session, who.broker, case, "negotiate")
    session.add(made := cases.contract(case))
    session.flush()
    step(session, who.broker, case, "draft")
    made.state = "signed"
    session.flush()
    step(session, who.broker, case, "sign")
    made.registry_number, made.state = "2026220100000001", "registered"
    session.flush()
    for action in ("register", "perform", "close"):
        step(session, who.broker, case, action)
    entered = [row.after["state"] for row in session.scalars(
        select(Event).where(Event.subject == "introduction").order_by(Event.id)) if "state" in row.after]
    assert entered == ["proposed", "intent", "accepted", "meeting", "diagnosis", "nda", "negotiation", "drafted",
                       "signed", "registered", "performed", "closed"]


@pytest.mark.parametrize(("action", "sentence"), [
    ("nda", "签署保密协议的日期"), ("draft", "合同草稿"), ("sign", "已签订的合同"), ("register", "登记编号"),
    ("pass", "谢绝的原因")])
def test_a_step_says_what_it_lacks(session, who, action, sentence):
    case = cases.accepted(session, who)
    case.state = min(TRANSITIONS[action].before - {"stalled", "intent", "proposed"})
    session.flush()
    before = case.state
    with pytest.raises(Problem, match=sentence):
        step(session, who.broker, case, action)
    assert case.state == before


def test_a_researcher_passes_and_the_reason_flows_back(session, who):
    cases.matched(session, who, post_id=who.supply.id, candidate_id=who.need.id, candidate_kind="need")
    case = cases.asked(session, who)
    brokering.pass_(session, who.li, case, case.version, "too_early", "还没有中试数据")
    assert (case.state, case.ended_side, case.paused_state) == ("passed", "supply", "intent")
    kept = session.scalars(select(Judgement)).one()
    assert (kept.user_id, kept.verdict, kept.reason) == (who.li.id, "unfits", "too_early")
    assert (kept.post_id, kept.candidate_id) == (who.supply.id, who.need.id)
    assert (kept.post_version, kept.rank, kept.weights) == (who.supply.version, 2, "abc")
    assert "还没有中试数据" not in str(session.scalars(select(Event.after)).all())


def test_other_as_a_reason_needs_words(session, who):
    case = cases.asked(session, who)
    with pytest.raises(Problem, match="写明原因"):
        brokering.pass_(session, who.li, case, case.version, "other", "  ")


def test_two_brokers_collide_on_one_card(session, who):
    case = cases.accepted(session, who)
    seen = case.version
    brokering.move(session, who.broker, case, seen, "meet")
    with pytest.raises(Conflict, match="他人刚刚更新"):
        brokering.move(session, who.other, case, seen, "negotiate")
    assert case.state == "meeting"


def test_two_transactions_collide_on_one_card(sessions):
    with sessions.write() as session:
        who = cases.people(session)
        case_id = cases.accepted(session, who).id
        broker_id = who.broker.id
        session.commit()
    with sessions.read() as slow:
        case, actor = slow.get_one(Introduction, case_id), slow.get_one(type(who.broker), broker_id)
        assert allowed(actor, case)
        with sessions.write() as quick:
            row = quick.get_one(Introduction, case_id)
            step(quick, quick.get_one(type(who.broker), broker_id), row, "meet")
            quick.commit()
    with sessions.write() as session:
        fresh, actor = session.get_one(Introduction, case_id), session.get_one(type(who.broker), broker_id)
        with pytest.raises(Conflict):
            brokering.move(session, actor, fresh, case.version, "negotiate")


def test_the_asker_neither_accepts_nor_passes_but_withdraws(session, who):
    case = cases.asked(session, who)
    assert {one.action for one in allowed(who.wang, case)} == {"withdraw"}
    assert {one.action for one in allowed(who.li, case)} == {"accept", "pass"}
    with pytest.raises(NotAllowed):
        brokering.accept(session, who.wang, case, case.version)
    step(session, who.wang, case, "withdraw")
    assert (case.state, case.reason, case.ended_side) == ("passed", None, "need")
    assert session.scalars(select(Judgement)).all() == []


def test_the_office_accepts_for_a_side_only_in_writing(session, who):
    case = cases.asked(session, who)
    with pytest.raises(Problem, match="由谁、何时"):
        brokering.accept(session, who.broker, case, case.version)
    brokering.accept(session, who.broker, case, case.version, "李研究员 11 月 20 日电话同意")
    assert case.state == "accepted"


def test_a_strangers_case_does_not_exist(session, who):
    case = cases.asked(session, who)
    with pytest.raises(NotFound):
        brokering.get(session, who.stranger, case.id)
    shown = {person.name: session.scalars(select(Introduction.id).where(permissions.visible_cases(person))).all()
             for person in (who.wang, who.li, who.broker, who.stranger)}
    assert shown == {"王工": [case.id], "李研究员": [case.id], "赵经理": [case.id], "孙工": []}
    assert permissions.side_of(who.stranger, case) is None
    with pytest.raises(NotAllowed, match="只能为自己发布"):
        brokering.express_intent(session, who.stranger, who.pair, "need", ANSWERS)


def test_a_pair_has_one_open_case(session, who):
    case = cases.asked(session, who)
    with pytest.raises(Duplicate) as twin:
        brokering.express_intent(session, who.li, who.pair, "supply", ANSWERS)
    assert twin.value.case_id == case.id
    with pytest.raises(Duplicate):
        brokering.propose(session, who.broker, who.pair)
    step(session, who.wang, case, "withdraw")
    newer = cases.asked(session, who)
    with pytest.raises(Duplicate):
        step(session, who.broker, case, "reopen")
    assert newer.id != case.id


def test_what_stalls_comes_back_to_where_it_stood(session, who):
    case = cases.accepted(session, who)
    step(session, who.broker, case, "negotiate")
    step(session, None, case, "stall")
    assert (case.state, case.paused_state) == ("stalled", "negotiation")
    assert "对接进展：停滞" not in told(session, who.wang)
    step(session, who.broker, case, "reopen")
    assert (case.state, case.paused_state) == ("negotiation", None)
    step(session, who.broker, case, "stall")
    step(session, who.broker, case, "pass", reason="price")
    step(session, who.head, case, "reopen")
    assert (case.state, case.reason) == ("negotiation", None)


def test_asking_back_hands_the_turn_over_and_an_answer_hands_it_back(session, who):
    case = cases.asked(session, who)
    brokering.ask_back(session, who.li, case, case.version)
    assert case.waiting_side == "need"
    brokering.answered(session, case, "need")
    assert case.waiting_side == "supply"


@pytest.mark.parametrize("missing", ["why", "want", "when"])
def test_each_of_the_three_questions_is_answered(session, who, missing):
    for wrong in ("  ", "长" * 501):
        with pytest.raises(Problem):
            brokering.express_intent(session, who.wang, who.pair, "need", ANSWERS | {missing: wrong})
    assert session.scalars(select(Introduction)).all() == []


def test_only_a_published_need_and_a_published_supply_make_a_pair(session, who):
    assert Pair.of(who.supply, who.need) == who.pair
    with pytest.raises(Problem, match="一条技术需求"):
        Pair.of(who.supply, achievement())
    who.supply.state = "withdrawn"
    with pytest.raises(Problem, match="未发布"):
        Pair.of(who.need, who.supply)


def test_over_the_cap_only_a_head_with_a_reason_proposes(session, who):
    office.put(session, who.head, "case.cap_expert", 1)
    cases.asked(session, who)
    more = achievement("另一项技术", owner=who.li)
    session.add(more)
    session.flush()
    pair = Pair(who.need, more)
    for actor, reason in ((who.broker, ""), (who.broker, "急"), (who.head, " ")):
        with session.begin_nested() as inner:
            with pytest.raises(caps.OverCap, match="上限 1 项"):
                brokering.propose(session, actor, pair, reason)
            inner.rollback()
    case = brokering.propose(session, who.head, pair, "企业停产在即")
    event = session.scalars(select(Event).where(Event.action == "introduction.proposed")).one()
    assert (case.state, event.after["override"]) == ("proposed", "企业停产在即")


def test_a_broker_takes_what_is_nobodys_and_hands_over_what_is_theirs(session, who):
    case = cases.asked(session, who)
    brokering.assign(session, who.broker, case, case.version, who.broker)
    with pytest.raises(NotAllowed, match="其他技术经理人负责"):
        brokering.assign(session, who.other, case, case.version, who.other)
    brokering.assign(session, who.broker, case, case.version, who.other)
    assert told(session, who.other) == ["一项对接转由您负责"]
    office.put(session, who.head, "case.cap_broker", 1)
    case2 = brokering.express_intent(session, who.li, Pair(who.need, _second(session, who)), "supply", ANSWERS)
    with pytest.raises(caps.OverCap):
        brokering.assign(session, who.head, case2, case2.version, who.other)


def _second(session, who):
    session.add(more := achievement("第二项技术", owner=who.li))
    session.flush()
    return more


def test_the_next_step_has_words_with_its_day(session, who):
    case = cases.accepted(session, who)
    day = dt.date(2026, 12, 1)
    brokering.set_next_step(session, who.broker, case, case.version, ("约首次会谈", day))
    assert (case.next_step, case.next_due) == ("约首次会谈", day)
    with pytest.raises(Problem, match="下一步做什么"):
        brokering.set_next_step(session, who.broker, case, case.version, (" ", day))
    with pytest.raises(NotAllowed):
        brokering.set_next_step(session, who.wang, case, case.version, ("x", None))


def test_a_party_leaves_in_the_middle_and_another_speaks_for_it(session, who):
    case = cases.accepted(session, who)
    who.li.active = False
    colleague = user("researcher", "郑研究员")
    session.add(colleague)
    session.flush()
    assert telling.left(case, "supply")
    brokering.set_contact(session, who.broker, case, case.version, "supply", colleague)
    assert not telling.left(case, "supply")
    assert permissions.side_of(colleague, case) == "supply"
    assert permissions.side_of(who.li, case) is None
    assert brokering.get(session, colleague, case.id) is case
    with pytest.raises(Problem, match="双方"):
        brokering.set_contact(session, who.broker, case, case.version, "supply", who.wang)


def test_a_note_is_bounded(session, who):
    case = cases.asked(session, who)
    with pytest.raises(Problem, match="最多"):
        brokering.move(session, who.li, case, case.version, "pass", Given("price", "长" * 501))

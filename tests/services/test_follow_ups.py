"""From the need to the story: after the signing the office asks, the parties rate, both agree to what is told."""

import datetime as dt

import pytest
from sqlalchemy import select

from matchmaker import tasks
from matchmaker.services import contract_drafting, contracts, follow_ups, office, payments, stories, timetable
from matchmaker.services.content import Invalid
from matchmaker.services.problems import Conflict, NotAllowed, NotFound, Problem
from models import Event, FollowUp, Notice
from tests.services import cases
from tests.services.test_contracts import NUMBER, STEPS, TODAY, WHOLE, step


@pytest.fixture
def who(session):
    return cases.people(session)


@pytest.fixture
def contract(session, who):
    """王工's need became a case, and that a registered contract."""
    case = cases.accepted(session, who)
    made = contracts.create(session, who.broker, contract_drafting.values(case), case)
    contracts.update(session, who.broker, made, made.version, WHOLE | {"signed_on": TODAY})
    payments.plan(session, who.broker, made, made.version, STEPS)
    step(session, who.broker, made, "sign")
    step(session, who.broker, made, "register", on=TODAY, registry_number=NUMBER)
    return made


def due(session, contract):
    return [one.days for one in follow_ups.of_contract(session, contract)]


def told(session, person):
    return session.scalars(select(Notice.key).where(Notice.user_id == person.id, Notice.kind == "task")).all()


def test_follow_ups_are_arranged_once_at_the_offices_intervals(session, who, contract):
    assert [follow_ups.plan(session, TODAY), follow_ups.plan(session, TODAY)] == [4, 0]
    assert due(session, contract) == [30, 90, 180, 365]
    office.put(session, who.head, "follow_up.days", [60, 90])
    assert follow_ups.plan(session, TODAY) == 1
    assert due(session, contract) == [30, 60, 90, 180, 365]


def test_a_contract_entered_late_is_not_asked_about_what_is_long_past(session, contract):
    contract.signed_on = TODAY - dt.timedelta(days=100)
    follow_ups.plan(session, TODAY)
    assert due(session, contract) == [180, 365]


def test_who_is_told_when_a_follow_up_is_due(session, who, contract):
    follow_ups.plan(session, TODAY)
    assert follow_ups.remind(session, TODAY) == 0
    day = TODAY + dt.timedelta(days=31)
    assert [follow_ups.remind(session, day), follow_ups.remind(session, day)] == [3, 0]
    assert any(key.startswith("follow_up:") for key in told(session, who.broker))
    assert f"rate:{contract.id}:buyer" in told(session, who.wang)
    assert f"rate:{contract.id}:seller" in told(session, who.li)
    assert told(session, who.stranger) == []


def test_what_the_office_found_is_kept(session, who, contract):
    follow_ups.plan(session, TODAY)
    first, second, *_ = follow_ups.of_contract(session, contract)
    for outcome, note, on, field in (("", "", TODAY, "outcome"), ("failed", " ", TODAY, "note"),
                                     ("in_use", "", None, "on"), ("in_use", "长" * 2001, TODAY, "note"),
                                     ("in_use", "", TODAY + dt.timedelta(days=1), "on")):
        with pytest.raises(Invalid) as refused:
            follow_ups.finish(session, who.broker, first.id, outcome, note, on)
        assert list(refused.value.errors) == [field]
    with pytest.raises(NotAllowed):
        follow_ups.finish(session, who.wang, first.id, "in_use", "", TODAY)
    follow_ups.finish(session, who.broker, first.id, "in_use", "已在两条线使用。", TODAY)
    with pytest.raises(Problem, match="已经登记"):
        follow_ups.finish(session, who.broker, first.id, "failed", "又不行", TODAY)
    assert follow_ups.outcome(session, contract) is first
    assert second.done_on is None
    assert follow_ups.waiting(session, who.broker, mine=True).rows[0].id == second.id
    assert follow_ups.waiting(session, who.other, mine=True).rows == []
    with pytest.raises(NotFound):
        follow_ups.get(session, 999)


def test_waiting_follow_ups_follow_on_page_by_page(session, who, contract):
    session.add_all(FollowUp(contract_id=contract.id, days=n, due_on=TODAY + dt.timedelta(days=n // 3))
                    for n in range(1, 121))
    session.flush()
    seen, after = [], None
    for _ in range(3):
        page = follow_ups.waiting(session, who.other, mine=False, after=after)
        seen += [one.days for one in page.rows]
        after = page.after
    assert (seen, after) == (list(range(1, 121)), None)


def test_each_side_rates_once_and_may_think_again(session, who, contract):
    follow_ups.rate(session, who.wang, contract, (5, 4), "很好")
    follow_ups.rate(session, who.wang, contract, (4, 4), "还行")
    follow_ups.rate(session, who.li, contract, (3, 5), "")
    given = follow_ups.ratings(session, who.broker, contract)
    assert [(one.side, one.office, one.result, one.words) for one in given] == [
        ("buyer", 4, 4, "还行"), ("seller", 3, 5, "")]
    assert [one.side for one in follow_ups.ratings(session, who.li, contract)] == ["seller"]
    for person in (who.broker, who.stranger):
        with pytest.raises(NotAllowed):
            follow_ups.rate(session, person, contract, (5, 5), "")
    with pytest.raises(Invalid) as refused:
        follow_ups.rate(session, who.wang, contract, (0, None), "")
    assert set(refused.value.errors) == {"office", "result"}


def test_a_story_is_public_only_while_both_agree_to_its_words(session, who, contract):
    follow_ups.plan(session, TODAY)
    first = follow_ups.of_contract(session, contract)[0]
    follow_ups.finish(session, who.broker, first.id, "produced", "良率提高。", TODAY)
    story = stories.draft(session, who.broker, contract)
    assert "示例精工有限公司" in story.text
    assert "已形成产品投产" in story.text
    assert "100" not in story.text
    with pytest.raises(Problem, match="双方都同意"):
        stories.publish(session, who.broker, story, story.version, public=True)
    stories.consent(session, who.wang, story, story.version, agrees=True)
    seen = story.version
    stories.edit(session, who.broker, story, story.version, "新标题", "新正文")
    assert (story.buyer_consent_at, story.state) == (None, "draft")
    with pytest.raises(Conflict):
        stories.consent(session, who.li, story, seen, agrees=True)
    for person in (who.wang, who.li):
        stories.consent(session, person, story, story.version, agrees=True)
    with pytest.raises(NotFound):
        stories.get(session, None, story.id)
    stories.publish(session, who.broker, story, story.version, public=True)
    assert stories.get(session, None, story.id) is story
    assert stories.published(session) == ([story], None)
    stories.consent(session, who.li, story, story.version, agrees=False)
    assert story.state == "withdrawn"
    assert stories.published(session) == ([], None)
    said = session.scalars(select(Event.action).where(Event.subject == "story").order_by(Event.id)).all()
    assert said == ["story.drafted", "story.agreed", "story.changed", "story.agreed", "story.agreed",
                    "story.published", "story.refused"]


def test_a_story_ends_with_its_contract(session, who, contract):
    story = stories.draft(session, who.broker, contract)
    assert f"以成果“{who.supply.title}”提出了解决办法，双方于 " in story.text
    for person in (who.wang, who.li):
        stories.consent(session, person, story, story.version, agrees=True)
    stories.publish(session, who.broker, story, story.version, public=True)
    step(session, who.broker, contract, "terminate", on=TODAY, reason="示例协议解除")
    assert (story.state, stories.published(session)) == ("withdrawn", ([], None))
    with pytest.raises(Problem, match="合同已终止"):
        stories.publish(session, who.broker, story, story.version, public=True)


def test_only_the_parties_agree_and_only_one_story_is_told(session, who, contract):
    story = stories.draft(session, who.broker, contract)
    for person in (who.broker, who.stranger):
        with pytest.raises(NotAllowed):
            stories.consent(session, person, story, story.version, agrees=True)
    with pytest.raises(Problem, match="已经有案例"):
        stories.draft(session, who.broker, contract)


def test_the_worker_does_it_every_day():
    assert "after_signing" in tasks.HANDLERS
    assert [entry.every for entry in timetable.TIMETABLE if entry.kind == "after_signing"] == ["day"]

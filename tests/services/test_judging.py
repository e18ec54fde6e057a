"""赵经理 and 王工 say which candidates fit: what is kept, what counts, and who reads it."""

import pytest
from sqlalchemy import func, select

from matchmaker.services import judging
from matchmaker.services.judging import Opinion
from matchmaker.services.problems import Conflict, NotAllowed, Problem
from models import Event, Judgement, Match
from models.vocabulary import State
from tests.builders import achievement, need, organisation, user

REASONS = [{"feature": "words", "score": 1.5, "weight": 0.7, "contribution": 1.05, "detail": "用词吻合度排第 1"}]


@pytest.fixture
def scene(session):
    firm = organisation()
    wang, broker, stranger = user("enterprise", "王工", organisation=firm), user("broker", "赵经理"), user("enterprise")
    session.add_all([wang, broker, stranger])
    session.flush()
    asked, offered = need(organisation=firm, owner_id=wang.id), achievement()
    session.add_all([asked, offered])
    session.flush()
    session.add(Match(
        post_id=asked.id, candidate_id=offered.id, candidate_kind="achievement", rank=3, score=1.05, probability=0.4,
        band="medium", passed=True, reasons=REASONS, rules=[], evidence={},
        produced_by={"encoder": "m@1/2", "weights": "abc"}))
    session.flush()
    return wang, broker, stranger, asked, offered


def said(session, viewer, asked, offered):
    found = judging.said_of(session, viewer, asked, [offered.id])[offered.id]
    return (found.mine.verdict if found.mine else None), [row.verdict for row in found.others]


def test_a_judgement_keeps_what_the_broker_saw(session, scene):
    _, broker, _, asked, offered = scene
    kept = judging.judge(session, broker, asked, offered.id, Opinion("unfits", "price", " 报价过高 "))
    assert (kept.reason, kept.note, kept.rank, kept.score, kept.reasons) == ("price", "报价过高", 3, 1.05, REASONS)
    assert (kept.encoder, kept.weights) == ("m@1/2", "abc")
    assert (kept.post_version, kept.candidate_version) == (asked.version, offered.version)
    event = session.scalar(select(Event).where(Event.action == "judgement.unfits"))
    assert (event.actor_id, event.after["reason"]) == (broker.id, "price")
    assert "报价过高" not in str(event.after)


def test_the_newest_of_a_person_counts_and_all_are_kept(session, scene):
    _, broker, _, asked, offered = scene
    judging.judge(session, broker, asked, offered.id, Opinion("fits"))
    judging.judge(session, broker, asked, offered.id, Opinion("unfits", "too_early"))
    judging.judge(session, broker, asked, offered.id, Opinion("unfits", "too_early"))
    assert said(session, broker, asked, offered) == ("unfits", [])
    assert session.scalar(select(func.count()).select_from(Judgement)) == 2


def test_what_is_taken_back_counts_no_more(session, scene):
    _, broker, _, asked, offered = scene
    judging.withdraw(session, broker, asked, offered.id)
    judging.judge(session, broker, asked, offered.id, Opinion("fits"))
    judging.withdraw(session, broker, asked, offered.id)
    judging.withdraw(session, broker, asked, offered.id)
    assert said(session, broker, asked, offered) == (None, [])
    assert session.scalars(select(Judgement.verdict).order_by(Judgement.id)).all() == ["fits", "withdrawn"]
    judging.judge(session, broker, asked, offered.id, Opinion("fits"))
    assert said(session, broker, asked, offered) == ("fits", [])


def test_staff_reads_what_all_said_and_others_their_own(session, scene):
    wang, broker, _, asked, offered = scene
    judging.judge(session, wang, asked, offered.id, Opinion("fits"))
    judging.judge(session, broker, asked, offered.id, Opinion("unfits", "other", "该团队已停止此方向"))
    assert said(session, broker, asked, offered) == ("unfits", ["fits"])
    assert said(session, wang, asked, offered) == ("fits", [])


def test_strangers_and_drafts_are_not_judged(session, scene):
    wang, _, stranger, asked, offered = scene
    for verb in (lambda: judging.judge(session, stranger, asked, offered.id, Opinion("fits")),
                 lambda: judging.withdraw(session, stranger, asked, offered.id)):
        with pytest.raises(NotAllowed):
            verb()
    asked.state = State.WITHDRAWN.value
    with pytest.raises(NotAllowed):
        judging.judge(session, wang, asked, offered.id, Opinion("fits"))


def test_a_candidate_that_left_the_list_is_refused_with_a_sentence(session, scene):
    _, broker, _, asked, offered = scene
    with pytest.raises(Conflict, match="刷新"):
        judging.judge(session, broker, asked, asked.id, Opinion("fits"))
    offered.state = State.DRAFT.value
    session.flush()
    with pytest.raises(Conflict, match="刷新"):
        judging.judge(session, broker, asked, offered.id, Opinion("fits"))


@pytest.mark.parametrize(("wrong", "sentence"), [
    (Opinion("perhaps"), "请选择"), (Opinion("unfits"), "原因"), (Opinion("unfits", "ugly"), "原因"),
    (Opinion("unfits", "other", "  "), "写明"), (Opinion("fits", note="长" * 501), "500"),
])
def test_half_an_opinion_is_refused(session, scene, wrong, sentence):
    _, broker, _, asked, offered = scene
    with pytest.raises(Problem, match=sentence):
        judging.judge(session, broker, asked, offered.id, wrong)

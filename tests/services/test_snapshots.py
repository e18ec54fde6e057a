"""王工's staged need and 李研究员's staged achievement: what the match says of each to the other."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from sqlalchemy import select

from matchmaker.services import matching, openings, snapshots
from models import Indicator, Match
from models.vocabulary import Kind
from tests.builders import curve
from tests.services import cases
from tests.services.fakes import FakeFinder

WORDS = "薄壁件翘曲补偿，模内压力反馈。"
BANDS = {"strong": 0.9, "medium": 0.5, "weak": 0.1, "any": 0.2}
OF_NEED = ("47.3", "8 级", "2031", "铜仁", "0.37", "示例精工")
OF_SUPPLY = ("39.1", "5 级", "7 个月", "0.51", "示例理工")


@pytest.fixture
def matched(session, sessions, monkeypatch):
    """Both are staged and hidden; their lists are computed while the budget does not suffice for nothing."""
    made = curve(0.0, BANDS, score=2.0)
    monkeypatch.setattr("matchmaker.services.shortlists.calibration_for", lambda encoder, read=False: made)
    who = cases.people(session)
    for post in (who.need, who.supply):
        post.disclosure, post.hide_organisation, post.brief = "staged", True, WORDS
    who.need.budget, who.need.trl, who.need.to_year = Decimal(473_000), 8, 2031
    who.need.regions_accepted, who.supply.region = ["520600"], "520602"
    who.supply.price, who.supply.trl, who.supply.months_to_deliver = Decimal(391_000), 5, 7
    who.need.indicators = [Indicator(position=0, quantity="翘曲量", comparison="le", high=0.37, unit="mm")]
    who.supply.indicators = [Indicator(position=0, quantity="翘曲量", comparison="le", high=0.51, unit="mm")]
    session.commit()
    _compute(session, sessions, who)
    return who


def _compute(session, sessions, who):
    finder = FakeFinder(session)
    for post in (who.need, who.supply):
        matching.store(session, matching.compute(sessions, finder, post.id))
        session.commit()


def _said(found) -> str:
    return json.dumps(found, ensure_ascii=False)


def _told(viewer, case) -> str:
    """All that the page of a case has of the match."""
    found = snapshots.for_viewer(viewer, case)
    return _said([found["shown"], found["reasons"]])


def _in(words, said) -> list[str]:
    return [word for word in words if word in said]


def test_the_match_knows_what_it_must_not_tell(matched, session):
    kept = _said([[one.rules, one.evidence] for one in session.scalars(select(Match))])
    assert _in(OF_NEED[:3], kept) == list(OF_NEED[:3])
    assert _in(OF_SUPPLY[:3], kept) == list(OF_SUPPLY[:3])


@pytest.mark.parametrize("by", ["need", "supply"])
def test_before_acceptance_a_case_tells_neither_the_terms_of_the_other(matched, session, by):
    actor = matched.wang if by == "need" else matched.li
    case = cases.brokering.express_intent(session, actor, matched.pair, by, cases.ANSWERS)
    assert case.evidence["rules"]
    assert _in(OF_NEED, _told(matched.li, case)) == []
    assert _in(OF_SUPPLY, _told(matched.wang, case)) == []


def test_after_acceptance_the_reasons_are_whole(matched, session):
    case = cases.accepted(session, matched)
    assert "8 级" in _said(case.evidence["rules"])
    assert len(snapshots.for_viewer(matched.li, case)["reasons"]) == len(case.evidence["reasons"])


def test_a_list_tells_the_other_posts_public_words_alone(matched, session):
    found = openings.openings(session, matched.li, [matched.supply])
    assert [one.need.id for one in found] == [matched.need.id]
    assert _in(OF_NEED, _said([[one.partner.rules, one.partner.evidence, one.partner.reasons] for one in found])) == []
    shown = matching.partners(session, matched.wang, matched.need, Kind.ACHIEVEMENT)
    told = _said([[one.rules, one.evidence, one.reasons] for one in [*shown.rows, *shown.folded]])
    assert "47.3" in told
    assert _in(OF_SUPPLY, told) == []


def test_what_was_open_when_it_was_matched_is_told_no_more(matched, session, sessions):
    """Until the list is made anew it holds what the achievement said in the open."""
    matched.supply.disclosure = "open"
    session.commit()
    _compute(session, sessions, matched)
    before = matching.partners(session, matched.wang, matched.need, Kind.ACHIEVEMENT).rows[0]
    assert _in(("39.1", "5 级"), _said(before.rules)) == ["39.1", "5 级"]
    matched.supply.disclosure = "staged"
    session.commit()
    after = matching.partners(session, matched.wang, matched.need, Kind.ACHIEVEMENT).rows[0]
    assert _in(OF_SUPPLY, _said([after.rules, after.evidence, after.reasons])) == []
    assert {row["rule"] for row in after.rules} == {"modes", "validity"}

"""Rules: each says pass, fail or unknown, with both values."""

import datetime as dt
from dataclasses import replace
from decimal import Decimal

import pytest

from matchmaker.ranking import rules
from matchmaker.ranking.rules import Setting, judge
from matchmaker.ranking.subject import Coded, Subject

TODAY = dt.date(2026, 5, 10)
JOINT, TRANSFER = Coded("joint", "合作开发"), Coded("transfer", "技术转让")
JILIN, TONGHUA, HUNAN = Coded("220000", "吉林省"), Coded("220500", "通化市"), Coded("430000", "湖南省")
NEED = Subject(1, "need", "求低噪声风机叶片", organisation_id=10, owner_id=100)
SUPPLY = Subject(2, "achievement", "仿生叶片降噪技术", organisation_id=20, owner_id=200)


def verdict(rule, need=NEED, supply=SUPPLY, facilities=()):
    return next(one for one in judge(need, supply, Setting(TODAY, facilities)) if one.rule == rule)


@pytest.mark.parametrize(("price", "expected"), [(None, "unknown"), ("300000", "pass"), ("300000.01", "fail")])
def test_price_beside_budget(price, expected):
    supply = replace(SUPPLY, price=Decimal(price) if price else None)
    assert verdict("budget", replace(NEED, budget=Decimal(300_000)), supply).verdict == expected


def test_the_sentence_names_both_amounts():
    found = verdict("budget", replace(NEED, budget=Decimal(300_000)), replace(SUPPLY, price=Decimal("505000.00")))
    assert found.sentence == "对方报价 50.5 万元，高于需求预算 30 万元。"


@pytest.mark.parametrize(("months", "expected"), [(None, "unknown"), (7, "pass"), (8, "fail"), (9999999, "fail")])
def test_delivery_before_the_deadline(months, expected):
    need = replace(NEED, deadline=dt.date(2026, 12, 31))
    assert verdict("deadline", need, replace(SUPPLY, months_to_deliver=months)).verdict == expected


def test_months_end_on_the_last_day_of_a_short_month():
    assert rules.months_later(dt.date(2027, 10, 31), 4) == dt.date(2028, 2, 29)


@pytest.mark.parametrize(
    ("accepted", "place", "expected"),
    [((), None, "pass"), ((JILIN,), None, "unknown"), ((JILIN,), TONGHUA, "pass"), ((TONGHUA,), JILIN, "fail"),
     ((HUNAN, JILIN), TONGHUA, "pass"), ((HUNAN,), TONGHUA, "fail"), (None, TONGHUA, "unknown"),
     (None, None, "unknown")],
)
def test_a_province_accepts_its_cities(accepted, place, expected):
    assert verdict("regions", replace(NEED, regions=accepted), replace(SUPPLY, region=place)).verdict == expected


def test_an_expert_who_serves_elsewhere_is_out():
    expert = replace(SUPPLY, kind="expert", regions=(HUNAN,))
    assert verdict("regions", replace(NEED, region=TONGHUA), expert).verdict == "fail"


def test_regions_that_are_not_disclosed_hide_no_broken_limit():
    expert = replace(SUPPLY, kind="expert", region=TONGHUA, regions=None)
    found = verdict("regions", replace(NEED, regions=(JILIN,)), expert)
    assert (found.verdict, found.sentence) == ("unknown", "需求接受吉林省，对方位于通化市；对方未公开服务的地区。")
    assert verdict("regions", replace(NEED, regions=(HUNAN,)), expert).verdict == "fail"


@pytest.mark.parametrize(
    ("offered", "expected"), [((), "unknown"), ((JOINT,), "pass"), ((TRANSFER,), "fail")])
def test_modes_have_to_meet(offered, expected):
    assert verdict("modes", replace(NEED, modes=(JOINT,)), replace(SUPPLY, modes=offered)).verdict == expected


def test_mature_enough():
    found = verdict("maturity", replace(NEED, trl=7), replace(SUPPLY, trl=8))
    assert found.verdict == "pass"
    assert found.sentence == "对方成熟度为 8 级（可以量产），达到需求要求的 7 级（可以量产）。"


class TestGapInMaturity:
    """A need for volume production and a result of the laboratory: not a bad match but another deal."""

    need = replace(NEED, trl=8)
    supply = replace(SUPPLY, trl=4)
    near = Subject(3, "facility", "示例叶片中试基地", trl_low=5, trl_high=7)
    whole = Subject(4, "facility", "示例风机工业性实验基地", trl_low=4, trl_high=8)
    late = Subject(5, "facility", "示例整机检测中心", trl_low=8, trl_high=9)

    def test_proposes_development(self):
        found = verdict("maturity", self.need, self.supply)
        assert found.verdict == "unknown"
        assert "4 级" in found.sentence
        assert "8 级" in found.sentence
        assert "委托开发或合作开发" in found.sentence

    def test_names_the_facility_that_goes_all_the_way(self):
        found = verdict("maturity", self.need, self.supply, (self.late, self.near, self.whole))
        assert "可借助“示例风机工业性实验基地”（服务 4–8 级）补足" in found.sentence

    def test_or_else_the_one_for_the_first_steps(self):
        found = verdict("maturity", self.need, self.supply, (self.late, self.near))
        assert "可先在“示例叶片中试基地”（服务 5–7 级）提升到 7 级" in found.sentence

    def test_names_none_that_begins_too_late(self):
        assert "示例" not in verdict("maturity", self.need, self.supply, (self.late,)).sentence

    def test_folds_when_the_need_wants_no_development(self):
        assert verdict("maturity", replace(self.need, modes=(TRANSFER,)), self.supply).verdict == "fail"

    def test_stays_when_development_is_accepted(self):
        assert verdict("maturity", replace(self.need, modes=(TRANSFER, JOINT)), self.supply).verdict == "unknown"


@pytest.mark.parametrize(("trl", "expected"), [(None, "unknown"), (6, "pass"), (9, "unknown")])
def test_a_facility_serves_a_range(trl, expected):
    facility = Subject(3, "facility", "示例中试平台", trl_low=4, trl_high=7)
    assert verdict("maturity", replace(NEED, trl=trl), facility).verdict == expected


def test_what_is_not_public_is_out_on_either_side():
    internal = Coded("internal", "内部")
    assert verdict("secrecy").verdict == "pass"
    assert verdict("secrecy", supply=replace(SUPPLY, secrecy=internal)).verdict == "fail"
    assert "需求密级为内部" in verdict("secrecy", replace(NEED, secrecy=internal)).sentence


def test_nobody_is_matched_with_their_own():
    assert verdict("own_organisation").verdict == "pass"
    assert verdict("own_organisation", supply=replace(SUPPLY, organisation_id=10)).verdict == "fail"
    assert verdict("own_organisation", supply=replace(SUPPLY, owner_id=100)).verdict == "fail"
    assert verdict("own_organisation", supply=replace(SUPPLY, organisation_id=None)).verdict == "unknown"


def test_what_has_ended_is_out():
    assert verdict("validity", supply=replace(SUPPLY, valid_until=TODAY)).verdict == "pass"
    past = verdict("validity", supply=replace(SUPPLY, valid_until=TODAY - dt.timedelta(days=1)))
    assert (past.verdict, past.sentence) == ("fail", "对方有效期至 2026-05-09，已过期。")
    assert verdict("validity", replace(NEED, published=False)).verdict == "fail"


def test_rules_are_silent_about_what_a_kind_lacks():
    asked = {one.rule for one in judge(NEED, replace(SUPPLY, kind="expert"), Setting(TODAY))}
    assert asked == {"regions", "secrecy", "own_organisation", "validity"}


def test_the_help_page_explains_every_rule():
    explained = rules.explain()
    assert len(explained) == len(rules.RULES)
    assert all(heading and sentence.endswith("。") and "  " not in sentence for heading, sentence in explained)

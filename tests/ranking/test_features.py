"""Reasons: better and worse pairs."""

import datetime as dt
from dataclasses import replace

import pytest

from matchmaker.ranking import features
from matchmaker.ranking.features import Compared, Evidence, Term, shared
from matchmaker.ranking.subject import Coded, Subject

NEED = Subject(1, "need", "求人参皂苷提取工艺")
SUPPLY = Subject(2, "achievement", "超声辅助人参皂苷提取")
CITY, OTHER_CITY, PROVINCE = Coded("220500", "通化市"), Coded("220100", "长春市"), Coded("220000", "吉林省")
FAR = Coded("110000", "北京市")


def compared(verdict):
    return Compared("提取率", "≥ 90 %", "", verdict, "")


@pytest.mark.parametrize(("place", "score"), [(None, 0.0), (FAR, 0.0), (OTHER_CITY, 0.5), (PROVINCE, 1.0), (CITY, 1.0)])
def test_nearer_is_better(place, score):
    assert features.region(replace(NEED, region=CITY), replace(SUPPLY, region=place), Evidence()).score == score


def test_the_same_field_is_better_than_another():
    medicine, steel = Coded("biomedicine", "生物、医药和医疗器械"), Coded("materials", "新材料及其应用")
    need = replace(NEED, field=medicine)
    assert features.field(need, replace(SUPPLY, field=medicine), Evidence()) == (1.0, "同属“生物、医药和医疗器械”领域")
    assert features.field(need, replace(SUPPLY, field=steel), Evidence()).score == 0.0
    assert features.field(need, SUPPLY, Evidence()).score == 0.0


def test_met_indicators_speak_for_and_unmet_against():
    scores = [
        features.indicators(NEED, SUPPLY, Evidence(indicators=tuple(map(compared, verdicts)))).score
        for verdicts in (("met", "met"), ("met", "unknown"), ("unknown",), (), ("met", "unmet"), ("unmet",))
    ]
    assert scores == [1.0, 0.5, 0.0, 0.0, 0.0, -1.0]


def test_fresher_is_better():
    today = dt.date(2026, 5, 10)
    new, old = (
        features.freshness(NEED, replace(SUPPLY, updated_on=today - dt.timedelta(days=days)), Evidence(today=today))
        for days in (3, 900)
    )
    assert 1.0 >= new.score > old.score > 0.0


def test_shared_terms_are_told_rarest_first():
    weights = {"人参": 2.0, "皂苷": 4.0, "人参皂苷": 6.0, "工艺": 1.0, "能耗": 3.0}
    terms = shared(weights, "超声辅助人参皂苷提取工艺")
    assert terms == (Term("人参皂苷", 6.0), Term("工艺", 1.0))
    reason = features.shared_terms(NEED, SUPPLY, Evidence(terms=terms, terms_total=14.0))
    assert reason == (0.5, "共同提到“人参皂苷”、“工艺”")


@pytest.mark.parametrize(
    ("text", "found"), [("pH 值控制", True), ("graph 分析", False), ("PH计", True), ("aph3", False)])
def test_latin_terms_count_as_whole_words(text, found):
    assert bool(shared({"ph": 3.0}, text)) is found


def test_units_are_no_terms():
    assert shared({"mm": 3.0, "mpa": 4.0, "翘曲": 2.0}, "翘曲 0.5 mm，强度 80 MPa") == (Term("翘曲", 2.0),)


def test_bare_numbers_are_no_terms():
    assert shared({"120": 5.0, "0.5": 5.0, "6061-t6": 5.0}, "120 ℃，0.5 mm，6061-T6 铝合金") == (Term("6061-t6", 5.0),)


def test_nothing_is_claimed_of_a_post_without_vector():
    reason = features.meaning(NEED, SUPPLY, Evidence(meaning=0.0, meaning_place=None, pool=30))
    assert reason == (0.0, "刚刚发布，尚未完成语义分析")


def test_the_help_page_explains_every_reason():
    explained = features.explain()
    assert [heading for heading, _ in explained] == [
        "用词吻合", "含义相近", "对读判断", "共同术语", "指标满足", "技术领域", "地域远近", "信息新旧"]
    assert all(sentence.endswith("。") for _, sentence in explained)

"""What a poster is told: better/worse pairs of needs, examples that keep what they promise, suggestions to confirm."""

from __future__ import annotations

import pytest

from matchmaker.services import elements, measures
from matchmaker.services.coaching import coach
from matchmaker.services.coaching_words import BY_FIELD, PLAIN, WHY
from models.vocabulary import CLARITY, FIELDS
from tests.services.fakes import AwayFinder, Dictionary

PROBLEM = "注塑的薄壁聚丙烯壳体出模后翘曲，装配间隙超差，每月报废约三百件。"
TARGET = "翘曲量不大于 0.3 mm；采用模内压力反馈控制方法，降低废品率，用于储能电池外壳。"


def coached(values):
    return coach(values, Dictionary())


def test_a_number_in_the_text_is_recognised_until_it_stands_in_the_rows():
    told = coached({"title": "薄壁件翘曲", "key_technique": TARGET})
    assert [(row["quantity"], row["comparison"], row["high"], row["unit"]) for row in told.found] == [
        ("翘曲量", "le", 0.3, "mm")]
    again = coached({"title": "薄壁件翘曲", "key_technique": TARGET, "indicators": told.found})
    assert (again.found, again.listed) == ([], 1)


def test_each_of_the_five_things_is_missing_until_it_is_there():
    nothing = coached({})
    assert [one.name for one in nothing.missing] == list(WHY)
    whole = {"key_technique": TARGET, "budget": 1, "to_year": 2027, "tried": "改过浇口",
             "elements": {"methods": ["注塑"]}}
    assert coached(whole).missing == []
    for name in whole:
        less = {key: value for key, value in whole.items() if key != name}
        assert len(coached(less).missing) == 1
        assert coached(less).share < coached(whole).share


@pytest.mark.parametrize(("values", "expected"), [
    ({"main_problem": PROBLEM, "key_technique": TARGET}, "clear"),
    ({"main_problem": PROBLEM, "expected_goal": "不再翘曲"}, "vague"),
    ({"title": "想开发一种新一代的轻质外壳，请推荐合作单位"}, "concept"),
    ({"title": "我们是做塑料件的企业，寻求与高校院所开展技术合作"}, "none"),
    ({"title": "翘曲"}, ""),
])
def test_the_kind_of_a_need_is_suggested(values, expected):
    told = coached(values)
    assert told.clarity == expected
    assert told.clarity_label == CLARITY.get(expected, "")


def test_elements_are_suggested_where_none_are_confirmed():
    told = coached({"title": "薄壁件翘曲", "main_problem": PROBLEM, "key_technique": TARGET})
    assert "降低废品率" in told.elements["efficacy"]
    assert "储能电池外壳" in told.elements["applications"]
    assert any("控制方法" in phrase for phrase in told.elements["methods"])
    confirmed = coached({"key_technique": TARGET, "elements": {"efficacy": ["少废品"]}})
    assert "efficacy" not in confirmed.elements


def test_while_the_engine_is_away_everything_but_elements_is_told():
    told = coach({"title": "薄壁件翘曲", "main_problem": PROBLEM, "key_technique": TARGET}, AwayFinder())
    assert told.elements == {}
    assert told.found
    assert told.advice


def test_suggested_phrases_are_of_the_text_and_few():
    text = (PROBLEM + TARGET) * 200
    for phrases in elements.suggest(Dictionary(), text).values():
        assert len(phrases) <= elements.MOST
        assert all(phrase in text for phrase in phrases)
    assert elements.suggest(Dictionary(), "") == {}
    assert elements.suggest(Dictionary(), "🐟<b>123") == {}


def test_every_field_has_an_example_whose_better_sentence_is_measured_and_whose_weak_one_is_not():
    assert set(BY_FIELD) == set(FIELDS)
    for weak, better in [*BY_FIELD.values(), PLAIN["indicators"]]:
        assert measures.read(weak) == []
        assert len(measures.read(better)) >= 2


def test_the_example_is_of_the_field_of_the_need():
    told = {one.name: one for one in coached({"field": "energy"}).advice}
    assert told["indicators"].better == BY_FIELD["energy"][1]
    assert told["budget"].better == PLAIN["budget"][1]

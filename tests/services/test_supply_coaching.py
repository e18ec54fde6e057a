"""What is told to 李研究员 while she writes: pairs of a thin text and a full one."""

from __future__ import annotations

import pytest

from matchmaker.services import measures
from matchmaker.services.supply_coaching import COACHES, WORDS
from models.vocabulary import Kind
from tests.services.fakes import Dictionary

FULL = {
    Kind.ACHIEVEMENT: {
        "title": "翘曲补偿", "field": "materials", "cases": "在示例精工试用三个月，废品率由 6% 降到 2%。",
        "description": "薄壁注塑件出模后翘曲、装配超差；以模内压力反馈补偿收缩，翘曲量不大于 0.2 mm。"
                       "适用于聚丙烯薄壁壳体，不改模具，节拍不变，已在产线试用。",
        "ip": [{"kind": "invention"}], "elements": {"materials": ["聚丙烯"]}, "price_negotiable": True},
    Kind.EXPERT: {"title": "李示例", "brief": "长期研究薄壁注塑翘曲，" * 8, "research_fields": ["成型"],
                  "days_per_year": 3, "projects": [{"name": "甲"}],
                  "keywords": ["注塑"]},
    Kind.FACILITY: {"title": "平台", "capacity": "两条线", "services": "中试", "price_note": "200 元/机时",
                    "trl_low": 4, "trl_high": 7, "keywords": ["中试"]},
}


def coached(kind, values):
    return COACHES[kind](values, Dictionary())


@pytest.mark.parametrize("kind", list(FULL))
def test_what_is_there_is_not_asked_for_again(kind: Kind):
    full, thin = coached(kind, FULL[kind]), coached(kind, {"title": "甲"})
    assert full.missing == []
    assert [one.name for one in thin.missing] == list(WORDS[kind])
    assert thin.share < full.share
    assert all(one.why and one.weak != one.better for one in thin.advice)


def test_measured_values_are_read_from_the_text_until_they_are_rows():
    told = coached(Kind.ACHIEVEMENT, FULL[Kind.ACHIEVEMENT])
    assert any(row["quantity"] == "翘曲量" for row in told.found)
    rows = measures.read(str(FULL[Kind.ACHIEVEMENT]["description"]))
    again = coached(Kind.ACHIEVEMENT, FULL[Kind.ACHIEVEMENT] | {"indicators": rows})
    assert not any(row["quantity"] == "翘曲量" for row in again.found)
    assert again.listed == len(rows)


def test_the_better_example_of_indicators_is_one_that_is_recognised():
    assert measures.read(WORDS[Kind.ACHIEVEMENT]["indicators"][3])
    assert not measures.read(WORDS[Kind.ACHIEVEMENT]["indicators"][2])

"""王工 writes indicators and elements and finds them again; what is wrong in a row is said with its number."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from models import Need
from tests.views.conftest import browser, words_of
from tests.views.test_posts import WHOLE

ROWS = {
    "indicators-0-quantity": "翘曲量", "indicators-0-comparison": "le", "indicators-0-value": "0.3",
    "indicators-0-unit": "mm", "indicators-0-condition": "23℃",
    "indicators-1-quantity": "", "indicators-1-comparison": "ge", "indicators-1-value": "",
    "indicators-4-quantity": "周期", "indicators-4-comparison": "range", "indicators-4-value": "30",
    "indicators-4-upper": "45", "indicators-4-unit": "s",
    "materials": "聚丙烯、玻纤", "products": "薄壁壳体",
}


def test_indicators_and_elements_are_kept_and_shown_again(app, people, session):
    mine = browser(app, people.enterprise)
    path = mine.post("/needs/new", data=WHOLE | ROWS).headers["Location"]
    stored = session.scalars(select(Need)).one()
    told = [(one.quantity, one.comparison, one.low, one.high, one.unit, one.condition) for one in stored.indicators]
    assert told == [("翘曲量", "le", None, 0.3, "mm", "23℃"), ("周期", "range", 30, 45, "s", "")]
    assert stored.elements == {"materials": ["聚丙烯", "玻纤"], "products": ["薄壁壳体"]}
    session.commit()
    page = mine.get(f"{path}/edit").text
    for kept in ('value="翘曲量"', 'value="0.3"', 'value="45"', 'value="聚丙烯、玻纤"', "indicators-3-quantity"):
        assert kept in page
    assert "周期 30–45 s" in words_of(mine.get(path).text)


def test_an_indicator_taken_out_is_gone_and_the_change_counts(app, people, session):
    mine = browser(app, people.enterprise)
    path = mine.post("/needs/new", data=WHOLE | ROWS).headers["Location"]
    version = session.scalars(select(Need.version)).one()
    session.commit()
    fewer = {name: value for name, value in ROWS.items() if not name.startswith("indicators-4")}
    assert mine.post(f"{path}/edit", data=WHOLE | fewer | {"version": str(version)}).status_code == 302
    stored = session.scalars(select(Need)).one()
    assert [one.quantity for one in stored.indicators] == ["翘曲量"]
    assert stored.version > version


@pytest.mark.parametrize(("part", "value", "said"), [
    ("0-value", "很多", "第 1 行：请填写数字"), ("0-value", "", "请填写“翘曲量”的数值"),
    ("4-upper", "", "要填写两个数值"),
    ("4-upper", "20", "前一个不大于后一个"), ("0-quantity", "", "请写明是什么指标"),
    ("0-quantity", "长" * 101, "名称过长"),
    ("0-value", "1e999", "请填写数字"), ("0-value", "NaN", "请填写数字"), ("0-comparison", "about", "第 1 行"),
])
def test_what_is_wrong_in_a_row_is_said_with_its_number(app, people, part, value, said):
    answer = browser(app, people.enterprise).post("/needs/new", data=WHOLE | ROWS | {f"indicators-{part}": value})
    assert answer.status_code == 400
    assert said in words_of(answer.text)
    if value:
        assert value in answer.text


def test_rows_without_end_or_with_odd_numbers_break_nothing(app, people):
    many = {f"indicators-{place}-quantity": "指标" for place in range(300)}
    odd = {f"indicators-{'9' * 5000}-quantity": "x", "indicators--1-quantity": "x", "indicators-²-value": "1"}
    answer = browser(app, people.enterprise).post("/needs/new", data=WHOLE | many | odd)
    assert answer.status_code == 400
    assert "最多 30 项指标" in words_of(answer.text)


def test_too_many_phrases_of_an_element_are_said(app, people):
    phrases = "、".join(f"词{place}" for place in range(11))
    answer = browser(app, people.enterprise).post("/needs/new", data=WHOLE | {"methods": phrases})
    assert answer.status_code == 400
    assert "“方法”最多 10 个短语，现在是 11 个" in words_of(answer.text)

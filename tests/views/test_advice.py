"""While 王工 writes: advice beside the form, suggestions taken over, how many it would match, what outsiders see."""

from __future__ import annotations

import time

from sqlalchemy import select

from matchmaker.services import preview
from models import Draft, Need, Post
from tests.builders import achievement
from tests.views.conftest import browser, words_of
from tests.views.test_drafts import ONE
from tests.views.test_posts import WHOLE

TEXT = {"title": "求薄壁件翘曲控制", "main_problem": "注塑的薄壁壳体出模后翘曲，装配间隙超差。", "page": ONE,
        "disclosure": "open", "key_technique": "翘曲量不大于 0.3 mm，周期 30～45 s；降低废品率，用于电池外壳。",
        "step": "target"}


def test_advice_says_what_was_recognised_and_what_is_missing(app, people):
    said = words_of(browser(app, people.enterprise).post("/needs/advice", data=TEXT).text)
    assert "翘曲量 ≤ 0.3 mm" in said
    assert "清晰型" in said
    assert "预算 未写。" in said
    assert "完整度" in said
    assert browser(app).post("/experts/advice").status_code == 302


def test_a_suggestion_goes_into_the_form_when_it_is_taken(app, people, session):
    mine = browser(app, people.enterprise)
    rows = {"indicators-3-quantity": "壁厚", "indicators-3-comparison": "eq", "indicators-3-value": "1.2"}
    answer = mine.post("/needs/new", data=TEXT | rows | {"take": "indicators"})
    assert answer.location.endswith("step=target")
    page = mine.get(answer.location).text
    assert page.index('value="壁厚"') < page.index('value="翘曲量"')
    assert 'value="0.3"' in page
    assert 'value="45"' in page
    assert mine.post("/needs/new", data=TEXT | rows | {"take": "elements"}).status_code == 302
    assert mine.post("/needs/new", data=TEXT | rows | {"take": "clarity"}).status_code == 302
    latest = session.scalars(select(Draft).order_by(Draft.id.desc())).first()
    assert latest.data["clarity"] == ["clear"]
    assert {need.elements == {} for need in session.scalars(select(Need))} <= {True}


def test_before_submitting_the_matches_are_counted_and_nothing_is_shown(app, people, session):
    session.add(achievement("薄壁注塑件翘曲控制技术", description="薄壁件出模后翘曲控制。绝密成果名"))
    session.commit()
    answer = browser(app, people.enterprise).post("/needs/preview", data=TEXT)
    assert answer.status_code == 200
    said = words_of(answer.text)
    assert "科技成果" in said
    assert "薄壁注塑件翘曲控制技术" not in said
    assert "只显示数量" in said


def test_without_the_engine_the_preview_says_so_and_that_nothing_is_lost(app, people, finder):
    finder.away = True
    assert "不影响提交" in browser(app, people.enterprise).post("/needs/preview", data=TEXT).text
    assert "写好名称" in browser(app, people.enterprise).post("/needs/preview", data={"title": "求助"}).text


def test_what_is_confidential_never_asks_and_long_texts_are_cut():
    values = {"title": "题目", "brief": "公开", "main_problem": "保密正文", "annex": "保密附件", "disclosure": "staged"}
    assert "保密" not in preview.public_words(values)
    assert "保密正文" in preview.public_words(values | {"disclosure": "open"})
    assert "保密附件" not in preview.public_words(values | {"disclosure": "open"})
    assert len(preview.public_words({"title": "字" * 100_000})) == preview.LONGEST


def test_a_hundred_thousand_characters_are_advised_in_time(app, people):
    began = time.monotonic()
    sent = TEXT | {"main_problem": "翘曲量 ≤ 3 mm。" * 10_000}
    answer = browser(app, people.enterprise).post("/needs/advice", data=sent)
    assert answer.status_code == 200
    assert time.monotonic() - began < 10


def test_outsiders_see_what_the_poster_is_shown(app, people, session):
    sent = WHOLE | {"disclosure": "staged", "brief": "公开的话", "hide_organisation": "y", "annex": "保密附件乙"}
    page = browser(app, people.enterprise).post("/needs/outside", data=sent).text
    assert "公开的话" in page
    for hidden in ("出模后翘曲。", "保密附件乙", people.enterprise.organisation.name, "000-0000", "wang@example.com"):
        assert hidden not in page
    assert "出模后翘曲。" in browser(app, people.enterprise).post("/needs/outside", data=WHOLE).text
    assert session.scalars(select(Post)).all() == []

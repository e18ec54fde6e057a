"""王工 closes the browser in the middle of a need; two windows; a save that is refused; a draft that is given up."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select

from models import Draft, Event, Need, now
from tests.builders import need
from tests.views.conftest import browser, words_of
from tests.views.test_posts import WHOLE

HTMX = {"HX-Request": "true"}
ONE, TWO = "page-one-0000000000", "page-two-0000000000"
TYPED = {"title": "求薄壁件", "main_problem": "出模后翘曲", "budget": "很多", "from_year": "二六", "page": ONE,
         "indicators-0-quantity": "翘曲量", "indicators-0-value": "约零点三"}


def test_what_is_typed_survives_a_closed_browser_right_or_wrong(app, people, session):
    mine = browser(app, people.enterprise)
    answer = mine.post("/needs/draft", data=TYPED, headers=HTMX)
    assert answer.status_code == 200
    assert "自动保存" in answer.text
    path = answer.headers["HX-Replace-Url"]
    again = browser(app, people.enterprise)
    assert path in again.get("/drafts").text
    page = again.get(path).text
    for kept in ('value="很多"', 'value="二六"', "出模后翘曲", 'value="约零点三"', 'value="翘曲量"'):
        assert kept in page
    for name in ("budget", "from_year"):
        assert f'id="{name}-bad"' in page
    assert "请填写名称" not in page
    stored = session.scalars(select(Need)).one()
    assert (stored.state, stored.title, stored.main_problem) == ("draft", "求薄壁件", "")
    session.commit()
    assert browser(app, people.broker).get(path).status_code == 404
    assert browser(app, people.rival).get(path).status_code == 404


def test_one_page_saves_again_and_again_and_makes_one_need(app, people, session):
    mine = browser(app, people.enterprise)
    for words in ("一", "一二", "一二三"):
        assert mine.post("/needs/draft", data=TYPED | {"main_problem": words}).status_code == 200
    draft = session.scalars(select(Draft)).one()
    assert (draft.version, draft.data["main_problem"]) == (3, ["一二三"])
    assert session.scalars(select(Event.action)).all().count("post.created") == 1
    session.commit()
    saved = mine.post("/needs/new", data=WHOLE | {"page": ONE})
    assert saved.location == f"/posts/{draft.post_id}"
    assert session.scalars(select(Draft)).all() == []
    assert session.scalars(select(Need.main_problem)).one() == "出模后翘曲。"


def test_of_two_windows_the_second_is_asked_before_it_overwrites(app, people, session):
    session.add(need(owner=people.enterprise, organisation=people.enterprise.organisation))
    session.commit()
    mine = browser(app, people.enterprise)
    shown = {"version": "1", "base": "0"}
    assert mine.post("/posts/1/draft", data=WHOLE | shown | {"page": ONE}).status_code == 200
    late = WHOLE | shown | {"page": TWO, "main_problem": "另一窗口写的"}
    answer = mine.post("/posts/1/draft", data=late, headers=HTMX)
    assert answer.status_code == 409
    assert "已在另一个窗口中修改" in answer.text
    assert session.scalars(select(Draft)).one().data["main_problem"] == [WHOLE["main_problem"]]
    session.commit()
    assert mine.post("/posts/1/draft?insist=yes", data=late).status_code == 200
    assert mine.post("/posts/1/draft", data=WHOLE | shown | {"page": ONE}).status_code == 409
    session.expire_all()
    assert session.scalars(select(Draft)).one().data["main_problem"] == ["另一窗口写的"]
    assert session.scalars(select(Need.main_problem)).one() != "另一窗口写的"


def test_a_published_need_stays_as_it_is_while_it_is_changed(app, people, session):
    session.add(need(owner=people.enterprise, organisation=people.enterprise.organisation))
    session.commit()
    mine = browser(app, people.enterprise)
    assert mine.post("/posts/1/draft", data=WHOLE | {"version": "1", "page": ONE}).status_code == 200
    assert "求薄壁注塑件" not in browser(app).get("/posts/1").text
    assert "求薄壁注塑件" in mine.get("/posts/1/edit").text
    assert "求薄壁注塑件" not in browser(app, people.broker).get("/posts/1/edit").text
    assert mine.post("/drafts/1/drop").status_code == 302
    assert "求薄壁注塑件" not in mine.get("/posts/1/edit").text


def test_without_a_script_each_step_keeps_what_was_typed(app, people, session):
    mine = browser(app, people.enterprise)
    answer = mine.post("/needs/new", data=TYPED | {"go": "target"})
    assert answer.status_code == 302
    page = mine.get(answer.location).text
    assert 'id="step-target"' in page
    assert "出模后翘曲" in page
    nothing = mine.post("/needs/new", data={"go": "target", "page": TWO})
    assert nothing.status_code == 200
    assert len(session.scalars(select(Need)).all()) == 1


def test_a_refused_save_is_kept_too(app, people):
    mine = browser(app, people.enterprise)
    long = "字" * 100_000
    answer = mine.post("/needs/new", data=WHOLE | {"page": ONE, "main_problem": long, "annex": "<b>😀</b>"})
    assert answer.status_code == 400
    assert "现在是 100000 字" in words_of(answer.text)
    page = mine.get("/posts/1/edit").text
    assert long in page
    assert "&lt;b&gt;😀&lt;/b&gt;" in page


def test_when_the_session_ends_the_page_stays_and_says_how_to_go_on(app, people):
    answer = browser(app).post("/needs/draft", data=TYPED, headers=HTMX)
    assert answer.status_code == 401
    assert "HX-Redirect" not in answer.headers
    assert "在新窗口中登录" in answer.text


def test_a_draft_is_deleted_only_after_it_was_asked(app, people, session):
    mine = browser(app, people.enterprise)
    mine.post("/needs/draft", data=TYPED)
    assert "永久删除" in mine.get("/drafts/1/discard").text
    assert browser(app, people.rival).post("/drafts/1/discard").status_code == 404
    assert mine.post("/drafts/1/discard").status_code == 302
    assert session.scalars(select(Need)).all() == []
    assert session.scalars(select(Draft)).all() == []
    assert "没有未完成的内容" in mine.get("/drafts").text


def test_others_changes_meanwhile_are_said(app, people, session):
    session.add(need(owner=people.enterprise, organisation=people.enterprise.organisation))
    session.commit()
    mine = browser(app, people.enterprise)
    mine.post("/posts/1/draft", data=WHOLE | {"version": "1", "page": ONE})
    stored = session.scalars(select(Need)).one()
    stored.brief, stored.updated_at = "他人改的", now() + dt.timedelta(seconds=1)
    session.commit()
    assert "此后他人改过这条信息" in mine.get("/posts/1/edit").text
    assert mine.post("/posts/1/edit", data=WHOLE | {"version": "1", "page": ONE}).status_code == 409


def test_a_draft_of_megabytes_is_refused_in_words(app, people):
    answer = browser(app, people.enterprise).post("/needs/draft", data=TYPED | {"annex": "字" * 2_000_001})
    assert answer.status_code == 413
    assert "作为附件上传" in answer.text


def test_a_save_that_arrives_after_its_page_was_left_does_not_win(app, people, session):
    mine = browser(app, people.enterprise)
    path = mine.post("/needs/draft", data=TYPED).headers["HX-Replace-Url"]
    assert mine.post(path, data=TYPED | {"go": "target"}).status_code == 302
    late = mine.post(path.replace("edit", "draft"), data=TYPED | {"main_problem": "迟到的"}, headers=HTMX)
    assert late.status_code == 409
    assert session.scalars(select(Draft)).one().data["main_problem"] == [TYPED["main_problem"]]


def test_nobody_waits_for_the_writers_lock_while_the_engine_is_asked(app, people, monkeypatch):
    finder, asked = app.extensions["finder"], []

    def tagged(text):
        with app.extensions["sessions"].write() as other:
            other.execute(select(Need.id))
        asked.append(text)
        return []

    mine = browser(app, people.enterprise)
    monkeypatch.setattr(finder, "tagged", tagged)
    path = mine.post("/needs/draft", data=TYPED).headers["HX-Replace-Url"]
    address = path.replace("/edit", "/draft")
    assert mine.post(address, data=TYPED | {"base": "1"}).status_code == 200
    assert mine.post(path, data=TYPED | {"base": "2", "take": "elements"}).status_code == 302
    assert len(asked) >= 3

"""Saying on the page which candidates fit, with scripts and without; and what the page calls new."""

import datetime as dt

import pytest
from sqlalchemy import func, select

from models import Judgement, Match, Need, Seen, now
from tests.builders import achievement, need
from tests.views.conftest import browser, words_of

HX = {"HX-Request": "true"}


@pytest.fixture
def scene(session, people):
    asked = need(owner_id=people.enterprise.id, organisation_id=people.enterprise.organisation_id)
    offered = achievement()
    session.add_all([asked, offered])
    session.flush()
    session.add(Match(
        post_id=asked.id, candidate_id=offered.id, candidate_kind="achievement", rank=1, score=1.0, probability=0.6,
        band="strong", passed=True, reasons=[], rules=[], produced_by={"encoder": "words", "weights": "w"},
        evidence={"need_sentence": "", "candidate_sentence": "", "sentence_similarity": None, "terms": [],
                  "indicators": [], "places": {"pool": 1, "words": 1, "meaning": None}, "summary": ""}))
    session.commit()
    return asked.id, offered.id


def address(scene):
    return f"/posts/{scene[0]}/candidates/{scene[1]}/judgement"


def test_a_broker_says_why_not_and_staff_reads_who_and_when(app, people, scene):
    broker, head = browser(app, people.broker), browser(app, people.head)
    answer = broker.post(address(scene), headers=HX, data={"verdict": "unfits", "reason": "price", "note": "超出预算"})
    assert answer.status_code == 200
    assert "您的评价：价格不合适（超出预算）" in words_of(answer.text)
    page = words_of(head.get(f"/posts/{scene[0]}").text)
    assert "赵经理（技术经理人）：价格不合适（超出预算）" in page
    assert "赵经理（技术经理人）" not in words_of(browser(app, people.enterprise).get(f"/posts/{scene[0]}").text)


def test_undo_takes_it_back(app, people, scene):
    client = browser(app, people.broker)
    assert "撤销" not in client.get(f"/posts/{scene[0]}").text
    client.post(address(scene), headers=HX, data={"verdict": "fits"})
    assert "您的评价" in client.get(f"/posts/{scene[0]}").text
    assert "已撤销" in client.post(f"{address(scene)}/undo", headers=HX).text
    assert "您的评价" not in client.get(f"/posts/{scene[0]}").text


def test_without_scripts_the_page_comes_back_at_the_candidate(app, people, scene):
    client = browser(app, people.enterprise)
    answer = client.post(address(scene), data={"verdict": "fits", "partners": "achievement"})
    assert answer.status_code == 302
    assert answer.location == f"/posts/{scene[0]}?partners=achievement#candidate-{scene[1]}"
    assert f'id="candidate-{scene[1]}"' in client.get(answer.location).text
    assert client.post(f"{address(scene)}/undo").status_code == 302


def test_what_is_missing_is_said_beside_the_form_and_nothing_typed_is_lost(app, people, scene):
    client = browser(app, people.broker)
    answer = client.post(address(scene), headers=HX, data={"verdict": "unfits", "reason": "other", "note": " "})
    assert "请在说明中写明原因" in answer.text
    assert '<option value="other" selected>' in answer.text
    assert client.post(address(scene), data={"verdict": "unfits"}).status_code == 400
    with app.extensions["sessions"].read() as session:
        assert session.scalar(select(func.count()).select_from(Judgement)) == 0


@pytest.mark.parametrize("who", [None, "rival", "researcher"])
def test_others_judge_nothing(app, people, scene, who):
    client = browser(app, getattr(people, who) if who else None)
    for path in (address(scene), f"{address(scene)}/undo", f"/posts/{scene[0]}/seen"):
        assert client.post(path, data={"verdict": "fits"}).status_code in (302, 401, 403)
    with app.extensions["sessions"].read() as session:
        assert session.scalar(select(func.count()).select_from(Judgement)) == 0
        assert session.scalar(select(func.count()).select_from(Seen)) == 0


def test_reading_marks_nothing_and_the_page_marks_itself(app, people, scene):
    client = browser(app, people.broker)
    page = client.get(f"/posts/{scene[0]}").text
    assert f'hx-post="/posts/{scene[0]}/seen"' in page
    with app.extensions["sessions"].read() as session:
        assert session.scalar(select(func.count()).select_from(Seen)) == 0
    assert client.post(f"/posts/{scene[0]}/seen", headers=HX).status_code == 204
    assert client.post(f"/posts/{scene[0]}/seen").status_code == 302


def test_new_candidates_are_called_new_on_page_list_and_desk(app, people, scene):
    with app.extensions["sessions"].write() as session:
        session.add(Seen(user_id=people.broker.id, post_id=scene[0], at=now() - dt.timedelta(hours=3)))
        session.commit()
    client = browser(app, people.broker)
    for path in ("/", "/needs", f"/posts/{scene[0]}"):
        assert "新增 1 条" in words_of(client.get(path).text), path
    client.post(f"/posts/{scene[0]}/seen", headers=HX)
    assert "新增 1 条" not in words_of(client.get("/needs").text)
    assert "新增 1 条" in words_of(client.get(f"/posts/{scene[0]}").text)
    assert "新增" not in words_of(browser(app, people.enterprise).get("/").text)


def test_a_withdrawn_need_is_judged_no_more(app, people, scene):
    with app.extensions["sessions"].write() as session:
        session.get_one(Need, scene[0]).state = "withdrawn"
        session.commit()
    client = browser(app, people.broker)
    assert client.post(address(scene), headers=HX, data={"verdict": "fits"}).status_code == 403
    with app.extensions["sessions"].read() as session:
        assert session.scalar(select(func.count()).select_from(Judgement)) == 0

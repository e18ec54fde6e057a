"""赵经理 reviews what 王工 submits: asks for changes, refuses, publishes; with four eyes 钱主任 follows."""

from __future__ import annotations

import itertools

import pytest
from sqlalchemy import select

from matchmaker.services import office, posts, reviews
from matchmaker.services.posts import TRANSITIONS
from models import Event, Need, Notice, PostRevision, Review
from models.vocabulary import Kind, State
from tests.builders import need
from tests.views.conftest import browser, words_of
from tests.views.test_posts import WHOLE

TICKED = {"checked": [item.code for item in reviews.CHECKLIST[Kind.NEED]]}


@pytest.fixture
def submitted(app, people) -> int:
    """王工's need, written and handed in through the pages."""
    wang = browser(app, people.enterprise)
    path = wang.post("/needs/new", data=WHOLE).headers["Location"]
    assert wang.post(f"{path}/submit").status_code == 302
    return int(path.rsplit("/", 1)[1])


def stored(app, post_id: int) -> Need:
    with app.extensions["sessions"].read() as reading:
        return reading.get_one(Need, post_id)


def rows(app, wanted) -> list:
    with app.extensions["sessions"].read() as reading:
        return list(reading.scalars(wanted))


def decide(app, person, post_id: int, decision: str, **more):
    version = stored(app, post_id).version
    return browser(app, person).post(f"/reviews/{post_id}", data={"version": version, "decision": decision} | more)


def test_changes_are_asked_for_at_the_field_and_shown_side_by_side_afterwards(app, people, submitted):
    said = {"on-key_technique": "请写明测量温度。", "on-elements": "请补写方法。", "note": "很好的需求。"}
    assert decide(app, people.broker, submitted, "return", **said).status_code == 302
    found = stored(app, submitted)
    assert found.state == State.RETURNED
    notice = rows(app, select(Notice).where(Notice.user_id == people.enterprise.id))[0]
    assert "请修改" in notice.subject
    assert "测量温度" in notice.text
    assert notice.link == f"/posts/{submitted}/edit"
    wang = browser(app, people.enterprise)
    assert "请写明测量温度。" in wang.get(f"/posts/{submitted}").text
    form = wang.get(f"/posts/{submitted}/edit").text
    assert form.index("请写明测量温度。", form.index('id="review-key_technique"')) < form.index('id="key_technique"')
    assert form.index("请补写方法。", form.index('id="review-')) < form.index('id="five-elements"')
    assert 'value="target" aria-current="step"' in form
    mended = WHOLE | {"version": str(found.version), "key_technique": "翘曲量不大于 0.3 mm（23 ℃）"}
    assert wang.post(f"/posts/{submitted}/edit", data=mended).status_code == 302
    assert wang.post(f"/posts/{submitted}/submit").status_code == 302
    assert decide(app, people.broker, submitted, "approve", **TICKED).status_code == 302
    assert stored(app, submitted).state == State.PUBLISHED
    assert len(rows(app, select(PostRevision))) == 1
    version = stored(app, submitted).version
    again = mended | {"version": str(version), "expected_goal": "装配合格率 99%"}
    assert wang.post(f"/posts/{submitted}/edit", data=again).status_code == 302
    page = browser(app, people.broker).get(f"/reviews/{submitted}").text
    assert "与上次发布相比" in page
    assert "装配合格率 9<mark>8</mark>%" in page.replace("\n", "")
    assert "装配合格率 9<mark>9</mark>%" in page
    assert "主要问题" not in page[page.index("与上次发布相比"):page.index("</table>")]


def test_what_is_not_whole_is_refused_in_words_and_nothing_typed_is_lost(app, people, submitted):
    for decision, more, said in (
        ("return", {}, "请写明要修改什么"), ("refuse", {"sure": "1"}, "须在总体说明中写明理由"),
        ("refuse", {"note": "与政策不符"}, "我确认不予通过"), ("approve", {}, "还有未核对的项目"),
        ("approve", {"checked": ["clear"], "note": "字" * 501}, "最多 500 字"), ("maybe", {}, "请选择"),
        ("return", {"on-brief": "字" * 501}, "公开简介的意见超过 500 字"),
    ):
        answer = decide(app, people.broker, submitted, decision, **more)
        assert answer.status_code == 400, decision
        assert said in words_of(answer.text)
        assert more.get("note", "") in answer.text
        assert more.get("on-brief", "") in answer.text
    assert stored(app, submitted).state == State.SUBMITTED
    assert rows(app, select(Review)) == []


def test_a_refusal_needs_its_reason_and_ends_the_matter(app, people, submitted):
    answer = decide(app, people.broker, submitted, "refuse", note="不属于技术需求。", sure="1")
    assert answer.status_code == 302
    assert stored(app, submitted).state == State.REFUSED
    wang = browser(app, people.enterprise)
    assert "不属于技术需求。" in wang.get(f"/posts/{submitted}").text
    assert wang.post(f"/posts/{submitted}/submit").status_code == 403
    assert "不属于技术需求。" not in browser(app, people.rival).get(f"/posts/{submitted}").text


def test_neither_a_return_nor_a_refusal_goes_without_a_review(app, people, submitted):
    for action in ("return", "refuse"):
        assert browser(app, people.broker).post(f"/posts/{submitted}/{action}").status_code == 403
        assert browser(app, people.broker).get(f"/posts/{submitted}/{action}").status_code == 403
    assert stored(app, submitted).state == State.SUBMITTED


def test_who_decides_about_words_that_changed_meanwhile_is_told(app, people, submitted):
    found = stored(app, submitted)
    old = found.version
    wang = browser(app, people.enterprise)
    wang.post(f"/posts/{submitted}/edit", data=WHOLE | {"version": str(old), "brief": "换了说法"})
    answer = browser(app, people.broker).post(f"/reviews/{submitted}", data=TICKED | {
        "version": old, "decision": "approve"})
    assert answer.status_code == 409
    assert "发布者修改了内容" in answer.text
    first = decide(app, people.broker, submitted, "approve", **TICKED)
    second = decide(app, people.head, submitted, "refuse", note="晚了", sure="1")
    assert (first.status_code, second.status_code) == (302, 409)


class TestFourEyes:
    @pytest.fixture(autouse=True)
    def wanted(self, session, people):
        office.put(session, session.merge(people.head), office.FOUR_EYES, True)
        session.commit()

    def test_the_second_publishes_what_the_first_approved(self, app, people, submitted):
        assert decide(app, people.broker, submitted, "approve", **TICKED).status_code == 302
        assert stored(app, submitted).state == State.SUBMITTED
        again = decide(app, people.broker, submitted, "approve", **TICKED)
        assert "须由另一位工作人员复核" in words_of(again.text)
        assert browser(app).get(f"/posts/{submitted}").status_code == 404
        assert "赵经理 已通过" in browser(app, people.head).get(f"/reviews/{submitted}").text
        assert decide(app, people.head, submitted, "approve", **TICKED).status_code == 302
        assert browser(app).get(f"/posts/{submitted}").status_code == 200

    def test_an_approval_is_for_the_words_that_were_read(self, app, people, submitted):
        decide(app, people.broker, submitted, "approve", **TICKED)
        version = stored(app, submitted).version
        wang = browser(app, people.enterprise)
        wang.post(f"/posts/{submitted}/edit", data=WHOLE | {"version": str(version), "brief": "换了说法"})
        decide(app, people.head, submitted, "approve", **TICKED)
        assert stored(app, submitted).state == State.SUBMITTED

    def test_staff_neither_publish_nor_change_alone(self, app, people, submitted):
        zhao = browser(app, people.broker)
        answer = zhao.post(f"/posts/{submitted}/publish")
        assert (answer.status_code, "双人审核" in answer.text) == (400, True)
        decide(app, people.broker, submitted, "approve", **TICKED)
        decide(app, people.head, submitted, "approve", **TICKED)
        version = stored(app, submitted).version
        zhao.post(f"/posts/{submitted}/edit", data=WHOLE | {"version": str(version), "brief": "由中心改写"})
        assert stored(app, submitted).state == State.SUBMITTED


def test_who_is_in_charge_is_chosen_without_disturbing_who_writes(app, people, submitted):
    before = stored(app, submitted).version
    zhao = browser(app, people.broker)
    assert zhao.post(f"/reviews/{submitted}/broker", data={"broker": people.broker.id}).status_code == 302
    assert zhao.post(f"/reviews/{submitted}/broker", data={"broker": people.enterprise.id}).status_code == 400
    found = stored(app, submitted)
    assert (found.version, found.broker_id) == (before, people.broker.id)
    assert rows(app, select(Event.after).where(Event.action == "post.assigned")) == [{"broker_id": people.broker.id}]
    for whose, n in (("mine", 1), ("nobody", 0), ("all", 1)):
        assert zhao.get(f"/reviews/?whose={whose}").text.count("row-post") == n
    assert browser(app, people.head).get("/reviews/?whose=mine").text.count("row-post") == 0
    assert zhao.get("/reviews/?days=14").text.count("row-post") == 0
    assert zhao.get("/reviews/?after=nonsense&kind=zzz&days=zz").status_code == 200


def test_the_queue_goes_on_where_its_page_ends(session, people):
    session.add_all([need(f"第 {n} 条", state="submitted") for n in range(reviews.PAGE + 5)])
    session.flush()
    first = reviews.queue(session, people.broker, reviews.Asked())
    last = first[reviews.PAGE - 1]
    rest = reviews.queue(session, people.broker, reviews.Asked(), (reviews.waits_since(last), last.id))
    assert (len(first), len(rest)) == (reviews.PAGE + 1, 5)
    assert {post.id for post in first[:-1]} & {post.id for post in rest} == set()


@pytest.mark.parametrize(("state", "action"), list(itertools.product(State, TRANSITIONS)))
def test_the_table_of_states_is_total(state, action):
    """Every step leads from states to a state, by somebody; each state is reached, and only a refusal is the end."""
    step = TRANSITIONS[action]
    assert step.after in State
    assert step.before
    assert step.by <= {posts.OWNER, posts.STAFF, posts.SYSTEM}
    ways = {one.after for one in TRANSITIONS.values() if state in one.before}
    assert ways or state == State.REFUSED
    assert state in {one.after for one in TRANSITIONS.values()} | {State.DRAFT}

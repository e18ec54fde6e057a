"""王工 writes a need, the office publishes it, 李研究员 writes an achievement."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from sqlalchemy import select

from embeddings.hashing import HashingEncoder
from matchmaker.engine import Engine
from matchmaker.services import indexing, posts
from matchmaker.views import matches
from matchmaker.worker import Worker
from models import Achievement, Event, Job, Need, Post, PostVector
from models.vocabulary import Role, State
from tests.builders import achievement, need
from tests.views.conftest import browser, words_of

WHOLE = {
    "title": "求薄壁注塑件翘曲控制办法 🐟", "keywords": "注塑、翘曲，薄壁", "brief": "薄壁件翘曲", "field": "materials",
    "industry": "C29", "region": "220100", "main_problem": "出模后翘曲。", "key_technique": "翘曲量不大于 0.3 mm",
    "expected_goal": "装配合格率 98%", "budget": "12.5", "from_year": "2026", "to_year": "2027", "trl": "5",
    "modes": ["joint", "commissioned"], "contact_name": "王示例", "contact_phone": "000-0000", "disclosure": "open",
    "contact_email": "wang@example.com", "valid_until": "2027-06-30",
}
RESULT = {
    "title": "模内压力反馈补偿", "keywords": "注塑 压力", "brief": "减小翘曲", "description": "以压力反馈补偿收缩。",
    "completers-0-name": "李示例", "completers-1-name": "赵示例",
    "field": "materials", "industry": "C29", "stage": "middle", "trl": "6",
    "modes": ["transfer"], "valid_until": "2028-01-01", "price": "30", "secrecy": "public", "disclosure": "open",
}


def test_a_need_is_written_submitted_and_published(app, people, session):
    mine, office = browser(app, people.enterprise), browser(app, people.broker)
    path = mine.post("/needs/new", data=WHOLE).headers["Location"]
    stored = session.scalars(select(Need)).one()
    assert stored.budget == Decimal(125_000)
    assert stored.keywords == ["注塑", "翘曲", "薄壁"]
    assert (stored.owner_id, stored.organisation_id) == (people.enterprise.id, people.enterprise.organisation_id)
    session.commit()
    assert "草稿" in mine.get(path).text
    assert office.get(path).status_code == 404
    assert mine.post(f"{path}/submit").status_code == 302
    assert "求薄壁注塑件" in office.get("/").text
    assert "审核" in mine.get(path).text
    assert office.post(f"{path}/publish").status_code == 302
    assert "求薄壁注塑件" in browser(app).get("/needs").text
    assert session.scalars(select(PostVector)).one().removed is False
    actions = session.scalars(select(Event.action).where(Event.subject == "post").order_by(Event.id)).all()
    assert actions == ["post.created", "post.submitted", "post.published"]
    session.commit()
    assert mine.post(f"{path}/withdraw").status_code == 302
    assert browser(app).get(path).status_code == 404
    session.expire_all()
    assert session.scalars(select(PostVector)).one().removed is True


def test_a_researcher_writes_an_achievement(app, people, session):
    path = browser(app, people.researcher).post("/achievements/new", data=RESULT).headers["Location"]
    stored = session.scalars(select(Achievement)).one()
    assert [row["name"] for row in stored.completers] == ["李示例", "赵示例"]
    session.commit()
    assert browser(app, people.researcher).post(f"{path}/submit").status_code == 302


def test_what_was_typed_is_kept_when_something_is_wrong(app, people):
    typed = WHOLE | {"title": "长" * 101, "budget": "很多", "from_year": "二六", "keywords": "一、二、三、四、五、六"}
    answer = browser(app, people.enterprise).post("/needs/new", data=typed)
    assert answer.status_code == 400
    for kept in ("长" * 101, 'value="很多"', 'value="二六"', "出模后翘曲。", 'value="一、二、三、四、五、六"'):
        assert kept in answer.text
    said = words_of(answer.text)
    assert "请填写数字" in said
    assert "最多 100 字，现在是 101 字" in said
    assert "最多 5 个关键词，现在是 6 个" in said


@pytest.mark.parametrize(("field", "value", "said"), [
    ("title", "", "请填写名称"), ("title", " \u3000 ", "请填写名称"), ("main_problem", "字" * 501, "最多 500 字"),
    ("budget", "-1", "0 以上"), ("budget", "1e99", "0 以上"), ("budget", "NaN", "0 以上"),
    ("budget", "1e999999999", "0 以上"), ("from_year", "26", "四位年份"), ("to_year", "2020", "不能早于"),
    ("field", "cooking", "选择"), ("region", "1", "选择"),
    ("industry", "Z9", "选择"), ("modes", "barter", "请从列表中选择"), ("contact_email", "wang", "完整的邮箱"),
    ("valid_until", "明天", "日期"), ("trl", "12", "选择"),
    ("valid_until", "9999-12-31", "2100"), ("keywords", "字" * 31, "每个关键词最多 30 字"),
    ("from_year", "9" * 5000, "整数"), ("brief", "<b>" * 200, "最多 500 字"),
])
def test_each_field_says_what_to_mend(app, people, session, field, value, said):
    answer = browser(app, people.enterprise).post("/needs/new", data=WHOLE | {field: value})
    assert answer.status_code == 400
    assert said in words_of(answer.text)
    assert session.scalars(select(Post)).all() == []


def test_a_hundred_thousand_characters_are_refused_with_a_sentence(app, people):
    answer = browser(app, people.enterprise).post("/needs/new", data=WHOLE | {"main_problem": "字" * 100_000})
    assert answer.status_code == 400
    assert "现在是 100000 字" in words_of(answer.text)
    long = browser(app).post("/describe", data={"problem": "字" * 100_000})
    assert long.status_code == 400
    assert "5000 字以内" in long.text


def test_what_is_missing_is_named_before_publishing(app, people, session):
    path = browser(app, people.enterprise).post("/needs/new", data={"title": "只有名称"}).headers["Location"]
    answer = browser(app, people.enterprise).post(f"{path}/submit")
    assert answer.status_code == 400
    said = words_of(answer.text)
    for label in ("关键词", "主要问题", "合作方式", "有效期至", "联系电话"):
        assert label in said
    assert session.scalars(select(Need.state)).one() == State.DRAFT


def test_fields_that_the_form_does_not_have_are_not_written(app, people, session):
    sent = WHOLE | {"state": "published", "owner_id": "99", "demo": "1", "version": "9", "kind": "expert", "id": "77"}
    browser(app, people.enterprise).post("/needs/new", data=sent)
    stored = session.scalars(select(Need)).one()
    assert (stored.state, stored.owner_id, stored.demo) == ("draft", people.enterprise.id, False)


def test_of_two_who_save_at_once_the_second_keeps_what_was_typed(app, people, session):
    session.add(need(owner=people.enterprise, organisation=people.enterprise.organisation))
    session.commit()
    first, second = browser(app, people.broker), browser(app, people.head)
    version = first.get("/posts/1/edit").text.split('name="version" value="')[1].split('"')[0]
    assert first.post("/posts/1/edit", data=WHOLE | {"version": version}).status_code == 302
    answer = second.post("/posts/1/edit", data=WHOLE | {"version": version, "expected_goal": "我的版本"})
    assert answer.status_code == 409
    assert "他人修改了这条信息" in answer.text
    assert "我的版本" in answer.text
    session.expire_all()
    assert session.scalars(select(Need.expected_goal)).one() == "装配合格率 98%"


def test_what_staff_changes_stays_published_what_its_owner_changes_is_reviewed_again(app, people, session):
    session.add(need(owner=people.enterprise, organisation=people.enterprise.organisation))
    session.commit()
    for person, state in ((people.broker, "published"), (people.enterprise, "submitted")):
        version = session.scalars(select(Need.version)).one()
        session.commit()
        changed = WHOLE | {"version": str(version), "title": f"由{person.name}修改"}
        assert browser(app, person).post("/posts/1/edit", data=changed).status_code == 302
        assert session.scalars(select(Need.state)).one() == state
        session.commit()


def test_an_industry_named_more_closely_than_the_form_offers_is_kept(app, people, session):
    session.add(need(owner=people.enterprise, organisation=people.enterprise.organisation, industry="C2730"))
    session.commit()
    page = browser(app, people.enterprise).get("/posts/1/edit").text
    assert '<option selected value="C2730">' in page


def test_contacts_full_text_and_annex_go_to_whom_they_are_meant(app, people, session):
    session.add(need(owner=people.enterprise, organisation=people.enterprise.organisation, disclosure="staged",
                     brief="公开的一句", main_problem="保密正文甲", annex="保密附件乙", contact_name="王示例",
                     contact_phone="电话丙", contact_public=["name"], broker_id=people.broker.id))
    session.commit()
    for person, told in ((None, False), (people.rival, False), (people.researcher, False), (people.enterprise, True),
                         (people.broker, True)):
        page = browser(app, person).get("/posts/1").text
        assert "公开的一句" in page
        assert "王示例" in page
        for secret in ("保密正文甲", "保密附件乙", "电话丙"):
            assert (secret in page) is told
        assert "保密正文甲" not in browser(app, person).get("/search?q=公开的一句").text or told


def test_matching_anew_makes_one_job_and_shows_progress(app, people, session):
    session.add(need(owner=people.enterprise, organisation=people.enterprise.organisation))
    session.commit()
    client = browser(app, people.enterprise)
    for _ in range(3):
        assert client.post("/posts/1/match").status_code == 302
    job = session.scalars(select(Job)).one()
    assert (job.kind, job.dedupe_key, job.priority) == ("shortlist", "1", 0)
    session.commit()
    assert "正在匹配" in client.get("/posts/1").text
    fragment = client.get("/posts/1/progress", headers={"HX-Request": "true"})
    assert "<html" not in fragment.text
    typed = client.get("/posts/1/progress").text
    assert "<html" in typed
    assert 'href="/posts/1"' in typed
    assert "HX-Retarget" not in fragment.headers
    job.state, job.finished_at = "done", dt.datetime.now(dt.UTC)
    session.merge(job)
    session.commit()
    assert client.get("/posts/1/progress").headers["HX-Retarget"] == "#partners"


def test_an_edited_need_waits_for_the_list_of_its_new_words(app, people, session, config):
    def work():
        worker = Worker(config, app.extensions["sessions"], Engine(app.extensions["sessions"], HashingEncoder))
        while worker.step():
            pass

    session.add(wanted := need("求注塑件翘曲控制"))
    session.flush()
    indexing.publish(session, wanted)
    session.commit()
    work()
    office = browser(app, people.broker)
    assert "暂无匹配" in office.get("/posts/1").text
    wanted.title = "求离心泵汽蚀诊断"
    session.flush()
    indexing.publish(session, wanted)
    session.commit()
    page = office.get("/posts/1").text
    assert "正在匹配" in page
    assert "暂无匹配" not in page
    assert "HX-Retarget" not in office.get("/posts/1/progress").headers
    work()
    assert office.get("/posts/1/progress").headers["HX-Retarget"] == "#partners"
    assert "暂无匹配" in office.get("/posts/1").text


def test_behind_a_long_import_a_post_may_be_put_first(app, people, session):
    session.add(need(owner=people.enterprise, organisation=people.enterprise.organisation))
    session.add_all(Job(kind="embed", state="queued") for _ in range(matches.MANY))
    session.commit()
    client = browser(app, people.enterprise)
    page = client.get("/posts/1").text
    assert f"后台还有 {matches.MANY} 批任务" in page
    assert "disabled" not in page[page.index("/posts/1/match") :][:400]
    assert client.post("/posts/1/match").status_code == 302
    page = client.get("/posts/1").text
    assert "正在匹配，通常几秒完成" in page
    assert "disabled" in page[page.index("/posts/1/match") :][:400]


def test_a_failed_matching_says_why(app, people, session):
    failed = Job(kind="shortlist", dedupe_key="1", state="failed", error="模型缺失")
    session.add_all([need(owner=people.enterprise), failed])
    session.commit()
    assert "上次匹配没有完成：模型缺失" in browser(app, people.broker).get("/posts/1").text


def test_the_table_of_transitions_is_total():
    """Every state is reached and left, but for refusal, which is final."""
    reached = {step.after for step in posts.TRANSITIONS.values()} | {State.DRAFT, State.FROZEN}
    left = set().union(*(step.before for step in posts.TRANSITIONS.values()))
    assert reached == set(State)
    assert left == set(State) - {State.REFUSED}
    assert set(posts.POSTERS) == set(Role)


@pytest.mark.parametrize("state", list(State))
def test_no_transition_is_taken_but_from_the_states_of_the_table(app, people, session, state):
    session.add(need(owner=people.enterprise, organisation=people.enterprise.organisation, state=state.value))
    session.commit()
    for step in posts.TRANSITIONS.values():
        answer = browser(app, people.enterprise).get(f"/posts/1/{step.action}")
        allowed = state in step.before and posts.OWNER in step.by
        assert answer.status_code == (200 if allowed else 403)


def test_what_would_lead_to_a_hidden_organisation_is_hidden_with_it(app, people, session):
    told = {"completers": [{"name": "示例完成人"}], "registration_number": "9992026Y0042", "source_url": "https://example.com/z",
            "ip": [{"kind": "invention", "state": "granted", "number": "示例专利号7"}]}
    session.add(achievement(organisation=people.researcher.organisation, owner=people.researcher,
                            hide_organisation=True, **told))
    session.commit()
    words = ("示例完成人", "9992026Y0042", "示例专利号7", "https://example.com/z", people.researcher.organisation.name)
    for reader, count in ((None, 0), (people.rival, 0), (people.researcher, len(words)), (people.broker, len(words))):
        page = browser(app, reader).get("/posts/1").text.split("<main", 1)[1]
        assert "发明" in page
        assert sum(word in page for word in words) == count

"""李研究员 confirms by the link in a mail; 王工 renews what is about to expire; the office sees both."""

from __future__ import annotations

import datetime as dt
import email.policy

import pytest
from sqlalchemy import select

from matchmaker.config import Config
from matchmaker.services import clock, liveness
from matchmaker.tasks import HANDLERS
from matchmaker.worker import Worker
from models import Event, Expert, Job, Match, Need, Notice, Post
from models.vocabulary import State
from tests.builders import expert, need
from tests.views.conftest import browser, words_of

TODAY = clock.today()


def ago(days: int) -> dt.date:
    return TODAY - dt.timedelta(days)


def asked(app, session, **more) -> str:
    """The path in the mail that an expert last confirmed 400 days ago has got."""
    session.add(expert("李示例", **({"confirmed_on": ago(400)} | more)))
    session.commit()
    result = app.test_cli_runner().invoke(args=["liveness"])
    assert result.exit_code == 0
    assert f"{TODAY}：提醒 1 条，冻结 0 条。" in result.output
    link = session.scalars(select(Notice.link)).one()
    session.commit()
    return link


def test_an_expert_confirms_by_one_click_without_signing_in(app, people, session):
    path = asked(app, session, owner=people.researcher, organisation=people.researcher.organisation)
    stranger = browser(app)
    for _ in range(3):
        assert "这条信息仍然有效吗" in stranger.get(path).text
    session.expire_all()
    assert session.scalars(select(Expert.confirmed_on)).one() == ago(400)
    session.commit()
    answer = stranger.post(path, follow_redirects=True)
    assert "已确认，谢谢" in answer.text
    session.expire_all()
    stored = session.scalars(select(Expert)).one()
    assert (stored.confirmed_on, stored.valid_until) == (TODAY, TODAY + dt.timedelta(365))
    session.commit()
    assert "已确认，谢谢" in stranger.post(path, follow_redirects=True).text
    session.expire_all()
    renewals = session.scalars(select(Event).where(Event.action == "post.renewed")).all()
    assert [event.actor_id for event in renewals] == [people.researcher.id]


def test_a_forged_link_is_nobodys(app, people, session):
    path = asked(app, session, owner=people.researcher)
    for forged in (path[:-1], path + "x", "/confirm/x"):
        assert browser(app).get(forged).status_code == 404
        assert browser(app).post(forged).status_code == 404


def test_the_mail_is_a_job_and_carries_the_link(app, people, session, config: Config):
    asked(app, session, owner=people.researcher)
    worker = Worker(config, app.extensions["sessions"])
    while worker.step():
        pass
    mails = list((config.instance / "mail").glob("*.eml"))
    assert len(mails) == 1
    text = email.message_from_bytes(mails[0].read_bytes(), policy=email.policy.default).get_content()
    assert "/confirm/" in text


def test_the_worker_sweeps_by_itself(app, people, session, config: Config):
    session.add_all([need("王工的需求", owner=people.enterprise, valid_until=ago(1)),
                     need("旧的需求", owner=people.enterprise, valid_until=ago(91)), Job(kind="liveness", payload={})])
    session.commit()
    worker = Worker(config, app.extensions["sessions"])
    assert "liveness" in HANDLERS
    assert worker.step()
    states = {row[0]: row[1] for row in session.execute(select(Post.title, Post.state))}
    assert states == {"王工的需求": State.PUBLISHED, "旧的需求": State.FROZEN}


def test_the_sweep_lets_notices_go_first_and_takes_up_where_it_was_left(
    app, people, session, config: Config, monkeypatch: pytest.MonkeyPatch
):
    begun, sweep = [], liveness.sweep
    monkeypatch.setattr(liveness, "BATCH", 1)
    monkeypatch.setattr(liveness, "sweep", lambda *given: begun.append(given[-1]) or sweep(*given))
    over = [need(f"第{n}条", owner=people.enterprise, valid_until=ago(1)) for n in range(3)]
    session.add_all([*over, Job(kind="liveness", payload={})])
    session.commit()
    worker, ended = Worker(config, app.extensions["sessions"]), []
    while worker.step():
        ended.append(session.scalars(select(Job.kind).where(Job.state == "done").order_by(Job.finished_at)).all())
        session.rollback()
    assert ended[0] == []
    assert ended[-1] == ["notice", "notice", "notice", "liveness"]
    assert begun == [0, *(post.id for post in over)]


def test_an_owner_sees_what_ends_and_renews_it_in_place(app, people, session):
    session.add_all([
        need("快到期的需求", owner=people.enterprise, valid_until=TODAY + dt.timedelta(5)),
        need("冻结的需求", owner=people.enterprise, valid_until=ago(100), state="frozen"),
        need("别家的需求", owner=people.rival, valid_until=TODAY)])
    session.commit()
    mine = browser(app, people.enterprise)
    page = words_of(mine.get("/expiring").text)
    assert "快到期的需求" in page
    assert "别家的需求" not in page
    assert mine.post("/posts/1/renew", data={"next": "/expiring"}).headers["Location"] == "/expiring"
    assert mine.post("/posts/1/renew", data={"next": "//elsewhere.example"}).headers["Location"] == "/posts/1"
    assert "没有即将到期的信息" in words_of(mine.get("/expiring").text)
    assert "冻结的需求" in mine.get("/expiring?part=frozen").text
    assert "别家的需求" in browser(app, people.broker).get("/expiring").text
    session.expire_all()
    assert session.get_one(Need, 1).valid_until == TODAY + dt.timedelta(365)


def test_a_frozen_post_that_lacks_something_is_not_revived(app, people, session):
    session.add(need(owner=people.enterprise, valid_until=ago(100), state="frozen"))
    session.commit()
    answer = browser(app, people.enterprise).post("/posts/1/renew")
    assert answer.status_code == 400
    assert "请先补全" in answer.text
    session.expire_all()
    assert session.get_one(Need, 1).valid_until == ago(100)


def test_a_day_that_is_past_cannot_be_published(app, people, session):
    session.add(need(owner=people.enterprise, organisation=people.enterprise.organisation, state="submitted",
                     valid_until=ago(1)))
    session.commit()
    answer = browser(app, people.broker).post("/posts/1/publish")
    assert answer.status_code == 400
    assert "已经过去" in answer.text


def test_a_candidate_whose_time_ran_out_sinks_at_once(app, people, session):
    session.add(need(owner=people.enterprise))
    session.add_all([expert("仍有效的专家"), expert("已过期的专家", valid_until=ago(1))])
    session.flush()
    session.add_all(Match(post_id=1, candidate_id=n, candidate_kind="expert", rank=4 - n, score=1, probability=0.9,
                          band="strong", passed=True, reasons=[], rules=[], produced_by={}, evidence=EVIDENCE)
                    for n in (2, 3))
    session.commit()
    page = browser(app, people.broker).get("/posts/1?partners=expert").text
    assert page.index("仍有效的专家") < page.index("不符合条件的 1 项") < page.index("已过期的专家")
    assert "已过期。" in page


EVIDENCE = {"need_sentence": "", "candidate_sentence": "", "sentence_similarity": None, "terms": [], "indicators": [],
            "places": {"pool": 2, "words": 1, "meaning": 1}, "summary": ""}


def test_the_office_confirms_by_one_click_what_nobody_owns(app, people, session):
    session.add_all([need("导入的甲", valid_until=ago(-5)), need("导入的乙", valid_until=ago(-6)),
                     need("王工的需求", owner=people.enterprise, valid_until=ago(-5))])
    session.commit()
    assert app.test_cli_runner().invoke(args=["liveness"]).exit_code == 0
    path = session.scalars(select(Notice.link).where(Notice.user_id == people.head.id)).one()
    session.commit()
    stranger = browser(app)
    page = words_of(stranger.get(path).text)
    assert "共 2 条" in page
    assert "王工的需求" not in page
    assert "导入的甲" not in words_of(stranger.post(path, data={"post_id": "1"}, follow_redirects=True).text)
    assert "都已确认" in words_of(stranger.post(path, data={"post_id": ["2", "3"]}, follow_redirects=True).text)
    session.expire_all()
    held = [post.valid_until for post in session.scalars(select(Need).order_by(Need.id))]
    assert held == [TODAY + dt.timedelta(365)] * 2 + [ago(-5)]
    assert session.scalars(select(Event.actor_id).where(Event.action == "post.renewed")).all() == [people.head.id] * 2


def test_the_list_says_what_the_office_is_to_confirm(app, people, session):
    session.add_all([need("导入的甲", valid_until=ago(-5)), need("王工的需求", owner=people.enterprise)])
    session.commit()
    office = browser(app, people.broker)
    assert words_of(office.get("/expiring").text).count("没有发布者") == 1
    assert office.post("/posts/1/renew", data={"next": "/expiring"}).status_code == 302
    assert "导入的甲" not in words_of(office.get("/expiring").text).replace("已确认“导入的甲”", "")


def test_a_link_is_signed_with_the_key_of_the_installation(app, people, session, config: Config):
    post = expert("李示例", owner=people.researcher)
    session.add(post)
    session.commit()
    office = liveness.Office.of(config)
    assert browser(app).get(liveness.link(office, post, people.researcher, TODAY)).status_code == 200


def test_what_is_over_comes_last_in_a_search(app, people, session):
    session.add_all([need("求翘曲翘曲控制甲", valid_until=ago(1)), need("求翘曲控制乙", valid_until=TODAY)])
    session.commit()
    page = browser(app).get("/search?q=求翘曲控制甲").text.split("<main", 1)[1]
    assert page.index("控制乙") < page.index("翘曲翘曲控制甲")

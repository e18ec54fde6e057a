"""周老师's laboratory: what it did for others is kept by the owner and the office, and seen by nobody else."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from sqlalchemy import select

from matchmaker.services import completers
from models import Achievement, Event, ServiceRecord
from tests.builders import achievement, expert, facility
from tests.views.conftest import browser, words_of

DONE = {"served_on": "2026-03-01", "client": "示例精工有限公司", "mode": "occupation", "amount": "8", "unit": "机时",
        "fee": "0.32", "rating": "5", "note": "按时完成"}


@pytest.fixture
def laboratory(session, people) -> str:
    session.add(facility("示例注塑中试平台", owner=people.researcher, organisation=people.researcher.organisation))
    session.commit()
    return "/posts/1/services"


def test_a_service_is_recorded_summed_and_taken_back(app, people, session, laboratory):
    mine = browser(app, people.researcher)
    assert laboratory in mine.get("/posts/1").text
    assert "还没有服务记录" in mine.get(laboratory).text
    for more in ({}, {"rating": "", "fee": "", "mode": "remote", "amount": "1.5"}):
        assert mine.post(laboratory, data=DONE | more).status_code == 302
    first = session.scalars(select(ServiceRecord).order_by(ServiceRecord.id)).all()[0]
    assert (first.fee, first.rating, first.amount) == (Decimal(3200), 5, 8.0)
    session.commit()
    page = words_of(mine.get(laboratory).text)
    for told in ("共 2 次服务，收费合计 0.32 万元", "平均评价 5.0 分", "占用", "远程", "8 机时", "1.5 机时", "未评价"):
        assert told in page
    assert browser(app, people.broker).post(f"{laboratory}/1/remove").status_code == 302
    assert "共 1 次服务" in words_of(mine.get(laboratory).text)
    removed = session.scalars(select(Event).where(Event.action == "service.removed")).one()
    assert removed.before["client"] == "示例精工有限公司"


@pytest.mark.parametrize(("name", "value", "said"), [
    ("served_on", "2099-01-01", "不能晚于今天"), ("served_on", "昨天", "日期"), ("client", "", "请填写服务对象"),
    ("mode", "magic", "请选择服务方式"), ("amount", "0", "大于 0"), ("amount", "很多", "请填写数字"),
    ("unit", "", "请填写计量单位"), ("fee", "-1", "0 以上"), ("rating", "6", "1–5 分"), ("note", "长" * 501, "500 字"),
])
def test_what_cannot_be_used_is_said_and_what_was_typed_is_kept(app, people, laboratory, name, value, said):
    answer = browser(app, people.researcher).post(laboratory, data=DONE | {name: value})
    assert answer.status_code == 400
    assert said in words_of(answer.text)
    assert "按时完成" in answer.text or name == "note"
    assert "还没有服务记录" in answer.text


def test_others_see_and_write_nothing(app, people, laboratory):
    for person, code in ((None, 302), (people.enterprise, 403), (people.rival, 403)):
        stranger = browser(app, person)
        assert stranger.get(laboratory).status_code == code
        assert stranger.post(laboratory, data=DONE).status_code == code
        assert laboratory not in stranger.get("/posts/1").text


def test_completers_and_experts_lead_to_each_other_unless_the_organisation_is_hidden(app, people, session):
    mine = browser(app, people.researcher)
    session.add(expert("李示例"))
    session.flush()
    session.add_all([achievement("公开的成果"), achievement("隐名的成果", hide_organisation=True)])
    session.flush()
    for post in session.scalars(select(Achievement)):
        post.completers = [{"name": "李示例", "expert_id": 1}]
        completers.relink(session, post)
    session.commit()
    assert "完成人的专家档案" in mine.get("/posts/2").text
    assert "完成人的专家档案" not in mine.get("/posts/3").text
    page = mine.get("/posts/1").text
    assert "公开的成果" in page
    assert "隐名的成果" not in page


def test_the_first_page_counts_what_ends(app, people, session, laboratory):
    assert "已过期 1" not in words_of(browser(app, people.researcher).get("/").text)
    session.add(expert("过期的专家", owner=people.researcher, valid_until=dt.date(2020, 1, 1)))
    session.commit()
    for person in (people.researcher, people.broker):
        assert "已过期 1" in words_of(browser(app, person).get("/").text)

"""李研究员 lists an achievement with all it has, a profile and a laboratory; 赵经理 lists an expert who agreed."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from sqlalchemy import select

from matchmaker.services import clock
from models import Achievement, Authorship, Expert, Facility, Organisation
from models.vocabulary import Kind
from tests.builders import expert
from tests.views.conftest import browser, words_of
from tests.views.test_posts import RESULT

WHOLE = RESULT | {
    "registration_number": "999 2026y0042", "discipline": "430", "research_from": "2021-03-01",
    "research_to": "2024-02-29", "funding": "企业委托", "level": "national_leading", "application_state": "trial",
    "category": "applied", "attribute": "original", "form": "process", "evaluation": "acceptance",
    "ip-0-kind": "invention", "ip-0-number": "ZL 示例 1", "ip-0-state": "granted", "ip-0-owner": "示例理工大学",
    "ip-1-kind": "know_how", "ip-1-state": "held",
    "completers-0-organisation": "示例理工大学", "indicators-0-quantity": "翘曲量", "indicators-0-comparison": "eq",
    "indicators-0-value": "0.2", "indicators-0-unit": "mm", "contact_public": ["name", "email"],
    "contact_name": "李示例", "contact_email": "li@example.com", "contact_phone": "000-1",
}
PROFILE: dict[str, Any] = {
    "title": "李示例", "name_en": "Li Shili", "brief": "研究高分子成型。",
    "department": "材料学院", "job_title": "教授",
    "research_fields": "高分子成型加工\n模内传感", "keywords": "注塑、传感", "field": "materials",
    "offers": ["consulting", "diagnosis"], "days_per_year": "30", "regions_served": ["220000"],
    "patents": "示例专利一", "awards": "示例奖一\n示例奖二", "projects-0-name": "翘曲控制", "projects-0-field": "注塑",
    "projects-0-years": "2023–2024", "orcid": "https://orcid.org/0000-0002-1825-0097", "homepage": "https://example.com/li",
    "contact_name": "李示例", "contact_phone": "000-2", "contact_email": "li@example.com", "contact_public": ["email"],
    "consent": "y",
}
LABORATORY: dict[str, Any] = {
    "title": "示例成型中试平台", "facility_kind": "pilot", "capacity": "两条中试线", "trl_low": "4", "trl_high": "7",
    "field": "materials", "services": "注塑中试与检测", "price_note": "200 元/机时", "brief": "薄壁注塑中试",
    "contact_name": "周示例", "valid_until": "2028-01-01", "modes": ["service"],
}
NOTED = {"consented_on": "2026-01-02", "organisation_name": "示例新研究院"}


def test_an_achievement_with_all_it_has(app, people, session):
    mine = browser(app, people.researcher)
    path = mine.post("/achievements/new", data=WHOLE).headers["Location"]
    stored = session.scalars(select(Achievement)).one()
    assert stored.registration_number == "9992026Y0042"
    assert (stored.level, stored.form, stored.evaluation) == ("national_leading", "process", "acceptance")
    assert (stored.research_from, stored.research_to) == (dt.date(2021, 3, 1), dt.date(2024, 2, 29))
    assert stored.ip == [
        {"kind": "invention", "number": "ZL 示例 1", "state": "granted", "owner": "示例理工大学"},
        {"kind": "know_how", "state": "held"}]
    assert stored.completers == [{"name": "李示例", "organisation": "示例理工大学"}, {"name": "赵示例"}]
    assert stored.contact_public == ["name", "email"]
    assert [(one.quantity, one.low) for one in stored.indicators] == [("翘曲量", 0.2)]
    session.commit()
    page = mine.get(f"{path}/edit").text
    for kept in ("ZL 示例 1", "9992026Y0042", "企业委托", 'value="2024-02-29"', "示例理工大学"):
        assert kept in page


def test_completers_are_linked_to_experts_of_the_pool_and_to_nobody_else(app, people, session):
    session.add_all([expert("李示例"), expert("未发布者", state="draft")])
    session.commit()
    linked = WHOLE | {"completers-0-expert_id": "1", "completers-1-expert_id": "2"}
    mine = browser(app, people.researcher)
    path = mine.post("/achievements/new", data=linked).headers["Location"]
    stored = session.scalars(select(Achievement)).one()
    assert [row.get("expert_id") for row in stored.completers] == [1, None]
    assert [row.expert_id for row in session.scalars(select(Authorship))] == [1]
    version = stored.version
    session.commit()
    assert "已关联专家档案" in mine.get(f"{path}/edit").text
    mine.post(f"{path}/edit", data=WHOLE | {"version": str(version), "completers-0-expert_id": "x"})
    session.expire_all()
    assert session.scalars(select(Authorship)).all() == []


@pytest.mark.parametrize(("name", "value", "said"), [
    ("registration_number", "12345", "12 位"), ("registration_number", "9992026X0042", "12 位"),
    ("research_to", "2020-01-01", "不能早于开始日期"), ("research_to", "2099-01-01", "不晚于今天"),
    ("ip-0-kind", "", "请选择知识产权的类型"), ("ip-0-number", "长" * 61, "编号最多 60 字"),
    ("completers-0-name", "", "第 1 行：请填写姓名"), ("funding", "长" * 201, "最多 200 字"),
    ("contact_public", "address", "从列表中选择"), ("level", "galactic", "选择"), ("discipline", "0", "选择"),
])
def test_what_cannot_be_used_is_said_at_the_field(app, people, session, name, value, said):
    answer = browser(app, people.researcher).post("/achievements/new", data=WHOLE | {name: value})
    assert answer.status_code == 400
    assert said in words_of(answer.text)
    assert session.scalars(select(Achievement.state).where(Achievement.state != "draft")).all() == []


def test_a_researcher_writes_a_profile_and_only_chosen_contacts_are_public(app, people, session):
    mine, office = browser(app, people.researcher), browser(app, people.broker)
    path = mine.post("/experts/new", data=PROFILE).headers["Location"]
    stored = session.scalars(select(Expert)).one()
    assert (stored.title, stored.job_title, stored.days_per_year) == ("李示例", "教授", 30)
    assert (stored.research_fields, stored.awards) == (["高分子成型加工", "模内传感"], ["示例奖一", "示例奖二"])
    assert stored.projects == [{"name": "翘曲控制", "field": "注塑", "years": "2023–2024"}]
    assert stored.orcid == "0000-0002-1825-0097"
    assert stored.consented_at is not None
    assert stored.consented_at.astimezone(clock.HERE).date() == clock.today()
    session.commit()
    assert mine.post(f"{path}/submit").status_code == 302
    assert office.post(f"{path}/publish").status_code == 302
    page = browser(app).get(path).text
    assert "li@example.com" in page
    assert "000-2" not in page


def test_a_profile_needs_the_consent_of_the_person(app, people, session):
    unagreed = {name: value for name, value in PROFILE.items() if name != "consent"}
    mine = browser(app, people.researcher)
    path = mine.post("/experts/new", data=unagreed | {"consented_on": "2026-01-02"}).headers["Location"]
    assert session.scalars(select(Expert.consented_at)).one() is None
    session.commit()
    answer = mine.post(f"{path}/submit")
    assert answer.status_code == 400
    assert "本人同意公开" in answer.text


def test_the_office_notes_when_an_expert_agreed(app, people, session):
    office = browser(app, people.broker)
    assert "已取得本人同意" in office.get("/experts/new").text
    path = office.post("/experts/new", data=PROFILE | NOTED).headers["Location"]
    agreed = session.scalars(select(Expert.consented_at)).one()
    assert agreed is not None
    assert agreed.astimezone(clock.HERE).date() == dt.date(2026, 1, 2)
    session.commit()
    page = office.get(f"{path}/edit").text
    for kept in ('value="2026-01-02"', 'value="示例新研究院"'):
        assert kept in page
    entered = session.scalars(select(Organisation).where(Organisation.name == "示例新研究院")).one()
    assert (entered.kind, entered.verified_at) == ("institute", None)
    session.commit()
    assert office.post(f"{path}/publish").status_code == 302
    assert "示例新研究院" in browser(app).get(path).text


def test_who_is_no_staff_posts_for_their_own_organisation_alone(app, people, session):
    mine = browser(app, people.researcher)
    path = mine.post("/experts/new", data=PROFILE | {"organisation_name": "示例精工有限公司"}).headers["Location"]
    assert session.scalars(select(Expert)).one().organisation_id == people.researcher.organisation_id
    session.commit()
    assert "示例理工大学" in mine.get(f"{path}/edit").text
    taken = {"organisation_name": "示例精工", "consented_on": "2026-01-02"}
    browser(app, people.broker).post("/experts/new", data=PROFILE | taken)
    newest = session.scalars(select(Expert).order_by(Expert.id.desc())).first()
    assert newest is not None
    assert newest.organisation_id == people.enterprise.organisation_id


@pytest.mark.parametrize(("name", "value", "said"), [
    ("orcid", "0000-0002-1825-0098", "校验位"), ("orcid", "1825", "ORCID"), ("homepage", "javascript:alert(1)", "https://"),
    ("days_per_year", "367", "1–366"), ("offers", "magic", "从列表中选择"), ("brief", "长" * 1001, "最多 1000 字"),
    ("research_fields", "\n".join(["方向"] * 21), "最多 20 项"), ("consented_on", "2099-01-01", "不能晚于今天"),
    ("projects-0-name", "", "请填写项目名称"), ("title", "", "请填写名称"),
])
def test_a_profile_says_what_to_mend(app, people, name, value, said):
    answer = browser(app, people.researcher).post("/experts/new", data=PROFILE | {name: value})
    assert answer.status_code == 400
    assert said in words_of(answer.text)


def test_a_laboratory_is_written_and_its_levels_are_a_range(app, people, session):
    mine = browser(app, people.researcher)
    path = mine.post("/facilities/new", data=LABORATORY).headers["Location"]
    stored = session.scalars(select(Facility)).one()
    assert (stored.trl_low, stored.trl_high, stored.facility_kind) == (4, 7, "pilot")
    session.commit()
    assert 'selected value="7"' in mine.get(f"{path}/edit").text
    assert mine.post(f"{path}/submit").status_code == 302
    wrong = mine.post("/facilities/new", data=LABORATORY | {"trl_low": "8"})
    assert wrong.status_code == 400
    assert "最高成熟度不能低于最低成熟度" in words_of(wrong.text)


@pytest.mark.parametrize("kind", [Kind.ACHIEVEMENT, Kind.EXPERT, Kind.FACILITY])
def test_an_enterprise_posts_no_supplies(app, people, kind):
    plural = {"achievement": "achievements", "expert": "experts", "facility": "facilities"}[kind]
    for answer in (browser(app, people.enterprise).get(f"/{plural}/new"),
                   browser(app, people.enterprise).post(f"/{plural}/new")):
        assert answer.status_code == 403
        assert "您的账号不能发布" in answer.text


@pytest.mark.parametrize(("plural", "values", "said"), [
    ("achievements", WHOLE, "实测指标"), ("experts", PROFILE, "可投入的时间"), ("facilities", LABORATORY, "能力与参数"),
])
def test_advice_preview_and_the_outside_view_stand_beside_each_form(app, people, session, plural, values, said):
    mine = browser(app, people.researcher)
    page = mine.get(f"/{plural}/new").text
    assert 'id="coach"' in page
    assert said in words_of(mine.post(f"/{plural}/advice", data=values).text)
    assert mine.post(f"/{plural}/preview", data=values).status_code == 200
    seen = mine.post(f"/{plural}/outside", data=values)
    assert seen.status_code == 200
    assert values["title"] in seen.text
    assert values.get("contact_phone", "无此号码") not in seen.text

"""李研究员 on a phone: an achievement with its level found by questions, and a profile confirmed from a mail."""

from __future__ import annotations

import datetime as dt
import email
import email.policy
import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from matchmaker.services import clock, indexing, liveness
from models import Achievement, Authorship, Expert, Match, User
from tests.browser.conftest import House, Visitor
from tests.browser.test_pages import faults_of
from tests.builders import achievement, expert, facility, need
from tests.views.test_liveness import EVIDENCE

pytestmark = pytest.mark.real
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def owned(house: House) -> dict[str, int]:
    """What the researcher has: an achievement that fits a need, an old profile, a laboratory."""
    with house.sessions.write() as session:
        owner = session.scalars(select(User).where(User.email == "researcher@example.com")).one()
        shared: dict[str, Any] = {"owner": owner, "organisation": owner.organisation, "field": "materials"}
        rows = {
            "supply": achievement("研究员的补偿技术", **shared), "laboratory": facility("研究员的平台", **shared),
            "profile": expert("李示例", confirmed_on=clock.today() - dt.timedelta(400), **shared),
            "ending": need("研究员也看得到的到期需求", owner=owner, valid_until=clock.today() + dt.timedelta(3))}
        session.add_all(rows.values())
        indexing.publish_many(session, list(rows.values()))
        session.commit()
        ids = {name: row.id for name, row in rows.items()}
    house.work()
    with house.sessions.write() as session:
        session.query(Match).filter_by(post_id=ids["supply"]).delete()
        session.add(Match(
            post_id=ids["supply"], candidate_id=house.ids["need"], candidate_kind="need", rank=1, score=1.0,
            probability=0.9, band="strong", passed=True, produced_by={}, rules=[],
            evidence=EVIDENCE | {"need_sentence": "以补偿减小翘曲。", "candidate_sentence": "翘曲量不大于 0.3 mm。"},
            reasons=[{"feature": "words", "score": 1, "weight": 1, "contribution": 1, "detail": "用词吻合度排第 1"}]))
        session.commit()
    return ids


@pytest.fixture
def researcher(house: House, chromium: Browser, signed_in: dict[str, Any]) -> Iterator[Visitor]:
    context = chromium.new_context(storage_state=signed_in["researcher"], viewport=PHONE)  # type: ignore[arg-type]
    visitor = Visitor(house, context)
    yield visitor
    context.close()
    assert visitor.wrong == []


def step(page: Page, title: str) -> None:
    page.locator(".steps button", has_text=title).click()
    expect(page.locator(".step:visible h2")).to_contain_text(title)


def test_an_achievement_with_its_level_found_by_questions(researcher: Visitor, house: House, owned: dict[str, int]):
    page = researcher.go("/achievements/new")
    page.locator("#title").fill("模内压力反馈补偿技术")
    page.wait_for_url("**/posts/*/edit")
    step(page, "成熟度与评价")
    page.get_by_role("link", name="不确定").click()
    for answer in ("是", "否", "是"):
        page.locator("#trl-helper").get_by_role("link", name=answer, exact=True).click()
        page.wait_for_load_state("networkidle")
    page.get_by_role("button", name="填入 6 级").click()
    expect(page.locator("#trl")).to_have_value("6")
    step(page, "完成人与知识产权")
    page.locator("[name=completers-0-name]").press_sequentially("李示", delay=30)
    page.locator(".picks").get_by_role("button", name=re.compile("李示例")).click()
    expect(page.locator("[name=completers-0-name]")).to_have_value("李示例")
    expect(page.locator(".completer").first).to_contain_text("已关联专家档案")
    page.wait_for_timeout(2500)
    page.wait_for_load_state("networkidle")
    page.locator(".step:visible").get_by_role("button", name="保存草稿").click()
    page.wait_for_url("**/posts/*")
    with house.sessions.read() as session:
        stored = session.scalars(select(Achievement).where(Achievement.title == "模内压力反馈补偿技术")).one()
        assert stored.trl == 6
        assert [row["name"] for row in stored.completers] == ["李示例"]
        linked = session.scalars(select(Authorship.expert_id).where(Authorship.achievement_id == stored.id)).all()
        assert linked == [owned["profile"]]


def test_an_expert_confirms_from_the_mail(house: House, chromium: Browser, owned: dict[str, int]):
    with house.sessions.write() as session:
        liveness.sweep(session, liveness.Office.of(house.settings), clock.today())
        session.commit()
    house.work()
    mails = [email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
             for path in (house.settings.instance / "mail").glob("*.eml")]
    text = next(mail.get_content() for mail in mails if "李示例" in mail["Subject"])
    link = re.search(r"/confirm/\S+", text)
    assert link is not None
    context = chromium.new_context(viewport=PHONE)  # type: ignore[arg-type]
    visitor = Visitor(house, context)
    page = visitor.go(link[0])
    assert faults_of(page) == []
    page.get_by_role("button", name="仍然有效").click()
    expect(page.get_by_role("heading", name="已确认，谢谢")).to_be_visible()
    assert faults_of(page) == []
    context.close()
    assert visitor.wrong == []
    with house.sessions.read() as session:
        assert session.get_one(Expert, owned["profile"]).confirmed_on == clock.today()

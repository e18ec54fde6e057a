"""A newcomer registers, confirms by the link in the mail, and founds an organisation, at a desk and on a phone."""

from __future__ import annotations

import email
import email.policy
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from matchmaker.services import notices
from models import User
from tests.browser.conftest import House, Visitor
from tests.browser.test_pages import faults_of

pytestmark = pytest.mark.real
WIDTHS = {1280: ("desk@example.com", "示例北方轴承有限公司", "91220100MA0000001L"),
          390: ("phone@example.com", "示例南湖光学有限公司", "91220100MA0000002P")}


def link_in_mail(house: House, whose: str) -> str:
    """The path of the link in the newest mail to somebody."""
    house.work()
    paths = sorted((house.settings.instance / "mail").glob("*.eml"), key=lambda path: path.stat().st_mtime_ns)
    letters = [_read(path) for path in paths]
    said = next(letter.get_content() for letter in reversed(letters) if letter["To"] == whose)
    return re.search(r"https?://[^/\s]+(/\S+)", said).group(1)


def _read(path: Path) -> Any:
    return email.message_from_bytes(path.read_bytes(), policy=email.policy.default)


def fine(page: Page) -> None:
    """The page is accessible and fits."""
    assert faults_of(page) == []


@pytest.mark.parametrize("width", WIDTHS)
def test_from_a_stranger_to_the_owner_of_an_organisation(house: House, chromium: Browser, width: int):
    whose, firm, code = WIDTHS[width]
    context = chromium.new_context(viewport={"width": width, "height": 800})
    visitor = Visitor(house, context)
    page = visitor.go("/")
    page.get_by_role("link", name="注册", exact=True).click()
    page.get_by_label("邮箱").fill(whose)
    fine(page)
    page.get_by_role("button", name="发送注册邮件").click()
    expect(page.get_by_role("heading", name="请查收邮件")).to_be_visible()
    visitor.go(link_in_mail(house, whose))
    page.get_by_label("姓名").fill("王小工")
    page.get_by_label("企业").check()
    page.get_by_label("密码").fill("a long enough pass phrase")
    page.get_by_label("我已阅读并同意隐私政策").check()
    fine(page)
    page.get_by_role("button", name="完成注册").click()
    expect(page.get_by_role("heading", name="我的单位")).to_be_visible()
    page.get_by_label("单位名称或统一社会信用代码").fill(firm)
    page.keyboard.press("Enter")
    expect(page.get_by_text("没有找到")).to_be_visible()
    fine(page)
    page.get_by_role("link", name="创建单位").click()
    expect(page.get_by_label("单位全称")).to_have_value(firm)
    page.get_by_label("单位性质").select_option(label="企业")
    page.get_by_label("统一社会信用代码").fill(code)
    fine(page)
    page.get_by_role("button", name="创建单位").click()
    expect(page.get_by_role("heading", name=firm)).to_be_visible()
    expect(page.get_by_text("王小工", exact=True).first).to_be_attached()
    page.get_by_label("邮箱").fill("colleague@example.com")
    page.get_by_role("button", name="发送邀请").click()
    expect(page.get_by_text("待接受的邀请")).to_be_visible()
    fine(page)
    context.close()
    assert visitor.wrong == []


def test_a_notice_leads_to_its_task_and_an_account_is_closed_only_when_confirmed(house: House, chromium: Browser):
    with house.sessions.write() as session:
        admin = session.query(User).filter(User.role == "admin").one()
        notices.notify(session, admin, "task", "待办：核验单位", "请核验新登记的单位。", "/desk/organisations", "story")
        session.commit()
    context = chromium.new_context(viewport={"width": 390, "height": 800})
    visitor = Visitor(house, context)
    visitor.sign_in("admin")
    page = visitor.go("/notices")
    page.get_by_role("button", name="查看").first.click()
    expect(page.get_by_role("heading", name="单位核验")).to_be_visible()
    page = visitor.go("/admin/users?q=researcher")
    page.get_by_text("停用", exact=True).first.click()
    expect(page.get_by_role("button", name="确认停用")).to_be_visible()
    fine(page)
    context.close()
    assert visitor.wrong == []

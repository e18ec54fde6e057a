"""What people do, with the keyboard alone where it is said so."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import House, Visitor

pytestmark = pytest.mark.real


@pytest.fixture
def broker(house: House, chromium: Browser, signed_in: dict[str, Any]) -> Iterator[Visitor]:
    context = chromium.new_context(storage_state=signed_in["broker"])
    visitor = Visitor(house, context)
    yield visitor
    context.close()
    assert visitor.wrong == []


@pytest.fixture
def stranger(house: House, chromium: Browser) -> Iterator[Visitor]:
    context = chromium.new_context()
    visitor = Visitor(house, context)
    yield visitor
    context.close()
    assert visitor.wrong == []


def test_signing_in_by_keyboard(stranger: Visitor):
    page = stranger.go("/")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.get_by_role("link", name="登录", exact=True).focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/sign-in**")
    page.locator("#email").focus()
    page.keyboard.type("broker@example.com")
    page.keyboard.press("Tab")
    page.keyboard.type("a long enough pass phrase")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="工作台")).to_be_visible()


def test_a_slash_leads_to_the_search_and_typing_narrows_the_list(broker: Visitor):
    page = broker.go("/needs")
    page.keyboard.press("/")
    expect(page.locator("#list-find")).to_be_focused()
    page.keyboard.type("薄壁注塑件翘曲")
    expect(page.locator(".tally")).to_contain_text("薄壁注塑件翘曲")
    expect(page.locator(".row-post").first).to_contain_text("求薄壁注塑件翘曲控制办法")
    expect(page.locator("#list-find")).to_be_focused()
    assert "q=" in page.url
    page.reload()
    expect(page.locator("#list-find")).to_have_value("薄壁注塑件翘曲")


def test_filters_are_in_the_address_and_the_back_button_takes_them_back(broker: Visitor):
    page = broker.go("/needs")
    before = page.locator(".tally").inner_text()
    page.locator("#field-materials").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**field=materials**")
    expect(page.locator("#field-materials")).to_have_attribute("aria-current", "true")
    page.go_back()
    expect(page.locator(".tally")).to_have_text(before)


def test_a_need_shows_who_could_answer_and_why(broker: Visitor, house: House):
    page = broker.go(f"/posts/{house.ids['need']}")
    first = page.locator(".candidate").first
    expect(first).to_contain_text("示例理工大学")
    expect(first.locator(".band")).to_have_text(re.compile("强|中|弱"))
    first.locator("summary", has_text="依据与条件").focus()
    page.keyboard.press("Enter")
    expect(first.locator(".reasons")).to_be_visible()
    expect(first.locator(".compare")).to_contain_text("满足")
    page.locator(".folded > summary").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".folded .verdict-fail").first).to_be_visible()
    page.locator("#tab-expert").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#tab-expert")).to_have_attribute("aria-current", "true")
    assert "partners=expert" in page.url


def test_matching_anew_shows_its_progress_and_then_the_result(broker: Visitor, house: House):
    page = broker.go(f"/posts/{house.ids['need']}")
    page.get_by_role("button", name="重新匹配").click()
    expect(page.locator("#progress")).to_contain_text("正在匹配")
    house.work()
    expect(page.locator("#progress")).to_have_count(0)
    expect(page.locator(".candidates, .empty").first).to_be_visible()


def test_the_office_publishes_what_waits(broker: Visitor, house: House):
    page = broker.go(f"/posts/{house.ids['waiting']}")
    page.get_by_role("link", name="发布", exact=True).click()
    page.get_by_role("button", name="确认发布").click()
    expect(page.get_by_role("alert")).to_contain_text("请先补全")
    broker.wrong.clear()


def test_a_stranger_describes_a_problem_and_sees_candidates(stranger: Visitor):
    page = stranger.go("/")
    page.get_by_label("描述您的问题").fill("薄壁注塑件出模后翘曲，希望翘曲量不大于 0.3 mm")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="谁能解决")).to_be_visible()
    expect(page.get_by_label("描述您的问题")).to_have_value(re.compile("薄壁注塑件"))
    expect(page.get_by_role("heading", name="科技成果")).to_be_visible()


def test_a_lost_connection_is_said(broker: Visitor):
    page = broker.go("/needs")
    page.route("**/needs?*", lambda route: route.abort())
    page.locator("#list-find").fill("翘曲")
    expect(page.locator("#notices")).to_contain_text("网络连接中断")
    broker.wrong.clear()

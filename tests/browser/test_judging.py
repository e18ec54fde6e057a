"""A broker judges a candidate with the keyboard alone, on a phone's screen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import House, Visitor

pytestmark = pytest.mark.real


@pytest.fixture
def broker(house: House, chromium: Browser, signed_in: dict[str, Any]) -> Iterator[Visitor]:
    context = chromium.new_context(storage_state=signed_in["broker"], viewport={"width": 375, "height": 812})
    visitor = Visitor(house, context)
    yield visitor
    context.close()
    assert visitor.wrong == []


def test_judging_and_taking_back_by_keyboard_on_a_phone(broker: Visitor, house: House):
    page = broker.go(f"/posts/{house.ids['need']}")
    part = page.locator(".judgement").first
    part.locator("summary").focus()
    page.keyboard.press("Enter")
    part.locator("select").focus()
    page.keyboard.press("End")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(part.get_by_role("alert")).to_contain_text("请在说明中写明原因")
    expect(part.locator("select")).to_have_value("other")
    part.locator("input[name=note]").focus()
    page.keyboard.type("设备已停产")
    page.keyboard.press("Enter")
    expect(part.get_by_role("status")).to_contain_text("您的评价：其他（设备已停产）")
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    part.get_by_role("button", name="撤销").focus()
    page.keyboard.press("Enter")
    expect(part.get_by_role("status")).to_contain_text("已撤销")
    part.get_by_role("button", name="合适", exact=True).click()
    expect(part.get_by_role("status")).to_contain_text("您的评价")
    part.get_by_role("button", name="撤销").click()
    expect(part.get_by_role("status")).to_contain_text("已撤销")

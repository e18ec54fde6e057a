"""The dashboard in a real browser: charts are drawn, every figure opens, by keyboard and on a phone."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from models import Contract
from tests.browser.conftest import House, Visitor

pytestmark = pytest.mark.real


def test_the_office_looks_at_its_figures(house: House, chromium: Browser, signed_in: dict[str, Any]):
    with house.sessions.write() as session:
        session.add(Contract(state="signed", project_name="示例合同", type="joint", field="energy",
                             signed_on=dt.datetime.now(dt.UTC).date(), amount=Decimal(500_000),
                             technology_amount=Decimal(400_000)))
        session.commit()
    context = chromium.new_context(storage_state=signed_in["broker"], viewport={"width": 390, "height": 900})
    visitor = Visitor(house, context)
    page = visitor.go("/dashboard")
    expect(page.locator("#chart-months canvas")).to_be_visible()
    page.locator("#chart-months summary").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#chart-months table")).to_be_visible()
    page.get_by_role("link", name="技术合同项数", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("技术合同项数")
    expect(page.locator("tbody")).to_contain_text("示例合同")
    assert visitor.wrong == []
    context.close()

"""An enterprise writes a need on a phone: it is advised, closes the browser, goes on, and submits."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import House, Visitor
from tests.browser.test_pages import faults_of

pytestmark = pytest.mark.real
expect.set_options(timeout=20_000)
PHONE = {"width": 390, "height": 844}
PROBLEM = "注塑的薄壁聚丙烯壳体出模后翘曲，装配间隙超差，每月报废约三百件。"
TARGET = "翘曲量不大于 0.3 mm；降低废品率，用于储能电池外壳。"


def _go(page: Page, step: str) -> None:
    page.locator(f"#to-{step}").click()
    expect(page.locator(f"#step-{step}")).to_be_visible()


def _tell(page: Page) -> None:
    """The problem and the target; the form advises meanwhile."""
    page.fill("#title", "求薄壁件翘曲控制")
    page.fill("#main_problem", PROBLEM)
    expect(page.locator("#coach")).to_contain_text("模糊型")
    page.get_by_role("button", name="下一步").first.click()
    page.fill("#key_technique", TARGET)
    expect(page.locator("#coach")).to_contain_text("翘曲量 ≤ 0.3 mm")
    expect(page.locator("#coach")).to_contain_text("清晰型")
    page.fill("#indicators-0-quantity", "周期")
    page.fill("#indicators-1-value", "很多")
    page.fill("#indicators-1-quantity", "产量")
    expect(page.locator("#indicators-2-quantity")).to_be_visible()
    expect(page.locator("#saved")).to_contain_text("自动保存")
    page.wait_for_url("**/posts/*/edit")


def _mend(page: Page) -> None:
    """What was typed is there again, with what is wrong in it; suggestions are taken over."""
    expect(page.locator("#main_problem")).to_have_value(PROBLEM)
    expect(page.locator("#indicators-1-value")).to_have_value("很多")
    expect(page.locator("#step-target")).to_contain_text("第 2 行：请填写数字")
    page.fill("#indicators-1-value", "")
    page.fill("#indicators-1-quantity", "")
    page.fill("#indicators-0-value", "45")
    page.fill("#expected_goal", "装配合格率 98%")
    page.get_by_role("button", name="填入指标表").click()
    expect(page.locator("[value='翘曲量']")).to_be_visible()
    page.get_by_role("button", name="填入五要素").click()
    expect(page.get_by_role("button", name="填入五要素")).to_have_count(0)
    _go(page, "about")
    expect(page.locator("#applications")).to_have_value("储能电池外壳")


def _conditions(page: Page) -> None:
    page.fill("#keywords", "注塑、翘曲")
    page.select_option("#field", "materials")
    page.select_option("#industry", "C29")
    _go(page, "terms")
    page.fill("#budget", "60")
    page.fill("#from_year", "2026")
    page.fill("#to_year", "2027")
    page.check("#modes-6")


def _disclose(page: Page, folder: Path) -> None:
    """Who sees what, a file, and how outsiders see it."""
    _go(page, "open")
    page.check("#disclosure-staged")
    page.fill("#brief", "求薄壁件翘曲的控制办法")
    page.get_by_role("button", name="看看外人看到的样子").click()
    expect(page.locator("#outside")).to_contain_text("仅公开简介")
    expect(page.locator("#outside")).not_to_contain_text("每月报废")
    image = folder / "图.png"
    image.write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00")
    page.set_input_files("#file", image)
    expect(page.locator("#files")).to_contain_text("图.png")


def test_a_need_is_written_on_a_phone(house: House, chromium: Browser, signed_in: dict[str, Any], tmp_path: Path):
    context = chromium.new_context(viewport=PHONE, storage_state=signed_in["enterprise"])
    visitor = Visitor(house, context)
    page = visitor.go("/needs/new")
    _tell(page)
    faults = faults_of(page)
    address = page.url.removeprefix(house.url)
    page.close()
    visitor.page = context.new_page()
    page = visitor.go(f"{address}?step=target")
    _mend(page)
    faults += faults_of(page)
    _conditions(page)
    faults += faults_of(page)
    _disclose(page, tmp_path)
    faults += faults_of(page)
    _go(page, "contact")
    page.fill("#contact_phone", "000-0000")
    page.get_by_role("button", name="现在能匹配到多少").click()
    expect(page.locator("#would-match")).to_contain_text("科技成果")
    faults += faults_of(page)
    page.get_by_role("button", name="保存并提交审核").click()
    page.wait_for_url("**/submit")
    page.get_by_role("button", name="提交审核").click()
    expect(page.locator("#notices")).to_contain_text("提交审核")
    faults += [fault for path in ("/drafts", "/needs/sheet") for fault in faults_of(visitor.go(path))]
    context.close()
    assert faults + visitor.wrong == [], json.dumps(faults + visitor.wrong, ensure_ascii=False, indent=1)


def test_without_a_script_the_form_goes_step_by_step(house: House, chromium: Browser, signed_in: dict[str, Any]):
    context = chromium.new_context(viewport=PHONE, storage_state=signed_in["enterprise"], java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{house.url}/needs/new")
    page.fill("#title", "求低温密封材料")
    page.get_by_role("button", name="下一步").first.click()
    expect(page.locator("#step-target")).to_be_visible()
    page.fill("#key_technique", "在 -40 ℃ 下泄漏率不大于 1 mL/min")
    page.get_by_role("button", name="上一步").first.click()
    expect(page.locator("#title")).to_have_value("求低温密封材料")
    expect(page.locator(".steps progress")).to_be_visible()
    context.close()

"""Two newcomers from registration to an accepted intent: an enterprise with a need, a researcher with an achievement.

At a desk the enterprise asks the researcher whom it was shown; on phones the researcher answers the need instead.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from stdnum.cn import uscc

from tests.browser.conftest import House, Visitor
from tests.browser.test_accounts import link_in_mail
from tests.services.cases import ANSWERS

pytestmark = pytest.mark.real
numbers = count(9001)
Values = dict[str, dict[str, Any]]
NEED: Values = {
    "problem": {"main_problem": "铝合金压铸件表面有冷隔与流痕，打磨工时占一半，客户退货。",
                "tried": "换过脱模剂，无效。"},
    "target": {"key_technique": "压铸件表面冷隔率不大于 2%，模温均匀性 ± 5 ℃。",
               "expected_goal": "退货率降到 1% 以下。"},
    "about": {"keywords": "压铸、冷隔、模温", "field": "materials", "industry": "C33"},
    "terms": {"budget": "80", "from_year": "2026", "to_year": "2028", "modes-6": True},
    "open": {},
    "contact": {"contact_name": "周工", "contact_phone": "0431-0000 0000"},
}
SUPPLY: Values = {
    "what": {"brief": "以模温闭环控制消除铝合金压铸件的冷隔与流痕。", "keywords": "压铸、冷隔、模温",
             "field": "materials", "industry": "C33"},
    "content": {"description": "铝合金压铸件冷隔的成因在模温不均。以多点测温和分区油温机闭环控制模温，"
                               "压铸件表面冷隔率 1.2%，模温均匀性 ± 3 ℃。"},
    "maturity": {"stage": True, "trl": "7"},
    "people": {"completers-0-name": "吴示例"},
    "terms": {"modes-6": True, "price": "60"},
    "contact": {},
}


class Newcomer:
    """Somebody who has no account yet, with a browser of their own."""

    def __init__(self, house: House, browser: Browser, width: int, mail: str) -> None:
        context = browser.new_context(viewport={"width": width, "height": 844})
        self.house, self.mail, self.visitor = house, mail, Visitor(house, context)

    @property
    def page(self) -> Page:
        return self.visitor.page

    def press(self, name: str) -> None:
        self.page.locator("main").get_by_role("button", name=name, exact=True).first.click()

    def register(self, name: str, role: str, firm: str, kind: str) -> None:
        """By the link in the mail; then the organisation, which is new here."""
        page = self.visitor.go("/register")
        page.get_by_label("邮箱").fill(self.mail)
        self.press("发送注册邮件")
        expect(page.get_by_role("heading", name="请查收邮件")).to_be_visible()
        self.visitor.go(link_in_mail(self.house, self.mail))
        page.get_by_label("姓名").fill(name)
        page.get_by_label(role).check()
        page.get_by_label("密码").fill("a long enough pass phrase")
        page.get_by_label("我已阅读并同意隐私政策").check()
        self.press("完成注册")
        page.get_by_label("单位名称或统一社会信用代码").fill(firm)
        page.keyboard.press("Enter")
        page.get_by_role("link", name="创建单位").click()
        page.get_by_label("单位性质").select_option(label=kind)
        number = f"91220100MA{next(numbers):07}"
        page.get_by_label("统一社会信用代码").fill(number + uscc.calc_check_digit(number))
        self.press("创建单位")
        expect(page.get_by_role("heading", name=firm)).to_be_visible()

    def write(self, path: str, title: str, values: Values) -> int:
        """A post, step by step, handed in; returns its number."""
        page = self.visitor.go(path)
        page.fill("#title", title)
        page.wait_for_url("**/posts/*/edit*")
        for step, fields in values.items():
            page.locator(f"#to-{step}").click()
            expect(page.locator(f"#step-{step}")).to_be_visible()
            for name, value in fields.items():
                _put(page, name, value)
        self.press("保存并提交审核")
        page.wait_for_url("**/submit")
        page.get_by_role("button", name=re.compile("提交审核$")).click()
        expect(page.locator("#notices")).to_contain_text("提交审核")
        found = re.search(r"/posts/(\d+)", page.url)
        assert found is not None
        return int(found[1])

    def ask(self) -> int:
        """The three questions of an intent, which are open; returns the number of the case."""
        page = self.page
        page.wait_for_url("**/intents/new*")
        for name, text in ANSWERS.items():
            page.fill(f"#{name}", text)
        self.press("送出意向")
        page.wait_for_url("**/cases/*")
        found = re.search(r"/cases/(\d+)", page.url)
        assert found is not None
        return int(found[1])

    def accept(self, case_id: int) -> None:
        """From the notice of the intent to the names and numbers that it opens."""
        page = self.visitor.go("/intents")
        expect(page.locator("main")).to_contain_text("压铸")
        page = self.visitor.go(f"/cases/{case_id}")
        expect(page.locator("main")).to_contain_text(ANSWERS["why"])
        expect(page.locator("main")).to_contain_text("接受意向后可见")
        page.locator("#steps").get_by_role("link", name="接受意向", exact=True).click()
        self.press("确认接受意向")
        page.wait_for_url(f"**/cases/{case_id}*")
        expect(page.locator("main")).not_to_contain_text("接受意向后可见")


def _put(page: Page, name: str, value: Any) -> None:
    """Write, choose or tick what a field is for; True for a choice: its first."""
    field = page.locator(f"[id='{name}']")
    if field.evaluate("one => one.tagName") == "SELECT":
        field.select_option(index=1) if value is True else field.select_option(value)
    elif value is True:
        field.check()
    else:
        field.fill(value)


@pytest.fixture(params=[1280, 390])
def newcomers(request: pytest.FixtureRequest, house: House, chromium: Browser) -> Iterator[tuple[Newcomer, Newcomer]]:
    width = request.param
    both = tuple(Newcomer(house, chromium, width, f"{who}{width}@example.com") for who in ("zhou", "wu"))
    yield both[0], both[1]
    for one in both:
        one.visitor.page.context.close()
        wrong = [said for said in one.visitor.wrong if not said.startswith("htmx:")]
        assert wrong == [], "besides the saving of a draft that handing it in cut short"


def _publish(office: Visitor, post_id: int) -> None:
    """The office finds what waits, ticks what it checked, and publishes."""
    page = office.go("/reviews/")
    page.locator(f"a[href$='/reviews/{post_id}']").click()
    page.wait_for_url(f"**/reviews/{post_id}")
    for box in page.locator("[name=checked]").all():
        box.check()
    page.get_by_role("button", name="通过并发布").click()
    expect(page.locator("#notices")).to_contain_text("通过：")


def test_two_newcomers_find_each_other(
    house: House, chromium: Browser, signed_in: dict[str, Any], newcomers: tuple[Newcomer, Newcomer],
):
    firm, university = newcomers
    width = firm.page.viewport_size["width"] if firm.page.viewport_size else 0
    office = Visitor(house, chromium.new_context(storage_state=signed_in["broker"]))
    firm.register("周工", "企业", f"示例压铸{width}有限公司", "企业")
    need_id = firm.write("/needs/new", f"求铝合金压铸件冷隔控制{width}", NEED)
    university.register("吴示例", "科研人员", f"示例铸造{width}大学", "高等院校")
    supply_id = university.write("/achievements/new", f"铝合金压铸模温闭环控制{width}", SUPPLY)
    for post_id in (need_id, supply_id):
        _publish(office, post_id)
    house.work()
    if width > 1000:
        page = firm.visitor.go(f"/posts/{need_id}")
        page.locator(f"#candidate-{supply_id}").get_by_role("link", name=re.compile("提出对接意向")).click()
        case_id = firm.ask()
        university.accept(case_id)
    else:
        page = university.visitor.go("/openings")
        page.locator(".candidate", has_text=f"压铸件冷隔控制{width}").get_by_role(
            "link", name=re.compile("我能解决")).click()
        case_id = university.ask()
        firm.accept(case_id)
    page = office.go(f"/cases/{case_id}")
    expect(page.locator("main")).to_contain_text("已接受")
    page.select_option("#broker", label="技术经理人示例")
    page.get_by_role("button", name="更改", exact=True).click()
    page.locator("#steps").get_by_role("link", name="首次会谈", exact=True).click()
    page.get_by_role("button", name="确认首次会谈").click()
    page.wait_for_url(f"**/cases/{case_id}*")
    for one in (firm, university):
        expect(one.visitor.go(f"/cases/{case_id}").locator("main")).to_contain_text("首次会谈")
    office.page.context.close()
    assert office.wrong == []

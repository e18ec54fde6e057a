"""A broker drafts, signs and registers a contract in a real browser; its pages are readable by everyone."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docx
import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import select

from matchmaker.services import brokering, splitting
from matchmaker.services.brokering import Given, Pair
from models import Contract, Post, User
from tests.browser.conftest import House, Visitor
from tests.browser.test_pages import faults_of
from tests.services.cases import ANSWERS

pytestmark = pytest.mark.real
TODAY = dt.datetime.now(dt.UTC).date().isoformat()
PARTY = {"legal_person": "示例法人", "contact": "示例联系人", "phone": "000", "address": "示例路 1 号"}


@pytest.fixture
def broker(house: House, chromium: Browser, signed_in: dict[str, Any]) -> Iterator[Visitor]:
    context = chromium.new_context(storage_state=signed_in["broker"], accept_downloads=True)
    visitor = Visitor(house, context)
    yield visitor
    context.close()
    assert [wrong for wrong in visitor.wrong if "400" not in wrong] == [], "the refused form alone is an error"


@pytest.fixture(scope="module")
def case_id(house: House) -> int:
    """An intent about the need that the other side accepted."""
    with house.sessions.write() as session:
        need, supply = (session.get(Post, house.ids[name]) for name in ("need", "dear"))
        broker, head = (session.scalar(select(User).where(User.role == role)) for role in ("broker", "head"))
        splitting.set_rule(session, head, {"institute": "20", "completers": "70", "office": "10"}, "示例办法")
        case = brokering.express_intent(session, broker, Pair(need, supply), "need", ANSWERS)
        brokering.move(session, broker, case, case.version, "accept", Given(note="电话同意。"))
        session.commit()
        return case.id


def test_a_case_becomes_a_registered_contract(broker: Visitor, case_id: int, house: House):
    page = broker.go(f"/contracts/new?case={case_id}")
    expect(page.locator("#buyer-name")).to_have_value("示例精工有限公司")
    for name, value in {"amount": "100", "technology_amount": "120", "signed_on": TODAY, "from_on": TODAY,
                        "to_on": "2099-01-01", "content": "开发翘曲补偿方法。"}.items():
        page.fill(f"#{name}", value)
    for name, value in {"type": "joint", "payment": "lump", "objective": "industry", "field": "materials"}.items():
        page.select_option(f"#{name}", value)
    for side in ("seller", "buyer"):
        for name, value in PARTY.items():
            page.fill(f"#{side}-{name}", value)
        for name, value in {"region": "220100", "industry": "C29", "size": "small", "kind": "domestic"}.items():
            page.select_option(f"#{side}-{name}", value)
    page.get_by_role("button", name="建立草稿").click()
    expect(page.locator("#technology_amount-bad")).to_contain_text("不能超过合同金额（100 万元）")
    expect(page.locator("#seller-address")).to_have_value("示例路 1 号")
    assert faults_of(page) == []
    page.fill("#technology_amount", "80")
    page.get_by_role("button", name="建立草稿").click()
    page.get_by_role("link", name="安排付款计划").click()
    page.fill("#steps-0-milestone", "验收合格")
    page.fill("#steps-0-due_on", TODAY)
    page.fill("#steps-0-amount", "100")
    assert faults_of(page) == []
    page.get_by_role("button", name="保存计划").click()
    page.get_by_role("link", name="标为已签订").click()
    page.get_by_role("button", name="标为已签订").click()
    expect(page.locator("#split")).to_contain_text("70 万元")
    page.get_by_role("link", name="记入登记").click()
    page.fill("#registry_number", "2026 2201 0000 0007")
    page.fill("#on", TODAY)
    assert faults_of(page) == []
    page.get_by_role("button", name="记入登记").click()
    expect(page.locator("main")).to_contain_text("2026220100000007")
    with page.expect_download() as coming:
        page.get_by_role("link", name="登记表 DOCX").click()
    paper = docx.Document(io.BytesIO(Path(coming.value.path()).read_bytes()))
    assert "2026220100000007" in [cell.text for row in paper.tables[0].rows for cell in row.cells]
    with house.sessions.read() as session:
        found = session.scalar(select(Contract).where(Contract.registry_number == "2026220100000007"))
        assert (found.state, found.introduction.state) == ("registered", "registered")

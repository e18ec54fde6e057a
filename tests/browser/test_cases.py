"""A broker works the board by mouse and by keyboard; every page of a case is readable by everyone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import select

from matchmaker.services import brokering
from models import CaseTask, Introduction, Meeting, Post, User, now
from tests.browser.conftest import House, Visitor
from tests.services.cases import ANSWERS

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def case_id(house: House) -> int:
    """The enterprise asked, the researcher accepted; a visit is proposed, one task is open."""
    with house.sessions.write() as session:
        people = {role: session.scalars(select(User).where(User.email == f"{role}@example.com")).one()
                  for role in ("enterprise", "researcher", "broker")}
        need, supply = (session.get_one(Post, house.ids[name]) for name in ("need", "achievement"))
        need.owner_id, supply.owner_id = people["enterprise"].id, people["researcher"].id
        session.flush()
        pair = brokering.Pair(need, supply)
        case = brokering.express_intent(session, people["enterprise"], pair, "need", ANSWERS)
        brokering.accept(session, people["researcher"], case, case.version)
        brokering.assign(session, people["broker"], case, case.version, people["broker"])
        start = now() + dt.timedelta(days=2)
        session.add_all([
            Meeting(uid="visit@meeting", introduction_id=case.id, kind="visit", state="agreed", title="看现场",
                    side="office", place="示例精工车间", starts_at=start, ends_at=start + dt.timedelta(hours=2),
                    minutes=""),
            CaseTask(introduction_id=case.id, text="准备样件", who_id=people["enterprise"].id)])
        session.commit()
        return case.id


@pytest.fixture
def broker(house: House, chromium: Browser, signed_in: dict[str, Any]) -> Iterator[Visitor]:
    context = chromium.new_context(storage_state=signed_in["broker"], viewport={"width": 1600, "height": 900})
    visitor = Visitor(house, context)
    yield visitor
    context.close()


def stands(house: House, case_id: int) -> str:
    with house.sessions.read() as session:
        return session.get_one(Introduction, case_id).state


def test_a_card_is_dragged_moved_by_keyboard_and_safe_against_another_broker(
    broker: Visitor, house: House, case_id: int,
):
    page = broker.go("/cases")
    card = page.locator(f"#card-{case_id}")
    card.drag_to(page.locator(".cards[data-state=meeting]"))
    expect(page.locator(f".cards[data-state=meeting] #card-{case_id}")).to_be_visible()
    expect(page.locator("#board-said")).to_contain_text("首次会谈")
    assert stands(house, case_id) == "meeting"
    card.focus()
    page.keyboard.press("Shift+ArrowRight")
    expect(page.locator(f".cards[data-state=diagnosis] #card-{case_id}")).to_be_visible()
    expect(card).to_be_focused()
    page.keyboard.press("m")
    page.locator("#move-menu").get_by_role("button", name="商务谈判").press("Enter")
    expect(page.locator(f".cards[data-state=negotiation] #card-{case_id}")).to_be_visible()
    with house.sessions.write() as session:
        case = session.get_one(Introduction, case_id)
        brokering.move(session, session.get_one(User, case.broker_id), case, case.version, "meet")
        session.commit()
    assert broker.wrong == []
    card.focus()
    page.keyboard.press("m")
    page.locator("#move-menu").get_by_role("button", name="诊断走访").press("Enter")
    expect(page.locator(f".cards[data-state=meeting] #card-{case_id}").get_by_role("alert")).to_contain_text("他人")
    assert stands(house, case_id) == "meeting"
    card.focus()
    page.keyboard.press("m")
    page.locator("#move-menu").get_by_role("button", name="谢绝").press("Enter")
    expect(page.get_by_label("原因")).to_be_visible()

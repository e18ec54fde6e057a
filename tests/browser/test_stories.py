"""Whole stories in a real browser, from published posts on: a contract and what came of it, a refusal, two brokers at
one thing, a party that leaves in the middle."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from itertools import count

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from matchmaker.services import accounts, brokering, contracts, follow_ups, splitting
from matchmaker.services.brokering import Pair
from models import Contract, FollowUp, Introduction, Judgement, Organisation, Post, User
from tests.browser.conftest import PASSWORD, House, Visitor
from tests.builders import achievement, need, user
from tests.services import cases
from tests.services.test_contracts import WHOLE

pytestmark = pytest.mark.real
TODAY = dt.datetime.now(dt.UTC).date()
numbers = count(1)


class Story:
    """王工's need and 李研究员's achievement, both published, with two brokers; everyone can sign in."""

    def __init__(self, house: House) -> None:
        self.house, self.number = house, next(numbers)
        with house.sessions.write() as session:
            firm, university = (session.scalar(select(Organisation).where(Organisation.name == name))
                                for name in ("示例精工有限公司", "示例理工大学"))
            hashed = accounts.hash_password(PASSWORD)
            people = {who: user(role, f"{name}{self.number}", email=self.mail(who), organisation=whose,
                                password_hash=hashed)
                      for who, role, name, whose in (
                          ("wang", "enterprise", "王工", firm), ("li", "researcher", "李研究员", university),
                          ("zheng", "researcher", "郑研究员", university), ("zhao", "broker", "赵经理", None),
                          ("feng", "broker", "冯经理", None))}
            asked = need(f"求薄壁件翘曲控制{self.number}", owner=people["wang"], organisation=firm)
            offered = achievement(f"翘曲补偿技术{self.number}", owner=people["li"], organisation=university,
                                  completers=[{"name": "李研究员"}, {"name": "示例完成人"}])
            session.add_all([*people.values(), asked, offered])
            session.commit()
            self.need, self.supply, self.asked = asked.id, offered.id, asked.title

    def mail(self, who: str) -> str:
        return f"{who}{self.number}@example.com"

    def case(self, *, accepted: bool) -> int:
        """王工 has asked; 李研究员 has perhaps accepted and 赵经理 has taken the case."""
        with self.house.sessions.write() as session:
            asked, offered = session.get_one(Post, self.need), session.get_one(Post, self.supply)
            wang, li, zhao = (session.scalar(select(User).where(User.email == self.mail(who)))
                              for who in ("wang", "li", "zhao"))
            case = brokering.express_intent(session, wang, Pair(asked, offered), "need", cases.ANSWERS)
            if accepted:
                brokering.accept(session, li, case, case.version)
                brokering.assign(session, zhao, case, case.version, zhao)
            session.commit()
            return case.id

    def contract(self, case_id: int, *, signed: bool) -> int:
        with self.house.sessions.write() as session:
            case = session.get_one(Introduction, case_id)
            if splitting.current(session) is None:
                head = session.scalar(select(User).where(User.role == "head"))
                splitting.set_rule(session, head, {"institute": "20", "completers": "70", "office": "10"}, "示例办法")
            made = contracts.create(session, case.broker, WHOLE | {"payment": "lump"}, case)
            if signed:
                contracts.move(session, case.broker, made, made.version, "sign", contracts.Given())
            session.commit()
            return made.id


@pytest.fixture
def story(house: House) -> Story:
    return Story(house)


@pytest.fixture
def enter(house: House, chromium: Browser, story: Story) -> Iterator[Callable[[str], Visitor]]:
    """Each person of the story with a browser of their own."""
    inside: list[Visitor] = []

    def come(who: str) -> Visitor:
        visitor = Visitor(house, chromium.new_context())
        visitor.sign_in(story.mail(who).removesuffix("@example.com"))
        inside.append(visitor)
        return visitor

    yield come
    for visitor in inside:
        visitor.page.context.close()
    wrong = [said for visitor in inside for said in visitor.wrong]
    assert [said for said in wrong if "409" not in said] == []


def press(page: Page, name: str, role: str = "button") -> None:
    page.get_by_role(role, name=name, exact=True).click()  # type: ignore[arg-type]


def step(page: Page, name: str, case_id: int) -> None:
    """Take a step of a case from its page."""
    page.locator("#steps").get_by_role("link", name=name, exact=True).click()
    press(page, f"确认{name}")
    page.wait_for_url(f"**/cases/{case_id}*")


def registered(office: Visitor, case_id: int, registry: str) -> str:
    """The path of a contract that the office draws up from the case, signs and registers."""
    page = office.go(f"/contracts/new?case={case_id}")
    page.fill("#amount", "100")
    page.fill("#technology_amount", "80")
    for name in ("signed_on", "from_on", "to_on"):
        page.fill(f"#{name}", TODAY.isoformat())
    for name, value in {"type": "joint", "payment": "lump", "objective": "industry", "field": "materials"}.items():
        page.select_option(f"#{name}", value)
    for side in ("seller", "buyer"):
        for name in ("legal_person", "contact", "phone", "address"):
            page.fill(f"#{side}-{name}", "示例")
        for name, value in {"region": "220100", "industry": "C29", "size": "small", "kind": "domestic"}.items():
            page.select_option(f"#{side}-{name}", value)
    press(page, "建立草稿")
    expect(page.locator("h1")).not_to_have_text("新建合同")
    for link, values in (("标为已签订", {}), ("记入登记", {
            "registry_number": registry, "on": TODAY.isoformat()})):
        press(page, link, "link")
        for name, value in values.items():
            page.fill(f"#{name}", value)
        press(page, link)
    expect(page.locator("main")).to_contain_text(registry)
    return page.url.removeprefix(office.house.url).partition("#")[0]


def test_an_enterprises_need_becomes_a_registered_contract_and_a_public_story(story: Story, enter, house: House):
    firm, university, office = enter("wang"), enter("li"), enter("zhao")
    page = firm.go(f"/intents/new?need={story.need}&supply={story.supply}")
    for name, text in cases.ANSWERS.items():
        page.fill(f"#{name}", text)
    press(page, "送出意向")
    page.wait_for_url("**/cases/*")
    case_id = int(page.url.rpartition("/")[2].partition("?")[0].partition("#")[0])
    page = university.go(f"/cases/{case_id}")
    expect(page.locator("main")).to_contain_text(cases.ANSWERS["why"])
    step(page, "接受意向", case_id)

    page = office.go(f"/cases/{case_id}")
    page.select_option("#broker", label=f"赵经理{story.number}")
    press(page, "更改")
    contract = registered(office, case_id, f"20262201{story.number:08}")

    with house.sessions.write() as session:
        assert follow_ups.plan(session, TODAY) > 0
        session.commit()
    page = office.go(contract)
    page.get_by_text("登记回访").first.click()
    page.locator("select[name=outcome]").first.select_option("produced")
    page.locator("details[open] button").get_by_text("保存", exact=True).click()
    expect(page.locator("#after")).to_contain_text("已形成产品投产")
    press(page, "起草成功案例")
    for visitor in (firm, university):
        page = visitor.go(contract)
        page.select_option("#rate-office", "5")
        page.select_option("#rate-result", "4")
        press(page, "提交评价")
        press(page, "同意公开以上内容")
        expect(page.get_by_role("button", name="撤回同意")).to_be_visible()
    page = office.go(contract)
    expect(page.locator("#after")).to_contain_text("中心服务 5 分，合作成果 4 分")
    press(page, "发布案例")
    press(page, "查看公开页面", "link")
    expect(page.locator("main")).to_contain_text("示例")
    with house.sessions.read() as session:
        case = session.get_one(Introduction, case_id)
        done = session.scalar(select(FollowUp).where(FollowUp.outcome == "produced").order_by(FollowUp.id.desc()))
        assert case.state == "registered"
        assert done.contract.introduction_id == case_id


def test_a_researcher_passes_and_the_owner_reads_why_but_not_who(story: Story, enter, house: House):
    case_id = story.case(accepted=False)
    page = enter("li").go(f"/cases/{case_id}")
    page.locator("#steps").get_by_role("link", name="谢绝", exact=True).click()
    page.select_option("#reason", "too_early")
    page.fill("#note", f"李研究员{story.number}（示例理工大学）认为尚早")
    press(page, "确认谢绝")
    expect(page.locator(".post-head")).to_contain_text("太早期")
    page = enter("wang").go(f"/posts/{story.need}")
    said = page.locator("section", has=page.locator("#feedback-title"))
    expect(said).to_contain_text("太早期")
    expect(said).to_contain_text("认为尚早")
    expect(said).not_to_contain_text("李研究员")
    expect(said).not_to_contain_text("示例理工大学")
    with house.sessions.read() as session:
        kept = session.scalar(select(Judgement).where(Judgement.reason == "too_early", Judgement.post_id.in_(
            (story.need, story.supply))))
        assert (kept.verdict, {kept.post_id, kept.candidate_id}) == ("unfits", {story.need, story.supply})


def test_two_brokers_collide_on_a_card_and_on_a_contract(story: Story, enter, house: House):
    case_id = story.case(accepted=True)
    first, second = enter("zhao"), enter("feng")
    pages = [visitor.go("/cases") for visitor in (first, second)]
    for page, target in zip(pages, ("首次会谈", "商务谈判"), strict=True):
        page.locator(f"#card-{case_id}").focus()
        page.keyboard.press("m")
        page.locator("#move-menu").get_by_role("button", name=target).press("Enter")
        expect(page.locator(f".cards[data-state=meeting] #card-{case_id}")).to_be_visible()
    expect(pages[1].locator(f"#card-{case_id}").get_by_role("alert")).to_contain_text("他人")

    contract_id = story.contract(case_id, signed=False)
    pages = [visitor.go(f"/contracts/{contract_id}/edit") for visitor in (first, second)]
    for page, text in zip(pages, ("赵经理写的内容", "冯经理写的内容"), strict=True):
        page.fill("#content", text)
        press(page, "保存")
    expect(pages[0].locator("main")).to_contain_text("赵经理写的内容")
    expect(pages[1].locator("main")).to_contain_text("他人修改了这份合同")
    expect(pages[1].locator("#content")).to_have_value("冯经理写的内容")
    with house.sessions.read() as session:
        assert session.get_one(Contract, contract_id).content == "赵经理写的内容"


def test_a_party_leaves_in_the_middle_and_the_case_goes_on(story: Story, enter, house: House):
    case_id = story.case(accepted=True)
    contract_id = story.contract(case_id, signed=True)
    page = enter("li").go("/account/data")
    expect(page.locator("main")).to_contain_text("与您有关的合同 1 份、对接 1 件将保留")
    page.locator("summary", has_text="注销账号").click()
    page.fill("#password", PASSWORD)
    press(page, "确认注销账号")
    expect(page.locator("body")).to_contain_text("账号已注销")

    firm = enter("wang").go(f"/cases/{case_id}")
    expect(firm.locator(".post-head")).to_contain_text("供给方的联系人已停用账号")
    page = enter("zhao").go(f"/cases/{case_id}")
    expect(page.locator(".post-head")).to_contain_text("请指定新的联系人")
    expect(page.locator("main")).not_to_contain_text(f"李研究员{story.number}")
    page.locator("#party-supply summary").click()
    page.select_option("#contact-supply", label=f"郑研究员{story.number}")
    press(page, "设为联系人")
    expect(page.locator(".post-head")).not_to_contain_text("已停用账号")
    page.fill("#text", "请郑研究员接手。")
    press(page, "发送")
    expect(page.locator(".thread")).to_contain_text("请郑研究员接手。")
    page.goto(f"{house.url}/contracts/{contract_id}")
    expect(page.locator("main")).to_contain_text("100 万元")
    expect(page.locator("#split")).to_contain_text("李研究员")
    page = enter("zheng").go(f"/cases/{case_id}")
    expect(page.locator(".thread")).to_contain_text("请郑研究员接手。")
    with house.sessions.read() as session:
        kept = session.get_one(Contract, contract_id)
        assert (kept.state, kept.seller["name"], kept.introduction.state) == ("signed", "示例理工大学", "signed")

"""A case becomes a signed, registered and performed contract; what is wrong is named; nothing said before is lost."""

import datetime as dt
import io
from decimal import Decimal
from types import SimpleNamespace

import openpyxl
import pytest
from sqlalchemy import select

from matchmaker.services import (
    brokering,
    clock,
    contract_access,
    contract_drafting,
    contract_history,
    contract_lists,
    contract_rules,
    contracts,
    payments,
    permissions,
    registration,
    splitting,
)
from matchmaker.services.content import Invalid
from matchmaker.services.contracts import AMENDABLE, TRANSITIONS, Given
from matchmaker.services.problems import Conflict, NotAllowed, NotFound, Problem
from models import Contract, ContractVersion, Event
from models.vocabulary import CONTRACT_STATES
from tests.services import cases

TODAY = clock.today()
SIGNED = TODAY - dt.timedelta(days=30)
PARTY = {"kind": "domestic", "region": "220100", "country": "中国", "address": "示例路 1 号",
         "legal_person": "示例法人", "contact": "示例联系人", "phone": "0431-00000000", "industry": "C29",
         "size": "small", "hi_tech": True, "listed": False}
SELLER = PARTY | {"name": "示例理工大学", "kind": "university", "size": None}
BUYER = PARTY | {"name": "示例精工有限公司"}
WHOLE = {
    "project_name": "薄壁件翘曲控制开发", "type": "commissioned", "signed_on": SIGNED, "from_on": SIGNED,
    "to_on": SIGNED + dt.timedelta(days=365), "amount": Decimal(1_000_000), "technology_amount": Decimal(800_000),
    "payment": "instalments", "payment_terms": {}, "related_party": False, "plan_source": "none", "plan_name": "",
    "ip_kind": "invention", "field": "materials", "objective": "industry", "content": "开发补偿方法并验收。",
    "seller": SELLER, "buyer": BUYER,
}
STEPS = [{"milestone": "合同生效", "due_on": SIGNED, "amount": Decimal(300_000)},
         {"milestone": "样机验收", "due_on": TODAY + dt.timedelta(days=60), "amount": Decimal(700_000)}]
NUMBER = "2026220100000001"


@pytest.fixture
def who(session):
    return cases.people(session)


def drafted(session, who, **more) -> Contract:
    return contracts.create(session, who.broker, WHOLE | more)


def step(session, actor, contract, action, **given):
    contracts.move(session, actor, contract, contract.version, action, Given(**given))


def signed(session, who, **more) -> Contract:
    contract = drafted(session, who, **more)
    if contract.payment == "instalments":
        payments.plan(session, who.broker, contract, contract.version, STEPS)
    step(session, who.broker, contract, "sign")
    return contract


def registered(session, who, **more) -> Contract:
    contract = signed(session, who, **more)
    step(session, who.broker, contract, "register", on=TODAY, registry_number=NUMBER)
    return contract


def test_a_case_becomes_a_registered_contract_and_the_case_follows(session, who):
    case = cases.accepted(session, who)
    who.need.modes, who.supply.modes = ["licence_sole", "joint"], ["joint"]
    values = contract_drafting.values(case)
    assert (values["project_name"], values["type"]) == ("求薄壁件翘曲控制", "joint")
    assert (values["seller"]["name"], values["seller"]["kind"]) == ("示例理工大学", "university")
    assert values["buyer"]["name"] == "示例精工有限公司"
    contract = contracts.create(session, who.broker, values, case)
    assert (case.state, contract.state) == ("drafted", "draft")
    assert (contract.buyer_id, contract.seller_id) == (who.need.organisation_id, who.supply.organisation_id)
    with pytest.raises(Problem, match="还不能标为已签订，请先补全：签订日期"):
        step(session, who.broker, contract, "sign")
    contracts.update(session, who.broker, contract, contract.version, WHOLE | {"type": "joint"})
    payments.plan(session, who.broker, contract, contract.version, STEPS)
    step(session, who.broker, contract, "sign")
    assert (case.state, contract.region) == ("signed", "220100")
    step(session, who.broker, contract, "register", on=TODAY, registry_number="2026 2201 0000 0001")
    assert (case.state, contract.registry_number) == ("registered", NUMBER)
    step(session, who.broker, contract, "perform", on=TODAY)
    assert (case.state, contract.state) == ("performed", "performed")
    said = session.scalars(select(Event.action).where(Event.subject == "contract").order_by(Event.id)).all()
    assert said == ["contract.created", "contract.changed", "contract.planned", "contract.signed",
                    "contract.registered", "contract.performed"]


def test_what_a_party_said_in_its_last_contract_is_filled_in(session, who):
    case = cases.accepted(session, who)
    first = contract_drafting.filled(session, case)
    assert (first["buyer"]["name"], first["buyer"].get("legal_person")) == ("示例精工有限公司", None)
    assert first["objective"] == "industry"
    earlier = signed(session, who, buyer=BUYER | {"name": "旧名", "kind": "hmt"}, payment="lump")
    earlier.buyer_id = case.need.organisation_id
    session.flush()
    again = contract_drafting.filled(session, case)
    assert {name: again["buyer"][name] for name in ("name", "kind", "legal_person", "size", "hi_tech")} == {
        "name": "示例精工有限公司", "kind": "hmt", "legal_person": "示例法人", "size": "small", "hi_tech": True}
    assert "legal_person" not in again["seller"]


def test_a_case_whose_contract_was_terminated_is_closed(session, who):
    case = cases.accepted(session, who)
    contract = contracts.create(session, who.broker, WHOLE | {"payment": "lump"}, case)
    step(session, who.broker, contract, "sign")
    with pytest.raises(Problem, match="还有履行中的合同"):
        brokering.move(session, who.broker, case, case.version, "close")
    step(session, who.broker, contract, "terminate", on=TODAY, reason="示例协议解除")
    brokering.move(session, who.broker, case, case.version, "close")
    assert case.state == "closed"
    brokering.move(session, who.broker, case, case.version, "reopen")
    assert case.state == "signed"


def test_a_contract_waits_for_an_accepted_intent_and_for_an_open_case(session, who):
    with pytest.raises(Problem, match="接受意向之后"):
        contract_drafting.values(cases.asked(session, who))


def test_a_stalled_case_is_reopened_first(session, who):
    case = cases.accepted(session, who)
    cases.step(session, who.broker, case, "stall")
    with pytest.raises(Problem, match="停滞"):
        contracts.create(session, who.broker, WHOLE, case)


@pytest.mark.parametrize(("wrong", "field", "said"), [
    ({"technology_amount": Decimal("1000000.01")}, "technology_amount", "不能超过合同金额（100 万元）"),
    ({"amount": Decimal(-1)}, "amount", "0 以上"),
    ({"amount": Decimal("0.001"), "technology_amount": None}, "amount", "精确到分"),
    ({"to_on": SIGNED - dt.timedelta(days=1)}, "to_on", "不能早于起始日期"),
    ({"signed_on": TODAY + dt.timedelta(days=1)}, "signed_on", "不能晚于今天"),
    ({"type": "gift"}, "type", "从列表中选择"),
    ({"project_name": ""}, "project_name", "请填写项目名称"),
    ({"buyer": BUYER | {"name": SELLER["name"]}}, "buyer.name", "不能是同一单位"),
    ({"buyer": BUYER | {"credit_code": "912200000000000000"}}, "buyer.credit_code", "校验码"),
    ({"seller": SELLER | {"region": "999999"}}, "seller.region", "从列表中选择"),
    ({"seller": SELLER | {"kind": "government"}}, "seller.kind", "不能是机关法人"),
    ({"type": "intermediary", "seller": SELLER | {"kind": "person"}}, "seller.kind", "不能是自然人"),
    ({"buyer": BUYER | {"kind": "overseas"}}, "buyer.country", "注册地所在的国家"),
    ({"payment_terms": {"percent": "130"}}, "payment_terms.percent", "不超过 100"),
    ({"payment_terms": {"cap": "很多"}}, "payment_terms.cap", "提成上限"),
])
def test_what_cannot_stand_is_named_at_its_field(wrong, field, said):
    with pytest.raises(Invalid) as refused:
        contract_rules.check(WHOLE | wrong)
    assert said in refused.value.errors[field]


@pytest.mark.parametrize(("lacks", "said"), [
    ({"type": "licence_sole", "ip_kind": None}, "知识产权"), ({"type": "transfer", "ip_kind": None}, "知识产权"),
    ({"payment": "equity"}, "技术入股须填写入股比例"), ({"payment": "royalty"}, "提成支付须填写提成比例"),
    ({"buyer": BUYER | {"address": ""}}, "买方（技术接受方）地址"), ({"amount": None}, "合同金额"),
])
def test_what_is_missing_stops_the_signing(session, who, lacks, said):
    contract = drafted(session, who, **lacks)
    with pytest.raises(Problem, match="还不能标为已签订") as refused:
        step(session, who.broker, contract, "sign")
    assert said in str(refused.value)
    assert contract.state == "draft"


def test_registration_asks_for_more_than_signing(session, who):
    contract = signed(session, who, objective=None, buyer=BUYER | {"size": None, "industry": None})
    assert contract_rules.missing(contract, register=True) == [
        "社会—经济目标", "买方（技术接受方）所属行业", "买方（技术接受方）单位规模"]
    with pytest.raises(Problem, match="还不能登记"):
        step(session, who.broker, contract, "register", on=TODAY, registry_number=NUMBER)


def test_a_company_abroad_lies_in_no_region_of_the_list(session, who):
    abroad = BUYER | {"kind": "overseas", "country": "德国", "region": None, "size": None}
    contract = signed(session, who, buyer=abroad)
    step(session, who.broker, contract, "register", registry_number=NUMBER, on=TODAY)
    assert (contract.state, contract.region) == ("registered", None)


@pytest.mark.parametrize(("number", "said"), [
    ("202622010000000", "现在是 15 位"), ("202622010000000A", "只含数字"), ("", "只含数字")])
def test_a_registry_number_has_16_digits(session, who, number, said):
    contract = signed(session, who)
    with pytest.raises(Invalid) as refused:
        step(session, who.broker, contract, "register", on=TODAY, registry_number=number)
    assert said in refused.value.errors["registry_number"]


def test_a_registry_number_belongs_to_one_contract(session, who):
    registered(session, who)
    with pytest.raises(Invalid) as refused:
        registered(session, who, project_name="另一项目")
    assert "已用于另一份合同" in refused.value.errors["registry_number"]


def test_the_table_is_total(session, who):
    """From every state, every step is either in the table and taken, or refused and changes nothing."""
    taken = set()
    for state in CONTRACT_STATES:
        for action, known in TRANSITIONS.items():
            contract = Contract(**WHOLE, state=state, broker_id=who.broker.id)
            contract.payment = "lump"
            session.add(contract)
            session.flush()
            given = {"on": TODAY, "reason": "协商一致", "registry_number": f"2026{contract.id:012d}"}
            if state in known.before:
                step(session, who.broker, contract, action, **given)
                taken.add((state, contract.state))
            else:
                with pytest.raises(NotAllowed):
                    step(session, who.broker, contract, action, **given)
                assert contract.state == state
    assert {after for _, after in taken} == set(CONTRACT_STATES) - {"draft"}


def test_an_amendment_keeps_what_was_said_before(session, who):
    contract = registered(session, who)
    given = Given(on=TODAY, reason="补充协议（一）")
    contracts.amend(session, who.broker, contract, contract.version, {
        "amount": Decimal(1_200_000), "buyer": BUYER | {"contact": "示例新联系人"}}, given)
    first, *_, last = reversed(contract_history.versions(session, contract))
    assert (first.kind, first.snapshot["amount"], first.snapshot["buyer"]["contact"]) == (
        "signed", "1000000.00", "示例联系人")
    assert last.changed == [
        {"field": "合同金额", "before": "100 万元", "after": "120 万元"},
        {"field": "买方（技术接受方）联系人", "before": "示例联系人", "after": "示例新联系人"}]
    assert (contract.registry_number, contract.state) == (NUMBER, "registered")
    assert "与合同金额 120 万元不符" in payments.gap(contract)
    event = session.scalar(select(Event).where(Event.action == "contract.amended"))
    assert event.before == {"amount": "1000000.00", "buyer.contact": "示例联系人"}
    assert event.after == {"amount": "1200000.00", "buyer.contact": "示例新联系人"}


@pytest.mark.parametrize(("values", "given", "said"), [
    ({}, Given(on=TODAY, reason="无"), "没有任何改动"), ({"amount": Decimal(1_100_000)}, Given(on=TODAY), "变更原因"),
    ({"amount": Decimal(1_100_000)}, Given(reason="补充"), "生效日期"),
    ({"buyer": BUYER | {"legal_person": ""}}, Given(on=TODAY, reason="补充"), "法定代表人"),
])
def test_an_amendment_says_what_since_when_and_why(session, who, values, given, said):
    contract = registered(session, who)
    with pytest.raises(Problem, match=said):
        contracts.amend(session, who.broker, contract, contract.version, values, given)


def test_a_signed_contract_is_not_edited_and_an_ended_one_not_amended(session, who):
    contract = signed(session, who)
    with pytest.raises(NotAllowed, match="变更"):
        contracts.update(session, who.broker, contract, contract.version, WHOLE)
    step(session, who.broker, contract, "terminate", on=TODAY, reason="双方协商解除")
    assert (contract.ended_on, contract.end_reason) == (TODAY, "双方协商解除")
    assert contract.state not in AMENDABLE
    with pytest.raises(NotAllowed):
        contracts.amend(session, who.broker, contract, contract.version, {"amount": Decimal(1)}, Given(TODAY, "改"))
    kinds = session.scalars(select(ContractVersion.kind).order_by(ContractVersion.number)).all()
    assert kinds == ["signed", "terminated"]


def test_two_people_cannot_save_over_each_other(session, who):
    contract = drafted(session, who)
    seen = contract.version
    contracts.update(session, who.broker, contract, seen, WHOLE | {"content": "第一人的修改"})
    with pytest.raises(Conflict):
        contracts.update(session, who.other, contract, seen, WHOLE | {"content": "第二人的修改"})
    with pytest.raises(Conflict):
        payments.plan(session, who.other, contract, seen, STEPS)
    assert contract.content == "第一人的修改"


def test_who_sees_a_contract(session, who):
    case = cases.accepted(session, who)
    contract = contracts.create(session, who.broker, WHOLE, case)
    assert [permissions.can_see_contract(person, contract) for person in (who.wang, who.li, who.stranger, None)] == [
        False] * 4
    payments.plan(session, who.broker, contract, contract.version, STEPS)
    step(session, who.broker, contract, "sign")
    for person, sees in ((who.wang, True), (who.li, True), (who.other, True), (who.stranger, False), (None, False)):
        assert permissions.can_see_contract(person, contract) is sees
        listed = contract_lists.page(session, person, contract_lists.Filters())
        assert ([contract] if sees else []) == listed.contracts
    assert permissions.contract_side(who.wang, contract) == "buyer"
    assert permissions.contract_side(who.li, contract) == "seller"
    with pytest.raises(NotFound):
        contract_access.get(session, who.stranger, contract.id)


def test_the_list_is_narrowed_and_summed(session, who):
    kept = signed(session, who)
    drafted(session, who, project_name="100%另一项目", type="consulting", field="energy", amount=Decimal(50_000),
            technology_amount=None)
    asked = contract_lists.Filters.of
    found = contract_lists.page(session, who.broker, asked({"state": "signed", "type": "", "broker": "x"}))
    assert (found.contracts, found.total, found.amount) == ([kept], 1, Decimal(1_000_000))
    assert contract_lists.page(session, who.broker, asked({})).amount == Decimal(1_050_000)
    for query, n in (({"q": "翘曲"}, 1), ({"q": "0%另"}, 1), ({"q": "%"}, 1), ({"field": "energy"}, 1),
                     ({"region": "220000"}, 2), ({"since": str(TODAY)}, 0), ({"until": "无"}, 2)):
        assert contract_lists.page(session, who.broker, asked(query)).total == n


def test_pages_follow_on_without_gap_or_repetition(session, who):
    days = [None if n % 7 == 0 else SIGNED - dt.timedelta(days=n * 37 % 20) for n in range(60)]
    session.add_all(Contract(project_name=f"示例{n}", type="service", signed_on=day) for n, day in enumerate(days))
    session.flush()
    seen, after = [], None
    while page := contract_lists.page(session, who.broker, contract_lists.Filters(), after):
        seen += [one.project_name for one in page.contracts]
        if (after := page.after) is None:
            break
    newest = sorted(range(60), key=lambda n: (days[n] or dt.date.max, n), reverse=True)
    assert seen == [f"示例{n}" for n in newest]


def test_the_split_is_fixed_at_the_signing(session, who):
    typed = {"institute": "20", "completers": "70", "office": "10"}
    splitting.set_rule(session, who.head, typed, "示例办法")
    contract = signed(session, who)
    splitting.set_rule(session, who.head, typed | {"office": "0", "completers": "80"}, "示例办法（修订）")
    account = payments.account(contract)
    assert account.parts == {"institute": Decimal(200_000), "completers": Decimal(700_000), "office": Decimal(100_000)}
    assert [sum(line.parts.values()) for line in account.lines] == [Decimal(300_000), Decimal(700_000)]
    with pytest.raises(Problem, match="签订时已经确定"):
        contracts.apply_split(session, who.head, contract)


def test_a_contract_signed_before_there_was_a_rule_is_shared_later_by_the_head(session, who):
    contract = signed(session, who)
    with pytest.raises(Problem, match="还没有设置"):
        contracts.apply_split(session, who.head, contract)
    splitting.set_rule(session, who.head, {"institute": "0", "completers": "100", "office": "0"}, "示例办法")
    with pytest.raises(NotAllowed):
        contracts.apply_split(session, who.broker, contract)
    contracts.apply_split(session, who.head, contract)
    assert payments.account(contract).parts["completers"] == contract.amount


def test_the_form_as_workbook_says_everything_and_no_formula(session, who):
    contract = registered(session, who, project_name="=HYPERLINK(\"http://example.com\")", amount=Decimal("1000000.01"),
                          payment="lump")
    sheet = openpyxl.load_workbook(io.BytesIO(registration.xlsx(contract))).active
    said = {row[0].value: row[1] for row in sheet.iter_rows() if row[0].value}
    assert said["合同名称（项目名称）"].value == contract.project_name
    assert said["合同名称（项目名称）"].data_type == "s"
    assert said["合同登记编号"].value == NUMBER
    assert said["合同成交总金额（万元）"].value == pytest.approx(100.000001)
    labels = [row[0].value for row in sheet.iter_rows()]
    assert all(labels.count(label) == 2 for label in contract_rules.PARTY.values())


def test_everything_official_is_asked(session, who):
    """Each field of the registration, as FIELDS lists them, is answered by the form."""
    contract = registered(session, who)
    answers = dict(row for _, rows in registration.sections(contract)[:1] for row in rows)
    empty = [label for label, answer in answers.items() if not answer]
    assert empty == ["提成约定", "入股约定", "计划项目名称与编号"]
    assert SimpleNamespace(**registration.party(SELLER)).region == "长春市（220100）"

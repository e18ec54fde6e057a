"""The completers share their part to the cent, by the percentages that the office types, or equally."""

import datetime as dt
from decimal import Decimal
from random import Random

import openpyxl
import pytest
from sqlalchemy import select

from matchmaker.services import contracts, payments, sharing, splitting
from matchmaker.services.content import Invalid
from matchmaker.services.contracts import Given
from matchmaker.services.problems import Conflict, NotAllowed
from models import Contract, Event, now
from tests.services import cases
from tests.services.test_contracts import WHOLE

RULE = {"institute": "20", "completers": "70", "office": "10"}
THREE = [{"name": "李研究员"}, {"name": "示例甲"}, {"name": "示例乙"}]


@pytest.fixture
def who(session):
    return cases.people(session)


def signed(session, who, **more) -> Contract:
    """A contract of the case whose supply has three completers."""
    who.supply.completers = [dict(row) for row in THREE]
    splitting.set_rule(session, who.head, RULE, "示例办法")
    contract = contracts.create(session, who.broker, WHOLE | {"payment": "lump"} | more, cases.accepted(session, who))
    contracts.move(session, who.broker, contract, contract.version, "sign", Given())
    return contract


def shared(session, who, contract, rows):
    sharing.share(session, who.broker, contract, contract.version, rows)
    return sharing.parts(contract, payments.account(contract))


def test_the_completers_of_the_supply_get_the_same_unless_said_otherwise(session, who):
    contract = signed(session, who, amount=Decimal("1000.00"), technology_amount=Decimal(100))
    found = sharing.parts(contract, payments.account(contract))
    assert [(one.name, one.percent, one.due) for one in found] == [
        ("李研究员", "均分", Decimal("233.34")), ("示例甲", "均分", Decimal("233.33")),
        ("示例乙", "均分", Decimal("233.33"))]
    who.supply.completers = []
    assert [row["name"] for row in sharing.named(contract)] == ["李研究员", "示例甲", "示例乙"], "fixed at the signing"


def test_percentages_hold_and_the_change_is_told(session, who):
    contract = signed(session, who)
    found = shared(session, who, contract, [{"name": "李研究员", "percent": "62.5%"},
                                            {"name": "示例甲", "percent": "37.5"}])
    assert [(one.percent, one.due) for one in found] == [
        ("62.5%", Decimal(437_500)), ("37.5%", Decimal(262_500))]
    told = session.scalar(select(Event).where(Event.action == "contract.shared"))
    assert [row["name"] for row in told.before["completers"]] == ["李研究员", "示例甲", "示例乙"]
    assert told.after["completers"][0] == {"name": "李研究员", "percent": "62.5"}


@pytest.mark.parametrize("seed", range(10))
def test_parts_of_people_add_up_to_the_completers_part(session, who, seed):
    chance = Random(seed)
    amount = Decimal(chance.randint(1, 10**10)) / 100
    contract = signed(session, who, amount=amount, technology_amount=Decimal(0))
    rows = [{"name": f"示例{n}"} for n in range(chance.randint(1, 30))]
    if seed % 2:
        cuts = sorted(chance.randint(1, 9999) for _ in rows[1:])
        cents = [high - low for low, high in zip([0, *cuts], [*cuts, 10_000], strict=True)]
        rows = [row | {"percent": f"{cent / 100:.2f}"} for row, cent in zip(rows, cents, strict=True)]
    found = shared(session, who, contract, rows)
    assert sum(one.due for one in found) == payments.account(contract).parts["completers"]
    if not seed % 2:
        assert max(one.due for one in found) - min(one.due for one in found) <= splitting.CENT


@pytest.mark.parametrize(("rows", "said"), [
    ([{"name": "甲", "percent": "60"}, {"name": "乙", "percent": "30"}], "现在是 90%"),
    ([{"name": "甲", "percent": "100"}, {"name": "乙"}], "为每位完成人填写比例"),
    ([{"percent": "100"}], "第 1 行：请填写姓名"), ([{"name": "甲", "percent": "一半"}], "第 1 行：请填写 0–100"),
    ([{"name": f"示例{n}"} for n in range(31)], "最多 30 位"),
])
def test_what_cannot_be_shared_is_said(session, who, rows, said):
    contract = signed(session, who)
    with pytest.raises(Invalid) as refused:
        sharing.share(session, who.broker, contract, contract.version, rows)
    assert said in refused.value.errors["people"]


def test_who_may_and_when(session, who):
    contract = signed(session, who)
    with pytest.raises(NotAllowed):
        sharing.share(session, who.li, contract, contract.version, [{"name": "李研究员"}])
    with pytest.raises(Conflict):
        sharing.share(session, who.broker, contract, contract.version - 1, [{"name": "李研究员"}])
    contracts.move(session, who.broker, contract, contract.version, "terminate", Given(now().date(), "示例原因"))
    with pytest.raises(NotAllowed, match="已终止"):
        sharing.share(session, who.broker, contract, contract.version, [{"name": "李研究员"}])


def test_the_table_says_parties_and_people(session, who, tmp_path):
    contract = signed(session, who)
    payments.plan(session, who.broker, contract, contract.version, [
        {"milestone": "验收", "due_on": now().date(), "amount": contract.amount}])
    payments.receive(session, who.broker, contract, contract.payments[0].id, now().date(), Decimal("100.00"))
    sharing.table(contract, tmp_path / "shares.xlsx")
    rows = list(openpyxl.load_workbook(tmp_path / "shares.xlsx").active.iter_rows(min_row=2, values_only=True))
    assert [row[0] for row in rows] == ["完成单位", "成果完成人", "转移转化机构", *["成果完成人"] * 3]
    assert rows[1][3:] == (700_000, 70, 70)
    assert [row[4] for row in rows] == [row[5] for row in rows], "one sum came in"
    assert [row[1] for row in rows[3:]] == ["李研究员", "示例甲", "示例乙"]
    assert sum(round(row[4] * 100) for row in rows[3:]) == 7000


@pytest.mark.parametrize("seed", range(10))
def test_each_sum_that_came_in_is_shared_and_together_they_are_all(session, who, seed):
    chance = Random(seed)
    amounts = [Decimal(chance.randint(1000, 10**8)) / 100 for _ in range(chance.randint(2, 7))]
    contract = signed(session, who, amount=sum(amounts), technology_amount=Decimal(0))
    day = now().date()
    payments.plan(session, who.broker, contract, contract.version, [
        {"milestone": f"第 {n} 期", "due_on": day, "amount": amount} for n, amount in enumerate(amounts)])
    earlier = []
    for one in chance.sample(contract.payments, len(amounts) - 1):
        part = (one.amount / chance.choice((1, 3))).quantize(splitting.CENT)
        payments.receive(session, who.broker, contract, one.id, day, part)
    account = payments.account(contract)
    for one in (found := sharing.receipts(contract)):
        assert sum(one.parts.values()) == one.payment.received
        assert sum(one.people) == one.parts["completers"]
        assert min(*one.parts.values(), *one.people) >= 0
        earlier.append(one.people)
    assert [sum(each) for each in zip(*earlier, strict=True)] == [
        one.received for one in sharing.parts(contract, account)]
    assert {party: sum(one.parts[party] for one in found) for party in RULE} == account.received_parts


def test_money_that_comes_later_changes_nothing_that_was_shared_before(session, who):
    contract = signed(session, who, amount=Decimal("300.00"), technology_amount=Decimal(0))
    before, day = now().date() - dt.timedelta(1), now().date()
    contract.signed_on = before
    payments.plan(session, who.broker, contract, contract.version, [
        {"milestone": name, "due_on": day, "amount": Decimal(amount)} for name, amount in (
            ("首付", "100.01"), ("中期", "99.98"), ("尾款", "100.01"))])
    first, _, last = contract.payments
    payments.receive(session, who.broker, contract, last.id, before, last.amount)
    [alone] = sharing.receipts(contract)
    payments.receive(session, who.broker, contract, first.id, day, first.amount)
    assert [one.payment.milestone for one in sharing.receipts(contract)] == ["尾款", "首付"]
    assert sharing.receipts(contract)[0] == alone


def test_without_a_rule_or_names_there_is_nothing_to_share(session, who, tmp_path):
    contract = contracts.create(session, who.broker, WHOLE, cases.accepted(session, who))
    assert sharing.parts(contract, payments.account(contract)) == sharing.receipts(contract) == []
    sharing.table(contract, tmp_path / "shares.xlsx")
    assert openpyxl.load_workbook(tmp_path / "shares.xlsx").active.max_row == 1

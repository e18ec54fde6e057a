"""The schedule fits the contract to the cent; what comes in is written down; what is late is seen."""

import datetime as dt
from decimal import Decimal
from random import Random

import pytest
from sqlalchemy import select

from matchmaker.services import payments
from matchmaker.services.content import Invalid
from matchmaker.services.problems import NotAllowed, NotFound
from matchmaker.speech import plain
from models import Event, Notice
from tests.services import cases
from tests.services.test_contracts import SIGNED, STEPS, TODAY, drafted, signed


@pytest.fixture
def who(session):
    return cases.people(session)


def steps(*amounts):
    return [{"milestone": f"第 {n} 期", "due_on": SIGNED, "amount": Decimal(one)} for n, one in enumerate(amounts)]


@pytest.mark.parametrize(("rows", "said"), [
    (steps("300000", "699999.99"), "各期合计 99.999999 万元，须等于合同金额 100 万元"),
    (steps("300000", "-1"), "第 2 期：请填写大于 0 的金额"),
    (steps("300000.001", "1"), "精确到分"),
    ([STEPS[0] | {"milestone": ""}], "第 1 期：请写明付款条件"),
    ([STEPS[0] | {"due_on": None}], "到期日期"),
])
def test_a_schedule_that_does_not_fit_says_how(session, who, rows, said):
    contract = drafted(session, who)
    with pytest.raises(Invalid) as refused:
        payments.plan(session, who.broker, contract, contract.version, rows)
    assert said in refused.value.errors["steps"]
    assert contract.payments == []


@pytest.mark.parametrize("seed", range(10))
def test_any_schedule_of_the_whole_amount_fits_and_is_kept_exactly(session, who, seed):
    chance = Random(seed)
    cents = [chance.randint(1, 10**chance.randint(1, 12)) for _ in range(chance.randint(2, 20))]
    whole = Decimal(sum(cents)) / 100
    contract = drafted(session, who, amount=whole, technology_amount=Decimal(0))
    payments.plan(session, who.broker, contract, contract.version, steps(*(Decimal(one) / 100 for one in cents)))
    session.expire_all()
    assert payments.planned(contract) == whole
    assert payments.gap(contract) == ""


def test_royalty_and_equity_stay_within_the_amount(session, who):
    contract = drafted(session, who, payment="royalty", payment_terms={"percent": "3", "base": "销售额"})
    payments.plan(session, who.broker, contract, contract.version, steps("200000"))
    with pytest.raises(Invalid):
        payments.plan(session, who.broker, contract, contract.version, steps("1000000.01"))


def test_what_was_received_and_what_is_late(session, who):
    contract = signed(session, who)
    first = contract.payments[0]
    assert (payments.account(contract).overdue, payments.account(contract).open) == (300_000, 1_000_000)
    payments.receive(session, who.broker, contract, first.id, TODAY, Decimal(100_000))
    account = payments.account(contract)
    assert (account.received, account.overdue, account.open) == (100_000, 200_000, 900_000)
    payments.receive(session, who.broker, contract, first.id, TODAY, Decimal(300_000))
    assert payments.account(contract).overdue == 0
    payments.receive(session, who.broker, contract, first.id, None, None)
    assert payments.account(contract).received == 0
    events = session.scalars(select(Event).where(Event.action == "payment.received").order_by(Event.id)).all()
    assert [(event.before["received"], event.after["received"]) for event in events] == [
        ("", "100000.00"), ("100000.00", "300000.00"), ("300000.00", "")]


@pytest.mark.parametrize(("on", "amount", "said"), [
    (TODAY, Decimal(300_001), "不能超过本期应付"), (TODAY, Decimal(0), "大于 0"), (None, Decimal(1), "同时填写"),
    (TODAY + dt.timedelta(days=1), Decimal(1), "不能晚于今天"),
    (SIGNED - dt.timedelta(days=1), Decimal(1), "不能早于签订日期"),
])
def test_a_receipt_that_cannot_be_is_refused(session, who, on, amount, said):
    contract = signed(session, who)
    with pytest.raises(Invalid) as refused:
        payments.receive(session, who.broker, contract, contract.payments[0].id, on, amount)
    assert said in refused.value.errors["received"]


def test_what_was_paid_is_not_planned_away(session, who):
    contract = signed(session, who)
    payments.receive(session, who.broker, contract, contract.payments[0].id, TODAY, Decimal(300_000))
    payments.plan(session, who.broker, contract, contract.version, steps("200000", "500000"))
    assert [one.amount for one in contract.payments] == [300_000, 200_000, 500_000]
    with pytest.raises(Invalid, match="需要修改"):
        payments.plan(session, who.broker, contract, contract.version, steps("1000000"))


def test_royalties_run_up_to_their_cap(session, who):
    contract = signed(session, who, payment="royalty", payment_terms={"percent": "3", "base": "销售额",
                                                                      "cap": "500000.00"})
    payments.royalty(session, who.broker, contract, TODAY, Decimal(400_000), "第一年")
    with pytest.raises(Invalid) as refused:
        payments.royalty(session, who.broker, contract, TODAY, Decimal("100000.01"), "第二年")
    assert "超过约定上限 50 万元" in refused.value.errors["royalty"]
    account = payments.account(contract)
    assert (account.received, account.royalties, account.open) == (400_000, 400_000, 0)


def test_money_is_the_offices_to_write_down(session, who):
    contract, draft = signed(session, who), drafted(session, who)
    with pytest.raises(NotAllowed):
        payments.receive(session, who.wang, contract, contract.payments[0].id, TODAY, Decimal(1))
    with pytest.raises(NotFound):
        payments.receive(session, who.broker, draft, contract.payments[0].id, TODAY, Decimal(1))
    with pytest.raises(NotAllowed, match="只有提成支付"):
        payments.royalty(session, who.broker, contract, TODAY, Decimal(1), "")


def test_a_broker_is_reminded_once_before_and_once_after_a_step_is_due(session, who):
    contract = signed(session, who)
    due = contract.payments[1].due_on
    payments.receive(session, who.broker, contract, contract.payments[0].id, TODAY, Decimal(300_000))
    days = (due - dt.timedelta(days=8), due - dt.timedelta(days=7), due, due + dt.timedelta(days=1),
            due + dt.timedelta(days=2))
    assert [payments.remind(session, day) for day in days] == [0, 1, 0, 1, 0]
    wanted = select(Notice.subject).where(Notice.user_id == who.broker.id).order_by(Notice.id)
    told = [plain(said) for said in session.scalars(wanted)]
    assert [subject for subject in told if "合同款" in subject] == [
        f"一笔合同款将于 {due} 到期：样机验收", "一笔合同款已逾期：样机验收"]

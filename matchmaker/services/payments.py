"""What is to be paid under a contract, what was received, and what is overdue. Sums fit the contract to the cent."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from matchmaker.services import clock, contract_rules, events, notices, office, permissions, splitting
from matchmaker.services.content import Invalid
from matchmaker.services.contract_access import check_version, save
from matchmaker.services.money import in_wan
from matchmaker.services.problems import NotAllowed, NotFound, Problem
from matchmaker.speech import own
from models import Contract, Payment, User

FIXED = ("lump", "instalments")
"""Ways to pay under which the steps sum to the contract amount; under the others they stay within it."""
RECEIVING = frozenset({"signed", "registered", "performed"})
LONGEST = 200
NOTHING = Decimal(0)
MOST_STEPS = 100


@dataclass(frozen=True)
class Line:
    """A payment as it is shown: overdue or not, and what each party gets of it."""

    payment: Payment
    overdue: bool
    parts: splitting.Parts


@dataclass(frozen=True)
class Account:
    """A contract's money: `planned` by steps, `received` (royalties among it), `open` still to come; each party's part
    of the contract amount, and of what was received."""

    lines: list[Line]
    planned: Decimal
    received: Decimal
    royalties: Decimal
    overdue: Decimal
    parts: splitting.Parts
    received_parts: splitting.Parts
    problem: str

    @property
    def open(self) -> Decimal:
        return self.planned - (self.received - self.royalties)


def account(contract: Contract, today: dt.date | None = None) -> Account:
    """How a contract's money stands on a day (by default today)."""
    day, shares = today or clock.today(), splitting.shares_of(contract.split)
    rows = contract.payments
    turns = splitting.in_turn([one.amount for one in rows], shares) if shares else [{} for _ in rows]
    lines = [Line(one, _overdue(one, day), turn) for one, turn in zip(rows, turns, strict=True)]
    received = sum((one.received or NOTHING for one in rows), NOTHING)
    royalties = sum((one.received or NOTHING for one in rows if one.kind == "royalty"), NOTHING)
    late = sum((line.payment.amount - (line.payment.received or NOTHING) for line in lines if line.overdue), NOTHING)
    whole = splitting.parts(contract.amount, shares) if shares and contract.amount is not None else {}
    so_far = splitting.parts(received, shares) if shares else {}
    return Account(lines, planned(contract), received, royalties, late, whole, so_far, gap(contract))


def planned(contract: Contract) -> Decimal:
    return sum((one.amount for one in contract.payments if one.kind == "planned"), NOTHING)


def gap(contract: Contract) -> str:
    """The sentence that says how the steps miss the contract amount; empty when they fit or there are none."""
    total, whole = planned(contract), contract.amount
    if whole is None or not any(one.kind == "planned" for one in contract.payments):
        return ""
    if contract.payment in FIXED and total != whole:
        return f"付款计划合计 {in_wan(total)} 万元，与合同金额 {in_wan(whole)} 万元不符，请调整付款计划。"
    if total > whole:
        return f"付款计划合计 {in_wan(total)} 万元，超过合同金额 {in_wan(whole)} 万元，请调整付款计划。"
    return ""


def check_fits(contract: Contract) -> None:
    """Raises Problem when the schedule does not fit the contract as it stands."""
    if sentence := gap(contract):
        raise Problem(sentence)
    steps = sum(one.kind == "planned" for one in contract.payments)
    if contract.payment == "instalments" and steps < 2:
        raise Problem("分期支付的合同请先填写付款计划，至少两期。")


def plan(
    session: Session, actor: User, contract: Contract, version: int, rows: Sequence[Mapping[str, Any]],
) -> None:
    """Replace the steps that nothing was received for by `rows` (milestone, due_on, amount in yuan).

    Raises NotAllowed, Conflict, Invalid (field `steps`) when a row is incomplete or the sum does not fit the amount.
    """
    permissions.check_staff(actor)
    if contract.state in ("terminated", "performed"):
        raise NotAllowed("合同已结束，付款计划不能再改。")
    check_version(contract, version)
    kept = [one for one in contract.payments if one.kind == "planned" and one.received is not None]
    _check_rows(contract, rows, sum((one.amount for one in kept), NOTHING))
    before = _said(contract)
    royalties = [one for one in contract.payments if one.kind == "royalty"]
    fresh = [Payment(kind="planned", milestone=row["milestone"], due_on=row.get("due_on"), amount=row["amount"])
             for row in rows]
    contract.payments = [*kept, *fresh, *royalties]
    for position, one in enumerate(contract.payments):
        one.position = position
    save(session, contract)
    events.record(session, actor, "contract.planned", contract, before={"steps": before},
                  after={"steps": _said(contract)})


def receive(
    session: Session, actor: User, contract: Contract, payment_id: int, on: dt.date | None, amount: Decimal | None,
) -> None:
    """Write down what was received for a step so far; neither day nor amount takes it back. Raises Invalid."""
    payment = _found(actor, contract, payment_id)
    if (on is None) != (amount is None):
        raise Invalid({"received": "请同时填写到款日期和到款金额；撤销登记请把两项都清空。"})
    if amount is not None and on is not None:
        _check_receipt(contract, on, amount)
        if amount > payment.amount:
            raise Invalid({"received": f"到款金额不能超过本期应付的 {in_wan(payment.amount)} 万元；提成另行登记。"})
    before = _receipt(payment)
    payment.received_on, payment.received = on, amount
    save(session, contract)
    events.record(session, actor, "payment.received", payment, before=before,
                  after=_receipt(payment) | {"contract": contract.id})


def royalty(
    session: Session, actor: User, contract: Contract, on: dt.date | None, amount: Decimal | None, note: str,
) -> Payment:
    """A running royalty that came in. Raises NotAllowed, Invalid, also past the cap that was agreed."""
    permissions.check_staff(actor)
    if contract.payment != "royalty":
        raise NotAllowed("只有提成支付的合同登记提成。")
    if on is None or amount is None:
        raise Invalid({"royalty": "请填写提成到款日期和金额。"})
    _check_receipt(contract, on, amount)
    so_far = sum((one.amount for one in contract.payments if one.kind == "royalty"), NOTHING)
    cap = contract_rules.decimal(contract.payment_terms.get("cap"))
    if cap is not None and so_far + amount > cap:
        raise Invalid({"royalty": f"累计提成将达 {in_wan(so_far + amount)} 万元，超过约定上限 {in_wan(cap)} 万元。"})
    payment = Payment(contract_id=contract.id, position=len(contract.payments), kind="royalty", amount=amount,
                      milestone=note.strip()[:LONGEST] or "提成", due_on=None, received_on=on, received=amount)
    contract.payments.append(payment)
    save(session, contract)
    events.record(session, actor, "payment.royalty", payment,
                  after=_receipt(payment) | {"contract": contract.id})
    return payment


def remind(session: Session, today: dt.date) -> int:
    """Tell the brokers of steps that are due soon or are overdue, each once; how many were told."""
    soon = today + dt.timedelta(days=office.get(session, "payment.remind_days"))
    wanted = select(Payment, Contract).join(Contract, Payment.contract_id == Contract.id).where(
        Payment.received.is_(None), Payment.due_on <= soon, Contract.state.in_(RECEIVING))
    told = 0
    for payment, contract in session.execute(wanted.options(joinedload(Contract.broker))).all():
        late = _overdue(payment, today)
        what = "已逾期" if late else f"将于 {payment.due_on} 到期"
        if contract.broker is not None:
            told += notices.notify(
                session, contract.broker, "task", f"一笔合同款{what}：{own(payment.milestone)}",
                f"“{own(contract.project_name)}”的“{own(payment.milestone)}”{in_wan(payment.amount)} 万元，{what}，"
                "尚未登记到款。",
                f"/contracts/{contract.id}", f"payment:{payment.id}:{payment.due_on}:{'late' if late else 'soon'}",
            ) is not None
    return told


def _check_rows(contract: Contract, rows: Sequence[Mapping[str, Any]], kept: Decimal) -> None:
    if contract.amount is None or contract.payment is None:
        raise Invalid({"steps": "请先在合同中填写合同金额和支付方式，再安排付款计划。"})
    if len(rows) > MOST_STEPS:
        raise Invalid({"steps": f"最多 {MOST_STEPS} 期。"})
    for place, row in enumerate(rows, 1):
        if not row.get("milestone") or len(row["milestone"]) > LONGEST:
            raise Invalid({"steps": f"第 {place} 期：请写明付款条件（最多 {LONGEST} 字），例如“样机验收合格”。"})
        amount = row.get("amount")
        if amount is None or not 0 < amount < contract_rules.MOST or amount != amount.quantize(splitting.CENT):
            raise Invalid({"steps": f"第 {place} 期：请填写大于 0 的金额，精确到分。"})
        if not row.get("due_on"):
            raise Invalid({"steps": f"第 {place} 期：请填写到期日期。"})
    total = kept + sum((row["amount"] for row in rows), NOTHING)
    if contract.payment in FIXED and total != contract.amount:
        raise Invalid({"steps": f"各期合计 {in_wan(total)} 万元，须等于合同金额 {in_wan(contract.amount)} 万元。"})
    if total > contract.amount:
        raise Invalid({"steps": f"各期合计 {in_wan(total)} 万元，不能超过合同金额 {in_wan(contract.amount)} 万元。"})


def _check_receipt(contract: Contract, on: dt.date, amount: Decimal) -> None:
    if contract.state not in RECEIVING:
        raise NotAllowed("合同签订后才能登记到款。")
    if amount <= 0 or amount != amount.quantize(splitting.CENT):
        raise Invalid({"received": "到款金额须大于 0，精确到分。"})
    if on > clock.today():
        raise Invalid({"received": "到款日期不能晚于今天。"})
    if contract.signed_on and on < contract.signed_on:
        raise Invalid({"received": f"到款日期不能早于签订日期（{contract.signed_on}）。"})


def _found(actor: User, contract: Contract, payment_id: int) -> Payment:
    permissions.check_staff(actor)
    for one in contract.payments:
        if one.id == payment_id and one.kind == "planned":
            return one
    raise NotFound("没有找到这一期付款，计划可能刚刚调整过。请刷新页面。")


def _receipt(payment: Payment) -> dict[str, Any]:
    amount = payment.received
    return {"received": "" if amount is None else f"{amount:.2f}", "on": str(payment.received_on or "")}


def _overdue(one: Payment, today: dt.date) -> bool:
    return (one.kind == "planned" and one.due_on is not None and one.due_on < today
            and (one.received or NOTHING) < one.amount)


def _said(contract: Contract) -> list[list[str]]:
    return [[one.milestone, str(one.amount), str(one.due_on or "")] for one in contract.payments
            if one.kind == "planned"]

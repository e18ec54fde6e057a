"""The verbs of technology contracts. Who takes a contract from one state to the next, and what for, is one table."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.services import (
    brokering,
    casesteps,
    clock,
    contract_history,
    contract_rules,
    events,
    payments,
    permissions,
    sharing,
    splitting,
    stories,
)
from matchmaker.services.content import Invalid
from matchmaker.services.contract_access import check_version, save
from matchmaker.services.problems import NotAllowed, Problem
from models import Contract, Introduction, User
from models.vocabulary import CASE_STATES, CONTRACT_STATES

EDITABLE = (*contract_rules.LABELS, *contract_rules.SIDES)


@dataclass(frozen=True)
class Step:
    """One way from a state to another. `case` is the step that the brokered case takes along; `asks` are the parts of
    `Given` that must be there."""

    action: str
    label: str
    before: frozenset[str]
    after: str
    case: str
    asks: tuple[str, ...]
    warning: str


TRANSITIONS = {step.action: step for step in (
    Step("sign", "标为已签订", frozenset({"draft"}), "signed", "sign", (),
         "签订后内容只能通过变更修改，收益分配按现行规则固定下来，完成人按登记的名单均分，可再调整。"),
    Step("register", "记入登记", frozenset({"signed"}), "registered", "register", ("on", "registry_number"),
         "登记编号见技术合同登记证明，共 16 位数字。"),
    Step("perform", "履行完毕", frozenset({"signed", "registered"}), "performed", "perform", ("on",),
         "履行完毕后不能再变更，付款仍可继续登记。"),
    Step("terminate", "终止", frozenset({"draft", "signed", "registered"}), "terminated", "", ("on", "reason"),
         "终止后不能恢复，全部历史保留。如仍要合作，请另立合同。"),
)}
AMENDABLE = frozenset({"signed", "registered"})
PATHS = {"draft": ("negotiate", "draft"), "sign": ("negotiate", "draft", "sign")}
"""Steps of a case that lead to the wanted one when it still stands further back."""


@dataclass(frozen=True)
class Given:
    """What a person gave with a step or an amendment."""

    on: dt.date | None = None
    reason: str = ""
    registry_number: str = ""


def actions(viewer: User | None, contract: Contract) -> list[Step]:
    """What the viewer may do with the contract as it stands."""
    return [step for step in TRANSITIONS.values() if contract.state in step.before] if _may(viewer) else []


def can_edit(viewer: User | None, contract: Contract) -> bool:
    return _may(viewer) and contract.state == "draft"


def can_amend(viewer: User | None, contract: Contract) -> bool:
    return _may(viewer) and contract.state in AMENDABLE


def check_step(viewer: User | None, contract: Contract, action: str) -> Step:
    """The transition, if the viewer may take it now. Raises NotAllowed."""
    permissions.check_staff(viewer)
    step = TRANSITIONS.get(action)
    if step is None or contract.state not in step.before:
        raise NotAllowed(f"合同当前为“{CONTRACT_STATES[contract.state]}”，不能进行此操作。请刷新页面查看最新状态。")
    return step


def create(
    session: Session, actor: User, values: Mapping[str, Any], case: Introduction | None = None,
) -> Contract:
    """A new draft; with a case, that moves on to the drafting. Raises NotAllowed, Invalid, Problem."""
    permissions.check_staff(actor)
    contract = Contract(introduction_id=case.id if case else None, created_by=actor.id,
                        broker_id=case.broker_id or actor.id if case else actor.id, **_clean(values))
    if case is not None:
        contract.buyer_id, contract.seller_id = case.need.organisation_id, case.supply.organisation_id
    session.add(contract)
    session.flush()
    events.record(session, actor, "contract.created", contract, after={"state": "draft", "type": contract.type})
    if case is not None:
        _advance(session, actor, case, "draft")
    return contract


def update(session: Session, actor: User, contract: Contract, version: int, values: Mapping[str, Any]) -> None:
    """Change a draft that still is as the actor saw it. Raises NotAllowed, Invalid, Conflict."""
    permissions.check_staff(actor)
    if not can_edit(actor, contract):
        raise NotAllowed("合同已签订，请通过“变更”修改，原内容会保留在历史中。")
    check_version(contract, version)
    changed = _write(contract, values)
    save(session, contract)
    events.record(session, actor, "contract.changed", contract, **_both(changed))


def amend(
    session: Session, actor: User, contract: Contract, version: int, values: Mapping[str, Any], given: Given,
) -> None:
    """Change a signed contract; what it said before stays in its history. Raises NotAllowed, Invalid, Conflict."""
    permissions.check_staff(actor)
    if not can_amend(actor, contract):
        raise NotAllowed(f"合同当前为“{CONTRACT_STATES[contract.state]}”，不能变更。")
    check_version(contract, version)
    if not given.on or not given.reason.strip():
        raise Problem("请填写变更生效日期和变更原因（例如：补充协议编号与事由）。")
    before = contract_history.snapshot(contract)
    changed = _write(contract, values)
    if not changed:
        raise Problem("没有任何改动，不需要记为变更。")
    if lacking := contract_rules.missing(contract, register=contract.state == "registered"):
        raise Problem(f"变更后合同不完整，请补全：{'、'.join(lacking)}。")
    save(session, contract)
    contract_history.keep(session, actor, contract, "amended", given.on, given.reason.strip(), before)
    events.record(session, actor, "contract.amended", contract, **_both(changed))


def move(session: Session, actor: User, contract: Contract, version: int, action: str, given: Given) -> Step:
    """Take a contract from one state to the next, and its case with it.

    Raises NotAllowed, Conflict, or Problem for what is missing before it may.
    """
    step = check_step(actor, contract, action)
    check_version(contract, version)
    before = contract_history.snapshot(contract)
    STEPS[action](session, contract, given)
    contract.state = step.after
    save(session, contract)
    on = given.on or contract.signed_on or clock.today()
    contract_history.keep(session, actor, contract, step.after, on, given.reason.strip(), before)
    events.record(session, actor, f"contract.{step.after}", contract, before={"state": before["state"]},
                  after={"state": step.after} | _money(contract_history.snapshot(contract)))
    if step.after == "terminated":
        stories.end(session, actor, contract)
    if contract.introduction is not None and step.case:
        _advance(session, actor, contract.introduction, step.case)
    return step


def apply_split(session: Session, actor: User, contract: Contract) -> None:
    """Share a contract by the rule that holds now, where none did when it was signed. Raises NotAllowed, Problem."""
    permissions.check_head(actor)
    rule = splitting.current(session)
    if rule is None:
        raise Problem("中心还没有设置收益分配规则，请先在“中心设置”中设置。")
    if contract.split and contract.state != "draft":
        raise Problem("这份合同的分配比例在签订时已经确定。")
    before, contract.split, contract.split_rule = contract.split, rule.shares, rule
    save(session, contract)
    events.record(session, actor, "contract.split", contract, before={"split": before}, after={"split": rule.shares})


def _may(viewer: User | None) -> bool:
    return permissions.is_staff(viewer)


def _clean(values: Mapping[str, Any]) -> dict[str, Any]:
    """The columns that a person fills in; the place of the contract is where the buyer is. Raises Invalid."""
    found = {name: values[name] for name in EDITABLE if name in values}
    contract_rules.check(found)
    buyer = found.get("buyer") or {}
    return found | ({"region": buyer.get("region") or None} if "buyer" in found else {})


def _write(contract: Contract, values: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Field → before and after, for what differs now."""
    before = contract_history.snapshot(contract)
    now_said = {name: getattr(contract, name) for name in EDITABLE}
    for name, value in _clean(now_said | dict(values)).items():
        if getattr(contract, name) != value:
            setattr(contract, name, value)
    return contract_history.differing(before, contract_history.snapshot(contract))


def _sign(session: Session, contract: Contract, _given: Given) -> None:
    if lacking := contract_rules.missing(contract):
        raise Problem(f"还不能标为已签订，请先补全：{'、'.join(lacking)}。")
    payments.check_fits(contract)
    rule = splitting.current(session)
    if rule is not None and not contract.split:
        contract.split, contract.split_rule = rule.shares, rule
    contract.completers = sharing.named(contract)


def _register(session: Session, contract: Contract, given: Given) -> None:
    if lacking := contract_rules.missing(contract, register=True):
        raise Problem(f"还不能登记，请先补全：{'、'.join(lacking)}。")
    payments.check_fits(contract)
    try:
        number = contract_rules.check_registry(given.registry_number)
    except ValueError as wrong:
        raise Invalid({"registry_number": str(wrong)}) from None
    taken = session.scalar(select(Contract.id).where(Contract.registry_number == number, Contract.id != contract.id))
    if taken is not None:
        raise Invalid({"registry_number": f"登记编号 {number} 已用于另一份合同，请核对登记证明。"})
    contract.registered_on = _day(contract, given)
    contract.registry_number = number


def _perform(_session: Session, contract: Contract, given: Given) -> None:
    payments.check_fits(contract)
    contract.ended_on = _day(contract, given)


def _terminate(_session: Session, contract: Contract, given: Given) -> None:
    if not given.reason.strip():
        raise Invalid({"reason": "请写明终止的原因。"})
    contract.ended_on = _day(contract, given)
    contract.end_reason = given.reason.strip()[:1000]


STEPS = {"sign": _sign, "register": _register, "perform": _perform, "terminate": _terminate}


def _day(contract: Contract, given: Given) -> dt.date:
    """The day of a step. Raises Invalid for none, one to come, or one before the signing."""
    if given.on is None:
        raise Invalid({"on": "请填写日期。"})
    if given.on > clock.today():
        raise Invalid({"on": "日期不能晚于今天。"})
    if contract.signed_on and given.on < contract.signed_on:
        raise Invalid({"on": f"日期不能早于签订日期（{contract.signed_on}）。"})
    return given.on


def _both(changed: Mapping[str, tuple[Any, Any]]) -> dict[str, dict[str, Any]]:
    """Each changed field as it was and as it is, for the log."""
    return {"before": {name: old for name, (old, _new) in changed.items()},
            "after": {name: new for name, (_old, new) in changed.items()}}


def _money(snapshot: Mapping[str, Any]) -> dict[str, Any]:
    return {name: snapshot[name] for name in ("amount", "technology_amount") if snapshot[name] is not None}


def _advance(session: Session, actor: User, case: Introduction, action: str) -> None:
    """Move the case along with its contract; one that is further already stays where it is. Raises Problem."""
    wanted = casesteps.TRANSITIONS[action]
    order = list(CASE_STATES)
    if case.state not in ("stalled", "passed") and order.index(case.state) >= order.index(wanted.after):
        return
    for one in PATHS.get(action, (action,)):
        if case.state in casesteps.TRANSITIONS[one].before and order.index(case.state) < order.index(
                casesteps.TRANSITIONS[one].after):
            brokering.move(session, actor, case, case.version, one)
    if case.state != wanted.after:
        raise Problem(f"对接当前为“{CASE_STATES[case.state]}”，不能随合同进入“{wanted.label}”。"
                      "请先在对接页面推进或重新开启。")



"""The history of a contract: after everything that counts, the whole of it is kept, and what changed is said."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from matchmaker.services import contract_rules
from matchmaker.services.money import in_wan
from matchmaker.services.problems import NotFound
from models import Contract, ContractVersion, User
from models.vocabulary import CONTRACT_STATES, SHARERS

OTHERS = {"state": "状态", "registry_number": "登记编号", "registered_on": "登记日期", "ended_on": "结束日期",
          "end_reason": "终止原因", "split": "收益分配", "completers": "完成人分配",
          "payments": "付款计划"}
Row = dict[str, str]


def snapshot(contract: Contract) -> dict[str, Any]:
    """Everything a contract says, as JSON: amounts as exact text, days as ISO text."""
    names = (*contract_rules.LABELS, *contract_rules.SIDES, *OTHERS)
    found = {name: _plain(getattr(contract, name)) for name in names if name != "payments"}
    return found | {"payments": [
        {"milestone": one.milestone, "kind": one.kind, "due_on": _plain(one.due_on), "amount": _plain(one.amount),
         "received_on": _plain(one.received_on), "received": _plain(one.received)} for one in contract.payments]}


def differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """What two snapshots say differently: field (a party's as seller.phone) → before and after."""
    found = {name: (before.get(name), after.get(name)) for name in contract_rules.LABELS | OTHERS}
    for side in contract_rules.SIDES:
        old, new = before.get(side) or {}, after.get(side) or {}
        found |= {f"{side}.{name}": (old.get(name), new.get(name)) for name in contract_rules.PARTY}
    return {name: (old, new) for name, (old, new) in found.items() if old != new}


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Row]:
    """What differs between two snapshots: field, before and after, as a person reads them."""
    return [{"field": title(name), "before": said(name, old), "after": said(name, new)}
            for name, (old, new) in differing(before, after).items()]


def title(name: str) -> str:
    """What a field of a snapshot is called."""
    side, _, part = name.partition(".")
    return contract_rules.SIDES[side] + contract_rules.PARTY[part] if part else (contract_rules.LABELS | OTHERS)[name]


def keep(  # noqa: PLR0913, PLR0917 - a version has these parts
    session: Session, actor: User, contract: Contract, kind: str, on: dt.date, reason: str = "",
    before: Mapping[str, Any] | None = None,
) -> ContractVersion:
    """Add the contract as it stands now to its history. `kind` is a code of CONTRACT_VERSIONS."""
    session.flush()
    last = session.scalar(select(func.max(ContractVersion.number)).where(ContractVersion.contract_id == contract.id))
    after = snapshot(contract)
    version = ContractVersion(
        contract_id=contract.id, number=(last or 0) + 1, kind=kind, on=on, reason=reason, snapshot=after,
        changed=changes(before, after) if before is not None else [], made_by=actor.id)
    session.add(version)
    session.flush()
    return version


def versions(session: Session, contract: Contract) -> list[ContractVersion]:
    """The history, the newest first."""
    wanted = select(ContractVersion).where(ContractVersion.contract_id == contract.id)
    return list(session.scalars(wanted.options(joinedload(ContractVersion.maker)).order_by(
        ContractVersion.number.desc())))


def version(session: Session, contract: Contract, number: int) -> ContractVersion:
    """Raises NotFound."""
    found = session.scalar(select(ContractVersion).where(
        ContractVersion.contract_id == contract.id, ContractVersion.number == number))
    if found is None:
        raise NotFound("没有找到合同的这个版本。")
    return found


def said(name: str, value: Any) -> str:
    """A value of a snapshot as a person reads it."""
    if "." in name:
        return said_party(name.partition(".")[2], value)
    if value in (None, "", [], {}):
        return "（空）"
    if isinstance(value, bool):
        return "是" if value else "否"
    return SAYS[name](value) if name in SAYS else str(value)


def term(name: str, value: Any) -> str:
    """One payment term as a person reads it."""
    if name in ("percent", "shares"):
        return f"{value}%"
    return f"{value} 年" if name == "years" else wan(value) if name in ("cap", "value") else str(value)


def wan(text: Any) -> str:
    """An exact amount in yuan, said in 万元 without losing a cent."""
    return f"{in_wan(Decimal(str(text)))} 万元"


def _terms(value: Any) -> str:
    return "；".join(f"{label} {term(part, value[part])}" for part, label in contract_rules.TERMS.items()
                    if value.get(part))


def _shares(value: Any) -> str:
    return "；".join(f"{SHARERS.label(row['party'])} {row['percent']}%" for row in value)


def _people(value: Any) -> str:
    return "、".join(f"{row['name']} {row['percent']}%" if row["percent"] else row["name"] for row in value)


def _steps(value: Any) -> str:
    return "；".join(f"{row['milestone']} {wan(row['amount'])} {row['due_on'] or ''}".strip() for row in value)


SAYS: dict[str, Callable[[Any], str]] = {
    **{name: vocabulary.label for name, vocabulary in contract_rules.CODES.items()}, "state": CONTRACT_STATES.label,
    "amount": wan, "technology_amount": wan, "payment_terms": _terms, "split": _shares,
    "completers": _people, "payments": _steps,
}


def said_party(name: str, value: Any) -> str:
    """A part of a party as a person reads it."""
    if value in (None, ""):
        return "（空）"
    if isinstance(value, bool):
        return "是" if value else "否"
    vocabulary = contract_rules.PARTY_CODES.get(name)
    return vocabulary.label(value) if vocabulary else str(value)


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return f"{value:.2f}"
    return value.isoformat() if isinstance(value, dt.date) else value

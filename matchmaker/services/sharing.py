"""The completers' part of a contract's money, shared among the people: who gets which part, to the cent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from sqlalchemy.orm import Session

from matchmaker.services import events, payments, permissions, splitting
from matchmaker.services.content import Invalid
from matchmaker.services.contract_access import check_version, save
from matchmaker.services.problems import NotAllowed
from matchmaker.services.transfer import sheets
from models import Achievement, Contract, Expert, Payment, User
from models.vocabulary import SHARERS

PARTY, NOTHING = "completers", Decimal(0)
MOST, LONGEST = 30, 50
EQUAL = "均分"
HEADINGS = ("分配对象", "姓名", "比例", "合同金额应得（元）", "已到款应得（元）")
Row = dict[str, str]
"""name and percent; with no percent in any row, all get the same."""


@dataclass(frozen=True)
class Part:
    """One person's: the percentage of the completers' part (EQUAL: the same for all), and yuan of the contract amount
    and of what was received; None where there is no amount or no rule."""

    name: str
    percent: str
    due: Decimal | None
    received: Decimal | None


@dataclass(frozen=True)
class Receipt:
    """One sum that came in: what each party gets of it, and each person of the completers' part, in their order."""

    payment: Payment
    parts: splitting.Parts
    people: list[Decimal]


def named(contract: Contract) -> list[Row]:
    """Who shares: those named for the contract, else the completers of its case's supply, each the same."""
    if contract.completers:
        return [dict(row) for row in contract.completers]
    supply = contract.introduction.supply if contract.introduction else None
    names: Iterable[str] = [supply.title] if isinstance(supply, Expert) else (
        [str(row.get("name") or "") for row in supply.completers or []] if isinstance(supply, Achievement) else [])
    return [{"name": name.strip()[:LONGEST], "percent": ""} for name in names if name.strip()][:MOST]


def share(session: Session, actor: User, contract: Contract, version: int, typed: Sequence[Mapping[str, str]]) -> None:
    """Say who shares, and how. Raises NotAllowed, Invalid, Conflict."""
    permissions.check_staff(actor)
    if contract.state == "terminated":
        raise NotAllowed("合同已终止，不能再修改收益分配。")
    check_version(contract, version)
    before, contract.completers = contract.completers, read(typed)
    save(session, contract)
    events.record(session, actor, "contract.shared", contract, before={"completers": before},
                  after={"completers": contract.completers})


def read(typed: Sequence[Mapping[str, str]]) -> list[Row]:
    """The people as they were typed. Raises Invalid with a sentence for `people`."""
    rows = [{"name": str(row.get("name", "")).strip(), "percent": str(row.get("percent", "")).strip()} for row in typed]
    if len(rows) > MOST:
        raise Invalid({"people": f"完成人最多 {MOST} 位。"})
    for place, row in enumerate(rows, 1):
        if not row["name"] or len(row["name"]) > LONGEST:
            raise Invalid({"people": f"第 {place} 行：请填写姓名，{LONGEST} 字以内。"})
    given = [row for row in rows if row["percent"]]
    if not given:
        return rows
    if len(given) < len(rows):
        raise Invalid({"people": "请为每位完成人填写比例，或全部留空以均分。"})
    for place, row in enumerate(rows, 1):
        try:
            row["percent"] = f"{splitting.percent(row['percent']).normalize():f}"
        except ValueError:
            raise Invalid({"people": f"第 {place} 行：请填写 0–100 之间的百分比，最多两位小数。"}) from None
    if (total := sum((Decimal(row["percent"]) for row in rows), Decimal(0))) != splitting.HUNDRED:
        raise Invalid({"people": f"各位完成人的比例合计须为 100%，现在是 {total.normalize():f}%。"})
    return rows


def parts(contract: Contract, account: payments.Account) -> list[Part]:
    """What each person gets; the parts add up to the completers' exactly."""
    people = named(contract)
    due, received = (_among(people, whole.get(PARTY)) for whole in (account.parts, account.received_parts))
    return [Part(row["name"], f"{row['percent']}%" if row["percent"] else EQUAL, *amounts)
            for row, *amounts in zip(people, due, received, strict=True)]


def receipts(contract: Contract) -> list[Receipt]:
    """What came in, the earliest first, and who gets how much of each sum: together exactly `parts` of all of it.

    A later sum changes nothing about those before it.
    """
    shares = splitting.shares_of(contract.split)
    if not shares:
        return []
    came = sorted((one for one in contract.payments if one.received is not None),
                  key=lambda one: (str(one.received_on), one.position))
    turns = splitting.in_turn([one.received or NOTHING for one in came], shares)
    people = splitting.in_turn([turn.get(PARTY, NOTHING) for turn in turns], _weights(named(contract)))
    return [Receipt(one, turn, list(each.values())) for one, turn, each in zip(came, turns, people, strict=True)]


def table(contract: Contract, path: Path) -> None:
    """All shares as a list: each party, then each person of the completers; of the whole, and of each sum that came in.

    The format is that of `path`'s name.
    """
    account, came = payments.account(contract), receipts(contract)
    lines = [[SHARERS.label(party), "", f"{percent.normalize():f}%", _cell(account.parts.get(party)),
              _cell(account.received_parts[party]), *(_cell(one.parts[party]) for one in came)]
             for party, percent in splitting.shares_of(contract.split).items()]
    lines += [[SHARERS.label(PARTY), part.name, part.percent, _cell(part.due), _cell(part.received),
               *(_cell(one.people[place]) for one in came)] for place, part in enumerate(parts(contract, account))]
    sums = [f"{one.payment.received_on} 到款“{one.payment.milestone}”应得（元）" for one in came]
    sheets.write(path, [*HEADINGS, *sums], lambda: lines)


def _cell(amount: Decimal | None) -> str | float:
    return "" if amount is None else float(amount)


def _among(people: Sequence[Row], amount: Decimal | None) -> list[Decimal | None]:
    if amount is None:
        return [None] * len(people)
    return list(splitting.parts(amount, _weights(people)).values())


def _weights(people: Sequence[Row]) -> dict[str, Decimal]:
    return {str(place): Decimal(row["percent"] or 1) for place, row in enumerate(people)}

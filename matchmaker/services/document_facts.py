"""What a document says: the facts of a case, as far as whoever reads the document may know them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from matchmaker.ranking.bands import LABELS
from matchmaker.services import contract_rules, document_fields, permissions, registration
from matchmaker.services.clock import HERE
from matchmaker.services.money import in_wan
from models import Achievement, Contract, Expert, Facility, Introduction, Need, Post, User, now
from models.vocabulary import FIELDS, INDUSTRIES, MODES, REGIONS, TRL, Kind

TEXTS: dict[type[Post], tuple[str, ...]] = {
    Need: ("main_problem", "key_technique", "expected_goal"), Achievement: ("description",),
    Expert: ("research_fields",), Facility: ("services",),
}


@dataclass(frozen=True)
class Wanted:
    """What a document is made of. `reader` is who it is for: None, a stranger, for what leaves the case."""

    case: Introduction
    office: str
    contract: Contract | None = None
    post: Post | None = None
    meeting: dict[str, Any] = field(default_factory=dict)


def facts(kind: str, wanted: Wanted) -> dict[str, dict[str, Any]]:
    """The context of a document of `kind`: the roots of its kind, every placeholder of each.

    A brief says what everyone may read of its post. A recommendation tells the need's side of the supply: before the
    intent is accepted what everyone may read, after it what the other side may.
    """
    case = wanted.case
    accepted = case.accepted_at is not None and case.state != permissions.PASSED
    made: dict[str, Callable[[], dict[str, Any]]] = {
        "office": lambda: {"name": wanted.office, "today": _date(now())},
        "case": lambda: _case(case),
        "need": lambda: post(case.need, case.supply.owner if accepted else None),
        "supply": lambda: post(case.supply, case.need.owner if accepted else None),
        "post": lambda: post(wanted.post, None) if wanted.post else {},
        "meeting": lambda: wanted.meeting,
        "contract": lambda: contract(wanted.contract) if wanted.contract else {},
        "seller": lambda: _party(wanted.contract, "seller", case.supply),
        "buyer": lambda: _party(wanted.contract, "buyer", case.need),
    }
    return {root: made[root]() for root in document_fields.KINDS[kind]}


def registration_facts(said: Contract, office: str) -> dict[str, dict[str, Any]]:
    """The context of the registration form, which needs no case."""
    return {"office": {"name": office, "today": _date(now())}, "contract": contract(said),
            "seller": registration.party(said.seller), "buyer": registration.party(said.buyer)}


def post(said: Post, reader: User | None) -> dict[str, str]:
    """A post as `reader` may read it; what they may not is left empty, the organisation is then said to be hidden."""
    def read(name: str, text: str) -> str:
        return text if permissions.can_read_field(reader, said, name) else ""

    named = permissions.can_read_organisation(reader, said)
    organisation = (said.organisation.name if said.organisation else "") if named else "（单位暂不公开）"
    level = str(said.trl) if said.trl else ""
    words = [read(name, _text(getattr(said, name, ""))) for name in TEXTS.get(type(said), ())]
    return {
        "title": said.title, "kind": Kind(said.kind).label, "organisation": organisation, "brief": said.brief,
        "keywords": "、".join(said.keywords), "field": FIELDS.label(said.field),
        "industry": INDUSTRIES.label(said.industry), "region": REGIONS.label(said.region),
        "modes": read("modes", "、".join(MODES.label(mode) for mode in said.modes)),
        "maturity": read("trl", f"TRL {level}（{TRL.label(level)}）" if level else ""),
        "text": "\n".join(word for word in words if word), "contact": read("contact_name", said.contact_name or ""),
    }


def contract(said: Contract) -> dict[str, Any]:
    """A contract as the registration form reads it, and its steps of payment."""
    steps = [{"number": str(place), **row} for place, row in enumerate((
        {"milestone": one.milestone, "due_on": str(one.due_on or ""), "amount": in_wan(one.amount)}
        for one in said.payments if one.kind == "planned"), 1)]
    yuan = "" if said.amount is None else f"{said.amount:,.2f}"
    return registration.fields(said) | {"amount_yuan": yuan, "payments": steps}


def _party(said: Contract | None, side: str, whose: Post) -> dict[str, str]:
    if said is not None:
        return registration.party(getattr(said, side))
    organisation = whose.organisation
    empty = dict.fromkeys(contract_rules.PARTY, "")
    return empty | ({"name": organisation.name, "address": organisation.address or ""} if organisation else {})


def _case(case: Introduction) -> dict[str, str]:
    kept = case.evidence or {}
    reasons = [str(row.get("detail") or "") for row in kept.get("reasons") or [] if row.get("contribution", 0) > 0]
    reasons = [reason for reason in reasons[:5] if reason] or [case.answers.get("why", "")]
    return {
        "number": f"{case.id:06d}", "broker": case.broker.name if case.broker else "",
        "accepted_on": _date(case.accepted_at) if case.accepted_at else "",
        "score": LABELS.get(kept.get("band", ""), "未经系统匹配"),
        "reasons": "\n".join(reasons) if case.accepted_at else "",
    }


def _text(value: Any) -> str:
    return "、".join(map(str, value)) if isinstance(value, list) else str(value or "")


def _date(moment: dt.datetime) -> str:
    here = moment.astimezone(HERE)
    return f"{here.year} 年 {here.month} 月 {here.day} 日"

"""What a contract can take from its case: the parties, the project, its field and place, the likely type."""

from __future__ import annotations

from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from matchmaker.services.problems import Problem
from models import Achievement, Contract, Introduction, Need, Organisation, Post

TYPES = {
    "transfer": "transfer", "licence_exclusive": "licence_exclusive", "licence_sole": "licence_sole",
    "licence_plain": "licence_plain", "licence_open": "licence_plain", "licence_deferred": "licence_plain",
    "commissioned": "commissioned", "joint": "joint", "consulting": "consulting", "service": "service",
    "shares": "transfer", "equity": "transfer",
}
"""Way of cooperating (MODES) → type of contract."""
KINDS = {
    "enterprise": "domestic", "university": "university", "institute": "institute", "transfer_agency": "institution",
    "incubator": "domestic", "finance": "domestic", "service": "domestic", "government": "government",
}
"""Kind of organisation → kind of party, as most of them are; a person checks it."""
OBJECTIVES = {
    "biomedicine": "health", "energy": "energy", "environment": "environment", "agriculture": "agriculture",
    "transport": "infrastructure", "urban": "infrastructure",
}
"""Technology field → what most contracts of it serve, where that is not industry and trade; a person checks it."""
EARLY = frozenset({"proposed", "intent"})


def values(case: Introduction) -> dict[str, Any]:
    """What the draft begins with. Raises Problem for a case whose two sides have not agreed to talk."""
    if case.state in EARLY or case.accepted_at is None:
        raise Problem("双方接受意向之后才能起草合同。")
    need, supply = case.need, case.supply
    mode = _mode(need, supply)
    return {
        "project_name": need.title, "type": TYPES.get(mode, "commissioned"), "field": need.field or supply.field,
        "payment": "equity" if mode in ("shares", "equity") else None, "plan_source": "none",
        "ip_kind": _right(supply), "content": _content(need, supply), "seller": party(supply), "buyer": party(need),
        "payment_terms": {}, "related_party": _related(need, supply),
    }


def filled(session: Session, case: Introduction) -> dict[str, Any]:
    """What the draft begins with; what the case does not tell of a party is as its last contract here said it."""
    found = values(case)
    for side, post in (("seller", case.supply), ("buyer", case.need)):
        told = _before(session, post.organisation_id)
        known = {name: value for name, value in found[side].items() if value not in (None, "")}
        found[side] = told | known | ({"kind": told["kind"]} if told.get("kind") else {})
    return found | {"objective": OBJECTIVES.get(found["field"] or "", "industry")}


def party(post: Post) -> dict[str, Any]:
    """The side of a post as the registration asks it, as far as it is known."""
    organisation = post.organisation
    known = _organisation(organisation) if organisation else {}
    return {"country": "中国", "contact": post.contact_name or (post.owner.name if post.owner else ""),
            "phone": post.contact_phone or "", "industry": post.industry if post.kind == "need" else None} | known


def _before(session: Session, organisation_id: int | None) -> dict[str, Any]:
    """An organisation as its last contract that was signed has it."""
    if organisation_id is None:
        return {}
    sides = (Contract.seller_id == organisation_id, Contract.buyer_id == organisation_id)
    found = session.scalar(select(Contract).where(
        or_(*sides), Contract.signed_on.is_not(None), Contract.state != "draft").order_by(Contract.id.desc()).limit(1))
    if found is None:
        return {}
    return dict(found.seller if found.seller_id == organisation_id else found.buyer)


def _organisation(found: Organisation) -> dict[str, Any]:
    return {"name": found.name, "kind": KINDS.get(found.kind, "other"), "region": found.region,
            "address": found.address or "", "credit_code": found.credit_code or ""}


def _mode(need: Post, supply: Post) -> str:
    """The first way of cooperating that both name, else the first that one of them names."""
    shared = [mode for mode in need.modes if mode in supply.modes and mode in TYPES]
    return next(iter(shared or [mode for mode in (*need.modes, *supply.modes) if mode in TYPES]), "")


def _right(supply: Post) -> str | None:
    rights = supply.ip if isinstance(supply, Achievement) else None
    return next((row["kind"] for row in rights or [] if row.get("kind")), None)


def _content(need: Post, supply: Post) -> str:
    goal = need.expected_goal if isinstance(need, Need) else ""
    return f"针对“{need.title}”，以“{supply.title}”为基础开展合作。" + (f"目标：{goal}" if goal else "")


def _related(need: Post, supply: Post) -> bool:
    return need.organisation_id is not None and need.organisation_id == supply.organisation_id

"""What a viewer may read of a post, as plain data: for the API, feeds, search engines and share cards alike."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from matchmaker.services import permissions, texts
from matchmaker.services.disclosure import Watched
from models import Indicator, Post, User
from models.vocabulary import (
    COMPARISONS,
    FACILITY_KINDS,
    FIELDS,
    INDUSTRIES,
    MODES,
    OFFERS,
    REGIONS,
    Kind,
    Vocabulary,
)

SHARED = ("title", "keywords", "brief", "field", "industry", "region", "modes", "valid_until", "elements")
OF_KIND: dict[Kind, tuple[str, ...]] = {
    Kind.NEED: ("main_problem", "key_technique", "expected_goal", "tried", "activity", "clarity", "chain_node",
                "from_year", "to_year", "budget", "wanted_partner", "regions_accepted", "trl"),
    Kind.ACHIEVEMENT: ("description", "cases", "registration_number", "completers", "discipline", "research_from",
                       "research_to", "funding", "stage", "level", "application_state", "category", "attribute", "form",
                       "evaluation", "ip", "price", "price_negotiable", "months_to_deliver", "trl"),
    Kind.EXPERT: ("name_en", "department", "job_title", "research_fields", "offers", "days_per_year", "regions_served",
                  "patents", "projects", "awards", "orcid", "homepage"),
    Kind.FACILITY: ("facility_kind", "capacity", "services", "price_note", "trl_low", "trl_high"),
}
LABELS: Mapping[str, Vocabulary] = {
    "field": FIELDS, "industry": INDUSTRIES, "region": REGIONS, "modes": MODES, "offers": OFFERS,
    "facility_kind": FACILITY_KINDS, "regions_accepted": REGIONS, "regions_served": REGIONS,
}
SUMMARY = 160
Json = dict[str, Any]


def facts(viewer: User | None, post: Post, *, whole: bool = True, ask: Watched | None = None) -> Json:
    """The facts of a post that `viewer` may read and that are there; coded ones with their labels beside them.

    Amounts are strings of yuan, dates ISO 8601. Without `whole`: the facts of the brief alone, as lists show them.
    `ask` remembers what went out that is not public, for the ledger.
    """
    may = ask or Watched()
    names = SHARED + (OF_KIND[Kind(post.kind)] if whole else ("budget", "price", "trl"))
    found: Json = {"id": post.id, "kind": post.kind}
    for name in names:
        value = _plain(_value(viewer, post, name))
        if value in (None, "", [], {}) or not may.can_read_field(viewer, post, name):
            continue
        found[name] = value
        if name in LABELS:
            found[f"{name}_label"] = _labelled(LABELS[name], value)
    if (organisation := organisation_name(viewer, post)) and may.can_read_organisation(viewer, post):
        found["organisation"] = {"id": post.organisation_id, "name": organisation}
    if whole and post.indicators and may.can_read_field(viewer, post, "indicators"):
        found["indicators"] = [_indicator(row) for row in post.indicators]
    return found | {"updated_at": post.updated_at.isoformat(),
                    "published_at": post.published_at.isoformat() if post.published_at else None}


def organisation_name(viewer: User | None, post: Post) -> str | None:
    """Whose post it is, as far as the viewer may know."""
    named = post.organisation is not None and permissions.can_read_organisation(viewer, post)
    return post.organisation.name if named and post.organisation else None


def summary(post: Post) -> str:
    """The first words of what everyone may read of a post, in one line."""
    said = " ".join((post.brief or texts.public_passage(post).text or post.title).split())
    return said if len(said) <= SUMMARY else f"{said[: SUMMARY - 1]}…"


def _value(viewer: User | None, post: Post, name: str) -> Any:
    value = getattr(post, name, None)
    if name == "ip" and not permissions.can_read_organisation(viewer, post):
        return [{part: row.get(part) for part in ("kind", "state")} for row in value or []]
    return value


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value.isoformat() if isinstance(value, dt.date) else value


def _labelled(vocabulary: Vocabulary, value: str | list[str]) -> str | list[str]:
    return vocabulary.label(value) if isinstance(value, str) else [vocabulary.label(code) for code in value]


def _indicator(row: Indicator) -> Json:
    return {"quantity": row.quantity, "comparison": COMPARISONS[row.comparison], "low": row.low, "high": row.high,
            "unit": row.unit, "condition": row.condition}

"""Before a post is submitted: how many it would already match. Counts alone, from its public words."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from matchmaker.services import matching, shortlists
from matchmaker.services.ports import Finder, FinderUnavailable
from models import CLASSES, Indicator, Post, User
from models.vocabulary import Kind

LONGEST = 600
"""Characters that are encoded: more would take longer than a person waits."""
PATIENCE = 2.0
"""Seconds after which no further kind is begun."""
COUNTED = 100
BANDS = ("strong", "medium", "weak")
FULL = ("main_problem", "key_technique", "expected_goal", "description", "capacity", "services")


@dataclass(frozen=True)
class Preview:
    """`counts`: kind → band → how many. `away`: nothing could be counted. `short`: too little is written yet."""

    counts: dict[Kind, dict[str, int]]
    away: bool = False
    short: bool = False

    @property
    def total(self) -> int:
        return sum(sum(bands.values()) for bands in self.counts.values())


def would_match(session: Session, finder: Finder, viewer: User, kind: Kind, values: Mapping[str, Any]) -> Preview:
    """How many published posts answer these values, as strangers would read them."""
    text = public_words(values)
    if len(text) < 8:
        return Preview({}, short=True)
    counts: dict[Kind, dict[str, int]] = {}
    end = time.monotonic() + PATIENCE
    try:
        for wanted in matching.wanted_kinds(kind):
            if time.monotonic() > end:
                break
            rows = shortlists.free_text(session, finder, viewer, text, wanted, COUNTED)
            found = Counter(row.ranked.band for row in rows if row.ranked.passed)
            counts[wanted] = {band: found[band] for band in BANDS}
    except FinderUnavailable:
        return Preview(counts, away=not counts)
    return Preview(counts)


def unsaved(kind: Kind, poster: User, values: Mapping[str, Any]) -> Post:
    """The post that the values would make, in no session; indicators without a number are left out."""
    columns = CLASSES[kind].__mapper__.column_attrs.keys()
    told = {"kind": kind.value, "secrecy": "public", "disclosure": "open", "contact_public": []} | {
        name: value for name, value in values.items() if name in columns}
    post = CLASSES[kind](**told)
    post.organisation = poster.organisation
    bounded = (row for row in values.get("indicators") or [] if row["low"] is not None or row["high"] is not None)
    post.indicators = [Indicator(position=place, **row) for place, row in enumerate(bounded)]
    return post


def public_words(values: Mapping[str, Any]) -> str:
    """Title, keywords and the text that anyone may read, cut to LONGEST characters."""
    names = FULL if values.get("disclosure", "open") == "open" else ()
    words = [*(values.get("keywords") or []), *(values.get("research_fields") or [])]
    parts = [values.get("title"), " ".join(words), values.get("brief"),
             *(values.get(name) for name in names)]
    return "\n".join(str(part) for part in parts if part)[:LONGEST]

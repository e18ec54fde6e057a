"""Quantified indicators between text, form and table. A row: quantity, comparison, low, high, unit, condition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matchmaker.ranking.indicators import Indicator as Read
from matchmaker.ranking.indicators import parse_indicators
from models import Indicator, Post
from models.vocabulary import COMPARISONS

PARTS = ("quantity", "comparison", "low", "high", "unit", "condition")
LOOKED_AT = 4000
"""Characters of a text in which indicators are looked for."""


def read(text: str) -> list[dict[str, Any]]:
    """The indicators of a text, each once, as rows."""
    found = [row_of(one) for one in parse_indicators(text[:LOOKED_AT])]
    return [row for place, row in enumerate(found) if row not in found[:place]]


def row_of(found: Read) -> dict[str, Any]:
    """An indicator that was read from text, as it is stored; what is too long for the table is cut."""
    low, high = (float(end) if end is not None else None for end in (found.low, found.high))
    sign = found.comparison.value
    return {"quantity": found.quantity[:100], "comparison": COMPARISONS.code(sign) or sign,
            "low": low, "high": high, "unit": found.unit[:32], "condition": found.condition[:100]}


def rows_of(post: Post) -> list[dict[str, Any]]:
    """The indicators stored with a post."""
    return [{part: getattr(one, part) for part in PARTS} for one in post.indicators]


def write(post: Post, rows: Sequence[Mapping[str, Any]]) -> bool:
    """Let the post have these indicators, confirmed by whoever writes them; whether that changed any."""
    kept = [dict(row) for row in rows]
    if kept == rows_of(post) and all(one.confirmed for one in post.indicators):
        return False
    post.indicators = [Indicator(position=place, confirmed=True, **row) for place, row in enumerate(kept)]
    return True

"""What makes a need answerable, told while it is written: what is there, what is missing, how a better one reads.

From what is typed so far to advice; nothing is stored.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from matchmaker.services import elements, measures
from matchmaker.services.coaching_words import BY_FIELD, PLAIN, WHY
from matchmaker.services.content import REQUIRED
from matchmaker.services.ports import Finder
from models.vocabulary import CLARITY, Kind

SPOKEN = ("main_problem", "key_technique", "expected_goal")
"""The texts in which indicators and elements are looked for."""
ENOUGH = 20
"""Characters from which a text describes something."""
IDEA = re.compile(r"研制|研发|开发|新一代|设想|构想|探索|概念|打算|计划|布局|想做|想要")
Row = dict[str, Any]


@dataclass(frozen=True)
class Advice:
    """One of the things that make a need answerable: whether it is there, why it matters, how it reads well."""

    name: str
    label: str
    there: bool
    why: str
    weak: str
    better: str


@dataclass(frozen=True)
class Coaching:
    """What is told beside the form."""

    found: list[Row]
    """Indicators read from the texts that are not yet among the rows."""
    listed: int
    """Indicators among the rows."""
    advice: list[Advice]
    elements: dict[str, list[str]]
    """Suggested phrases of elements that are still empty."""
    clarity: str
    """Code of CLARITY that the text speaks for; "" while too little is written."""
    share: int
    """Of all that a complete need says, how many per cent are there."""

    @property
    def clarity_label(self) -> str:
        return CLARITY.label(self.clarity) if self.clarity else ""

    @property
    def missing(self) -> list[Advice]:
        return [one for one in self.advice if not one.there]


def coach(values: Mapping[str, Any], finder: Finder) -> Coaching:
    """Advice on a need from its values, as they stand; fields that cannot be read count as empty."""
    text = "\n".join(str(values.get(name) or "") for name in SPOKEN)
    rows: list[Row] = list(values.get("indicators") or [])
    known = {_key(row) for row in rows}
    found = [row for row in measures.read(text) if _key(row) not in known]
    chosen = values.get("elements") or {}
    there = {
        "indicators": bool(rows or found), "budget": values.get("budget") is not None,
        "deadline": bool(values.get("to_year")), "tried": len(str(values.get("tried") or "")) >= 4,
        "elements": bool(chosen),
    }
    suggested = elements.suggest(finder, f"{values.get('title') or ''}。{text}")
    return Coaching(
        found=found, listed=len(rows), advice=[_advice(name, there[name], values) for name in WHY],
        elements={name: phrases for name, phrases in suggested.items() if not chosen.get(name)},
        clarity=clarity(values, there["indicators"]), share=_share(values, there))


def clarity(values: Mapping[str, Any], measured: bool) -> str:
    """清晰: a problem and a quantified target; 模糊: a problem without one; 概念: an idea without a problem at hand;
    无方向: a wish of which neither is said. "" while there are fewer than ENOUGH characters."""
    texts = {name: str(values.get(name) or "") for name in SPOKEN}
    everything = str(values.get("title") or "") + "".join(texts.values())
    if len(everything) < ENOUGH:
        return ""
    problem = len(texts["main_problem"]) >= ENOUGH
    if problem and measured:
        return "clear"
    if problem or measured:
        return "concept" if not measured and IDEA.search(texts["main_problem"][:40]) else "vague"
    return "concept" if IDEA.search(everything) or texts["expected_goal"] or texts["key_technique"] else "none"


def _advice(name: str, there: bool, values: Mapping[str, Any]) -> Advice:
    """Examples are of the need's technology field where there are some for it."""
    label, why = WHY[name]
    weak, better = BY_FIELD.get(str(values.get("field") or ""), PLAIN[name]) if name == "indicators" else PLAIN[name]
    return Advice(name, label, there, why, weak, better)


def _share(values: Mapping[str, Any], there: Mapping[str, bool]) -> int:
    filled = [values.get(name) not in (None, "", [], {}) for name in REQUIRED[Kind.NEED]] + list(there.values())
    return round(100 * sum(filled) / len(filled))


def _key(row: Row) -> tuple[Any, ...]:
    return row.get("quantity"), row.get("low"), row.get("high")

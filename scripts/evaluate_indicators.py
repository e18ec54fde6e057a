"""Precision and recall of reading indicators, on the phrases of the test set.

python -m scripts.evaluate_indicators [--phrases FILE] [--split dev|test] [--errors]
"""

from __future__ import annotations

import argparse
import json
import unicodedata
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple, TypedDict

from matchmaker.ranking.indicators import Indicator, parse_indicators, quantity_key

PHRASES = Path(__file__).resolve().parent.parent / "tests" / "ranking" / "indicator_phrases.jsonl"


class Expected(TypedDict):
    quantity: str
    comparison: str
    low: str | None
    high: str | None
    unit: str
    condition: str


class Phrase(TypedDict):
    text: str
    split: str
    domain: str
    indicators: list[Expected]


class Fact(NamedTuple):
    """What must be right: name (normalised), comparison, values and unit (full-width and blanks aside)."""

    quantity: str
    comparison: str
    low: Decimal | None
    high: Decimal | None
    unit: str


@dataclass
class Score:
    right: int = 0
    found: int = 0
    expected: int = 0
    conditions_right: int = 0
    conditions: int = 0
    phrases: int = 0
    errors: list[str] = field(default_factory=list)

    @property
    def precision(self) -> float:
        return self.right / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        return self.right / self.expected if self.expected else 1.0


def load(path: Path = PHRASES) -> list[Phrase]:
    """The phrases of a JSONL file, one object a line."""
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def _unit(text: str) -> str:
    return unicodedata.normalize("NFKC", text).replace(" ", "").replace("•", "·").replace("⋅", "·")


def _wanted(one: Expected) -> Fact:
    low, high = (None if value is None else Decimal(value) for value in (one["low"], one["high"]))
    return Fact(quantity_key(one["quantity"]), one["comparison"], low, high, _unit(one["unit"]))


def _read(one: Indicator) -> Fact:
    return Fact(quantity_key(one.quantity), one.comparison.value, one.low, one.high, _unit(one.unit))


def evaluate(phrases: list[Phrase]) -> Score:
    """Counts over all phrases; a fact found twice but expected once is wrong once."""
    score = Score(phrases=len(phrases))
    for phrase in phrases:
        read = parse_indicators(phrase["text"])
        wanted, got = Counter(map(_wanted, phrase["indicators"])), Counter(map(_read, read))
        both = wanted & got
        score.right += both.total()
        score.found += got.total()
        score.expected += wanted.total()
        conditions = {_read(one): one.condition for one in read}
        for one in phrase["indicators"]:
            if one["condition"] and (fact := _wanted(one)) in conditions:
                score.conditions += 1
                score.conditions_right += _unit(conditions[fact]) == _unit(one["condition"])
        score.errors += [f"missed {_show(fact)} in {phrase['text']}" for fact in wanted - got]
        score.errors += [f"false  {_show(fact)} in {phrase['text']}" for fact in got - wanted]
    return score


def _show(fact: Fact) -> str:
    low, high = (("" if value is None else str(value)) for value in (fact.low, fact.high))
    return f"{fact.quantity} {fact.comparison} {low}|{high} {fact.unit}"


def table(phrases: list[Phrase], split: str = "") -> str:
    """A Markdown table: one line for each split and one for all."""
    splits = [split] if split else [*sorted({phrase["split"] for phrase in phrases}), "all"]
    lines = [
        "| split | phrases | without any | expected | found | right | precision | recall | conditions |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for name in splits:
        chosen = [phrase for phrase in phrases if name in ("all", phrase["split"])]
        empty = sum(not phrase["indicators"] for phrase in chosen)
        score = evaluate(chosen)
        lines.append(
            f"| {name} | {score.phrases} | {empty} | {score.expected} | {score.found} | {score.right} "
            f"| {score.precision:.3f} | {score.recall:.3f} | {score.conditions_right}/{score.conditions} |"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--phrases", type=Path, default=PHRASES)
    parser.add_argument("--split", default="", choices=["", "dev", "test"])
    parser.add_argument("--errors", action="store_true", help="list what was missed or wrongly found")
    arguments = parser.parse_args()
    phrases = load(arguments.phrases)
    print(table(phrases, arguments.split))
    if arguments.errors:
        chosen = [phrase for phrase in phrases if arguments.split in ("", phrase["split"])]
        print("\n".join(evaluate(chosen).errors))


if __name__ == "__main__":
    main()

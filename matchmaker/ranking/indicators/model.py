"""What a quantified requirement is, and what comparing two of them gives."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class Comparison(StrEnum):
    """How the stated number bounds the quantity."""

    GE = "≥"
    LE = "≤"
    EQ = "="
    GT = ">"
    LT = "<"
    RANGE = "range"


class Verdict(StrEnum):
    """Whether one indicator of a need is answered by a supply."""

    MET = "met"
    UNMET = "unmet"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Indicator:
    """One quantified requirement or measured value.

    ``low`` and ``high`` are in ``unit``, the unit as the author wrote it (万吨 keeps its 万); the canonical
    pair is the same in ``canonical_unit`` and can be compared across authors. ``≥ >`` set only ``low``,
    ``≤ <`` only ``high``, ``=`` both alike, a range both. An unknown or absent unit is ``""``.
    ``span`` are the character positions of the value with its comparison words in the original text.
    """

    quantity: str
    comparison: Comparison
    low: Decimal | None
    high: Decimal | None
    unit: str
    canonical_unit: str
    canonical_low: Decimal | None
    canonical_high: Decimal | None
    condition: str
    span: tuple[int, int]
    approximate: bool = False

    def __str__(self) -> str:
        """The indicator as a person would write it: 抗拉强度 ≥ 800 MPa（室温）."""
        condition = f"（{self.condition}）" if self.condition else ""
        return f"{self.quantity} {self.value_text()}{condition}"

    def value_text(self) -> str:
        """Comparison, number and unit without the name: ≥ 800 MPa."""
        unit = f" {self.unit}" if self.unit else ""
        if self.unit == "IP":
            return f"{self.comparison} IP{self.low if self.low is not None else self.high}"
        if self.comparison is Comparison.RANGE and self.low is not None and self.low == -(self.high or 0):
            return f"±{plain(self.high)}{unit}"
        if self.comparison is Comparison.RANGE:
            return f"{plain(self.low)}～{plain(self.high)}{unit}"
        sign = "约" if self.approximate else self.comparison.value
        return f"{sign} {plain(self.low if self.low is not None else self.high)}{unit}"


@dataclass(frozen=True, slots=True)
class IndicatorVerdict:
    """The verdict on one indicator of the need, the indicator of the supply it rests on, and a sentence."""

    need: Indicator
    supply: Indicator | None
    verdict: Verdict
    sentence: str


def plain(number: Decimal | None) -> str:
    """A number without an exponent where that stays readable: 2E+1 → 20, 1E-9 → 1E-9."""
    if number is None:
        return ""
    return f"{number:f}" if -8 < number.adjusted() < 15 else str(number)

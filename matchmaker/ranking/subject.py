"""A post as the ranking sees it: plain values, no table behind them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple


class Coded(NamedTuple):
    """A code of a closed list with the label that a person reads."""

    code: str
    label: str


PUBLIC = Coded("public", "公开")


@dataclass(frozen=True)
class Subject:
    """One side of a pair. What is not known is None or empty; amounts are in yuan, levels are TRL 1–9."""

    id: int
    kind: str
    title: str
    text: str = ""
    """The words that may be compared: of who asks everything, of a candidate only what is public."""
    keywords: tuple[str, ...] = ()
    field: Coded | None = None
    region: Coded | None = None
    organisation_id: int | None = None
    owner_id: int | None = None
    published: bool = True
    secrecy: Coded = PUBLIC
    valid_until: dt.date | None = None
    updated_on: dt.date | None = None
    modes: tuple[Coded, ...] = ()
    budget: Decimal | None = None
    price: Decimal | None = None
    deadline: dt.date | None = None
    months_to_deliver: int | None = None
    regions: tuple[Coded, ...] | None = ()
    """A need: regions accepted; an expert: regions served; empty = any, None = not disclosed."""
    trl: int | None = None
    trl_low: int | None = None
    trl_high: int | None = None


def contains(wide: Coded, narrow: Coded) -> bool:
    """Whether the region `wide` (GB/T 2260, pairs of digits for province, city, county) contains `narrow`."""
    prefix = wide.code
    while len(prefix) > 2 and prefix.endswith("00"):
        prefix = prefix[:-2]
    return narrow.code.startswith(prefix)


def inside(place: Coded, regions: tuple[Coded, ...]) -> bool:
    return any(contains(region, place) for region in regions)

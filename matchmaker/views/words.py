"""How values read on a page: dates, amounts, codes, verdicts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from zoneinfo import ZoneInfo

from models import vocabulary
from models.vocabulary import Kind, Role, State

HERE = ZoneInfo("Asia/Shanghai")
BANDS = {"strong": "强", "medium": "中", "weak": "弱"}
VERDICTS = {"pass": "通过", "fail": "不通过", "unknown": "待确认", "met": "满足", "unmet": "未满足"}
VOCABULARIES = {thing.name: thing for thing in vars(vocabulary).values() if isinstance(thing, vocabulary.Vocabulary)}


def day(value: dt.date | dt.datetime | None) -> str:
    """2026-11-22, as it is on the wall here."""
    if value is None:
        return ""
    return (value.astimezone(HERE) if isinstance(value, dt.datetime) else value).strftime("%Y-%m-%d")


def moment(value: dt.datetime | None) -> str:
    """2026-11-22 14:05, as it is on the wall here."""
    return value.astimezone(HERE).strftime("%Y-%m-%d %H:%M") if value else ""


def wan(value: Decimal | None) -> str:
    """An amount in yuan, said in 万元."""
    if value is None:
        return ""
    return f"{(value / 10000).quantize(Decimal('0.01')).normalize():f} 万元"


def label(code: str | None, name: str) -> str:
    """How a code of the closed list `name` reads."""
    return VOCABULARIES[name].label(code)


def labels(codes: list[str] | None, name: str) -> str:
    return "、".join(label(code, name) for code in codes or [])


def number(value: float | None) -> str:
    """A measured value without superfluous zeros."""
    return "" if value is None else f"{value:.10g}"


FILTERS: dict[str, Callable[..., str]] = {
    "day": day, "moment": moment, "wan": wan, "label": label, "labels": labels, "number": number,
    "kind_label": lambda kind: Kind(kind).label, "state_label": lambda state: State(state).label,
    "role_label": lambda role: Role(role).label, "band_label": lambda band: BANDS.get(band, band),
    "verdict_label": lambda verdict: VERDICTS.get(verdict, verdict),
}

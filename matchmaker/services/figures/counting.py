"""Values, groups, months and rows of a figure: all from the figure's one select."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from statistics import fmean, median
from typing import Any

from sqlalchemy import Select, and_, case, func, or_, select
from sqlalchemy.orm import Session

from matchmaker.services import clock
from matchmaker.services.figures import parts
from matchmaker.services.figures import period as periods
from matchmaker.services.figures.period import Period
from matchmaker.services.figures.scope import Scope
from matchmaker.services.figures.table import FIGURES, Figure, Value
from matchmaker.services.problems import NotFound
from models import Contract

PAGE = 50


@dataclass(frozen=True)
class Within:
    """A part of a figure's rows: the group `code` of `by`, and those of at least `least` yuan."""

    by: str | None = None
    code: str | None = None
    least: Decimal | None = None


@dataclass(frozen=True)
class Row:
    """One row behind a figure: the stored row's id, when it counts, and its value (None: it does not count)."""

    id: int
    at: dt.datetime | dt.date
    value: Value


@dataclass(frozen=True)
class RowPage:
    rows: list[Row]
    after: str | None


ALL = Within()


def figure(key: str) -> Figure:
    """The figure of a key. Raises NotFound."""
    if key not in FIGURES:
        raise NotFound("没有这项统计。请从数据看板进入。")
    return FIGURES[key]


def value(session: Session, key: str, scope: Scope, within: Within = ALL) -> Value:
    """The figure within the scope; None where there is nothing of which it could be made."""
    wanted = figure(key)
    query = _narrowed(wanted, scope, within)
    if wanted.how == "count":
        return session.scalar(select(func.count()).select_from(query.subquery())) or 0
    return aggregate(wanted, (wanted.measure(row, scope) for row in session.execute(query)))


def values(session: Session, keys: Iterable[str], scope: Scope) -> dict[str, Value]:
    """Several figures within the scope; rows of which more than one is made are read once."""
    found: dict[str, Value] = {}
    read: dict[Callable[[Scope], Select[Any]], Sequence[Any]] = {}
    for key in keys:
        wanted = figure(key)
        if wanted.how == "count":
            found[key] = value(session, key, scope)
            continue
        if wanted.rows not in read:
            read[wanted.rows] = session.execute(wanted.rows(scope)).all()
        found[key] = aggregate(wanted, (wanted.measure(row, scope) for row in read[wanted.rows]))
    return found


def aggregate(wanted: Figure, values: Iterable[Value]) -> Value:
    """One figure of the values of its rows."""
    counted = [one for one in values if one is not None]
    if wanted.how == "count":
        return len(counted)
    if wanted.how == "sum":
        total = sum((Decimal(one) for one in counted), Decimal(0))
        return total if wanted.money else int(total)
    if not counted:
        return None
    numbers = [float(one) for one in counted]
    if wanted.how == "share":
        return round(100 * fmean(numbers), 1)
    return round(median(numbers) if wanted.how == "median" else fmean(numbers), 1)


def split(session: Session, key: str, scope: Scope, by: str) -> dict[str, Value]:
    """The figure of each group, the largest first; by: see `parts.GROUPS`. Raises NotFound for no such grouping."""
    wanted = figure(key)
    column = _group(wanted, by).label("code")
    query = wanted.rows(scope).add_columns(column)
    if wanted.how == "count":
        groups = query.subquery()
        counted = session.execute(select(groups.c.code, func.count().label("n")).group_by(groups.c.code))
        found: dict[str, Value] = {row.code: row.n for row in counted}
    else:
        values: dict[str, list[Value]] = {}
        for row in session.execute(query):
            values.setdefault(row.code, []).append(wanted.measure(row, scope))
        found = {code: aggregate(wanted, group) for code, group in values.items()}
    return dict(sorted(found.items(), key=lambda item: (item[0] == parts.NONE, -(item[1] or 0), item[0])))


def monthly(session: Session, key: str, scope: Scope) -> list[tuple[Period, Value]]:
    """The figure of each month of the scope's period."""
    wanted = figure(key)
    if wanted.how == "count":
        return _counted_monthly(session, wanted, scope)
    found: dict[dt.date, list[Value]] = {month.start: [] for month in periods.months(scope.period)}
    for row in session.execute(wanted.rows(scope)):
        day = clock.day_of(row.at) if isinstance(row.at, dt.datetime) else row.at
        found[day.replace(day=1)].append(wanted.measure(row, scope))
    return [(month, aggregate(wanted, found[month.start])) for month in periods.months(scope.period)]


def _counted_monthly(session: Session, wanted: Figure, scope: Scope) -> list[tuple[Period, Value]]:
    """Counted in the database, month by month in one pass."""
    inner, spans = wanted.rows(scope).subquery(), periods.months(scope.period)
    days = inner.c.at.type.python_type is dt.date
    ends = [span.end if days else span.moments[1] for span in spans]
    month = case(*((inner.c.at < end, place) for place, end in enumerate(ends))).label("month")
    placed = select(month).subquery()
    counted = session.execute(select(placed.c.month, func.count().label("n")).group_by(placed.c.month))
    found = {row.month: row.n for row in counted}
    return [(span, found.get(place, 0)) for place, span in enumerate(spans)]


def rows(session: Session, key: str, scope: Scope, within: Within = ALL, after: str | None = None) -> RowPage:
    """One page of the rows behind a figure, the latest first. `after` is what the page before said."""
    wanted = figure(key)
    inner = _narrowed(wanted, scope, within).subquery()
    query = select(inner).order_by(inner.c.at.desc(), inner.c.id.desc()).limit(PAGE + 1)
    if place := _place(after, inner.c.at.type.python_type is dt.date):
        query = query.where(or_(inner.c.at < place[0], and_(inner.c.at == place[0], inner.c.id < place[1])))
    found = [Row(row.id, row.at, wanted.measure(row, scope)) for row in session.execute(query)]
    more = found[PAGE - 1] if len(found) > PAGE else None
    return RowPage(found[:PAGE], f"{more.at.isoformat()}~{more.id}" if more else None)


def every_row(session: Session, key: str, scope: Scope, within: Within = ALL) -> list[Row]:
    """All rows behind a figure, the latest first."""
    wanted = figure(key)
    inner = _narrowed(wanted, scope, within).subquery()
    query = select(inner).order_by(inner.c.at.desc(), inner.c.id.desc())
    return [Row(row.id, row.at, wanted.measure(row, scope)) for row in session.execute(query)]


def groups(wanted: Figure) -> Sequence[str]:
    """By what the rows of a figure can be grouped."""
    return list(parts.GROUPS[wanted.subject])


def _narrowed(wanted: Figure, scope: Scope, within: Within) -> Select[Any]:
    query = wanted.rows(scope)
    if within.by is not None and within.code is not None:
        query = query.where(_group(wanted, within.by) == within.code)
    if within.least is not None and wanted.subject == "contract":
        query = query.where(Contract.amount >= within.least)
    return query


def _group(wanted: Figure, by: str) -> Any:
    known = parts.GROUPS[wanted.subject]
    if by not in known:
        raise NotFound("这项统计不能这样分组。")
    return known[by]


def _place(mark: str | None, days: bool) -> tuple[dt.datetime | dt.date, int] | None:
    """Where a page ended, among days or among moments; None for what no page said."""
    at, _, last = (mark or "").partition("~")
    if not (last.isdecimal() and len(last) < 10):
        return None
    try:
        if days:
            return dt.date.fromisoformat(at), int(last)
        moment = dt.datetime.fromisoformat(at)
        return (moment.astimezone(dt.UTC), int(last)) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None

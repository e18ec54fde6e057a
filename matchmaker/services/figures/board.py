"""What the dashboard shows: cards beside last year and targets, charts with the table behind each, what is stalled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker.services import organisations, progress, targets
from matchmaker.services.figures import counting, parts, showing
from matchmaker.services.figures import period as periods
from matchmaker.services.figures.funnel import funnel
from matchmaker.services.figures.scope import Scope
from matchmaker.services.figures.table import FIGURES, Figure, Value
from models import Contract, Post, User
from models.vocabulary import FIELDS, REGIONS, Role

CARDS = ("needs_published", "achievements_published", "needs_answered", "response_days", "shortlists_accepted",
         "accepted_position", "cases_opened", "contracts_count", "contracts_amount", "contracts_technology",
         "registered_count", "activities")
BY = ("field", "region", "institute", "type")
MOST = 12
"""Groups drawn in a chart; its table has them all."""
STALLED_SHOWN = 8


@dataclass(frozen=True)
class Card:
    """One figure: as it reads, beside last year, and beside the year's target where there is one.

    `earlier`: the address words of last year's rows; none where nothing was counted then.
    """

    key: str
    name: str
    sentence: str
    number: str
    unit: str
    change: str
    trend: str
    earlier: Mapping[str, str]
    target: str = ""
    percent: int | None = None


@dataclass(frozen=True)
class Bar:
    """One row of a chart's table: its cells, and the address words of the rows behind it."""

    label: str
    cells: tuple[str, ...]
    links: tuple[Mapping[str, str] | None, ...] = ()


@dataclass(frozen=True)
class Chart:
    """A drawing, the same in words, and as a table. `download` names figure and grouping of the table as a file."""

    id: str
    title: str
    kind: str
    unit: str
    labels: Sequence[str]
    series: Sequence[tuple[str, Sequence[float | None]]]
    headings: Sequence[str]
    rows: Sequence[Bar]
    said: str

    def drawn(self) -> dict[str, Any]:
        """What the script draws."""
        return {"kind": self.kind, "unit": self.unit, "labels": list(self.labels),
                "series": [{"name": name, "data": list(data)} for name, data in self.series]}

    @property
    def empty(self) -> bool:
        return not any(any(data) for _name, data in self.series)


@dataclass(frozen=True)
class Board:
    cards: Sequence[Card]
    charts: Sequence[Chart]
    stalled: Sequence[showing.Line]
    stalled_count: int
    empty: bool
    demo: bool
    choices: Mapping[str, Sequence[tuple[str, str]]] = field(default_factory=dict)


def build(session: Session, scope: Scope, by: str) -> Board:
    """Everything on the dashboard; `by` is one of BY."""
    cards = _cards(session, scope)
    charts = [contract_months(session, scope), post_months(session, scope), steps(session, scope),
              contracts_by(session, scope, by), load(session, scope)]
    stalled = counting.rows(session, "cases_stalled", scope)
    count = counting.value(session, "cases_stalled", scope)
    shown = showing.lines(session, FIGURES["cases_stalled"], stalled.rows[::-1][:STALLED_SHOWN])
    return Board(cards, charts, shown, int(count or 0), all(chart.empty for chart in charts), _has_demo(session, scope),
                 choices(session, scope))


def chart(session: Session, scope: Scope, name: str, by: str) -> Chart | None:
    """One chart of the dashboard by its id."""
    makers = {"months": contract_months, "posts": post_months, "funnel": steps, "load": load}
    if name == "groups":
        return contracts_by(session, scope, by)
    return makers[name](session, scope) if name in makers else None


def _cards(session: Session, scope: Scope) -> list[Card]:
    wanted, before = targets.amounts(session, scope), scope.before()
    values, earlier = (counting.values(session, CARDS, one) for one in (scope, before))
    found = []
    for key in CARDS:
        figure, now, then, amount = FIGURES[key], values[key], earlier[key], wanted.get(key)
        percent = progress.percent(now, amount, fewer=figure.fewer_is_better)
        found.append(Card(key, figure.name, figure.sentence, showing.plain(figure, now), showing.unit(figure),
                          showing.change(figure, now, then), _trend(figure, now, then),
                          {} if then is None else before.as_query() | {"key": key},
                          "" if amount is None else showing.text(figure, amount), percent))
    return found


def _trend(figure: Figure, now: Value, then: Value) -> str:
    """Whether it is better or worse than a year ago; fewer days and a nearer place are better."""
    if now is None or then is None or float(now) == float(then):
        return "same"
    more = float(now) > float(then)
    return "better" if more != figure.fewer_is_better else "worse"


def contract_months(session: Session, scope: Scope) -> Chart:
    """The year's technology contracts month by month, beside the year before."""
    year = scope.during(periods.year(scope.period.last.year))
    before = year.during(periods.year(scope.period.last.year - 1))
    money, count = FIGURES["contracts_technology"], FIGURES["contracts_count"]
    now, then = (counting.monthly(session, money.key, one) for one in (year, before))
    numbers = counting.monthly(session, count.key, year)
    rows = [Bar(f"{month.start.month} 月",
                (showing.plain(money, value), showing.plain(money, old), showing.plain(count, n)),
                (_month_link(month, money.key), _month_link(earlier, money.key), _month_link(month, count.key)))
            for (month, value), (earlier, old), (_month, n) in zip(now, then, numbers, strict=True)]
    name, old_name = f"{year.period.start.year} 年", f"{before.period.start.year} 年"
    total, old_total = (counting.aggregate(money, (value for _m, value in one)) for one in (now, then))
    return Chart(
        "months", "技术交易额逐月", "bar", "万元", [f"{month.start.month}月" for month, _v in now],
        [(name, [showing.shown(money, value) if month.start <= scope.today else None for month, value in now]),
         (old_name, [showing.shown(money, value) for _m, value in then])],
        ("月份", f"{name}技术交易额（万元）", f"{old_name}技术交易额（万元）", f"{name}项数"), rows,
        f"{name}技术交易额合计 {showing.text(money, total)}，{old_name}全年 {showing.text(money, old_total)}。")


def post_months(session: Session, scope: Scope) -> Chart:
    """The year's needs and achievements month by month."""
    year = scope.during(periods.year(scope.period.last.year))
    keys = ("needs_published", "achievements_published")
    needs, achievements = (counting.monthly(session, key, year) for key in keys)
    rows = [Bar(f"{month.start.month} 月", (str(n), str(m)), tuple(_month_link(month, key) for key in keys))
            for (month, n), (_month, m) in zip(needs, achievements, strict=True)]
    total, other = (sum(int(value or 0) for _m, value in one) for one in (needs, achievements))
    return Chart(
        "posts", "需求与成果逐月发布", "line", "件", [f"{month.start.month}月" for month, _v in needs],
        [(title, [int(value or 0) if month.start <= scope.today else None for month, value in one])
         for title, one in (("技术需求", needs), ("科技成果", achievements))],
        ("月份", "技术需求（件）", "科技成果（项）"), rows,
        f"{year.period.start.year} 年发布技术需求 {total} 件、科技成果 {other} 项。")


def steps(session: Session, scope: Scope) -> Chart:
    """How far the needs of the period came."""
    found = funnel(session, scope)
    rows = [Bar(step.name, (str(step.count), "" if step.conversion is None else f"{step.conversion:g}%",
                            "" if step.days is None else f"{step.days:g}"),
                ({"key": step.figure}, *({"key": key} if step.conversion is not None else None
                                         for key in (step.rate, step.pace))))
            for step in found]
    first, last = found[0], found[-2]
    said = f"{first.count} 件有匹配清单的需求中，{last.count} 件已签约。" if first.count else ""
    return Chart("funnel", "从匹配清单到合同", "funnel", "件", [step.name for step in found],
                 [("需求", [step.count for step in found])],
                 ("阶段", "需求数（件）", "占上一阶段", "所用天数（中位数）"), rows, said)


def contracts_by(session: Session, scope: Scope, by: str) -> Chart:
    """Contracts of the period by field, region, institute or type."""
    keys = ("contracts_technology", "contracts_amount", "contracts_count")
    money, amounts, counts = (counting.split(session, key, scope, by) for key in keys)
    before = scope.before()
    then = counting.split(session, keys[0], before, by)
    codes = [*money, *(code for code in then if code not in money)]
    labels = showing.group_labels(session, by, codes)
    cells = [(keys[0], money), (keys[1], amounts), (keys[2], counts)]
    rows = [Bar(labels[code], (*(showing.plain(FIGURES[key], found.get(code, 0)) for key, found in cells),
                               showing.plain(FIGURES[keys[0]], then.get(code, 0))),
                (*({"key": key, "by": by, "code": code} for key in keys),
                 {**before.as_query(), "key": keys[0], "by": by, "code": code})) for code in codes]
    drawn = list(money)[:MOST]
    head = showing.GROUPINGS[by]
    said = "、".join(f"{labels[code]} {showing.text(FIGURES[keys[0]], money[code])}" for code in drawn[:3])
    return Chart(
        "groups", f"技术交易额按{head}", "bars", "万元", [showing.brief(by, code, labels[code]) for code in drawn],
        [("技术交易额", [showing.shown(FIGURES[keys[0]], money[code]) for code in drawn])],
        (head, "技术交易额（万元）", "合同金额（万元）", "项数", "去年同期技术交易额（万元）"), rows,
        f"最多的是{said}。" if said else "")


def load(session: Session, scope: Scope) -> Chart:
    """The open and the stalled cases of each broker."""
    opened, stalled = (counting.split(session, key, scope, "broker") for key in ("cases_open", "cases_stalled"))
    labels = showing.group_labels(session, "broker", opened)
    rows = [Bar(labels[code], (str(opened[code]), str(stalled.get(code, 0))),
                tuple({"key": key, "by": "broker", "code": code} for key in ("cases_open", "cases_stalled")))
            for code in opened]
    drawn = list(opened)[:MOST]
    going = [int(opened[code] or 0) - int(stalled.get(code) or 0) for code in drawn]
    said = "、".join(f"{labels[code]} {opened[code]} 件" for code in drawn[:3])
    return Chart("load", "技术经理人在办对接", "stack", "件", [labels[code] for code in drawn],
                 [("正常推进", going), ("停滞", [int(stalled.get(code) or 0) for code in drawn])],
                 ("技术经理人", "在办（件）", "其中停滞（件）"), rows, f"在办最多的是{said}。" if said else "")


def choices(session: Session, scope: Scope) -> dict[str, list[tuple[str, str]]]:
    """What a scope may be narrowed to: brokers whom the viewer may see, institutes, regions in use, fields."""
    brokers = select(User.id, User.name).where(User.role == Role.BROKER.value).order_by(User.name)
    if scope.people is not None:
        brokers = brokers.where(User.id.in_(scope.people))
    institutes = organisations.institutes(session, scope.institute)
    regions = set(session.scalars(select(func.substr(Post.region, 1, 4)).where(Post.region.is_not(None)).distinct()))
    codes = sorted({f"{code[:2]}0000" for code in regions} | {f"{code}00" for code in regions})
    return {"broker": [(str(key), name) for key, name in session.execute(brokers)],
            "institute": [(str(one.id), one.name) for one in institutes],
            "region": [(code, REGIONS.label(code)) for code in codes], "field": list(FIELDS.items())}


def _month_link(month: periods.Period, key: str) -> dict[str, str]:
    return {"key": key, "period": "month", "on": month.start.isoformat()}


def _has_demo(session: Session, scope: Scope) -> bool:
    """Whether the demonstration's rows are counted."""
    if not scope.demo:
        return False
    mixed = replace(scope, period=scope.period)
    some = parts.contract_rows(mixed, Contract.signed_on).where(Contract.demo).limit(1)
    needs = select(Post.id).where(Post.demo, parts.during(Post.published_at, mixed)).limit(1)
    return session.execute(some).first() is not None or session.execute(needs).first() is not None

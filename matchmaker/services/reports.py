"""The office's reports: tables made of the same figures as the dashboard, each number with the rows behind it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy.orm import Session

from matchmaker.services import progress, targets
from matchmaker.services.figures import counting, parts, showing
from matchmaker.services.figures import period as periods
from matchmaker.services.figures.counting import Within
from matchmaker.services.figures.scope import Scope
from matchmaker.services.figures.table import FIGURES, Value
from matchmaker.services.problems import NotFound

Words = Mapping[str, str]
BROKER = ("registered_count", "registered_amount", "contracts_technology", "deals_count", "deals_amount",
          "needs_published", "cases_opened", "activities", "joint_projects", "response_days", "needs_answered")
AGENCY = ("registered_count", "registered_amount", "registered_technology", "contracts_count", "contracts_amount",
          "contracts_technology", "deals_count", "deals_amount", "needs_published", "achievements_published",
          "cases_opened", "cases_accepted", "activities", "activities_training", "activities_promotion",
          "activities_cooperation", "participants", "joint_projects", "brokers", "response_days", "needs_answered",
          "shortlists_accepted")
BANDS = ((Decimal(1_000_000), "≥100 万元"), (Decimal(100_000_000), "≥1 亿元"))
FORMATS = ("xlsx", "docx")


class Cell(NamedTuple):
    """What stands in a cell: as it reads, as a number where it is one, and the address words of the rows behind it."""

    text: str
    number: int | float | None = None
    link: Words | None = None


class Table(NamedTuple):
    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]


@dataclass(frozen=True)
class Report:
    """A report as it is shown, and as it goes into a file."""

    title: str
    heading: str
    tables: Sequence[Table]
    notes: Sequence[str]


@dataclass(frozen=True)
class Kind:
    """A report that there is: what it is for, and how its tables are made."""

    title: str
    about: str
    tables: Callable[[Session, Scope], Sequence[Table]]
    figures: Sequence[str] = ()


def make(session: Session, scope: Scope, name: str) -> Report:
    """A report within the scope. Raises NotFound."""
    if name not in KINDS:
        raise NotFound("没有这种报表。请从报表页选择。")
    kind = KINDS[name]
    notes = [f"{FIGURES[key].name}：{FIGURES[key].sentence}" for key in kind.figures]
    return Report(kind.title, showing.heading(session, scope), kind.tables(session, scope), notes)


def cell(key: str, value: Value, link: Words) -> Cell:
    """A figure in a table; its unit stands in the heading."""
    figure = FIGURES[key]
    number = None if value is None else showing.shown(figure, value)
    return Cell(showing.plain(figure, value), number, {"key": key, **link})


def _named(key: str) -> str:
    return f"{FIGURES[key].name}（{showing.unit(FIGURES[key])}）"


def _brokers(session: Session, scope: Scope) -> Sequence[Table]:
    """One line per broker, and one for all of them together."""
    people = [row.id for row in counting.every_row(session, "brokers", scope)]
    names = showing.group_labels(session, "broker", [str(one) for one in people])
    rows = []
    for person in sorted(people, key=lambda one: names[str(one)]):
        own = scope.of_area("broker", str(person))
        rows.append([Cell(names[str(person)]), *_line(session, own)])
    rows.append([Cell("合计（去重）"), *_line(session, scope)])
    return [Table("技术经理人业绩", ["技术经理人", *map(_named, BROKER)], rows)]


def _line(session: Session, scope: Scope) -> list[Cell]:
    words = scope.as_query()
    return [cell(key, value, words) for key, value in counting.values(session, BROKER, scope).items()]


def _agency(session: Session, scope: Scope) -> Sequence[Table]:
    """One line per figure, beside the year before and the target."""
    before, wanted = scope.before(), targets.amounts(session, scope)
    values, then_values = (counting.values(session, AGENCY, one) for one in (scope, before))
    rows = []
    for key in AGENCY:
        figure, now, then, amount = FIGURES[key], values[key], then_values[key], wanted.get(key)
        percent = progress.percent(now, amount, fewer=figure.fewer_is_better)
        rows.append([
            Cell(figure.name), Cell(showing.unit(figure)), cell(key, now, scope.as_query()),
            cell(key, then, before.as_query()), Cell(showing.change(figure, now, then)),
            Cell("") if amount is None else Cell(showing.plain(figure, amount), showing.shown(figure, amount)),
            Cell("" if percent is None else f"{percent}%")])
    earlier = f"去年同期（{before.period.start} 至 {before.period.last}）"
    columns = ["指标", "单位", "本期", earlier, "变化", "年度目标", "完成"]
    return [Table("机构业绩", columns, rows)]


def _conversion(session: Session, scope: Scope) -> Sequence[Table]:
    """Contracts by the way of conversion, with those of a million and of a hundred million yuan and more."""
    columns = ["转化方式", "项数", "合同金额（万元）", "技术交易额（万元）"]
    for _least, text in BANDS:
        columns += [f"{text}项数", f"{text}金额（万元）"]
    rows = [[Cell(label), *_converted(session, scope, code)] for code, label in parts.CONVERSION.items()]
    rows.append([Cell("合计"), *_converted(session, scope, None)])
    found = [Table("按转化方式", columns, rows)]
    return found if scope.institute else [*found, _institutes(session, scope)]


def _converted(session: Session, scope: Scope, code: str | None) -> list[Cell]:
    wanted: list[tuple[str, Decimal | None]] = [
        ("contracts_count", None), ("contracts_amount", None), ("contracts_technology", None)]
    wanted += [(key, least) for least, _text in BANDS for key in ("contracts_count", "contracts_amount")]
    found = []
    for key, least in wanted:
        within = Within("conversion" if code else None, code, least)
        words = {name: str(value) for name, value in (("by", within.by), ("code", code), ("least", least)) if value}
        found.append(cell(key, counting.value(session, key, scope, within), scope.as_query() | words))
    return found


def _institutes(session: Session, scope: Scope) -> Table:
    keys = ("contracts_count", "contracts_amount", "contracts_technology")
    split = [counting.split(session, key, scope, "institute") for key in keys]
    labels = showing.group_labels(session, "institute", split[2])
    rows = [[Cell(labels[code]), *(
        cell(key, found.get(code, 0), scope.as_query() | {"by": "institute", "code": code})
        for key, found in zip(keys, split, strict=True))] for code in split[2]]
    return Table("按卖方单位", ["单位", "项数", "合同金额（万元）", "技术交易额（万元）"], rows)


def _progress(session: Session, scope: Scope) -> Sequence[Table]:
    """The plan of the year, quarter by quarter."""
    year = scope.period.last.year
    rows = []
    for one in progress.of_year(session, scope, year):
        goal, area = one.target.goal, one.target
        chosen = {area.area_kind: area.area} if area.area else {}
        line = [Cell(goal.name), Cell(one.area), Cell(progress.read(goal, area.amount))]
        for quarter in [*periods.quarters(year), periods.year(year)]:
            value = progress.done(session, scope, area, quarter) if quarter.start <= scope.today else None
            line.append(Cell(progress.read(goal, value), None, {
                "key": goal.figure, **scope.during(quarter).as_query(), **chosen} if goal.figure else None))
        percent = "" if one.percent is None else f"{one.percent}%"
        rows.append([*line, Cell(percent), Cell(progress.read(goal, one.forecast)), Cell(progress.WAYS[one.way])])
    columns = ["指标", "范围", "年度目标", "一季度", "二季度", "三季度", "四季度", "全年累计", "完成", "预计全年",
               "预计方法"]
    return [Table(f"{year} 年计划指标季度进展", columns, rows)]


KINDS: dict[str, Kind] = {
    "broker": Kind("技术经理人工作业绩表", "每位技术经理人促成的合同、征集的需求、组织的活动与响应情况。",
                   _brokers, BROKER),
    "agency": Kind("技术转移机构工作业绩表", "机构的各项业绩，对照去年同期与年度目标。", _agency, AGENCY),
    "conversion": Kind("科技成果转化年度报告表",
                       "按转让、许可、作价投资、开发、咨询、服务统计，列出百万元与亿元以上合同。", _conversion,
                       ("contracts_count", "contracts_amount", "contracts_technology")),
    "progress": Kind("计划指标季度进展表", "年度计划各项指标的季度完成数、累计与预计。", _progress),
}
"""Every report by its name in an address."""

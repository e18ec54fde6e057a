"""How figures, groups and the rows behind them read in Chinese; for pages, files and charts alike."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased, joinedload

from matchmaker.services.clock import HERE
from matchmaker.services.figures import parts
from matchmaker.services.figures.counting import Row, Within
from matchmaker.services.figures.scope import Scope
from matchmaker.services.figures.table import Figure, Value
from models import Activity, Contract, Introduction, Organisation, Post, User
from models.vocabulary import CASE_STATES, CONTRACT_TYPES, FIELDS, GATHERINGS, PAYMENTS, REGIONS, State

WAN = Decimal(10_000)
GROUPINGS = {"field": "技术领域", "region": "地区", "institute": "院所", "broker": "技术经理人", "type": "合同类型",
             "conversion": "转化方式", "payment": "支付方式", "state": "状态", "kind": "活动类型"}
NOT_SAID = {"broker": "未分派", "institute": "未登记"}
_CODES = {"field": FIELDS, "region": REGIONS, "type": CONTRACT_TYPES, "conversion": parts.CONVERSION,
          "payment": PAYMENTS, "state": CASE_STATES, "kind": GATHERINGS}
_BRIEF_FIELDS = {"biomedicine": "生物医药", "materials": "新材料", "energy": "新能源与节能",
                 "environment": "环保与资源利用", "urban": "城市建设"}


@dataclass(frozen=True)
class Line:
    """A row behind a figure as a table shows it; `kind` and `id` say which page it links to."""

    kind: str
    id: int
    cells: tuple[str, ...]
    at: str
    value: str


HEADINGS: dict[str, tuple[str, ...]] = {
    "post": ("名称", "单位", "技术领域", "地区", "状态"), "case": ("需求", "供给", "技术经理人", "状态"),
    "contract": ("项目名称", "合同类型", "卖方", "买方", "合同金额（万元）", "技术交易额（万元）"),
    "activity": ("名称", "类型", "人数", "组织者"), "user": ("姓名", "单位"),
}


def text(figure: Figure, value: Value) -> str:
    """A figure with its unit; money in 万元; a dash where there is none."""
    if value is None:
        return "—"
    return f"{plain(figure, value)} {unit(figure)}".replace(" %", "%")


def plain(figure: Figure, value: Value) -> str:
    """A figure without its unit."""
    if value is None:
        return "—"
    return f"{shown(figure, value):,}"


def shown(figure: Figure, value: Value) -> int | float:
    """The number as it is shown: money in 万元 to two places; whole numbers without a point."""
    if value is None:
        return 0
    if figure.money:
        value = round(Decimal(value) / WAN, 2)
    number = float(value)
    return int(number) if number == int(number) else number


def unit(figure: Figure) -> str:
    return "万元" if figure.money else figure.unit


def change(figure: Figure, value: Value, before: Value) -> str:
    """How much more or less it is than a year earlier, in words; nothing where it cannot be compared."""
    if value is None or before is None:
        return "去年同期无数据"
    if figure.how not in ("count", "sum"):
        difference = round(float(value) - float(before), 1)
        ending = " 个百分点" if figure.how == "share" else f" {figure.unit}"
        return "与去年同期持平" if not difference else f"较去年同期 {difference:+g}{ending}"
    if not before:
        return "去年同期为 0" if value else "与去年同期持平"
    percent = round(100 * (float(value) - float(before)) / float(before), 1)
    return "与去年同期持平" if not percent else f"较去年同期 {percent:+g}%"


def group_labels(session: Session, by: str, codes: Collection[str]) -> dict[str, str]:
    """How the codes of a grouping read."""
    named = {parts.NONE: NOT_SAID.get(by, "未填写")}
    if by in _CODES:
        return {code: _CODES[by].get(code, code) for code in codes} | named
    model: Any = User if by == "broker" else Organisation
    wanted = [int(code) for code in codes if code.isdecimal()]
    found = session.execute(select(model.id, model.name).where(model.id.in_(wanted)))
    return dict.fromkeys(codes, "已删除") | {str(key): name for key, name in found} | named


def brief(by: str, code: str, label: str) -> str:
    """A label short enough to stand under a bar."""
    return _BRIEF_FIELDS.get(code, label) if by == "field" else label.replace("技术服务（", "服务（")


def heading(session: Session, scope: Scope) -> str:
    """The scope in words: 2026 年 · 长春市 · 新材料及其应用 · …"""
    said = [f"{scope.period.name}（{scope.period.start} 至 {scope.period.last}）"]
    for name in ("region", "field", "broker", "institute"):
        if (value := getattr(scope, name)) is not None:
            said.append(f"{GROUPINGS[name]}：{group_labels(session, name, [str(value)])[str(value)]}")
    if len(said) == 1:
        said.append("全部" if scope.people is None else "本单位")
    return " · ".join(said if scope.demo else [*said, "不含演示数据"])


def within_text(session: Session, within: Within) -> str:
    """The part of the rows in words."""
    said = []
    if within.by and within.code:
        said.append(f"{GROUPINGS[within.by]}：{group_labels(session, within.by, [within.code])[within.code]}")
    if within.least is not None:
        said.append(f"合同金额不低于 {within.least / WAN:,.0f} 万元")
    return "，".join(said)


def lines(session: Session, figure: Figure, rows: Sequence[Row], zone: dt.tzinfo = HERE) -> list[Line]:
    """The rows as a table shows them, in their order, their times as the clock of `zone` shows them."""
    found = _described(session, figure.subject, [row.id for row in rows])
    return [Line(found[row.id][0], row.id, found[row.id][1], day(row.at, zone), _row_value(figure, row))
            for row in rows]


def day(at: dt.datetime | dt.date, zone: dt.tzinfo = HERE) -> str:
    return at.astimezone(zone).strftime("%Y-%m-%d %H:%M") if isinstance(at, dt.datetime) else at.isoformat()


def value_heading(figure: Figure) -> str:
    """What the column of each row's value is called; nothing where every row counts one."""
    if figure.how == "count":
        return ""
    return {"share": "达到", "sum": f"数值（{unit(figure)}）"}.get(figure.how, f"数值（{figure.unit}）")


def _row_value(figure: Figure, row: Row) -> str:
    if figure.how == "count":
        return ""
    if figure.how == "share":
        return "未到期" if row.value is None else "是" if row.value else "否"
    return plain(figure, row.value)


def _described(session: Session, subject: str, ids: Sequence[int]) -> dict[int, tuple[str, tuple[str, ...]]]:
    found: dict[int, tuple[str, tuple[str, ...]]] = {}
    for start in range(0, len(ids), 500):
        found |= _DESCRIBED[subject](session, ids[start : start + 500])
    return found


def _posts(session: Session, ids: Sequence[int]) -> dict[int, tuple[str, tuple[str, ...]]]:
    wanted = select(Post.id, Post.title, Organisation.name, Post.field, Post.region, Post.state)
    rows = session.execute(wanted.outerjoin(Organisation, Organisation.id == Post.organisation_id)
                           .where(Post.id.in_(ids)))
    return {row.id: ("post", (row.title, row.name or "", FIELDS.label(row.field), REGIONS.label(row.region),
                              State(row.state).label)) for row in rows}


def _cases(session: Session, ids: Sequence[int]) -> dict[int, tuple[str, tuple[str, ...]]]:
    supply = aliased(Post)
    wanted = (select(Introduction.id, Post.title, supply.title.label("supply"), User.name, Introduction.state)
              .join(Post, Post.id == Introduction.need_id)
              .join(supply, supply.id == Introduction.supply_id)
              .outerjoin(User, User.id == Introduction.broker_id).where(Introduction.id.in_(ids)))
    return {row.id: ("case", (row.title, row.supply, row.name or "未分派", CASE_STATES.label(row.state)))
            for row in session.execute(wanted)}


def _contracts(session: Session, ids: Sequence[int]) -> dict[int, tuple[str, tuple[str, ...]]]:
    wanted = select(Contract).where(Contract.id.in_(ids))
    found = session.scalars(wanted.options(joinedload(Contract.selling), joinedload(Contract.buying)))
    return {one.id: ("contract", (
        one.project_name, CONTRACT_TYPES.label(one.type), _party(one.selling, one.seller),
        _party(one.buying, one.buyer), _wan(one.amount), _wan(one.technology_amount))) for one in found}


def _activities(session: Session, ids: Sequence[int]) -> dict[int, tuple[str, tuple[str, ...]]]:
    found = session.scalars(select(Activity).where(Activity.id.in_(ids)).options(joinedload(Activity.organiser)))
    return {one.id: ("activity", (one.title, GATHERINGS.label(one.kind), str(one.participants),
                                  one.organiser.name if one.organiser else "")) for one in found}


def _users(session: Session, ids: Sequence[int]) -> dict[int, tuple[str, tuple[str, ...]]]:
    found = session.scalars(select(User).where(User.id.in_(ids)).options(joinedload(User.organisation)))
    return {one.id: ("user", (one.name, one.organisation.name if one.organisation else "")) for one in found}


def _party(organisation: Organisation | None, said: dict[str, Any]) -> str:
    return organisation.name if organisation else str(said.get("name", ""))


def _wan(amount: Decimal | None) -> str:
    return "" if amount is None else f"{round(amount / WAN, 2):,}"


_DESCRIBED = {"post": _posts, "case": _cases, "contract": _contracts, "activity": _activities, "user": _users}

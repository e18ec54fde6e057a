"""The office's plan: goals, the target of each per year and area, values entered by hand; every change is logged."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from matchmaker.services import events, permissions, saving
from matchmaker.services.figures import period as periods
from matchmaker.services.figures import showing
from matchmaker.services.figures.scope import Scope
from matchmaker.services.figures.table import FIGURES
from matchmaker.services.problems import NotFound, Problem
from models import Goal, GoalEntry, Organisation, Target, User
from models.vocabulary import FIELDS, REGIONS

LARGEST = Decimal(10) ** 15
GATHERED = {"sum": "全年各次填报相加", "last": "以最近一次填报为准"}
AREA_KINDS = {"all": "全部", "region": "地区", "field": "技术领域", "broker": "技术经理人", "institute": "院所"}


@dataclass(frozen=True)
class Definition:
    """A goal as it was typed; `figure` empty means entered by hand."""

    name: str
    figure: str
    unit: str
    gathered: str
    note: str
    active: bool = True


@dataclass(frozen=True)
class Area:
    """All of it, or one region, field, broker or institute."""

    kind: str = "all"
    code: str = ""


def goals(session: Session, *, active: bool = True) -> list[Goal]:
    """The goals in use, or all; in the order in which they were defined."""
    wanted = select(Goal).order_by(Goal.id)
    return list(session.scalars(wanted.where(Goal.active) if active else wanted))


def goal(session: Session, goal_id: int) -> Goal:
    """Raises NotFound."""
    found = session.get(Goal, goal_id)
    if found is None:
        raise NotFound("没有这项指标，它可能已被删除。")
    return found


def define(session: Session, actor: User, given: Definition, changed: Goal | None = None, version: int = 0) -> Goal:
    """A new goal, or another wording of one. Raises NotAllowed, Problem, Conflict."""
    permissions.check_head(actor)
    clean = _checked(session, given, changed)
    if changed is None:
        return saving.add(session, actor, Goal(**clean), clean)
    saving.change(session, actor, changed, version, clean, "这项指标")
    return changed


def _checked(session: Session, given: Definition, changed: Goal | None) -> dict[str, Any]:
    name, unit = given.name.strip(), given.unit.strip()
    if not name or len(name) > 100:
        raise Problem("请填写指标名称，100 字以内。")
    if given.figure and given.figure not in FIGURES:
        raise Problem("“统计口径”请从列表中选择，或选择“人工填报”。")
    if given.gathered not in GATHERED:
        raise Problem("“汇总方式”请从列表中选择。")
    if given.figure:
        unit = FIGURES[given.figure].unit
    if not unit or len(unit) > 16:
        raise Problem("人工填报的指标请填写计量单位，16 字以内，例如：项、家、万元。")
    same = session.scalar(select(Goal).where(Goal.name == name))
    if same is not None and same is not changed:
        raise Problem(f"已有名为“{name}”的指标，请换一个名称或直接修改它。")
    return {"name": name, "figure": given.figure or None, "unit": unit, "gathered": given.gathered,
            "note": given.note.strip()[:500], "active": given.active}


def set_target(session: Session, actor: User, of: Goal, year: int, area: Area, amount: Decimal) -> Target:
    """The target of a goal for a year and an area, new or in place of the one before. Raises NotAllowed, Problem."""
    permissions.check_head(actor)
    if not periods.FIRST.year <= year <= periods.LAST.year:
        raise Problem(f"年度请填写 {periods.FIRST.year} 至 {periods.LAST.year} 之间的四位数字。")
    check_area(session, area)
    if not 0 < amount < LARGEST:
        raise Problem("目标值请填写大于 0 的数字。")
    found = session.scalar(select(Target).where(
        Target.goal_id == of.id, Target.year == year, Target.area_kind == area.kind, Target.area == area.code))
    before = {"amount": str(found.amount)} if found else {}
    if found is None:
        found = Target(goal=of, year=year, area_kind=area.kind, area=area.code)
        session.add(found)
    found.amount = amount.quantize(Decimal("0.01"))
    session.flush()
    after = {"goal": of.name, "year": year, "area": f"{area.kind}:{area.code}", "amount": str(found.amount)}
    events.record(session, actor, "target.set", found, before=before, after=after)
    return found


def drop_target(session: Session, actor: User, target_id: int) -> None:
    """Take a target away. Raises NotAllowed, NotFound."""
    permissions.check_head(actor)
    found = session.get(Target, target_id)
    if found is None:
        raise NotFound("没有这个目标，它可能已被删除。")
    events.record(session, actor, "target.removed", found, before={
        "goal": found.goal.name, "year": found.year, "area": f"{found.area_kind}:{found.area}",
        "amount": str(found.amount)})
    session.delete(found)


def enter(session: Session, actor: User, of: Goal, area: Area, entry: GoalEntry) -> GoalEntry:
    """A value entered by hand; `entry` carries day, value and note. Raises NotAllowed, Problem."""
    permissions.check_staff(actor)
    if of.figure:
        raise Problem("这项指标由系统统计，不需要填报。")
    check_area(session, area)
    if entry.entered_for is None or not periods.FIRST <= entry.entered_for <= periods.LAST:
        raise Problem("请填写数值所属日期，例如 2026-03-31。")
    if abs(entry.value) >= LARGEST:
        raise Problem("数值过大，请核对单位。")
    entry.goal, entry.area_kind, entry.area, entry.entered_by = of, area.kind, area.code, actor.id
    session.add(entry)
    session.flush()
    events.record(session, actor, "goal.entered", of, after={
        "entry": entry.id, "on": entry.entered_for.isoformat(), "value": str(entry.value),
        "area": f"{area.kind}:{area.code}"})
    return entry


def drop_entry(session: Session, actor: User, entry_id: int) -> int:
    """Take back a value: who entered it, or who oversees. Returns its goal's id. Raises NotAllowed, NotFound."""
    found = session.get(GoalEntry, entry_id)
    if found is None:
        raise NotFound("没有这条填报，它可能已被删除。")
    if found.entered_by != actor.id:
        permissions.check_head(actor)
    permissions.check_staff(actor)
    events.record(session, actor, "goal.entry_removed", found.goal, before={
        "entry": found.id, "on": found.entered_for.isoformat(), "value": str(found.value)})
    session.delete(found)
    return found.goal_id


def entries(session: Session, of: Goal, year: int | None = None) -> list[GoalEntry]:
    """The values entered for a goal, the latest day first."""
    wanted = select(GoalEntry).where(GoalEntry.goal_id == of.id).options(joinedload(GoalEntry.author))
    if year is not None:
        wanted = wanted.where(GoalEntry.entered_for.between(dt.date(year, 1, 1), dt.date(year, 12, 31)))
    return list(session.scalars(wanted.order_by(GoalEntry.entered_for.desc(), GoalEntry.id.desc())))


def set_for(session: Session, of: Goal) -> list[Target]:
    """Every target of a goal, the latest year first."""
    wanted = select(Target).where(Target.goal_id == of.id)
    return list(session.scalars(wanted.order_by(Target.year.desc(), Target.area_kind != "all", Target.id)))


def area_names(session: Session, of: Goal) -> dict[tuple[str, str], str]:
    """How each area reads for which the goal has a target or an entry."""
    areas = {(one.area_kind, one.area) for one in set_for(session, of)}
    areas |= {(one.area_kind, one.area) for one in entries(session, of)}
    named = {("all", ""): AREA_KINDS["all"]}
    for kind, code in areas - set(named):
        named[kind, code] = f"{AREA_KINDS[kind]}：{showing.group_labels(session, kind, [code])[code]}"
    return named


def targets(session: Session, scope: Scope, year: int) -> list[Target]:
    """The targets of a year that the viewer may see, goal by goal; those of others' brokers are left out."""
    wanted = (select(Target).join(Goal).where(Target.year == year, Goal.active).options(joinedload(Target.goal))
              .order_by(Goal.id, Target.area_kind != "all", Target.area_kind, Target.area))
    return [one for one in session.scalars(wanted) if scope.people is None or one.area_kind != "broker"
            or int(one.area) in scope.people]


def amounts(session: Session, scope: Scope) -> dict[str, Decimal]:
    """Figure → its target, where the scope is a whole year of an area for which one is set."""
    area = scope.area()
    if scope.period.kind != "year" or area is None:
        return {}
    wanted = select(Goal.figure, Target.amount).join(Target).where(
        Goal.active, Goal.figure.is_not(None), Target.year == scope.period.start.year,
        Target.area_kind == area[0], Target.area == area[1])
    return {figure: amount for figure, amount in session.execute(wanted) if figure}


def check_area(session: Session, area: Area) -> None:
    """Raises Problem unless the area is one that there is."""
    known: dict[str, Callable[[str], bool]] = {
        "all": lambda code: code == "", "region": lambda code: code in REGIONS, "field": lambda code: code in FIELDS,
        "broker": lambda code: _stored(session, User, code),
        "institute": lambda code: _stored(session, Organisation, code),
    }
    if area.kind not in known or not known[area.kind](area.code):
        raise Problem("“适用范围”请从列表中选择；选“全部”时不要再选具体对象。")


def _stored(session: Session, model: Any, code: str) -> bool:
    return code.isdecimal() and len(code) < 10 and session.get(model, int(code)) is not None

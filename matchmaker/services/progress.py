"""How far each target is, and where the year is likely to end."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy.orm import Session

from matchmaker.services import targets
from matchmaker.services.figures import counting, showing
from matchmaker.services.figures import period as periods
from matchmaker.services.figures.period import Period
from matchmaker.services.figures.scope import Scope
from matchmaker.services.figures.table import FIGURES, Value
from models import Goal, Target

WAYS = {
    "linear": "按全年已过去的天数比例推算：预计 = 已完成 ÷ 已过天数占比。",
    "seasonal": "按去年的进度推算：预计 = 已完成 ÷ 去年同期已完成占去年全年的比例。",
    "as_is": "不随时间累计的指标，预计值取当前值。",
    "over": "年度已结束，取实际值。",
}


@dataclass(frozen=True)
class Progress:
    """One target: what is done, the percent of it, where the year is likely to end and by which of WAYS."""

    target: Target
    area: str
    done: Value
    percent: int | None
    forecast: Value
    way: str
    on_course: bool

    @property
    def reads(self) -> tuple[str, str, str]:
        """Target, done and forecast in words."""
        goal = self.target.goal
        return read(goal, self.target.amount), read(goal, self.done), read(goal, self.forecast)


def of_year(session: Session, scope: Scope, year: int) -> list[Progress]:
    """The progress of every target of a year that the viewer may see."""
    found = targets.targets(session, scope, year)
    return [_progress(session, scope, target) for target in found]


def read(goal: Goal, value: Value) -> str:
    """A value of a goal with its unit."""
    if goal.figure in FIGURES:
        return showing.text(FIGURES[goal.figure], value)
    return "—" if value is None else f"{_short(value):,} {goal.unit}"


def done(session: Session, scope: Scope, target: Target, period: Period) -> Value:
    """What was reached of a target's goal in its area within a period."""
    goal = target.goal
    if goal.figure in FIGURES:
        return counting.value(session, goal.figure, scope.during(period).of_area(target.area_kind, target.area))
    return _entered(session, goal, target, period)


def forecast(session: Session, scope: Scope, target: Target, so_far: Value) -> tuple[Value, str]:
    """Where the year is likely to end, and by which of WAYS that was found."""
    year = periods.year(target.year)
    if scope.today >= year.end:
        return so_far, "over"
    if so_far is None or scope.today < year.start:
        return None, "linear"
    if not _adds_up(target.goal):
        return so_far, "as_is"
    before = periods.year(target.year - 1)
    whole, part = (done(session, scope, target, period) for period in (before, year.before(scope.today)))
    if whole and part:
        return _rounded(Decimal(so_far) * Decimal(whole) / Decimal(part), so_far), "seasonal"
    gone = (scope.today - year.start).days + 1
    return _rounded(Decimal(so_far) * year.days / gone, so_far), "linear"


def percent(value: Value, amount: Decimal | None, *, fewer: bool = False) -> int | None:
    """How much of the target is reached; where fewer is better, 100 means not more than wanted."""
    if value is None or not amount:
        return None
    if fewer:
        return round(100 * float(amount) / float(value)) if value else 100
    return int(100 * Decimal(str(value)) / amount)


def _progress(session: Session, scope: Scope, target: Target) -> Progress:
    year = periods.year(target.year)
    so_far = done(session, scope, target, year)
    likely, way = forecast(session, scope, target, so_far)
    figure = FIGURES.get(target.goal.figure or "")
    fewer = figure is not None and figure.fewer_is_better
    reached = percent(likely, target.amount, fewer=fewer)
    area = showing.group_labels(session, target.area_kind, [target.area])[target.area] if target.area else "全部"
    return Progress(target, area, so_far, percent(so_far, target.amount, fewer=fewer), likely, way,
                    reached is not None and reached >= 100)


def _entered(session: Session, goal: Goal, target: Target, period: Period) -> Value:
    """Of the entries of the area; the sum for everything takes in those of every area."""
    whole = goal.gathered == "sum" and target.area_kind == "all"
    found = [one for one in targets.entries(session, goal) if period.start <= one.entered_for < period.end
             and (whole or (one.area_kind, one.area) == (target.area_kind, target.area))]
    if goal.gathered == "last":
        return found[0].value if found else None
    return sum((one.value for one in found), Decimal(0))


def _adds_up(goal: Goal) -> bool:
    return FIGURES[goal.figure].adds_up if goal.figure in FIGURES else goal.gathered == "sum"


def _rounded(value: Decimal, like: int | float | Decimal) -> Value:
    """What was counted in whole numbers so far is expected in whole numbers."""
    return round(value) if like == int(like) else round(value, 2)


def _short(value: int | float | Decimal) -> int | float:
    return int(value) if value == int(value) else float(value)

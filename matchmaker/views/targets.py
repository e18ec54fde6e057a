"""The office's plan: progress of every target, definitions, values entered by hand."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal, InvalidOperation

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from matchmaker import auth, db
from matchmaker.services import permissions, progress, targets
from matchmaker.services.figures import board
from matchmaker.services.figures.scope import whole
from matchmaker.services.figures.showing import WAN
from matchmaker.services.figures.table import FIGURES
from matchmaker.services.problems import NotAllowed, Problem
from matchmaker.services.targets import Area, Definition
from matchmaker.views.typed import row_number
from models import Goal, GoalEntry

pages = Blueprint("targets", __name__, url_prefix="/targets")


@pages.get("/")
@auth.staff_only
def overview() -> ResponseReturnValue:
    scope = whole(db.session(), auth.person())
    year = _year(request.args.get("year", ""), scope.today.year)
    found = progress.of_year(db.session(), scope, year)
    return render_template("targets/overview.html", found=found, year=year, scope=scope, ways=progress.WAYS,
                           this_year=scope.today.year, goals=targets.goals(db.session()))


@pages.get("/goals")
@auth.staff_only
def definitions() -> ResponseReturnValue:
    permissions.check_head(auth.person())
    return render_template("targets/goals.html", goals=targets.goals(db.session(), active=False), figures=FIGURES)


@pages.get("/goals/new")
@auth.staff_only
def new() -> ResponseReturnValue:
    permissions.check_head(auth.person())
    return _definition(None, {"gathered": "sum", "active": "yes"})


@pages.post("/goals/new")
@auth.staff_only
def create() -> ResponseReturnValue:
    try:
        made = targets.define(db.session(), auth.person(), _typed())
    except Problem as problem:
        return _refused(None, problem)
    db.session().commit()
    flash(_("指标已建立，请设定目标值。"))
    return redirect(url_for("targets.goal", goal_id=made.id))


@pages.get("/goals/<int:goal_id>")
@auth.staff_only
def goal(goal_id: int) -> ResponseReturnValue:
    return _goal(targets.goal(db.session(), goal_id))


@pages.get("/goals/<int:goal_id>/edit")
@auth.staff_only
def edit(goal_id: int) -> ResponseReturnValue:
    permissions.check_head(auth.person())
    found = targets.goal(db.session(), goal_id)
    return _definition(found, {"name": found.name, "figure": found.figure or "", "unit": found.unit, "note": found.note,
                               "gathered": found.gathered, "active": "yes" if found.active else ""})


@pages.post("/goals/<int:goal_id>/edit")
@auth.staff_only
def update(goal_id: int) -> ResponseReturnValue:
    found = targets.goal(db.session(), goal_id)
    try:
        targets.define(db.session(), auth.person(), _typed(), found, request.form.get("version", 0, row_number))
    except Problem as problem:
        return _refused(found, problem)
    db.session().commit()
    flash(_("指标已保存。"))
    return redirect(url_for("targets.goal", goal_id=goal_id))


@pages.post("/goals/<int:goal_id>/targets")
@auth.staff_only
def set_target(goal_id: int) -> ResponseReturnValue:
    found, given = targets.goal(db.session(), goal_id), request.form
    try:
        permissions.check_head(auth.person())
        amount = _number("目标值", given.get("amount", "")) * (WAN if _in_wan(found) else 1)
        targets.set_target(db.session(), auth.person(), found, _year(given.get("year", ""), 0), _area(), amount)
    except Problem as problem:
        return _refused_at(found, problem)
    db.session().commit()
    flash(_("目标已保存。"))
    return redirect(url_for("targets.goal", goal_id=goal_id))


@pages.post("/set/<int:target_id>/remove")
@auth.staff_only
def drop_target(target_id: int) -> ResponseReturnValue:
    targets.drop_target(db.session(), auth.person(), target_id)
    db.session().commit()
    flash(_("目标已删除。"))
    return redirect(url_for("targets.overview"))


@pages.post("/goals/<int:goal_id>/entries")
@auth.staff_only
def enter(goal_id: int) -> ResponseReturnValue:
    found, given = targets.goal(db.session(), goal_id), request.form
    try:
        entry = GoalEntry(entered_for=_day(given.get("on", "")), value=_number("数值", given.get("value", "")),
                          note=given.get("note", "").strip()[:500])
        targets.enter(db.session(), auth.person(), found, _area(), entry)
    except Problem as problem:
        return _refused_at(found, problem)
    db.session().commit()
    flash(_("数值已填报。"))
    return redirect(url_for("targets.goal", goal_id=goal_id))


@pages.post("/entries/<int:entry_id>/remove")
@auth.staff_only
def drop_entry(entry_id: int) -> ResponseReturnValue:
    goal_id = targets.drop_entry(db.session(), auth.person(), entry_id)
    db.session().commit()
    flash(_("填报已删除。"))
    return redirect(url_for("targets.goal", goal_id=goal_id))


def _goal(found: Goal, problem: str = "") -> str:
    session, scope = db.session(), whole(db.session(), auth.person())
    return render_template(
        "targets/goal.html", goal=found, problem=problem, typed=request.form, in_wan=_in_wan(found), scope=scope,
        counted=FIGURES.get(found.figure or ""), set_for=targets.set_for(session, found), read=progress.read,
        area_name=targets.area_names(session, found), entries=targets.entries(session, found),
        areas=_areas(), oversees=permissions.is_head(auth.person()), gathered=targets.GATHERED)


def _areas() -> list[tuple[str, list[tuple[str, str]]]]:
    """The areas a target may be for, kind by kind, each as its value and its words."""
    chosen = board.choices(db.session(), whole(db.session(), auth.person()))
    return [(text, [(f"{kind}:{code}", label) for code, label in chosen[kind]])
            for kind, text in targets.AREA_KINDS.items() if kind != "all"]


def _definition(found: Goal | None, typed: dict[str, str], problem: str = "") -> str:
    return render_template("targets/form.html", goal=found, typed=typed, problem=problem, figures=FIGURES,
                           gathered=targets.GATHERED)


def _refused(found: Goal | None, problem: Problem) -> ResponseReturnValue:
    permissions.check_head(auth.person())
    return _definition(found, request.form.to_dict(), str(problem)), 400


def _refused_at(found: Goal, problem: Problem) -> ResponseReturnValue:
    return _goal(found, str(problem)), 403 if isinstance(problem, NotAllowed) else 400


def _typed() -> Definition:
    given = request.form
    return Definition(given.get("name", ""), given.get("figure", ""), given.get("unit", ""),
                      given.get("gathered", "sum"), given.get("note", ""), given.get("active") == "yes")


def _area() -> Area:
    kind, _colon, code = request.form.get("area", "all:").partition(":")
    return Area(kind or "all", code)


def _in_wan(found: Goal) -> bool:
    figure = FIGURES.get(found.figure or "")
    return figure is not None and figure.money


def _number(name: str, typed: str) -> Decimal:
    try:
        number = Decimal(typed.replace(",", "").replace("，", "").strip())
    except InvalidOperation:
        raise Problem(f"“{name}”请填写数字，例如 50 或 12.5。") from None
    if not number.is_finite():
        raise Problem(f"“{name}”请填写数字，例如 50 或 12.5。")
    return number


def _day(typed: str) -> dt.date:
    try:
        return dt.date.fromisoformat(typed)
    except ValueError:
        raise Problem("请填写数值所属日期，例如 2026-03-31。") from None


def _year(typed: str, otherwise: int) -> int:
    return int(typed) if len(typed) == 4 and typed.isdecimal() and 2000 <= int(typed) <= 2100 else otherwise

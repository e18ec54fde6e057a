"""Training, promotion and industry–academia events: the list, and the form of one."""

from __future__ import annotations

import datetime as dt

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from matchmaker import auth, db
from matchmaker.services import activities, organisations
from matchmaker.services.activities import Held
from matchmaker.services.problems import Problem
from models import Activity
from models.vocabulary import FIELDS, GATHERINGS, REGIONS

pages = Blueprint("activities", __name__, url_prefix="/activities")


@pages.get("/")
@auth.staff_only
def listing() -> ResponseReturnValue:
    kind, after = request.args.get("kind"), request.args.get("after")
    page = activities.listing(db.session(), auth.person(), kind, after)
    return render_template("activities/list.html", page=page, kind=kind if kind in GATHERINGS else None,
                           first=not after, gatherings=GATHERINGS)


@pages.get("/new")
@auth.staff_only
def new() -> ResponseReturnValue:
    return _form(None, MultiDict({"kind": "cooperation"}))


@pages.post("/new")
@auth.staff_only
def create() -> ResponseReturnValue:
    return _save(None)


@pages.get("/<int:activity_id>")
@auth.staff_only
def edit(activity_id: int) -> ResponseReturnValue:
    found = activities.get(db.session(), auth.person(), activity_id)
    names = ("version", *Held.__dataclass_fields__)
    return _form(found, MultiDict({name: getattr(found, name) or "" for name in names}))


@pages.post("/<int:activity_id>")
@auth.staff_only
def update(activity_id: int) -> ResponseReturnValue:
    return _save(activities.get(db.session(), auth.person(), activity_id))


@pages.post("/<int:activity_id>/remove")
@auth.staff_only
def remove(activity_id: int) -> ResponseReturnValue:
    viewer = auth.person()
    activities.remove(db.session(), viewer, activities.get(db.session(), viewer, activity_id))
    db.session().commit()
    flash(_("活动已删除。"))
    return redirect(url_for("activities.listing"))


def _save(changed: Activity | None) -> ResponseReturnValue:
    given = request.form
    try:
        activities.save(db.session(), auth.person(), _held(given), changed, _whole(given.get("version", "")) or 0)
    except Problem as problem:
        return _form(changed, given, str(problem)), 400
    db.session().commit()
    flash(_("活动已保存。"))
    return redirect(url_for("activities.listing"))


def _form(found: Activity | None, typed: MultiDict[str, str], problem: str = "") -> str:
    chosen = found.institute_id if found else None
    institutes = [(one.id, one.name) for one in organisations.institutes(db.session(), chosen)]
    return render_template("activities/form.html", activity=found, typed=typed, problem=problem, gatherings=GATHERINGS,
                           fields=FIELDS, regions=REGIONS, institutes=institutes)


def _held(given: MultiDict[str, str]) -> Held:
    """What was typed. Raises Problem naming what cannot be read."""
    people = given.get("participants", "").strip() or "0"
    if _whole(people) is None:
        raise Problem("“参加人数”请填写 0 以上的整数。")
    text = {name: given.get(name, "").strip() for name in ("kind", "title", "place", "note", "field", "region")}
    try:
        day = dt.date.fromisoformat(given.get("held_on", ""))
    except ValueError:
        day = None
    return Held(text["kind"], text["title"], day, _whole(people) or 0, text["place"], text["field"] or None,
                text["region"] or None, _whole(given.get("institute_id", "")), text["note"])


def _whole(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 10 else None

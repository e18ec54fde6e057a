"""What the office decides: its settings, and how the money of contracts is shared."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from matchmaker import auth, db
from matchmaker.services import office, permissions, splitting
from matchmaker.services.content import Invalid
from matchmaker.services.problems import Problem
from models.vocabulary import SHARERS

pages = Blueprint("office", __name__, url_prefix="/office")


@pages.get("/settings")
@auth.staff_only
def settings() -> ResponseReturnValue:
    permissions.check_head(auth.current())
    return _settings({})


@pages.post("/settings")
@auth.staff_only
def save_settings() -> ResponseReturnValue:
    try:
        changed = office.change(db.session(), auth.person(), request.form)
    except Invalid as invalid:
        return _settings(invalid.errors, str(invalid)), 400
    db.session().commit()
    flash(_("已修改：%(names)s。", names="、".join(changed)) if changed else _("没有改动。"))
    return redirect(url_for("office.settings"))


@pages.get("/split")
@auth.staff_only
def split() -> ResponseReturnValue:
    permissions.check_head(auth.current())
    return _split({})


@pages.post("/split")
@auth.staff_only
def save_split() -> ResponseReturnValue:
    try:
        splitting.set_rule(db.session(), auth.person(), request.form, request.form.get("note", ""))
    except Invalid as invalid:
        return _split(invalid.errors, str(invalid)), 400
    except Problem as problem:
        permissions.check_head(auth.current())
        return _split({}, str(problem)), 400
    db.session().commit()
    flash(_("收益分配规则已更新，此后签订的合同按新规则分配。"))
    return redirect(url_for("office.split"))


def _settings(errors: dict[str, str], problem: str = "") -> str:
    return render_template("office/settings.html", options=office.OPTIONS.values(), values=office.every(db.session()),
                           shown=office.shown, errors=errors, problem=problem, typed=request.form)


def _split(errors: dict[str, str], problem: str = "") -> str:
    rules = splitting.history(db.session())
    now = {row["party"]: row["percent"] for row in rules[0].shares} if rules else {}
    return render_template("office/split.html", rules=rules, now=now, parties=SHARERS, errors=errors,
                           problem=problem, typed=request.form)

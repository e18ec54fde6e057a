"""The administrator's list of users."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from matchmaker import auth, db
from matchmaker.services import people, permissions
from matchmaker.views.typed import row_number
from models.vocabulary import Role

pages = Blueprint("people", __name__, url_prefix="/admin/users")


@pages.get("")
@auth.signed_in
def listing() -> ResponseReturnValue:
    permissions.check_admin(auth.current())
    text, role = request.args.get("q", "")[:200], request.args.get("role", "")
    after = request.args.get("after", 0, type=row_number)
    found = people.listing(db.session(), text, role if role in list(Role) else "", after)
    return render_template("people/list.html", found=found[: people.PAGE], more=len(found) > people.PAGE,
                           text=text, role=role, roles=list(Role))


@pages.post("/<int:user_id>/role")
@auth.signed_in
def change_role(user_id: int) -> ResponseReturnValue:
    user = people.change_role(db.session(), auth.person(), user_id, request.form.get("role", ""))
    db.session().commit()
    flash(_("%(name)s的身份已改为%(role)s。", name=user.name, role=Role(user.role).label))
    return redirect(_back())


@pages.post("/<int:user_id>/<any(activate, deactivate):what>")
@auth.signed_in
def switch(user_id: int, what: str) -> ResponseReturnValue:
    user = people.switch(db.session(), auth.person(), user_id, what == "activate")
    db.session().commit()
    flash(_("%(name)s的账号已启用。", name=user.name) if user.active else _("%(name)s的账号已停用。", name=user.name))
    return redirect(_back())


def _back() -> str:
    """The part of the list from which the form was sent."""
    return url_for("people.listing", q=request.form.get("q") or None, after=request.form.get("after") or None)

"""What a facility did for others: its service records, for its owner and the office."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from matchmaker import auth, db
from matchmaker.forms.serving import ServiceForm
from matchmaker.services import posts, serving
from matchmaker.services.content import Invalid
from models import Post, User

pages = Blueprint("serving", __name__, url_prefix="/posts/<int:post_id>/services")


@pages.get("")
@auth.signed_in
def listing(post_id: int) -> ResponseReturnValue:
    return _page(_facility(auth.person(), post_id), ServiceForm(formdata=None))


@pages.post("")
@auth.signed_in
def add(post_id: int) -> ResponseReturnValue:
    viewer, form = auth.person(), ServiceForm()
    facility = _facility(viewer, post_id)
    wrong = {} if form.validate() else {name: " ".join(map(str, said)) for name, said in form.errors.items()}
    try:
        serving.add(db.session(), viewer, facility, form.values())
    except Invalid as invalid:
        wrong = invalid.errors | wrong
    if wrong:
        db.session().rollback()
        for name, sentence in wrong.items():
            form[name].errors = [sentence]
        return _page(_facility(viewer, post_id), form, str(Invalid(wrong))), 400
    db.session().commit()
    flash(_("服务记录已登记。"))
    return redirect(url_for("serving.listing", post_id=post_id))


@pages.post("/<int:record_id>/remove")
@auth.signed_in
def remove(post_id: int, record_id: int) -> ResponseReturnValue:
    viewer = auth.person()
    serving.remove(db.session(), viewer, _facility(viewer, post_id), record_id)
    db.session().commit()
    flash(_("服务记录已删除。"))
    return redirect(url_for("serving.listing", post_id=post_id))


def _facility(viewer: User, post_id: int) -> Post:
    facility = posts.get(db.session(), viewer, post_id)
    serving.check_keep(viewer, facility)
    return facility


def _page(facility: Post, form: ServiceForm, problem: str = "") -> str:
    before = request.args.get("before", "")
    found = serving.records(db.session(), facility, int(before) if before.isdecimal() and len(before) < 10 else None)
    return render_template("pool/services.html", post=facility, form=form, problem=problem,
                           totals=serving.totals(db.session(), facility), records=found[: serving.PAGE],
                           before=found[serving.PAGE - 1].id if len(found) > serving.PAGE else None)

"""The privacy notice, consent to it, one's own data, and the end of an account."""

from __future__ import annotations

import json

from flask import Blueprint, Flask, Response, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from matchmaker import auth, db
from matchmaker.forms.accounts import ConsentForm, OwnPasswordForm
from matchmaker.services import attachments, personal, privacy, throttle
from matchmaker.services.problems import Problem, TooMany

pages = Blueprint("privacy", __name__)
FREE = ("auth.", "privacy.", "health.", "static", "notices.unsubscribe", "languages.")
"""Pages that open before consent: the notice itself, leaving, and what concerns nobody."""


def init(app: Flask) -> None:
    """Ask for consent before any other page; again when the notice changes."""
    app.before_request(_ask_first)


@pages.get("/privacy")
def notice() -> ResponseReturnValue:
    return render_template("privacy/notice.html", version=privacy.VERSION)


@pages.get("/privacy/consent")
@auth.signed_in
def consent() -> ResponseReturnValue:
    return render_template("privacy/consent.html", form=ConsentForm(next=request.args.get("next", "")),
                           version=privacy.VERSION)


@pages.post("/privacy/consent")
@auth.signed_in
def consent_post() -> ResponseReturnValue:
    form = ConsentForm()
    if not form.validate():
        return render_template("privacy/consent.html", form=form, version=privacy.VERSION), 400
    privacy.consent(db.session(), auth.person())
    db.session().commit()
    return redirect(auth.local_path(form.next.data) or url_for("home.home"))


@pages.get("/account/data")
@auth.signed_in
def data() -> ResponseReturnValue:
    return _data(OwnPasswordForm())


@pages.get("/account/data.json")
@auth.signed_in
def export() -> ResponseReturnValue:
    found = json.dumps(personal.export(db.session(), auth.person()), ensure_ascii=False, indent=1)
    return Response(found, mimetype="application/json", headers={
        "Content-Disposition": 'attachment; filename="my-data.json"', "Cache-Control": "no-store"})


@pages.post("/account/erase")
@auth.signed_in
def erase() -> ResponseReturnValue:
    form, viewer = OwnPasswordForm(), auth.person()
    if not form.validate():
        return _data(form), 400
    try:
        throttle.check(db.session(), auth.tries("erase-", viewer.email))
        hashes = personal.erase(db.session(), viewer, form.password.data)
    except TooMany as problem:
        return _data(form, str(problem)), 429
    except Problem as problem:
        throttle.spend(db.session(), auth.tries("erase-", viewer.email))
        db.session().commit()
        return _data(form, str(problem)), 400
    db.session().commit()
    attachments.sweep(db.sessions(), current_app.config["SETTINGS"].instance / attachments.FOLDER, hashes)
    auth.end()
    flash(_("账号已注销，您的个人信息已清除。"))
    return redirect(url_for("home.home"))


def _data(form: OwnPasswordForm, problem: str = "") -> str:
    return render_template("privacy/data.html", form=form, problem=problem,
                           kept=personal.kept(db.session(), auth.person()))


def _ask_first() -> ResponseReturnValue | None:
    endpoint = request.endpoint or ""
    if request.method != "GET" or not endpoint or endpoint.startswith(FREE):
        return None
    viewer = auth.current()
    if viewer is None or not privacy.is_due(viewer):
        return None
    return redirect(url_for("privacy.consent", next=request.full_path.rstrip("?")))

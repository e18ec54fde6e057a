"""Intents: asking the other side, and the list of one's own cases."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from matchmaker import auth, db
from matchmaker.services import brokering, casework, intents, messages, permissions, posts, requirements
from matchmaker.services.brokering import Duplicate
from matchmaker.services.problems import Problem
from matchmaker.views import times
from matchmaker.views.cases import number
from models.vocabulary import Kind

pages = Blueprint("intents", __name__)


@pages.get("/intents")
@auth.signed_in
def inbox() -> ResponseReturnValue:
    viewer, session = auth.person(), db.session()
    if permissions.is_staff(viewer):
        return redirect(url_for("cases.board"))
    found = casework.own(session, viewer, number(request.args.get("after")) or None)
    return render_template(
        "intents/inbox.html", cases=found[:casework.PAGE],
        after=found[casework.PAGE - 1].id if len(found) > casework.PAGE else None,
        waiting=casework.waiting_for(session, viewer), tasks=casework.open_tasks(session, viewer),
        meetings=casework.meetings_ahead(session, viewer), news=messages.unread(session, viewer), times=times)


@pages.get("/intents/new")
@auth.signed_in
def new() -> ResponseReturnValue:
    """With both posts named, the three questions; with one, first the choice of the viewer's own."""
    viewer, asked = auth.person(), request.args
    need_id, supply_id = number(asked.get("need")), number(asked.get("supply"))
    if not (need_id and supply_id):
        other = posts.get(db.session(), viewer, need_id or supply_id)
        return render_template("intents/choose.html", other=other, kinds=list(Kind),
                               own=intents.own_posts(db.session(), viewer, other))
    pair = intents.pair(db.session(), viewer, need_id, supply_id)
    side = intents.side_for(viewer, pair, asked.get("side", ""))
    twin = brokering.open_case(db.session(), pair)
    if twin is not None and twin.state != "proposed":
        flash(_("这两条信息已有进行中的对接，请在其中继续。"))
        return redirect(url_for("cases.show", case_id=twin.id))
    return render_template("intents/new.html", pair=pair, side=side, typed={}, questions=requirements.QUESTIONS)


@pages.post("/intents/new")
@auth.signed_in
def create() -> ResponseReturnValue:
    viewer, given = auth.person(), request.form
    pair = intents.pair(db.session(), viewer, number(given.get("need")), number(given.get("supply")))
    side = intents.side_for(viewer, pair, given.get("side", ""))
    try:
        case = brokering.express_intent(db.session(), viewer, pair, side, given.to_dict())
    except Duplicate as twin:
        db.session().rollback()
        flash(str(twin))
        return redirect(url_for("cases.show", case_id=twin.case_id))
    except Problem as problem:
        return render_template("intents/new.html", pair=pair, side=side, typed=given, problem=str(problem),
                               questions=requirements.QUESTIONS), 400
    db.session().commit()
    flash(_("意向已送达对方，对方答复后会通知您。"))
    return redirect(url_for("cases.show", case_id=case.id))

"""After the signing: follow-ups, ratings, success stories."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from matchmaker import auth, db
from matchmaker.services import clock, contract_access, follow_ups, permissions, stories
from matchmaker.services.problems import Conflict, NotAllowed, NotFound, Problem
from matchmaker.views.contracts import contract_page
from matchmaker.views.typed import row_number, typed_day
from models import Contract, Story
from models.vocabulary import OUTCOMES

pages = Blueprint("follow_ups", __name__)


@pages.get("/follow-ups/")
@auth.staff_only
def listing() -> ResponseReturnValue:
    mine = request.args.get("all") is None
    page = follow_ups.waiting(db.session(), auth.person(), mine, request.args.get("after"))
    return render_template("follow_ups/list.html", page=page, mine=mine, today=clock.today())


@pages.post("/follow-ups/<int:follow_up_id>")
@auth.staff_only
def finish(follow_up_id: int) -> ResponseReturnValue:
    typed = request.form
    found = follow_ups.get(db.session(), follow_up_id)
    return _done(found.contract_id, _("回访已登记。"), lambda _contract: follow_ups.finish(
        db.session(), auth.person(), follow_up_id, typed.get("outcome", ""), typed.get("note", ""),
        _day(typed.get("on", ""))))


@pages.post("/contracts/<int:contract_id>/rating")
@auth.signed_in
def rate(contract_id: int) -> ResponseReturnValue:
    typed = request.form
    stars = typed.get("office", type=row_number), typed.get("result", type=row_number)
    return _done(contract_id, _("谢谢您的评价。"), lambda contract: follow_ups.rate(
        db.session(), auth.person(), contract, stars, typed.get("words", "")))


@pages.post("/contracts/<int:contract_id>/story")
@auth.staff_only
def draft_story(contract_id: int) -> ResponseReturnValue:
    return _done(contract_id, _("案例草稿已生成，请核对修改后请双方确认。"),
                 lambda contract: stories.draft(db.session(), auth.person(), contract))


@pages.post("/contracts/<int:contract_id>/story/edit")
@auth.staff_only
def edit_story(contract_id: int) -> ResponseReturnValue:
    typed = request.form
    return _done(contract_id, _("案例已保存，双方须重新确认。"), lambda contract: stories.edit(
        db.session(), auth.person(), _story(contract), typed.get("version", 0, type=row_number), typed.get("title", ""),
        typed.get("text", "")))


@pages.post("/contracts/<int:contract_id>/story/consent")
@auth.signed_in
def consent(contract_id: int) -> ResponseReturnValue:
    agrees = request.form.get("agrees") == "1"
    return _done(contract_id, _("已记录您的同意。") if agrees else _("已撤回您的同意。"),
                 lambda contract: stories.consent(db.session(), auth.person(), _story(contract),
                                                  request.form.get("version", 0, type=row_number), agrees))


@pages.post("/contracts/<int:contract_id>/story/publish")
@auth.staff_only
def publish(contract_id: int) -> ResponseReturnValue:
    public = request.form.get("public") == "1"
    return _done(contract_id, _("案例已发布。") if public else _("案例已撤下。"),
                 lambda contract: stories.publish(db.session(), auth.person(), _story(contract),
                                                  request.form.get("version", 0, type=row_number), public))


@pages.get("/stories/")
def story_list() -> ResponseReturnValue:
    found, before = stories.published(db.session(), request.args.get("before", type=row_number))
    return render_template("follow_ups/stories.html", stories=found, before=before)


@pages.get("/stories/<int:story_id>")
def story(story_id: int) -> ResponseReturnValue:
    return render_template("follow_ups/story.html", story=stories.get(db.session(), auth.current(), story_id))


def after_signing(contract: Contract) -> dict[str, Any]:
    """What the page of a contract shows of what came after it; for its template."""
    session, viewer = db.session(), auth.current()
    side = permissions.contract_side(viewer, contract)
    given = follow_ups.ratings(session, viewer, contract)
    return {"rows": follow_ups.of_contract(session, contract) if permissions.is_staff(viewer) else [],
            "ratings": given, "side": side, "mine": next((one for one in given if one.side == side), None),
            "story": stories.of_contract(session, viewer, contract), "outcomes": OUTCOMES, "today": clock.today(),
            "live": contract.state in follow_ups.LIVE, "outcome": follow_ups.outcome(session, contract)}


def _done(contract_id: int, sentence: str, verb: Callable[[Contract], object]) -> ResponseReturnValue:
    """Do it and show the contract; what cannot be taken as typed comes back with the reason and what was typed."""
    contract = contract_access.get(db.session(), auth.current(), contract_id)
    try:
        verb(contract)
    except (NotAllowed, NotFound):
        raise
    except Problem as problem:
        db.session().rollback()
        said = " ".join(getattr(problem, "errors", {}).values()) or str(problem)
        fresh = contract_access.get(db.session(), auth.current(), contract_id)
        return contract_page(fresh, said), 409 if isinstance(problem, Conflict) else 400
    db.session().commit()
    flash(sentence)
    return redirect(url_for("contracts.show", contract_id=contract_id, _anchor="after"))


def _story(contract: Contract) -> Story:
    found = stories.of_contract(db.session(), auth.current(), contract)
    if found is None:
        raise NotFound(_("这份合同还没有案例。"))
    return found


def _day(text: str) -> dt.date | None:
    try:
        return typed_day(text)
    except Problem:
        return None

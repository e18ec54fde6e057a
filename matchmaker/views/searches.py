"""Saved searches: keep one, change how often it tells what is new, end its mails, forget it."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from matchmaker import auth, db
from matchmaker.services import saved_searches
from matchmaker.services.halls import Question
from matchmaker.services.problems import NotFound, Problem
from models import SavedSearch
from models.vocabulary import FREQUENCIES, Kind

pages = Blueprint("searches", __name__, url_prefix="/searches")


@pages.get("")
@auth.signed_in
def mine() -> ResponseReturnValue:
    found = saved_searches.of_user(db.session(), auth.person())
    return render_template("searches/mine.html", searches=[(one, saved_searches.question(one)) for one in found],
                           kinds=list(Kind), frequencies=FREQUENCIES)


@pages.get("/new")
@auth.signed_in
def new() -> ResponseReturnValue:
    return _form(Question.of(_kind(request.args), request.args))


@pages.post("")
@auth.signed_in
def create() -> ResponseReturnValue:
    asked = Question.of(_kind(request.form), dict(parse_qsl(request.form.get("query", ""))))
    try:
        saved_searches.create(
            db.session(), auth.person(), asked, request.form.get("name", ""), request.form.get("frequency", ""))
    except Problem as problem:
        return _form(asked, str(problem)), 400
    db.session().commit()
    flash(_("搜索已保存。"))
    return redirect(url_for("searches.mine"))


@pages.get("/<int:search_id>/results")
@auth.signed_in
def results(search_id: int) -> ResponseReturnValue:
    return redirect(_hall(saved_searches.get(db.session(), auth.person(), search_id)))


@pages.post("/<int:search_id>")
@auth.signed_in
def change(search_id: int) -> ResponseReturnValue:
    saved_searches.change(db.session(), saved_searches.get(db.session(), auth.person(), search_id), request.form)
    db.session().commit()
    flash(_("已保存。"))
    return redirect(url_for("searches.mine"))


@pages.post("/<int:search_id>/delete")
@auth.signed_in
def delete(search_id: int) -> ResponseReturnValue:
    saved_searches.delete(db.session(), saved_searches.get(db.session(), auth.person(), search_id))
    db.session().commit()
    flash(_("已删除。"))
    return redirect(url_for("searches.mine"))


@pages.get("/stop/<token>")
def stop(token: str) -> ResponseReturnValue:
    """Where the link at the end of a mail leads; whoever has it need not sign in."""
    return render_template("searches/stop.html", saved=saved_searches.by_token(db.session(), token), token=token)


@pages.post("/stop/<token>")
def stopped(token: str) -> ResponseReturnValue:
    saved = saved_searches.by_token(db.session(), token)
    saved_searches.stop(saved)
    db.session().commit()
    return render_template("searches/stop.html", saved=saved, token=token)


def _form(asked: Question, problem: str = "") -> str:
    return render_template(
        "searches/new.html", asked=asked, query=urlencode(asked.as_query()), problem=problem, frequencies=FREQUENCIES,
        name=request.form.get("name") or saved_searches.describe(asked), chosen=request.form.get("frequency", "weekly"))


def _hall(saved: SavedSearch) -> str:
    asked = saved_searches.question(saved)
    return url_for("posts.listing", kind=asked.kind, **asked.as_query(sort="new"))


def _kind(given: dict[str, str]) -> Kind:
    try:
        return Kind(given.get("kind", ""))
    except ValueError:
        raise NotFound("没有这种大厅。请从技术需求、科技成果、专家、开放实验室中选择。") from None

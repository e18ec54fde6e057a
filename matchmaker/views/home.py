"""The first page: what this is, and for those who work here, what waits; and what every reason means."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from matchmaker import auth, db
from matchmaker.ranking import features, rules
from matchmaker.services import desk, jobs, lists, permissions
from models.vocabulary import Kind

pages = Blueprint("home", __name__)


@pages.get("/")
def home() -> ResponseReturnValue:
    viewer, session = auth.current(), db.session()
    if permissions.is_staff(viewer):
        return render_template(
            "home/desk.html", counts=desk.counts(session), waiting=desk.waiting(session),
            unanswered=desk.without_partners(session), backlog=jobs.backlog(session))
    if viewer:
        return render_template("home/mine.html", mine=lists.mine(session, viewer), kinds=list(Kind))
    return render_template("home/stranger.html", counts=desk.published(session))


@pages.get("/help/reasons")
def reasons() -> ResponseReturnValue:
    return render_template("home/reasons.html", features=features.explain(), rules=rules.explain())

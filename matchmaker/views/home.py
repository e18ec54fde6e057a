"""The first page: what this is, and for those who work here, what waits; and what every reason means."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from matchmaker import auth, db
from matchmaker.ranking import features, rules
from matchmaker.services import desk, jobs, lists, permissions, seeing
from models.vocabulary import Kind

pages = Blueprint("home", __name__)


@pages.get("/")
def home() -> ResponseReturnValue:
    viewer, session = auth.current(), db.session()
    if viewer and permissions.is_staff(viewer):
        fresh = seeing.fresh(session, viewer)
        return render_template(
            "home/desk.html", fresh=[post for post, _ in fresh], news={post.id: n for post, n in fresh},
            counts=desk.counts(session), waiting=desk.waiting(session),
            unanswered=desk.without_partners(session), backlog=jobs.backlog(session))
    if viewer:
        mine = lists.mine(session, viewer)
        return render_template("home/mine.html", mine=mine, news=seeing.news(session, viewer, mine), kinds=list(Kind))
    return render_template("home/stranger.html", counts=desk.published(session))


@pages.get("/help/reasons")
def reasons() -> ResponseReturnValue:
    return render_template("home/reasons.html", features=features.explain(), rules=rules.explain())

"""Review: the queue, one post with its checklist and changes, the decision; and what its poster is told, where."""

from __future__ import annotations

import datetime as dt

from flask import Blueprint, Flask, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from matchmaker import auth, db
from matchmaker.services import posts, reviews, revisions
from matchmaker.services.content import EDITABLE
from matchmaker.services.problems import Conflict, Problem
from matchmaker.services.reviews import Asked, Opinion
from matchmaker.views.typed import row_number
from models import Post, Review
from models.vocabulary import Kind, State

pages = Blueprint("reviews", __name__, url_prefix="/reviews")
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
MICROSECOND = dt.timedelta(microseconds=1)


def init(app: Flask) -> None:
    app.jinja_env.globals.update(told_by_review=told, comments_on=comments_on, field_label=_label)


@pages.get("/")
@auth.staff_only
def queue() -> ResponseReturnValue:
    viewer, given = auth.person(), request.args
    days = given.get("days", "")
    asked = Asked(given.get("whose", "") if given.get("whose") in reviews.WHOSE else reviews.ALL,
                  given.get("kind", "") if given.get("kind") in set(Kind) else "",
                  int(days) if days in map(str, reviews.AGES) else 0)
    found = reviews.queue(db.session(), viewer, asked, _place(given.get("after", "")))
    more = _mark(found[reviews.PAGE - 1]) if len(found) > reviews.PAGE else None
    return render_template("reviews/queue.html", posts=found[: reviews.PAGE], more=more, asked=asked,
                           counts=reviews.counts(db.session(), viewer), whose=reviews.WHOSE, ages=reviews.AGES,
                           kinds=list(Kind), since=reviews.waits_since, now=dt.datetime.now(dt.UTC))


@pages.get("/<int:post_id>")
@auth.staff_only
def show(post_id: int) -> ResponseReturnValue:
    return _page(_post(post_id))


@pages.post("/<int:post_id>")
@auth.staff_only
def decide(post_id: int) -> ResponseReturnValue:
    viewer, post, given = auth.person(), _post(post_id), request.form
    comments = {name.removeprefix("on-"): text for name, text in given.items() if name.startswith("on-")}
    opinion = Opinion(given.get("decision", ""), frozenset(given.getlist("checked")), comments, given.get("note", ""))
    try:
        if opinion.decision == reviews.REFUSE and not given.get("sure"):
            raise Problem(_("不予通过后不能再提交。请勾选“我确认不予通过”后再提交。"))
        said = reviews.decide(db.session(), viewer, post, given.get("version", 0, row_number), opinion)
    except Conflict as conflict:
        return _page(post, str(conflict)), 409
    except Problem as problem:
        return _page(post, str(problem)), 400
    db.session().commit()
    done = _("已通过，等待另一位工作人员复核后发布。") if post.state == State.SUBMITTED else None
    flash(done or f"{reviews.LABELS[said.decision]}：{post.title[:40]}")
    return redirect(url_for("reviews.queue"))


@pages.post("/<int:post_id>/broker")
@auth.staff_only
def assign(post_id: int) -> ResponseReturnValue:
    post = _post(post_id)
    reviews.assign(db.session(), auth.person(), post, request.form.get("broker", type=row_number))
    db.session().commit()
    flash(_("已分配。"))
    return redirect(url_for("reviews.show", post_id=post_id))


def told(post: Post | None) -> Review | None:
    """The decision that the poster is to read now."""
    if post is None or post.id is None:
        return None
    kept = g.setdefault("told", {})
    if post.id not in kept:
        kept[post.id] = reviews.told(db.session(), auth.current(), post)
    found: Review | None = kept[post.id]
    return found


def comments_on(post: Post | None) -> dict[str, str]:
    """What the reviewer wrote at each field of the post."""
    said = told(post)
    return dict(said.comments) if said else {}


def _label(post: Post, name: str) -> str:
    return revisions.label(Kind(post.kind), name)


def _post(post_id: int) -> Post:
    return posts.get(db.session(), auth.current(), post_id)


def _page(post: Post, problem: str = "") -> str:
    session, kind = db.session(), Kind(post.kind)
    said = revisions.content(post)
    names = {name: revisions.label(kind, name) for name in (*EDITABLE.get(kind, {}), *said)}
    return render_template("reviews/show.html", post=post, kind=kind, sheet=reviews.sheet(session, post),
                           checklist=reviews.CHECKLIST[kind], names=names, brokers=reviews.brokers(session),
                           problem=problem, given=request.form, labels_of=reviews.LABELS, since=reviews.waits_since)


def _mark(post: Post) -> str:
    return f"{(reviews.waits_since(post) - EPOCH) // MICROSECOND}-{post.id}"


def _place(mark: str) -> tuple[dt.datetime, int] | None:
    moment, _dash, last = mark.partition("-")
    if not (moment.isdecimal() and last.isdecimal() and len(moment) < 18 and len(last) < 10):
        return None
    return EPOCH + dt.timedelta(microseconds=int(moment)), int(last)

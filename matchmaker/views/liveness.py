"""Keeping posts alive: what is about to expire, renewing, and the page that a link in a mail opens."""

from __future__ import annotations

from flask import Blueprint, Flask, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from matchmaker import auth, db
from matchmaker.services import clock, expiring, liveness, posts, unowned, validity
from matchmaker.services.expiring import Part, Scope
from matchmaker.services.validity import Terms
from models import User

pages = Blueprint("liveness", __name__)


def init(app: Flask) -> None:
    """What the first page says of posts that end."""
    app.jinja_env.globals.update(ending_counts=_counts)


@pages.get("/expiring")
@auth.signed_in
def listing() -> ResponseReturnValue:
    asked, session = request.args, db.session()
    part = next((one for one in Part if one == asked.get("part")), Part.SOON)
    scope = scope_of(auth.person(), mine=asked.get("mine") == "1")
    found = expiring.listing(session, scope, part, asked.get("after", ""))
    return render_template("liveness/expiring.html", part=part, scope=scope, counts=expiring.counts(session, scope),
                           posts=found.posts, after=found.after, terms=scope.terms)


@pages.post("/posts/<int:post_id>/renew")
@auth.signed_in
def renew(post_id: int) -> ResponseReturnValue:
    viewer = auth.person()
    post = posts.get(db.session(), viewer, post_id)
    liveness.renew(db.session(), viewer, post, terms(), clock.today())
    db.session().commit()
    flash(f"已确认“{post.title}”仍然有效，有效期至 {post.valid_until}。")
    back = auth.local_path(request.form.get("next"))
    return redirect(back or url_for("posts.show", post_id=post_id))


@pages.get("/confirm/<token>")
def confirm(token: str) -> ResponseReturnValue:
    """Only shows: what follows links in mails by itself confirms nothing."""
    asked = liveness.asked(db.session(), str(current_app.config["SECRET_KEY"]), token)
    return render_template("liveness/confirm.html", asked=asked, token=token,
                           ends=validity.ends(asked.post, terms()), renewal=terms().renewal)


@pages.post("/confirm/<token>")
def confirmed(token: str) -> ResponseReturnValue:
    session = db.session()
    asked = liveness.asked(session, str(current_app.config["SECRET_KEY"]), token)
    if not asked.done:
        liveness.renew(session, asked.person, asked.post, terms(), clock.today())
        session.commit()
    return redirect(url_for("liveness.confirm", token=token))


@pages.get("/confirm/office/<token>")
def confirm_office(token: str) -> ResponseReturnValue:
    """Only shows, as `confirm`."""
    session = db.session()
    person = liveness.asked_office(session, str(current_app.config["SECRET_KEY"]), token)
    return render_template("liveness/office.html", token=token, posts=unowned.waiting(session, person),
                           n=unowned.count(session, person), renewal=terms().renewal)


@pages.post("/confirm/office/<token>")
def confirmed_office(token: str) -> ResponseReturnValue:
    """One post, by `post_id`, or all that the page showed."""
    session = db.session()
    person = liveness.asked_office(session, str(current_app.config["SECRET_KEY"]), token)
    wanted = set(request.form.getlist("post_id", type=int))
    found = [post for post in unowned.waiting(session, person) if post.id in wanted]
    left = liveness.renew_all(session, person, found, terms(), clock.today())
    session.commit()
    if len(found) > len(left):
        flash(gettext("已确认 %(n)s 条仍然有效。", n=len(found) - len(left)))
    for post, why in left.items():
        flash(f"{post.title}：{why}")
    return redirect(url_for("liveness.confirm_office", token=token))


def terms() -> Terms:
    return Terms.of(current_app.config["SETTINGS"])


def scope_of(viewer: User, *, mine: bool = False) -> Scope:
    """What the viewer's lists of expiring posts cover today."""
    return Scope(viewer, terms(), clock.today(), mine)


def _counts() -> dict[Part, int]:
    viewer = auth.person()
    return expiring.counts(db.session(), scope_of(viewer))

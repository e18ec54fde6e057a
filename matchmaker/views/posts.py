"""Posts: moving one on. `views/halls` shows them, `views/writing` is where they are written."""

from __future__ import annotations

from flask import Blueprint, current_app, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from werkzeug.routing import BaseConverter

from matchmaker import auth, db
from matchmaker.services import duplicates, posts
from matchmaker.services.problems import NotAllowed, Problem
from models.vocabulary import Kind

pages = Blueprint("posts", __name__)


class KindConverter(BaseConverter):
    """A kind in an address: /needs, /achievements …"""

    regex = "needs|achievements|experts|facilities"
    plurals = {"needs": Kind.NEED, "achievements": Kind.ACHIEVEMENT, "experts": Kind.EXPERT,
               "facilities": Kind.FACILITY}

    def to_python(self, value: str) -> Kind:
        return self.plurals[value]

    def to_url(self, value: str) -> str:
        return next(plural for plural, kind in self.plurals.items() if kind == value)


@pages.get("/posts/<int:post_id>/<action>")
@auth.signed_in
def confirm(post_id: int, action: str) -> ResponseReturnValue:
    viewer = auth.current()
    post = posts.get(db.session(), viewer, post_id)
    step = posts.check_step(viewer, post, action)
    asks = step.action in {"submit", "publish"}
    twins = duplicates.of_post(db.session(), current_app.extensions["finder"], viewer, post) if asks else []
    return render_template("posts/confirm.html", post=post, step=step, twins=twins)


@pages.post("/posts/<int:post_id>/<action>")
@auth.signed_in
def move(post_id: int, action: str) -> ResponseReturnValue:
    viewer = auth.person()
    post = posts.get(db.session(), viewer, post_id)
    try:
        step = posts.move(db.session(), viewer, post, action)
    except Problem as problem:
        able = posts.can_edit(viewer, post)
        status = 403 if isinstance(problem, NotAllowed) else 400
        return render_template("posts/confirm.html", post=post, problem=str(problem), can_edit=able), status
    db.session().commit()
    flash(f"{step.label}：已完成。")
    return redirect(url_for("posts.show", post_id=post_id))

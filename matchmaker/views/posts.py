"""Posts: the list of a kind, one post, writing and moving it on."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.routing import BaseConverter

from matchmaker import auth, db
from matchmaker.services import duplicates, lists, permissions, posts, search, seeing
from matchmaker.services.lists import Filters
from matchmaker.services.problems import Problem
from matchmaker.views.matches import partners_of
from models import User
from models.vocabulary import Kind

pages = Blueprint("posts", __name__)
FOUND, SHOWN = 200, 50
"""Most posts that a search within a list counts, and of these the most that it shows."""


class KindConverter(BaseConverter):
    """A kind in an address: /needs, /achievements …"""

    regex = "needs|achievements|experts|facilities"
    plurals = {"needs": Kind.NEED, "achievements": Kind.ACHIEVEMENT, "experts": Kind.EXPERT,
               "facilities": Kind.FACILITY}

    def to_python(self, value: str) -> Kind:
        return self.plurals[value]

    def to_url(self, value: str) -> str:
        return next(plural for plural, kind in self.plurals.items() if kind == value)


@pages.get("/<kind:kind>")
def listing(kind: Kind) -> ResponseReturnValue:
    asked, viewer = request.args, auth.current()
    filters = Filters.known(asked.get("field"), asked.get("region"), asked.get("state"))
    text = asked.get("q", "").strip()
    found = _found(viewer, kind, text, filters) if text else _newest(viewer, kind, filters, asked.get("after"))
    template = "posts/results.html" if request.headers.get("HX-Request") else "posts/list.html"
    return render_template(template, kind=kind, text=text, filters=filters, can_create=posts.can_create(viewer, kind),
                           most_found=FOUND, news=seeing.news(db.session(), viewer, found["posts"]), **found)


@pages.get("/posts/<int:post_id>")
def show(post_id: int) -> ResponseReturnValue:
    viewer = auth.current()
    post = posts.get(db.session(), viewer, post_id)
    asked = request.args.get("partners", "")
    found = partners_of(viewer, post, asked) if permissions.can_match(viewer, post) else {}
    return render_template("posts/show.html", post=post, kind=Kind(post.kind), steps=posts.actions(viewer, post),
                           can_edit=posts.can_edit(viewer, post), **found)


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
        return render_template("posts/confirm.html", post=post, problem=str(problem)), 400
    db.session().commit()
    flash(f"{step.label}：已完成。")
    return redirect(url_for("posts.show", post_id=post_id))


def _newest(viewer: User | None, kind: Kind, filters: Filters, after: str | None) -> dict[str, Any]:
    page = lists.listing(db.session(), viewer, kind, filters, after)
    tally = lists.tally(db.session(), viewer, kind, filters)
    return {"posts": page.posts, "after": page.after, "tally": tally, "first": after is None}


def _found(viewer: User | None, kind: Kind, text: str, filters: Filters) -> dict[str, Any]:
    finder = current_app.extensions["finder"]
    result = search.search(db.session(), finder, viewer, text, search.Wanted((kind,), most=FOUND))
    rows = [row for row in result.rows if filters.admit(row.post)][:SHOWN]
    return {"posts": [row.post for row in rows], "finds": {row.post.id: row for row in rows}, "after": None,
            "first": True, "tally": lists.tally_among([row.post for row in result.rows], filters),
            "degraded": result.degraded}

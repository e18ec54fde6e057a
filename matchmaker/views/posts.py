"""Posts: the list of a kind, one post, writing and moving it on."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.routing import BaseConverter

from matchmaker import auth, db
from matchmaker.forms import PostForm, form_for, steps, steps_for
from matchmaker.services import duplicates, lists, permissions, posts, search, seeing
from matchmaker.services.content import REQUIRED, Invalid
from matchmaker.services.lists import Filters
from matchmaker.services.problems import Conflict, Problem
from matchmaker.views.matches import partners_of
from models import Post, User
from models.vocabulary import Kind, State

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


@pages.get("/<kind:kind>/new")
@auth.signed_in
def new(kind: Kind) -> ResponseReturnValue:
    posts.check_create(auth.current(), kind)
    return _form(kind, form_for(kind)())


@pages.post("/<kind:kind>/new")
@auth.signed_in
def create(kind: Kind) -> ResponseReturnValue:
    viewer = auth.person()
    posts.check_create(viewer, kind)
    form = form_for(kind)()
    try:
        post = posts.create(db.session(), viewer, kind, form.values())
    except Invalid as invalid:
        return _form(kind, form.refused(invalid.errors), problem=str(invalid)), 400
    db.session().commit()
    flash("草稿已保存。核对无误后请提交审核。")
    return redirect(url_for("posts.show", post_id=post.id))


@pages.get("/posts/<int:post_id>/edit")
@auth.signed_in
def edit(post_id: int) -> ResponseReturnValue:
    viewer = auth.current()
    post = posts.get(db.session(), viewer, post_id)
    posts.check_edit(viewer, post)
    kind = Kind(post.kind)
    return _form(kind, form_for(kind).of(post), post)


@pages.post("/posts/<int:post_id>/edit")
@auth.signed_in
def update(post_id: int) -> ResponseReturnValue:
    viewer = auth.person()
    post = posts.get(db.session(), viewer, post_id)
    posts.check_edit(viewer, post)
    form = form_for(Kind(post.kind))()
    try:
        posts.update(db.session(), viewer, post, form.version.data or 0, form.values())
    except Invalid as invalid:
        return _form(Kind(post.kind), form.refused(invalid.errors), post, str(invalid)), 400
    except Conflict as conflict:
        return _form(Kind(post.kind), form, post, str(conflict)), 409
    db.session().commit()
    flash("已保存。")
    return redirect(url_for("posts.show", post_id=post_id))


@pages.get("/posts/<int:post_id>/<action>")
@auth.signed_in
def confirm(post_id: int, action: str) -> ResponseReturnValue:
    viewer = auth.current()
    post = posts.get(db.session(), viewer, post_id)
    step = posts.check_step(viewer, post, action)
    asks = step.after in (State.SUBMITTED, State.PUBLISHED)
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


def _form(kind: Kind, form: PostForm, post: Post | None = None, problem: str = "") -> str:
    needed = REQUIRED[kind]
    found = steps.standing(steps_for(kind), form, needed)
    return render_template(
        "posts/form.html", kind=kind, form=form, post=post, problem=problem, required=needed, standing=found,
        share=steps.share(found, needed), current=steps.current(found, request.values.get("step", "")))


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

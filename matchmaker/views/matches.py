"""Who could answer a post: the candidates, and computing them anew."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from matchmaker import auth, db
from matchmaker.services import matching, permissions, posts
from models import Post, User
from models.vocabulary import Kind, State

pages = Blueprint("matches", __name__)


@pages.get("/posts/<int:post_id>/partners")
@auth.signed_in
def partners(post_id: int) -> ResponseReturnValue:
    post = _asked(post_id)
    return render_template("matches/partners.html", post=post, **partners_of(auth.current(), post, _kind()))


@pages.get("/posts/<int:post_id>/progress")
@auth.signed_in
def progress(post_id: int) -> ResponseReturnValue:
    """While the candidates are computed, the line that says so; then the whole list in its place."""
    post = _asked(post_id)
    found = partners_of(auth.current(), post, _kind())
    if found["busy"]:
        return render_template("matches/progress.html", post=post, **found)
    answer = make_response(render_template("matches/partners.html", post=post, **found))
    answer.headers.update({"HX-Retarget": "#partners", "HX-Reswap": "outerHTML"})
    return answer


@pages.post("/posts/<int:post_id>/match")
@auth.signed_in
def rematch(post_id: int) -> ResponseReturnValue:
    viewer = auth.person()
    posts.rematch(db.session(), viewer, posts.get(db.session(), viewer, post_id))
    db.session().commit()
    flash("已开始重新匹配。")
    return redirect(url_for("posts.show", post_id=post_id))


def partners_of(viewer: User | None, post: Post, kind: str) -> dict[str, Any]:
    """What the templates of candidates need."""
    found = matching.partners(db.session(), viewer, post, kind)
    job = posts.matching_job(db.session(), post)
    first = found.state == "waiting" and job is None and post.kind == Kind.NEED and post.state == State.PUBLISHED
    busy = first or (job is not None and job.state in ("queued", "running"))
    shown = [*found.rows, *found.folded]
    return {"found": found, "job": job, "busy": busy,
            "computed_at": max((one.match.created_at for one in shown), default=None)}


def _asked(post_id: int) -> Post:
    viewer = auth.current()
    post = posts.get(db.session(), viewer, post_id)
    permissions.check_match(viewer, post)
    return post


def _kind() -> str:
    return request.args.get("partners", "")

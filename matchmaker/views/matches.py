"""Who could answer a post: the candidates, and computing them anew."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from matchmaker import auth, db
from matchmaker.services import indexing, jobs, judging, matching, permissions, posts, seeing
from matchmaker.services.judging import Opinion, Said
from matchmaker.services.problems import Problem
from matchmaker.views.parts import part
from matchmaker.views.watching import may
from models import Post, User
from models.vocabulary import PASSING_REASONS, Kind, State

pages = Blueprint("matches", __name__)
MANY = 20
"""Jobs before it that make a post wait so long that somebody may put it first."""


@pages.get("/posts/<int:post_id>/partners")
@auth.signed_in
def partners(post_id: int) -> ResponseReturnValue:
    post = _asked(post_id)
    return _part("matches/partners.html", post, partners_of(auth.current(), post, _kind()))


@pages.get("/posts/<int:post_id>/progress")
@auth.signed_in
def progress(post_id: int) -> ResponseReturnValue:
    """While the candidates are computed, the line that says so; then the whole list in its place."""
    post = _asked(post_id)
    found = partners_of(auth.current(), post, _kind())
    if found["busy"]:
        return _part("matches/progress.html", post, found)
    answer = make_response(_part("matches/partners.html", post, found))
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


@pages.post("/posts/<int:post_id>/seen")
@auth.signed_in
def seen(post_id: int) -> ResponseReturnValue:
    """The page says so itself once it is shown: reading alone changes nothing."""
    viewer, post = auth.person(), _asked(post_id)
    seeing.look(db.session(), viewer, post)
    db.session().commit()
    return ("", 204) if auth.partial() else redirect(url_for("posts.show", post_id=post_id))


@pages.post("/posts/<int:post_id>/candidates/<int:candidate_id>/judgement")
@auth.signed_in
def judge(post_id: int, candidate_id: int) -> ResponseReturnValue:
    given, viewer, post = request.form, auth.person(), _asked(post_id)
    permissions.check_judge(viewer, post)
    opinion = Opinion(given.get("verdict", ""), given.get("reason") or None, given.get("note", ""))
    try:
        judging.judge(db.session(), viewer, post, candidate_id, opinion)
    except Problem as problem:
        if not auth.partial():
            raise
        return _judged(viewer, post, candidate_id, str(problem), opinion)
    db.session().commit()
    return _judged(viewer, post, candidate_id)


@pages.post("/posts/<int:post_id>/candidates/<int:candidate_id>/judgement/undo")
@auth.signed_in
def undo(post_id: int, candidate_id: int) -> ResponseReturnValue:
    viewer, post = auth.person(), _asked(post_id)
    judging.withdraw(db.session(), viewer, post, candidate_id)
    db.session().commit()
    return _judged(viewer, post, candidate_id)


def _judged(
    viewer: User, post: Post, candidate_id: int, problem: str = "", opinion: Opinion | None = None
) -> ResponseReturnValue:
    """The part of the page about one judgement; the whole page where there are no scripts."""
    if not auth.partial():
        flash("评价已更新。")
        return redirect(url_for("posts.show", post_id=post.id, partners=request.form.get("partners"),
                                _anchor=f"candidate-{candidate_id}"))
    said = judging.said_of(db.session(), viewer, post, [candidate_id])[candidate_id]
    return render_template(
        "matches/judgement.html", asked=post, candidate_id=candidate_id, said=said, problem=problem, opinion=opinion,
        passing_reasons=PASSING_REASONS, kind_of=request.form.get("partners"), swapped=True)


def partners_of(viewer: User | None, post: Post, kind: str) -> dict[str, Any]:
    """What the templates of candidates need."""
    found = matching.partners(db.session(), viewer, post, kind)
    job = posts.matching_job(db.session(), post)
    first = found.state == "waiting" and job is None and post.kind == Kind.NEED and post.state == State.PUBLISHED
    computing = job is not None and job.state in ("queued", "running")
    busy = first or computing or indexing.encoding(db.session(), post)
    shown = [*found.rows, *found.folded]
    if shown:
        may().can_read_full(viewer, post)  # the reasons and the evidence were made with all its words
    said: dict[int, Said] = {}
    since = None
    if viewer is not None:
        said = judging.said_of(db.session(), viewer, post, [one.post.id for one in shown])
        since = seeing.since(db.session(), viewer, post)
    behind = busy and not (computing and job is not None and job.priority == 0)
    ahead = jobs.backlog(db.session(), "embed", "rematch", "shortlist")["queued"] if behind else 0
    return {"found": found, "job": job, "busy": busy, "ahead": ahead if ahead >= MANY else 0, "judged": said,
            "since": since, "passing_reasons": PASSING_REASONS,
            "fresh": sum(since is not None and one.match.first_at > since for one in found.rows),
            "computed_at": max((one.match.created_at for one in shown), default=None)}


def _part(template: str, post: Post, found: dict[str, Any]) -> str:
    back = url_for("posts.show", post_id=post.id, partners=_kind() or None)
    return part(template, post.title, back, post=post, **found)


def _asked(post_id: int) -> Post:
    viewer = auth.current()
    post = posts.get(db.session(), viewer, post_id)
    permissions.check_match(viewer, post)
    return post


def _kind() -> str:
    return request.args.get("partners", "")

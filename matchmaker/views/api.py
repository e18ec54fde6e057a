"""The read-only API: the halls as JSON, under the same permissions as the pages. docs/api.md describes it."""

from __future__ import annotations

from flask import Blueprint, current_app, request, url_for
from flask.typing import ResponseReturnValue

from matchmaker import auth, db
from matchmaker.services import halls, posts, public
from matchmaker.services.halls import Question
from matchmaker.services.problems import NotFound
from matchmaker.views.metadata import absolute
from matchmaker.views.watching import may
from models.vocabulary import Kind

pages = Blueprint("api", __name__, url_prefix="/api/v1")


@pages.get("/<kind:kind>")
def listing(kind: Kind) -> ResponseReturnValue:
    """A page of a hall, with its counts; `next` is the address of the following page, or null."""
    question, viewer = Question.of(kind, request.args), auth.current()
    found = halls.browse(db.session(), current_app.extensions["finder"], viewer, question)
    following = url_for("api.listing", kind=kind, **question.as_query(after=found.after)) if found.after else None
    return {
        "kind": kind.value, "total": found.tally.total, "degraded": found.degraded,
        "items": [public.facts(viewer, post, whole=False, ask=may())
                  | {"url": _page(post.id), "api": _item(kind, post.id)} for post in found.posts],
        "facets": {facet.name: [choice._asdict() for choice in facet.choices] for facet in found.tally.facets},
        "next": absolute(following) if following else None,
    }


@pages.get("/<kind:kind>/<int:post_id>")
def show(kind: Kind, post_id: int) -> ResponseReturnValue:
    """One post with everything that the viewer may read of it."""
    viewer = auth.current()
    post = posts.get(db.session(), viewer, post_id)
    if post.kind != kind:
        raise NotFound("没有找到这条信息，它可能已被撤回或地址有误。")
    return public.facts(viewer, post, ask=may()) | {"url": _page(post.id), "api": _item(kind, post.id)}


def _page(post_id: int) -> str:
    return absolute(url_for("posts.show", post_id=post_id))


def _item(kind: Kind, post_id: int) -> str:
    return absolute(url_for("api.show", kind=kind, post_id=post_id))

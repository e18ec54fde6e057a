"""The read-only API: the halls as JSON, under the same permissions as the pages. docs/api.md describes it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, current_app, request, url_for
from flask.typing import ResponseReturnValue

from matchmaker import auth, db
from matchmaker.services import halls, posts, public
from matchmaker.services.halls import Question
from matchmaker.services.problems import NotFound
from matchmaker.views.languages import language
from matchmaker.views.metadata import absolute
from matchmaker.views.speaking import said_all
from matchmaker.views.watching import may
from models.vocabulary import Kind

pages = Blueprint("api", __name__, url_prefix="/api/v1")
NAMED = "organisation"
"""A part of the filters whose choices are names."""


@pages.get("/<kind:kind>")
def listing(kind: Kind) -> ResponseReturnValue:
    """A page of a hall, with its counts; `next` is the address of the following page, or null."""
    question, viewer = Question.of(kind, request.args), auth.current()
    found = halls.browse(db.session(), current_app.extensions["finder"], viewer, question)
    following = url_for("api.listing", kind=kind, **question.as_query(after=found.after)) if found.after else None
    return {
        "kind": kind.value, "total": found.tally.total, "degraded": found.degraded,
        "items": [_said(public.facts(viewer, post, whole=False, ask=may()))
                  | {"url": _page(post.id), "api": _item(kind, post.id)} for post in found.posts],
        "facets": {facet.name: [_choice(facet.name, choice._asdict()) for choice in facet.choices]
                   for facet in found.tally.facets},
        "next": absolute(following) if following else None,
    }


@pages.get("/<kind:kind>/<int:post_id>")
def show(kind: Kind, post_id: int) -> ResponseReturnValue:
    """One post with everything that the viewer may read of it."""
    viewer = auth.current()
    post = posts.get(db.session(), viewer, post_id)
    if post.kind != kind:
        raise NotFound("没有找到这条信息，它可能已被撤回或地址有误。")
    return _said(public.facts(viewer, post, ask=may())) | {"url": _page(post.id), "api": _item(kind, post.id)}


@pages.after_request
def _in_whose_language(response: Response) -> Response:
    """Labels and errors are said in the language that was asked for, and caches between us are told so."""
    response.content_language.add(language())
    response.vary.update(("Accept-Language", "Cookie"))
    return response


def _said(facts: dict[str, Any]) -> dict[str, Any]:
    """Facts with the labels of their codes in the reader's language; what people wrote stays."""
    return {name: said_all(value) if name.endswith("_label") else value for name, value in facts.items()}


def _choice(facet: str, choice: dict[str, Any]) -> dict[str, Any]:
    return choice if facet == NAMED else choice | {"label": said_all(choice["label"])}


def _page(post_id: int) -> str:
    return absolute(url_for("posts.show", post_id=post_id))


def _item(kind: Kind, post_id: int) -> str:
    return absolute(url_for("api.show", kind=kind, post_id=post_id))

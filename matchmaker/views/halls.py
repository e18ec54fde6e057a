"""The public halls: one per kind, a page for each item, and one for each organisation."""

from __future__ import annotations

from typing import NamedTuple

from flask import Blueprint, current_app, render_template, request
from flask.typing import ResponseReturnValue

from matchmaker import auth, db
from matchmaker.services import halls, intents, lists, permissions, posts, seeing
from matchmaker.services.halls import Hall, Question
from matchmaker.services.problems import NotFound
from matchmaker.views import metadata
from matchmaker.views.matches import partners_of
from matchmaker.views.posts import pages as posts_pages
from models import Organisation
from models.vocabulary import Kind

pages = Blueprint("halls", __name__)
OF_ORGANISATION = 12
"""Most posts of a kind on the page of an organisation."""


@posts_pages.get("/<kind:kind>")
def listing(kind: Kind) -> ResponseReturnValue:
    viewer, question = auth.current(), Question.of(kind, request.args)
    hall = halls.browse(db.session(), current_app.extensions["finder"], viewer, question)
    template = "posts/results.html" if auth.partial() else "posts/list.html"
    return render_template(
        template, kind=kind, question=question, hall=hall, filters=question.filters, chips=chips(question, hall),
        sorts=lists.sorts_of(kind), can_create=posts.can_create(viewer, kind), meta=metadata.of_hall(question, hall),
        first=question.after is None, about=metadata.ABOUT[kind],
        news=seeing.news(db.session(), viewer, hall.posts))


@posts_pages.get("/posts/<int:post_id>")
def show(post_id: int) -> ResponseReturnValue:
    viewer, session = auth.current(), db.session()
    post = posts.get(session, viewer, post_id)
    found = partners_of(viewer, post, request.args.get("partners", "")) if permissions.can_match(viewer, post) else {}
    finder = current_app.extensions["finder"]
    return render_template(
        "posts/show.html", post=post, kind=Kind(post.kind), steps=posts.actions(viewer, post),
        can_edit=posts.can_edit(viewer, post), alike=halls.similar(session, finder, viewer, post),
        meta=metadata.of_post(post), feedback=intents.feedback(session, viewer, post),
        can_ask=intents.can_ask(viewer, post), **found)


@pages.get("/organisations/<int:organisation_id>/posts")
def organisation(organisation_id: int) -> ResponseReturnValue:
    """What an organisation has in the halls under its name; one that has nothing there is no page."""
    viewer, session = auth.current(), db.session()
    found = session.get(Organisation, organisation_id)
    shelves = halls.of_organisation(session, viewer, found, OF_ORGANISATION) if found else {}
    if found is None or not shelves:
        raise NotFound("没有找到这个单位，或它没有公开发布的信息。")
    return render_template("halls/organisation.html", organisation=found, shelves=shelves,
                           meta=metadata.of_organisation(found, shelves))


class Chip(NamedTuple):
    """One thing a hall is narrowed to, and the question without it."""

    title: str
    label: str
    query: dict[str, str]


def chips(question: Question, hall: Hall) -> list[Chip]:
    """What the hall is narrowed to."""
    words = [Chip("关键词", question.text, question.as_query(q=None))] if question.text else []
    return words + [
        Chip(facet.title, next((one.label for one in facet.choices if one.code == facet.chosen), facet.chosen),
             question.as_query(**{facet.name: None}))
        for facet in hall.tally.facets if facet.chosen]

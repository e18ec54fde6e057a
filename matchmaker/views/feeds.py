"""What machines read of the public halls: feeds, the site map, and how to search here."""

from __future__ import annotations

from flask import Blueprint, Response, abort, current_app, render_template, request, url_for
from flask.typing import ResponseReturnValue

from matchmaker import db
from matchmaker.services import feeds, halls
from matchmaker.services.halls import Question
from matchmaker.views.metadata import ABOUT, absolute, site
from models import Post
from models.vocabulary import Kind

pages = Blueprint("feeds", __name__)
ENTRIES = 30
FRESH = "public, max-age=600"


@pages.get("/<kind:kind>.<any(atom, rss):form>")
def hall(kind: Kind, form: str) -> ResponseReturnValue:
    """The newest of a hall, narrowed as its address is; the same for everybody, signed in or not."""
    asked = {name: value for name, value in request.args.items() if name not in ("state", "after")}
    question = Question.of(kind, asked)
    newest = Question(kind, question.text, question.filters, "new", most=ENTRIES)
    found = halls.browse(db.session(), current_app.extensions["finder"], None, newest, count=False)
    query = question.as_query()
    channel = feeds.Channel(
        f"{kind.label} · {site()}", ABOUT[kind], absolute(url_for("feeds.hall", kind=kind, form=form, **query)),
        absolute(url_for("posts.listing", kind=kind, **query)))
    written = feeds.write(form, channel, found.posts, _address)
    return Response(written, mimetype=feeds.FORMS[form], headers={"Cache-Control": FRESH})


@pages.get("/robots.txt")
def robots() -> ResponseReturnValue:
    lines = ["User-agent: *", "Disallow: /search", "Disallow: /sign-in", "Disallow: /api/",
             f"Sitemap: {absolute(url_for('feeds.sitemap'))}"]
    return Response("\n".join(lines) + "\n", mimetype="text/plain", headers={"Cache-Control": FRESH})


@pages.get("/sitemap.xml")
def sitemap() -> ResponseReturnValue:
    files = [absolute(url_for("feeds.sitemap_file", number=at + 1)) for at in range(feeds.maps(db.session()))]
    return _xml("feeds/sitemap_index.xml", files=files)


@pages.get("/sitemap-<int:number>.xml")
def sitemap_file(number: int) -> ResponseReturnValue:
    if not 0 < number <= feeds.maps(db.session()):
        abort(404)
    rows = [(absolute(url_for("posts.show", post_id=id_)), day) for id_, day in feeds.mapped(db.session(), number)]
    places = [absolute("/"), *(absolute(url_for("posts.listing", kind=kind)) for kind in Kind)] if number == 1 else []
    return _xml("feeds/sitemap.xml", places=places, rows=rows)


@pages.get("/opensearch.xml")
def opensearch() -> ResponseReturnValue:
    return _xml("feeds/opensearch.xml", "application/opensearchdescription+xml", search=absolute(
        url_for("search.search")))


def _xml(template: str, mimetype: str = "application/xml", **values: object) -> Response:
    return Response(render_template(template, **values), mimetype=mimetype, headers={"Cache-Control": FRESH})


def _address(post: Post) -> str:
    return absolute(url_for("posts.show", post_id=post.id))

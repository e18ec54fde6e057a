"""One blueprint per place a person stands."""

from __future__ import annotations

from flask import Flask
from werkzeug.routing import IntegerConverter, Map

from matchmaker.views import (
    activities,
    auth,
    dashboard,
    desk,
    drafts,
    frame,
    health,
    home,
    languages,
    liveness,
    matches,
    office,
    pool,
    posts,
    reports,
    search,
    targets,
    transfer,
    writing,
)


class IdConverter(IntegerConverter):
    """An identifier in an address; a number that no row can have belongs to no page."""

    def __init__(self, addresses: Map) -> None:
        super().__init__(addresses, max=2**31 - 1)


def register(app: Flask) -> None:
    """Add every page, and what all pages have in common."""
    frame.init(app)
    languages.init(app)
    app.url_map.converters |= {"kind": posts.KindConverter, "int": IdConverter}
    for room in (
        home, auth, writing, drafts, matches, search, desk, office, transfer, health, liveness, pool, dashboard,
        reports, targets, activities,
    ):
        app.register_blueprint(room.pages)

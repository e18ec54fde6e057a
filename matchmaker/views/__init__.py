"""One blueprint per place a person stands."""

from __future__ import annotations

from flask import Flask
from werkzeug.routing import IntegerConverter, Map

from matchmaker.services.rows import HIGHEST
from matchmaker.views import (
    activities,
    advice,
    api,
    attachments,
    audit,
    auth,
    cases,
    contracts,
    dashboard,
    desk,
    disclosure,
    documents,
    drafts,
    feeds,
    follow_ups,
    frame,
    halls,
    health,
    home,
    intents,
    languages,
    liveness,
    matches,
    meetings,
    notices,
    office,
    official_form,
    organisations,
    people,
    pool,
    posts,
    privacy,
    registration,
    reports,
    reviews,
    search,
    searches,
    serving,
    sharing,
    speaking,
    targets,
    transfer,
)

ROOMS = (
    home,
    auth,
    registration,
    privacy,
    organisations,
    notices,
    people,
    advice,
    attachments,
    official_form,
    drafts,
    matches,
    search,
    desk,
    reviews,
    audit,
    disclosure,
    office,
    intents,
    cases,
    meetings,
    contracts,
    sharing,
    documents,
    follow_ups,
    transfer,
    health,
    liveness,
    pool,
    serving,
    dashboard,
    reports,
    targets,
    activities,
    halls,
    searches,
    feeds,
    api,
    languages,
)


class IdConverter(IntegerConverter):
    """An identifier in an address; a number that no row can have belongs to no page."""

    def __init__(self, addresses: Map) -> None:
        super().__init__(addresses, max=HIGHEST)


def register(app: Flask) -> None:
    """Add every page, and what all pages have in common."""
    frame.init(app)
    languages.init(app)
    speaking.init(app)
    app.jinja_env.globals.update(
        case_contracts=contracts.case_contracts, case_documents=documents.case_documents,
        after_signing=follow_ups.after_signing)
    privacy.init(app)
    notices.init()
    pool.init(app)
    liveness.init(app)
    reviews.init(app)
    app.url_map.converters |= {"kind": posts.KindConverter, "int": IdConverter}
    for room in ROOMS:
        app.register_blueprint(room.pages)

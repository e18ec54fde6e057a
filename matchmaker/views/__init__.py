"""One blueprint per place a person stands."""

from __future__ import annotations

from flask import Flask

from matchmaker.views import auth, desk, frame, health, home, matches, posts, search, transfer


def register(app: Flask) -> None:
    """Add every page, and what all pages have in common."""
    frame.init(app)
    app.url_map.converters["kind"] = posts.KindConverter
    for room in (home, auth, posts, matches, search, desk, transfer, health):
        app.register_blueprint(room.pages)

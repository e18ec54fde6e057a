"""One blueprint per place a person stands."""

from __future__ import annotations

from flask import Flask

from matchmaker.views import auth, frame, health, home


def register(app: Flask) -> None:
    """Add every page, and what all pages have in common."""
    frame.init(app)
    for room in (home, auth, health):
        app.register_blueprint(room.pages)

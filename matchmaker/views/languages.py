"""In which language and time zone a page speaks: as the viewer chose, else Chinese and Beijing time."""

from __future__ import annotations

from flask import Flask, request
from flask_babel import Babel

LANGUAGES = {"zh": "中文", "en": "English"}
DEFAULT, ZONE = "zh", "Asia/Shanghai"
COOKIE = "language"


def init(app: Flask) -> None:
    app.config.update(BABEL_DEFAULT_LOCALE=DEFAULT, BABEL_DEFAULT_TIMEZONE=ZONE)
    Babel(app, locale_selector=language)


def language() -> str:
    """The viewer's language; Chinese unless the viewer chose another."""
    chosen = request.cookies.get(COOKIE, DEFAULT)
    return chosen if chosen in LANGUAGES else DEFAULT

"""In which language and time zone a page speaks: as the viewer chose, else Chinese and Beijing time."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from flask import Blueprint, Flask, current_app, has_request_context, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import Babel
from werkzeug import Response

from matchmaker import auth, db, speech
from matchmaker.services.clock import ZONES
from matchmaker.speech import DEFAULT, LANGUAGES
from models import User

pages = Blueprint("languages", __name__)
ZONE = "Asia/Shanghai"
COOKIE, ZONE_COOKIE = "language", "zone"
CHOICES = {COOKIE: LANGUAGES, ZONE_COOKIE: ZONES}
"""Cookie, and column of the account → what may be chosen."""
API = "/api/"
AGE = dt.timedelta(days=365)


def init(app: Flask) -> None:
    speech.compile_catalogues()
    app.config.update(BABEL_DEFAULT_LOCALE=DEFAULT, BABEL_DEFAULT_TIMEZONE=ZONE)
    Babel(app, locale_selector=language, timezone_selector=zone_name)
    app.jinja_env.globals.update(language=language, languages=LANGUAGES, zone_name=zone_name,
                                 zones=ZONES)


@pages.get("/settings/display")
def display() -> ResponseReturnValue:
    """Language and time zone, which this browser keeps."""
    return render_template("halls/display.html", zones=ZONES, back=auth.local_path(request.args.get("next")) or "/")


@pages.post("/settings/display")
def choose() -> ResponseReturnValue:
    """Keep what was chosen of the closed lists, for mails too; back to where it was chosen."""
    answer, viewer = redirect(auth.local_path(request.form.get("next")) or url_for("home.home")), auth.current()
    for name, known in CHOICES.items():
        if (value := request.form.get(name, "")) in known:
            _keep(answer, name, value)
            if viewer is not None:
                setattr(viewer, name, value)
    if viewer is not None:
        db.session().commit()
    return answer


def remind(answer: Response, person: User) -> Response:
    """A browser in which somebody signs in speaks as that person chose elsewhere, unless a choice was made in it."""
    for name, known in CHOICES.items():
        if name not in request.cookies and (value := getattr(person, name)) in known:
            _keep(answer, name, value)
    return answer


def _keep(answer: Response, name: str, value: str) -> None:
    answer.set_cookie(name, value, max_age=AGE, httponly=True, samesite="Lax",
                      secure=bool(current_app.config["SESSION_COOKIE_SECURE"]))


def language() -> str:
    """The viewer's language; Chinese unless the viewer chose another, or a program asks the API in another."""
    if not has_request_context():
        return DEFAULT
    chosen = request.cookies.get(COOKIE)
    if chosen is None and request.path.startswith(API):
        chosen = request.accept_languages.best_match(list(LANGUAGES))
    return chosen if chosen in LANGUAGES else DEFAULT


def zone_name() -> str:
    """The name of the viewer's time zone; Beijing's unless the viewer chose another."""
    chosen = request.cookies.get(ZONE_COOKIE, ZONE) if has_request_context() else ZONE
    return chosen if chosen in ZONES else ZONE


def zone() -> ZoneInfo:
    return ZoneInfo(zone_name())

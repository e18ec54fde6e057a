"""In which language and time zone a page speaks: as the viewer chose, else Chinese and Beijing time."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from flask import Blueprint, Flask, current_app, has_request_context, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import Babel

from matchmaker import auth, db, speech
from matchmaker.speech import DEFAULT, LANGUAGES

pages = Blueprint("languages", __name__)
ZONE = "Asia/Shanghai"
COOKIE, ZONE_COOKIE = "language", "zone"
AGE = dt.timedelta(days=365)
ZONES = {
    "Asia/Shanghai": "北京时间（UTC+8）", "Asia/Tokyo": "东京（UTC+9）", "Asia/Singapore": "新加坡（UTC+8）",
    "Asia/Kolkata": "新德里（UTC+5:30）", "Asia/Dubai": "迪拜（UTC+4）", "Europe/Moscow": "莫斯科（UTC+3）",
    "Europe/Berlin": "柏林（UTC+1/+2）", "Europe/London": "伦敦（UTC+0/+1）", "UTC": "协调世界时（UTC）",
    "America/New_York": "纽约（UTC−5/−4）", "America/Los_Angeles": "洛杉矶（UTC−8/−7）",
    "Australia/Sydney": "悉尼（UTC+10/+11）",
}


def init(app: Flask) -> None:
    speech.compile_catalogues()
    app.config.update(BABEL_DEFAULT_LOCALE=DEFAULT, BABEL_DEFAULT_TIMEZONE=ZONE)
    Babel(app, locale_selector=language, timezone_selector=zone_name)
    app.jinja_env.globals.update(language=language, languages=LANGUAGES, zone_name=zone_name)


@pages.get("/settings/display")
def display() -> ResponseReturnValue:
    """Language and time zone, which this browser keeps."""
    return render_template("halls/display.html", zones=ZONES, back=auth.local_path(request.args.get("next")) or "/")


@pages.post("/settings/display")
def choose() -> ResponseReturnValue:
    """Keep what was chosen of the closed lists, the language also for mails; back to where it was chosen."""
    answer = redirect(auth.local_path(request.form.get("next")) or url_for("home.home"))
    for cookie, known in ((COOKIE, LANGUAGES), (ZONE_COOKIE, ZONES)):
        if (value := request.form.get(cookie, "")) in known:
            if cookie == COOKIE and (viewer := auth.current()) is not None:
                viewer.language = value
                db.session().commit()
            answer.set_cookie(cookie, value, max_age=AGE, httponly=True, samesite="Lax",
                              secure=bool(current_app.config["SESSION_COOKIE_SECURE"]))
    return answer


def language() -> str:
    """The viewer's language; Chinese unless the viewer chose another."""
    chosen = request.cookies.get(COOKIE, DEFAULT) if has_request_context() else DEFAULT
    return chosen if chosen in LANGUAGES else DEFAULT


def zone_name() -> str:
    """The name of the viewer's time zone; Beijing's unless the viewer chose another."""
    chosen = request.cookies.get(ZONE_COOKIE, ZONE) if has_request_context() else ZONE
    return chosen if chosen in ZONES else ZONE


def zone() -> ZoneInfo:
    return ZoneInfo(zone_name())

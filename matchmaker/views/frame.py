"""What every page has in common: static files, icons, headers, and the words templates may use."""

from __future__ import annotations

import gzip
import hashlib
import re
import secrets
from functools import cache
from pathlib import Path
from wsgiref.headers import Headers as FileHeaders

from flask import Flask, Response, current_app, g, request, url_for
from markupsafe import Markup
from whitenoise import WhiteNoise

from matchmaker import auth, db
from matchmaker.services import notices, permissions
from matchmaker.views import places, typed, watching, words

STATIC = Path(__file__).resolve().parent.parent / "static"
ICONS = STATIC / "vendor" / "icons"
YEAR = 365 * 24 * 3600
POLICY = (
    "default-src 'self'; script-src 'nonce-{nonce}'; style-src 'self'; img-src 'self' data:; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
FILE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
"""For a file opened by itself: nothing in it runs or loads."""
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}


OWN_FETCHES = ("same-origin", "none")
"""What a browser calls a request of our own pages, and of an address typed or kept by a person."""


def init(app: Flask) -> None:
    """Serve static files, compressed and for a year under a name that changes with them; head every answer."""
    app.request_class = typed.CleanRequest
    app.url_map.converters |= {"default": typed.WordConverter, "string": typed.WordConverter}
    app.wsgi_app = WhiteNoise(  # type: ignore[method-assign]
        app.wsgi_app, root=STATIC, prefix="static/", max_age=YEAR,
        add_headers_function=lambda headers, _path, _url: _head_file(headers))
    app.after_request(_headers)
    watching.init(app)
    app.context_processor(_common)
    app.jinja_env.globals.update(icon=icon, asset=asset, places=places.groups)
    app.jinja_env.filters.update(words.FILTERS)
    app.jinja_env.tests.update(words.TESTS)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True


def nonce() -> str:
    """The word without which no script of this page runs."""
    if "nonce" not in g:
        g.nonce = secrets.token_urlsafe(16)
    return str(g.nonce)


@cache
def icon(name: str) -> Markup:
    """An icon of Bootstrap Icons as inline SVG, hidden from screen readers; nothing when none are installed."""
    if not ICONS.is_dir():
        return Markup()
    drawn = re.sub(r"<svg[^>]*?viewBox=\"([^\"]*)\"[^>]*>",
                   r'<svg class="icon" viewBox="\1" width="1em" height="1em" fill="currentColor" aria-hidden="true">',
                   (ICONS / f"{name}.svg").read_text("utf-8"), count=1)
    return Markup(drawn)  # noqa: S704 - an installed, checked file


@cache
def _digest(name: str) -> str:
    path = STATIC / name
    return hashlib.sha256(path.read_bytes()).hexdigest()[:10] if path.is_file() else "none"


def asset(name: str) -> str:
    """The address of a static file; it changes with the file, so browsers may keep it."""
    return f"{url_for('static', filename=name)}?v={_digest(name)}"


def _head_file(headers: FileHeaders) -> None:
    for name, value in (HEADERS | {"Content-Security-Policy": FILE_POLICY}).items():
        headers[name] = value


def _headers(response: Response) -> Response:
    response.headers.extend({name: value for name, value in HEADERS.items() if name not in response.headers})
    response.headers.setdefault("Content-Security-Policy", POLICY.format(nonce=nonce()))
    if response.mimetype in ("text/html", "application/json"):
        response.headers.setdefault("Cache-Control", "no-store" if auth.current() else "no-cache")
        response.vary.update(("Cookie", "HX-Request"))
    return _compressed(response)


def _compressed(response: Response) -> Response:
    """A page as gzip, unless another site had it fetched: that one could guess secrets by the length."""
    fits = response.mimetype == "text/html" and not response.is_streamed and "Content-Encoding" not in response.headers
    asked = request.accept_encodings.quality("gzip") > 0 and request.headers.get("Sec-Fetch-Site") in OWN_FETCHES
    if fits and asked:
        response.set_data(gzip.compress(response.get_data(), compresslevel=5, mtime=0))
        response.headers["Content-Encoding"] = "gzip"
        response.vary.update(("Accept-Encoding", "Sec-Fetch-Site"))
    return response


def _common() -> dict[str, object]:
    viewer = auth.current()
    return {"viewer": viewer, "nonce": nonce, "partial": auth.partial(),
            "unread": lambda: notices.unread(db.session(), viewer) if viewer else 0,
            "may": watching.may(), "blueprints": current_app.blueprints, "is_staff": permissions.is_staff(viewer)}

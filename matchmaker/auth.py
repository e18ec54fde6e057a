"""Who is asking: signed-in browsers, and what guards every request (request forgery, foreign redirects)."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar
from urllib.parse import urlsplit

from flask import Flask, current_app, g, redirect, request, session, url_for
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user
from flask_wtf import CSRFProtect
from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy.exc import DBAPIError
from werkzeug.wrappers import Response

from matchmaker import db
from matchmaker.services import accounts, permissions, throttle
from matchmaker.services.problems import NotAllowed
from models import User

Arguments = ParamSpec("Arguments")
Answer = TypeVar("Answer")
DEVICE = "device"
DEVICE_AGE = dt.timedelta(days=365)


class Browser(UserMixin):  # type: ignore[misc]
    """A signed-in browser: the token in its cookie, and the user whom the stored session names."""

    def __init__(self, token: str, user: User) -> None:
        self.token, self.user = token, user

    def get_id(self) -> str:
        return self.token


CSRF = CSRFProtect()


def init(app: Flask) -> None:
    """Recognise signed-in browsers and refuse writes that no page of ours sent."""
    if app.config["SESSION_COOKIE_SECURE"]:
        app.config["SESSION_COOKIE_NAME"] = "__Host-session"
    app.config.update(WTF_CSRF_TIME_LIMIT=None, WTF_I18N_ENABLED=False)
    CSRF.init_app(app)
    manager = LoginManager(app)
    manager.session_protection = None
    manager.user_loader(_load)
    manager.unauthorized_handler(_to_sign_in)


def current() -> User | None:
    """The signed-in user of this request, or None for a stranger."""
    return current_user.user if current_user.is_authenticated else None


def person() -> User:
    """The signed-in user. Raises NotAllowed for a stranger."""
    viewer = current()
    if viewer is None:
        raise NotAllowed("请先登录。")
    return viewer


def signed_in(view: Callable[Arguments, Answer]) -> Callable[Arguments, Answer | Response]:
    """Let only signed-in users in; others sign in first and come back."""

    @wraps(view)
    def guarded(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Answer | Response:
        return view(*args, **kwargs) if current() else _to_sign_in()

    return guarded


def staff_only(view: Callable[Arguments, Answer]) -> Callable[Arguments, Answer | Response]:
    """Let only the office's staff in. Raises NotAllowed for other users."""

    @wraps(view)
    def guarded(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Answer | Response:
        viewer = current()
        if viewer is None:
            return _to_sign_in()
        permissions.check_staff(viewer)
        return view(*args, **kwargs)

    return guarded


def verify(email: str, password: str) -> User | None:
    """The user whose password it is; reads in a session of its own, so that hashing holds no lock."""
    with db.sessions().read() as reading:
        return accounts.verify(reading, email, password, buckets(email))


def buckets(email: str) -> list[str]:
    """What tries are counted against. A browser that this user signed in from before has a bucket of its own, so
    that nobody can lock a user out by guessing."""
    known = _known_device(email)
    return [throttle.bucket_key("device", known)] if known else tries("", email)


def tries(what: str, email: str = "") -> list[str]:
    """What asking for something by this address, and for this e-mail if one is given, is counted against."""
    address = throttle.bucket_key(f"{what}address", request.remote_addr or "")
    return [throttle.bucket_key(f"{what}email", email), address] if email else [address]


def begin(user: User, token: str) -> None:
    """Give this browser the token; nothing of its earlier session survives."""
    session.clear()
    session.permanent = True
    login_user(Browser(token, user))


def end() -> str | None:
    """Forget this browser; returns the token it had."""
    token = current_user.token if current_user.is_authenticated else None
    logout_user()
    session.clear()
    return token


def remember_device(response: Response, email: str) -> Response:
    """Leave a mark by which the browser is known at the next sign-in; it opens nothing."""
    secure = bool(current_app.config["SESSION_COOKIE_SECURE"])
    mark = _known_device(email) or secrets.token_urlsafe(16)
    value = _serializer().dumps([email.strip().lower(), mark])
    response.set_cookie(DEVICE, value, max_age=DEVICE_AGE, httponly=True, secure=secure, samesite="Lax")
    return response


def local_path(target: str | None) -> str | None:
    """`target` when it is a path of this site, else None."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")):
        return None
    if any(ord(letter) <= 32 or letter == "\\" for letter in target):
        return None
    parts = urlsplit(target)
    return None if parts.scheme or parts.netloc else target


def _known_device(email: str) -> str | None:
    try:
        whose, mark = _serializer().loads(request.cookies.get(DEVICE, ""))
    except (BadSignature, ValueError, TypeError):
        return None
    return str(mark) if whose == email.strip().lower() else None


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(str(current_app.config["SECRET_KEY"]), salt="known-device")


def _load(token: str) -> Browser | None:
    """Without a database the page fails once; the page that says so is shown as to a stranger."""
    if "away" in g:
        return None
    try:
        user = accounts.signed_in(db.session(), token)
    except DBAPIError:
        g.away = True
        raise
    return Browser(token, user) if user else None


def _to_sign_in() -> Response:
    """To the sign-in page and back; a part of a page that htmx asked for moves the whole page there."""
    back = request.full_path.rstrip("?") if request.method == "GET" and not partial() else None
    target = url_for("auth.sign_in", next=back)
    if partial():
        return Response(status=204, headers={"HX-Redirect": target})
    return redirect(target)


def partial() -> bool:
    return request.headers.get("HX-Request") == "true"

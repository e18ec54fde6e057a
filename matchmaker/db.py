"""One database session per request: reading requests hold no lock, writing ones hold the writer's."""

from __future__ import annotations

from flask import Flask, current_app, g, request
from sqlalchemy.orm import Session

from models import Sessions, make_sessions

READING = frozenset({"GET", "HEAD", "OPTIONS"})


def init(app: Flask, url: str) -> None:
    """Open the database for the application and close each request's session when it ends."""
    app.extensions["sessions"] = make_sessions(url)
    app.teardown_appcontext(_close)


def sessions() -> Sessions:
    opened: Sessions = current_app.extensions["sessions"]
    return opened


def session() -> Session:
    """The session of this request. What is not committed when the request ends is rolled back."""
    if "session" not in g:
        reading = request.method in READING
        g.session = sessions().read() if reading else sessions().write()
    current: Session = g.session
    return current


def only_reads() -> None:
    """This request writes nothing though a form was sent: its session holds no lock. Said before any is opened."""
    if "session" not in g:
        g.session = sessions().read()


def release() -> None:
    """Close the session of this request before its end; what it did not commit is rolled back."""
    _close(None)


def _close(_error: BaseException | None) -> None:
    opened: Session | None = g.pop("session", None)
    if opened is not None:
        opened.close()

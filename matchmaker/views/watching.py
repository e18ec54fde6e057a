"""What pages show of posts beyond what is public is written into the ledger before the page leaves."""

from __future__ import annotations

from flask import Flask, Response, current_app, g, has_request_context, request

from matchmaker import auth, db
from matchmaker.services import disclosure
from matchmaker.services.disclosure import Watched


def init(app: Flask) -> None:
    app.after_request(_write)


def may() -> Watched:
    """Who may see what, as this request asks it."""
    if not has_request_context():
        return Watched()
    if "watched" not in g:
        g.watched = Watched()
    asked: Watched = g.watched
    return asked


def _write(response: Response) -> Response:
    """A page whose showing cannot be written down does not leave. The request's own session is closed first: while it
    holds the writer's lock, nobody else can write."""
    watched: Watched | None = g.pop("watched", None)
    if watched is None or not watched.shown:
        return response
    try:
        _note(watched)
    except Exception as error:  # behind a view nothing else leads to the handlers of errors
        return current_app.make_response(current_app.handle_user_exception(error))
    return response


def _note(watched: Watched) -> None:
    viewer = auth.current()
    if viewer is None:
        return
    db.release()
    with db.sessions().write() as session:
        disclosure.write(session, viewer, watched.shown, request.endpoint or "")
        session.commit()

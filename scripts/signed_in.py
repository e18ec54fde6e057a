"""A browser without a window that is signed in as somebody, for benchmarks and tests."""

from __future__ import annotations

import datetime as dt

from flask import Flask
from flask.testing import FlaskClient

from matchmaker.services import accounts
from models import User


def browser(app: Flask, person: User) -> FlaskClient:
    """Signed in as `person`, who is stored."""
    with app.extensions["sessions"].write() as session:
        token = accounts.sign_in(session, person, [], dt.timedelta(days=1))
        session.commit()
    client = app.test_client()
    with client.session_transaction() as stored:
        stored["_user_id"] = token
    return client


def cookie(app: Flask, person: User) -> str:
    """The Cookie header of such a browser."""
    kept = browser(app, person).get_cookie("session")
    if kept is None:
        raise LookupError("the application set no session cookie")
    return f"session={kept.value}"

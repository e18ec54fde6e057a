"""What a supervisor or load balancer asks."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, current_app

from matchmaker import db
from matchmaker.services import health

pages = Blueprint("health", __name__)


@pages.get("/healthz")
def alive() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


@pages.get("/readyz")
def ready() -> tuple[dict[str, Any], int]:
    """200 while requests can be answered, even with the engine away; 503 without the database."""
    found = health.check(db.session(), current_app.extensions["finder"])
    return found.as_dict(), 200 if found.ready else 503

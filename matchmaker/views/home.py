"""The first page: what this is, and for those who work here, what waits."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

pages = Blueprint("home", __name__)


@pages.get("/")
def home() -> ResponseReturnValue:
    return render_template("home/home.html")

"""Parts of a page that htmx asks for; whoever opens their address gets them on a page of their own."""

from __future__ import annotations

from typing import Any

from flask import render_template

from matchmaker import auth


def part(template: str, title: str, back: str, **context: Any) -> str:
    """The part alone for htmx, else the page `title` around it with a link to the page it belongs to."""
    whole = {} if auth.partial() else {"part": template, "title": title, "back": back}
    return render_template("partials/whole.html" if whole else template, **context, **whole)

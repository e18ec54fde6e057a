"""Times of meetings as the viewer's clock shows them."""

from __future__ import annotations

import datetime as dt

from matchmaker.services import clock as clocks
from matchmaker.services.clock import ZONES
from matchmaker.views.languages import zone
from matchmaker.views.languages import zone_name as code

__all__ = ["clock", "span", "zone", "zone_name"]


def zone_name() -> str:
    """How the viewer's zone is called on a page."""
    return ZONES[code()]


def clock(value: dt.datetime | None) -> str:
    """2026-12-01 14:00"""
    return value.astimezone(zone()).strftime("%Y-%m-%d %H:%M") if value else ""


def span(start: dt.datetime | None, end: dt.datetime | None) -> str:
    """2026-12-01 14:00–15:30; over midnight both days are said."""
    if start is None or end is None:
        return ""
    return clocks.span(start, end, zone())

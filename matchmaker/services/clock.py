"""The wall clock of the office: where days begin, and which one it is."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

HERE = ZoneInfo("Asia/Shanghai")


def day_of(moment: dt.datetime) -> dt.date:
    """The day that an instant belongs to here."""
    return moment.astimezone(HERE).date()


def today() -> dt.date:
    """The day on the wall here."""
    return dt.datetime.now(HERE).date()


def midnight(day: dt.date) -> dt.datetime:
    """The instant at which a day begins here."""
    return dt.datetime.combine(day, dt.time(), HERE).astimezone(dt.UTC)

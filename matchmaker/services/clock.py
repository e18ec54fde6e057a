"""The wall clock of the office: where days begin, and which one it is."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

HERE = ZoneInfo("Asia/Shanghai")
ZONES = {
    "Asia/Shanghai": "北京时间（UTC+8）", "Asia/Tokyo": "东京（UTC+9）", "Asia/Singapore": "新加坡（UTC+8）",
    "Asia/Kolkata": "新德里（UTC+5:30）", "Asia/Dubai": "迪拜（UTC+4）", "Europe/Moscow": "莫斯科（UTC+3）",
    "Europe/Berlin": "柏林（UTC+1/+2）", "Europe/London": "伦敦（UTC+0/+1）", "UTC": "协调世界时（UTC）",
    "America/New_York": "纽约（UTC−5/−4）", "America/Los_Angeles": "洛杉矶（UTC−8/−7）",
    "Australia/Sydney": "悉尼（UTC+10/+11）",
}
"""Time zones that a person may choose: name → what it is called."""


def day_of(moment: dt.datetime) -> dt.date:
    """The day that an instant belongs to here."""
    return moment.astimezone(HERE).date()


def today() -> dt.date:
    """The day on the wall here."""
    return dt.datetime.now(HERE).date()


def midnight(day: dt.date, zone: dt.tzinfo = HERE) -> dt.datetime:
    """The instant at which a day begins here, or in another zone."""
    return dt.datetime.combine(day, dt.time(), zone).astimezone(dt.UTC)


def span(start: dt.datetime, end: dt.datetime, zone: dt.tzinfo) -> str:
    """2026-12-01 14:00–15:30, as the clock shows it in that zone; over midnight both days are said."""
    first, last = start.astimezone(zone), end.astimezone(zone)
    closing = f"{last:%H:%M}" if first.date() == last.date() else f"{last:%Y-%m-%d %H:%M}"
    return f"{first:%Y-%m-%d %H:%M}–{closing}"

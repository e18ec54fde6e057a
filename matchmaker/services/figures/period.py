"""A span of days as it is on the wall here: a day, week, month, quarter, year, or from one day to another."""

from __future__ import annotations

import calendar
import datetime as dt
from dataclasses import dataclass

from matchmaker.services.clock import midnight

KINDS = {"day": "日", "week": "周", "month": "月", "quarter": "季度", "year": "年", "custom": "自选"}
FIRST, LAST = dt.date(2000, 1, 1), dt.date(2100, 12, 31)
DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Period:
    """The days from `start` up to, not including, `end`."""

    kind: str
    start: dt.date
    end: dt.date

    @property
    def last(self) -> dt.date:
        return self.end - DAY

    @property
    def days(self) -> int:
        return (self.end - self.start).days

    @property
    def moments(self) -> tuple[dt.datetime, dt.datetime]:
        """The instants at which it begins and is over."""
        return midnight(self.start), midnight(self.end)

    @property
    def name(self) -> str:
        """2026 年, 2026 年第 3 季度, 2026 年 8 月 …"""
        start = self.start
        return {
            "year": f"{start.year} 年", "month": f"{start.year} 年 {start.month} 月",
            "quarter": f"{start.year} 年第 {(start.month + 2) // 3} 季度", "day": f"{start}",
        }.get(self.kind, f"{start} 至 {self.last}")

    def before(self, today: dt.date) -> Period:
        """The same span a year earlier; of a span that still runs, as much as has gone by. Weeks go back 52 weeks."""
        end = min(self.end, today + DAY) if self.start <= today else self.end
        if self.kind == "week":
            year = dt.timedelta(weeks=52)
            return Period("custom", self.start - year, end - year)
        start = year_before(self.start)
        return Period("custom", start, max(year_before(end - DAY), start) + DAY)

    def turn(self, by: int) -> Period:
        """The next one of its kind (by 1) or the one before (by -1)."""
        if self.kind == "custom":
            return Period("custom", self.start + self.days * DAY * by, self.end + self.days * DAY * by)
        return of(self.kind, self.end if by > 0 else self.start - DAY)


def of(kind: str, day: dt.date) -> Period:
    """The day, week (from Monday), month, quarter or year that a day lies in."""
    if kind == "day":
        return Period(kind, day, day + DAY)
    if kind == "week":
        start = day - dt.timedelta(days=day.weekday())
        return Period(kind, start, start + 7 * DAY)
    length = {"month": 1, "quarter": 3, "year": 12}[kind]
    start = day.replace(month=(day.month - 1) // length * length + 1, day=1)
    return Period(kind, start, months_later(start, length))


def between(first: dt.date, last: dt.date) -> Period:
    """From one day to another, both counted; the earlier one is the first."""
    first, last = min(first, last), max(first, last)
    return Period("custom", first, last + DAY)


def year(number: int) -> Period:
    return of("year", dt.date(number, 1, 1))


def quarters(number: int) -> list[Period]:
    return [of("quarter", dt.date(number, month, 1)) for month in (1, 4, 7, 10)]


def months(span: Period) -> list[Period]:
    """The months that a span touches, whole."""
    found, start = [], span.start.replace(day=1)
    while start < span.end:
        found.append(of("month", start))
        start = found[-1].end
    return found


def months_later(day: dt.date, count: int) -> dt.date:
    """The first day of a month, `count` months on."""
    place = day.year * 12 + day.month - 1 + count
    return dt.date(place // 12, place % 12 + 1, 1)


def year_before(day: dt.date) -> dt.date:
    """The same day a year earlier; of 29 February, 28 February."""
    longest = calendar.monthrange(day.year - 1, day.month)[1]
    return day.replace(year=day.year - 1, day=min(day.day, longest))

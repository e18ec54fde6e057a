"""Spans of days: where they begin and end, their neighbours, and the same span a year earlier."""

import datetime as dt

import pytest

from matchmaker.services import clock
from matchmaker.services.figures import period as periods
from matchmaker.services.figures.period import between, of

D = dt.date


@pytest.mark.parametrize(("kind", "day", "start", "last"), [
    ("day", D(2024, 2, 29), D(2024, 2, 29), D(2024, 2, 29)),
    ("week", D(2026, 1, 1), D(2025, 12, 29), D(2026, 1, 4)),
    ("month", D(2024, 2, 10), D(2024, 2, 1), D(2024, 2, 29)),
    ("month", D(2025, 12, 31), D(2025, 12, 1), D(2025, 12, 31)),
    ("quarter", D(2025, 11, 5), D(2025, 10, 1), D(2025, 12, 31)),
    ("year", D(2024, 7, 7), D(2024, 1, 1), D(2024, 12, 31)),
])
def test_a_span_holds_whole_days(kind, day, start, last):
    found = of(kind, day)
    assert (found.start, found.last) == (start, last)
    assert found.turn(1).start == found.end
    assert found.turn(-1).last == start - dt.timedelta(days=1)


@pytest.mark.parametrize(("span", "today", "first", "last"), [
    (of("year", D(2025, 1, 1)), D(2026, 3, 5), D(2024, 1, 1), D(2024, 12, 31)),
    (of("year", D(2026, 1, 1)), D(2026, 3, 5), D(2025, 1, 1), D(2025, 3, 5)),
    (of("year", D(2024, 1, 1)), D(2024, 2, 29), D(2023, 1, 1), D(2023, 2, 28)),
    (of("month", D(2025, 2, 1)), D(2026, 3, 5), D(2024, 2, 1), D(2024, 2, 28)),
    (of("day", D(2024, 2, 29)), D(2026, 3, 5), D(2023, 2, 28), D(2023, 2, 28)),
    (of("week", D(2025, 3, 5)), D(2026, 3, 5), D(2024, 3, 4), D(2024, 3, 10)),
    (between(D(2025, 12, 20), D(2026, 1, 10)), D(2026, 3, 5), D(2024, 12, 20), D(2025, 1, 10)),
    (of("year", D(2027, 1, 1)), D(2026, 3, 5), D(2026, 1, 1), D(2026, 12, 31)),
])
def test_a_year_earlier_is_the_same_span_as_far_as_it_has_gone_by(span, today, first, last):
    found = span.before(today)
    assert (found.start, found.last) == (first, last)


def test_midnight_is_that_of_shanghai():
    assert clock.midnight(D(2026, 1, 1)) == dt.datetime(2025, 12, 31, 16, tzinfo=dt.UTC)
    assert clock.day_of(dt.datetime(2025, 12, 31, 16, tzinfo=dt.UTC)) == D(2026, 1, 1)


def test_spans_have_names():
    assert of("quarter", D(2025, 8, 1)).name == "2025 年第 3 季度"
    assert between(D(2025, 1, 1), D(2025, 1, 31)).name == "2025-01-01 至 2025-01-31"
    assert [quarter.start.month for quarter in periods.quarters(2025)] == [1, 4, 7, 10]

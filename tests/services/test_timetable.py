"""What comes again by itself is queued once per slot, however many workers look."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import func, select

from matchmaker.services import clock, timetable, weighing
from matchmaker.services.timetable import Entry
from matchmaker.tasks import HANDLERS
from models import Job

DAY = Entry("digest_daily", "day", 8)


def at(text: str) -> dt.datetime:
    """An instant by the clock in Beijing."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=clock.HERE)


@pytest.mark.parametrize(("entry", "clock", "slot"), [
    (DAY, "2026-11-22T08:00", "2026-11-22T08"), (DAY, "2026-11-22T07:59", "2026-11-21T08"),
    (DAY, "2026-11-23T00:10", "2026-11-22T08"), (DAY, "2027-01-01T03:00", "2026-12-31T08"),
    (Entry("x", "hour"), "2026-11-22T08:59", "2026-11-22T08"),
    (Entry("x", "week", 8), "2026-11-23T08:00", "2026-11-23T08"),
    (Entry("x", "week", 8), "2026-11-23T07:59", "2026-11-16T08"),
    (Entry("x", "week", 8), "2026-11-29T23:00", "2026-11-23T08"),
])
def test_a_slot_begins_at_its_hour(entry, clock, slot):
    assert timetable.slot(entry, at(clock)) == slot


def test_an_entry_is_queued_once_per_slot_and_waits_at_first(session):
    said = [timetable.queue(session, DAY, at(clock)) for clock in (
        "2026-11-22T09:00", "2026-11-22T10:00", "2026-11-23T07:00", "2026-11-23T08:01", "2026-11-23T08:02",
        "2026-11-26T12:00", "2026-11-25T12:00")]
    assert said == [False, False, False, True, False, True, False]
    assert session.scalar(select(func.count()).select_from(Job)) == 2


def test_what_is_due_is_known_without_a_lock(session):
    for entry in timetable.TIMETABLE:
        timetable.queue(session, entry, at("2026-11-22T09:00"))
    assert timetable.due(session, at("2026-11-22T09:30")) == [one for one in timetable.TIMETABLE if one.every == "hour"
                                                             and timetable.slot(one, at("2026-11-22T09:30"))
                                                             > timetable.slot(one, at("2026-11-22T09:00"))]
    assert DAY in timetable.due(session, at("2026-11-23T09:30"))


def test_every_entry_has_a_handler_and_a_name_of_its_own():
    kinds = [entry.kind for entry in timetable.TIMETABLE]
    assert set(kinds) <= set(HANDLERS)
    assert len(kinds) == len(set(kinds))


def test_the_night_run_comes_after_everything_else(session):
    (night,) = (entry for entry in timetable.TIMETABLE if entry.kind == "rematch_all")
    for day in ("2026-11-22T09:00", "2026-11-23T09:00"):
        timetable.queue(session, night, at(day))
    assert session.scalars(select(Job.priority)).all() == [weighing.NIGHT]

"""Work that comes again by itself: a table of entries, each queued as a job once per hour, day or week.

The worker asks every minute what is due. Whatever the number of workers, an entry is queued once per slot; slots that
went by while no worker ran are made up for by one job. An entry seen for the first time waits for its next slot.
A handler must do no harm when it runs twice: it is an ordinary job.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from matchmaker.services import clock, jobs, weighing
from models import TimetableRun, now


@dataclass(frozen=True)
class Entry:
    """The job `kind`, its payload {"slot": …} naming the hour it is for (local time).

    Of an hourly entry `hour` means nothing; a weekly one is due on Mondays.
    """

    kind: str
    every: Literal["hour", "day", "week"]
    hour: int = 0
    priority: int = 10


TIMETABLE = (
    Entry("stall", "day", 6),
    Entry("rematch_all", "day", 2, weighing.NIGHT),
    Entry("liveness", "day", 6),
    Entry("after_signing", "day", 7),
    Entry("digest_daily", "day", 8),
    Entry("digest_weekly", "week", 8),
    Entry("searches_daily", "day", 7),
    Entry("searches_weekly", "week", 7),
)


def slot(entry: Entry, at: dt.datetime) -> str:
    """The latest slot of the entry that has begun at `at`, as its local hour: 2026-11-22T08."""
    here = at.astimezone(clock.HERE)
    if entry.every != "hour":
        here -= dt.timedelta(days=here.hour < entry.hour)
        here = here.replace(hour=entry.hour)
    if entry.every == "week":
        here -= dt.timedelta(days=here.weekday())
    return here.strftime("%Y-%m-%dT%H")


def due(session: Session, at: dt.datetime | None = None) -> list[Entry]:
    """The entries whose slot was not queued yet; reads only, so that idle workers disturb nobody."""
    last = {run.name: run.slot for run in session.scalars(select(TimetableRun))}
    return [entry for entry in TIMETABLE if last.get(entry.kind, "") < slot(entry, at or now())]


def queue(session: Session, entry: Entry, at: dt.datetime | None = None) -> bool:
    """Queue the entry's job for its slot, unless another worker was faster or the entry is new; whether it did."""
    current = slot(entry, at or now())
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    insert = dialect.insert(TimetableRun).values(name=entry.kind, slot=current)
    if session.scalar(insert.on_conflict_do_nothing().returning(TimetableRun.name)) is not None:
        return False
    moved = insert.on_conflict_do_update(
        index_elements=[TimetableRun.name], set_={"slot": current}, where=TimetableRun.slot < current)
    if session.scalar(moved.returning(TimetableRun.name)) is None:
        return False
    jobs.enqueue(session, entry.kind, {"slot": current}, dedupe_key=current, priority=entry.priority)
    return True

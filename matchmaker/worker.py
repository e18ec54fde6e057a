"""Does the jobs: `python -m matchmaker.worker`. Any number of these may run, on one machine or several.

1. Queue the jobs of dead workers again, and what the timetable says. 2. Claim the most urgent job. 3. Run its handler
while a thread renews the lease. 4. Keep what became of it. On SIGTERM the job at hand is finished or, at its next step,
handed back. A job that needs the encoder waits, however long, until that can be loaded.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable
from functools import cached_property
from types import FrameType

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from embeddings.errors import EmbeddingsError
from matchmaker import config, logs
from matchmaker.config import BadSetting, Config
from matchmaker.encoders import open_engine
from matchmaker.engine import Engine
from matchmaker.services import jobs, timetable
from matchmaker.services.jobs import Lost
from matchmaker.services.ports import FinderUnavailable
from matchmaker.services.problems import Problem
from matchmaker.tasks import HANDLERS, Station, Stopping, Task
from models import Job, Sessions, make_sessions

IDLE_SECONDS = 0.25
SWEEP_SECONDS = 2.0
PRUNE_SECONDS = 3600.0
TIMETABLE_SECONDS = 60.0
REST_SECONDS = 30.0
"""Until a kind of job is tried again that found the encoder or the indexes away."""
LONGEST_ERROR = 2000
AWAY = (EmbeddingsError, FinderUnavailable, BadSetting)
"""Raised when the encoder or the indexes are away: no fault of the job, which waits until they are back."""
log = structlog.get_logger(__name__)


class Worker:
    """One process that does jobs."""

    def __init__(self, settings: Config, sessions: Sessions, engine: Engine | None = None) -> None:
        self.settings = settings
        self.sessions = sessions
        self.name = jobs.signature()
        self.stopping = threading.Event()
        self._engine = engine
        self._swept = self._pruned = self._looked = 0.0
        self._resting: dict[str, float] = {}

    @cached_property
    def engine(self) -> Engine:
        """Encoder and indexes, loaded with the first job that needs them."""
        return self._engine or open_engine(self.settings, self.sessions)

    def run(self) -> None:
        """Until told to stop. A database that is away is waited for."""
        log.info("worker.started", worker=self.name)
        failures = 0
        while not self.stopping.is_set():
            try:
                idle = not self.step()
                failures = 0
            except SQLAlchemyError as error:
                failures += 1
                log.error("worker.database", error=str(error))
                self.stopping.wait(min(2.0**failures, 30.0))
            else:
                self.stopping.wait(IDLE_SECONDS if idle else 0)
        log.info("worker.stopped", worker=self.name)

    def step(self) -> bool:
        """Do one job; False when none waits."""
        self._sweep()
        kinds = [kind for kind in HANDLERS if self._resting.get(kind, 0.0) <= time.monotonic()]
        with self.sessions.read() as session:
            if not jobs.waiting(session, kinds):
                return False
        with self.sessions.write() as session:
            job = jobs.claim(session, self.name, kinds)
            session.commit()
        if job is not None:
            self._do(job)
        return job is not None

    def _sweep(self) -> None:
        """Now and then free what dead workers held."""
        if time.monotonic() - self._swept < SWEEP_SECONDS:
            return
        self._swept = time.monotonic()
        with self.sessions.read() as session:
            orphans = jobs.orphans(session)
        for job in orphans:
            try:
                with self.sessions.write() as session:
                    jobs.take_over(session, job)
                    session.commit()
                log.warning("job.taken_over", job=job.id, kind=job.kind, owner=job.claimed_by)
            except Lost:
                pass
        if time.monotonic() > self._pruned + PRUNE_SECONDS:
            self._pruned = time.monotonic()
            self._settle(jobs.prune)
        if time.monotonic() > self._looked + TIMETABLE_SECONDS:
            self._looked = time.monotonic()
            self._look_at_timetable()

    def _look_at_timetable(self) -> None:
        """Queue what comes again by itself and is due."""
        with self.sessions.read() as session:
            due = timetable.due(session)
        for entry in due:
            with self.sessions.write() as session:
                timetable.queue(session, entry)
                session.commit()

    def _do(self, job: Job) -> None:
        task = Task(Station(self.settings, self.sessions, self.name, self.stopping, lambda: self.engine), job)
        started = time.monotonic()
        try:
            with task.renewing():
                HANDLERS[job.kind](task, job)
                if not task.ended:
                    with task.write(last=True):
                        pass
        except Lost as error:
            log.warning("job.lost", job=job.id, kind=job.kind, reason=str(error))
        except Stopping:
            self._settle(lambda session: jobs.free(session, job, self.name))
        except AWAY as error:
            log.warning("job.waits", job=job.id, kind=job.kind, reason=str(error))
            self._resting[job.kind] = time.monotonic() + REST_SECONDS
            said = str(error)
            self._settle(lambda session: jobs.free(session, job, self.name, said))
        except Problem as error:
            log.warning("job.refused", job=job.id, kind=job.kind, reason=str(error))
            said = str(error)
            self._settle(lambda session: jobs.give_up(session, job.id, self.name, said))
        except Exception as error:
            log.exception("job.failed", job=job.id, kind=job.kind, attempt=job.attempts)
            said = f"{type(error).__name__}: {error}"[:LONGEST_ERROR]
            self._settle(lambda session: jobs.postpone(session, job, self.name, said))
        else:
            log.info("job.done", job=job.id, kind=job.kind, seconds=round(time.monotonic() - started, 2))

    def _settle(self, verb: Callable[[Session], None]) -> None:
        try:
            with self.sessions.write() as session:
                verb(session)
                session.commit()
        except Lost as error:
            log.warning("job.lost", reason=str(error))


def main() -> None:
    """Run until SIGTERM or SIGINT."""
    settings = config.load()
    logs.init(settings)
    worker = Worker(settings, make_sessions(settings.database_url))

    def stop(_signal: int, _frame: FrameType | None) -> None:
        worker.stopping.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    worker.run()


if __name__ == "__main__":
    main()

"""Jobs: enqueueing work in the transaction that causes it, claiming it, and keeping what became of it.

    queued ──claim──▶ running ──finish──▶ done
      ▲                 │ ├────give_up──▶ failed ──retry──▶ queued
      └──postpone, free─┘ └────cancel───▶ cancelled

Whoever claims a job signs it (`claimed_by`), and every later step names that signature, so that a worker that was
taken for dead changes nothing any more.
"""

from __future__ import annotations

import datetime as dt
import os
import socket
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Select, and_, case, delete, func, or_, select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from matchmaker.services.ports import Finder
from matchmaker.services.problems import Conflict, NotFound
from matchmaker.services.rows import find
from models import Job, now

ATTEMPTS = 12
"""Over an hour with the waits between them: longer than a mail server restarts or makes a stranger wait."""
LEASE = dt.timedelta(seconds=60)
FIRST_WAIT, LONGEST_WAIT = dt.timedelta(seconds=5), dt.timedelta(minutes=10)
KEEP_DONE = dt.timedelta(days=7)


class Lost(Exception):
    """The job is no longer this worker's: cancelled, or taken over."""


class Context(Protocol):
    """What the handler of a job is given; the worker provides it."""

    @property
    def finder(self) -> Finder: ...

    def read(self) -> AbstractContextManager[Session]:
        """A session that holds no lock."""

    def write(self, *, last: bool = False, **progress: Any) -> AbstractContextManager[Session]:
        """One transaction, committed at its end together with the progress (`done`, `total`, `message`, `result`).

        With `last`, the job is done in the same transaction, so that its effects happen exactly once. After any other
        the job may be handed back (an exception, to be left alone) and begun again: each must bring it forward.
        Raises Lost when the job was cancelled or taken over: stop at once.
        """


def enqueue(
    session: Session, kind: str, payload: dict[str, Any], *, dedupe_key: str | None = None, priority: int = 10,
    created_by: int | None = None,
) -> Job:
    """Add a job to the transaction; with a `dedupe_key`, the equal one that waits already is returned instead.

    That one keeps the more urgent priority of the two, and nobody starts it before this transaction ends: it is
    sure to see what is written here.
    """
    job = Job(kind=kind, payload=payload, dedupe_key=dedupe_key, priority=priority, created_by=created_by)
    if dedupe_key is None:
        session.add(job)
        return job
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    insert = dialect.insert(Job).values(
        kind=kind, payload=payload, dedupe_key=dedupe_key, priority=priority, created_by=created_by)
    urgent = case((Job.priority < insert.excluded.priority, Job.priority), else_=insert.excluded.priority)
    merged = insert.on_conflict_do_update(
        index_elements=[Job.kind, Job.dedupe_key], set_={"priority": urgent},
        index_where=text("state = 'queued' AND dedupe_key IS NOT NULL"),
    )
    waiting: Job = session.scalars(merged.returning(Job), execution_options={"populate_existing": True}).one()
    return waiting


def signature() -> str:
    """What a worker signs its jobs with: machine, process, and when that began, as numbers come again."""
    return f"{socket.gethostname()}:{os.getpid()}:{_started(os.getpid())}"


def waiting(session: Session, kinds: list[str]) -> bool:
    """Whether there is something to claim. Takes no lock, so that idle workers disturb nobody."""
    return session.scalar(_next(kinds)) is not None


def overtaken(session: Session, job: Job, kinds: list[str]) -> bool:
    """Whether there is something to claim that is more urgent than the job. Takes no lock."""
    return session.scalar(_next(kinds).where(Job.priority < job.priority)) is not None


def claim(session: Session, worker: str, kinds: list[str]) -> Job | None:
    """Make the most urgent waiting job of `kinds` the worker's own; None when there is none."""
    chosen = _next(kinds).with_for_update(skip_locked=True).scalar_subquery()
    taken = update(Job).where(Job.id == chosen, Job.state == "queued").values(
        state="running", claimed_by=worker, lease_until=now() + LEASE, attempts=Job.attempts + 1)
    return session.scalars(taken.returning(Job), execution_options={"populate_existing": True}).one_or_none()


def renew(session: Session, job_id: int, worker: str, **progress: Any) -> None:
    """Say that the worker is alive, and optionally how far it is (`done`, `total`, `message`). Raises Lost."""
    _change(session, job_id, worker, lease_until=now() + LEASE, **progress)


def finish(session: Session, job_id: int, worker: str) -> None:
    """Raises Lost, and the transaction with the job's effects must then be given up."""
    _change(session, job_id, worker, state="done", error=None, finished_at=now(), lease_until=None)


def give_up(session: Session, job_id: int, worker: str, error: str) -> None:
    _change(session, job_id, worker, state="failed", error=error, finished_at=now(), lease_until=None)


def postpone(session: Session, job: Job, worker: str, error: str) -> None:
    """Try again later, each time after three times as long; give up after the last attempt."""
    if job.attempts >= ATTEMPTS:
        give_up(session, job.id, worker, error)
        return
    wait = min(FIRST_WAIT * 3 ** (job.attempts - 1), LONGEST_WAIT)
    _requeue(session, job, worker, error=error, run_after=now() + wait)


def free(session: Session, job: Job, worker: str, reason: str | None = None) -> None:
    """Hand an unfinished job back, as if it had never been claimed; `reason` is kept with it."""
    _requeue(session, job, worker, attempts=job.attempts - 1, error=reason)


def orphans(session: Session) -> list[Job]:
    """Running jobs whose worker died: on this machine at once, elsewhere when their lease is over."""
    running = session.scalars(select(Job).where(Job.state == "running"))
    return [job for job in running if _dead(job.claimed_by or "") or not job.lease_until or job.lease_until < now()]


def take_over(session: Session, job: Job) -> None:
    """Queue the job of a dead worker again, unless it has outlived too many. Raises Lost if somebody was faster."""
    owner = job.claimed_by or ""
    if job.attempts >= ATTEMPTS:
        give_up(session, job.id, owner, "处理此任务的进程多次异常退出，任务已停止。请检查内容后重试。")
    else:
        _requeue(session, job, owner)


def retry(session: Session, job_id: int | None = None, kind: str | None = None) -> int:
    """Try at once what failed or would be tried later: one job, or all (of a kind); how many.

    A failed one whose equal waits already is superseded by that. Raises NotFound.
    """
    if job_id is not None and find(session, Job, job_id) is None:
        raise NotFound("没有这项任务。")
    stuck = select(Job).where(or_(Job.state == "failed", troubled()))
    stuck = stuck if job_id is None else stuck.where(Job.id == job_id)
    stuck = stuck if kind is None else stuck.where(Job.kind == kind)
    again = 0
    for job in session.scalars(stuck).all():
        superseded = job.state == "failed" and _equal_waits(session, job)
        job.state = "cancelled" if superseded else "queued"
        job.attempts, job.run_after = 0, now()
        session.flush()
        again += not superseded
    return again


def troubled() -> ColumnElement[bool]:
    """The condition of jobs that did not succeed and will be tried again by themselves."""
    return and_(Job.state == "queued", Job.error.is_not(None))


def cancel(session: Session, job: Job) -> None:
    """Stop a job that has not ended; its worker notices with its next step. Raises Conflict if it ended before."""
    stopped = update(Job).where(Job.id == job.id, Job.state.in_(("queued", "running"))).values(
        state="cancelled", finished_at=now(), lease_until=None)
    if session.scalar(stopped.returning(Job.id)) is None:
        raise Conflict("该任务已经结束，无法取消。")


def prune(session: Session) -> None:
    """Forget what was done long ago; failed jobs are kept."""
    session.execute(delete(Job).where(Job.state == "done", Job.finished_at < now() - KEEP_DONE, Job.kind != "import"))


def backlog(session: Session, *kinds: str) -> dict[str, int]:
    """How many jobs (of these kinds, if any are named) are in each state that needs attention."""
    counted = select(Job.state, func.count()).where(Job.state.in_(("queued", "running", "failed"))).group_by(Job.state)
    found = session.execute(counted.where(Job.kind.in_(kinds)) if kinds else counted)
    return {"queued": 0, "running": 0, "failed": 0} | {row[0]: row[1] for row in found}


def _next(kinds: list[str]) -> Select[int]:
    ready = and_(Job.state == "queued", Job.run_after <= now(), Job.kind.in_(kinds))
    return select(Job.id).where(ready).order_by(Job.priority, Job.run_after, Job.id).limit(1)


def _change(session: Session, job_id: int, worker: str, **values: Any) -> None:
    """Change a running job of the worker. Raises Lost when it is not (or no longer) one."""
    mine = update(Job).where(Job.id == job_id, Job.state == "running", Job.claimed_by == worker)
    if session.scalar(mine.values(**values).returning(Job.id)) is None:
        raise Lost(f"job {job_id} is no longer {worker}'s")


def _requeue(session: Session, job: Job, worker: str, **values: Any) -> None:
    """Let a running job wait again; if an equal one waits by now, that one does the work."""
    state = {"state": "cancelled", "finished_at": now()} if _equal_waits(session, job) else {"state": "queued"}
    _change(session, job.id, worker, claimed_by=None, lease_until=None, **(values | state))


def _equal_waits(session: Session, job: Job) -> bool:
    equal = select(Job.id).where(Job.state == "queued", Job.kind == job.kind, Job.dedupe_key == job.dedupe_key)
    return job.dedupe_key is not None and session.scalar(equal.limit(1)) is not None


def _dead(owner: str) -> bool:
    """Whether `owner` was a process of this machine and is no more, its number perhaps another's by now."""
    host, _, rest = owner.partition(":")
    pid, _, started = rest.partition(":")
    return host == socket.gethostname() and _started(int(pid)) != started


def _started(pid: int) -> str:
    """When the living process `pid` began, in the kernel's own units; empty for none and for a zombie."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text("ascii", "replace").rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if status[0] in "ZX" else status[19]

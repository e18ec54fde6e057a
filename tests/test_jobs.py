"""A queue that several workers share: nothing is done twice, nothing is lost, nothing is started too early."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.services import jobs
from matchmaker.services.problems import Conflict
from models import Job, Sessions, now

KINDS = ["embed", "mail"]
ANNA, BORIS = "elsewhere:1:1", "elsewhere:2:2"


def enqueue(session: Session, kind: str = "mail", **more: object) -> Job:
    job = jobs.enqueue(session, kind, {"n": 1}, **more)  # type: ignore[arg-type]
    session.flush()
    return job


def claimed(session: Session, worker: str = ANNA) -> Job:
    job = jobs.claim(session, worker, KINDS)
    assert job is not None
    return job


def test_the_urgent_and_then_the_oldest_comes_first(session: Session) -> None:
    bulk, first, second = enqueue(session), enqueue(session, priority=0), enqueue(session, priority=0)
    assert [claimed(session).id for _ in range(3)] == [first.id, second.id, bulk.id]
    assert jobs.claim(session, ANNA, KINDS) is None
    assert not jobs.waiting(session, KINDS)


def test_a_job_is_overtaken_by_what_is_ready_and_more_urgent(session: Session) -> None:
    running = enqueue(session, "embed", priority=10)
    claimed(session)
    enqueue(session, priority=10), enqueue(session, "embroider", priority=0)
    later = enqueue(session, priority=0)
    later.run_after = now() + dt.timedelta(minutes=1)
    session.flush()
    assert not jobs.overtaken(session, running, KINDS)
    later.run_after = now()
    session.flush()
    assert jobs.overtaken(session, running, KINDS)


def test_only_kinds_that_the_worker_knows_are_claimed(session: Session) -> None:
    enqueue(session, "embroider")
    assert jobs.claim(session, ANNA, KINDS) is None


def test_equal_waiting_work_is_one_job_of_the_more_urgent_priority(session: Session) -> None:
    slow = enqueue(session, dedupe_key="7", priority=10)
    assert enqueue(session, dedupe_key="7", priority=0).id == slow.id
    assert enqueue(session, dedupe_key="7", priority=5).priority == 0
    other = enqueue(session, "embed", dedupe_key="7")
    assert other.id != slow.id


def test_work_asked_for_while_it_runs_is_done_again(session: Session) -> None:
    first = enqueue(session, dedupe_key="7")
    claimed(session)
    assert enqueue(session, dedupe_key="7").id != first.id


def test_a_job_waited_for_is_not_started_before_the_asking_transaction_ends(sessions: Sessions) -> None:
    """Otherwise it would be done without what that transaction writes, and not again."""
    with sessions.write() as session:
        enqueue(session, dedupe_key="7")
        session.commit()
    with ThreadPoolExecutor() as pool, sessions.write() as asking:
        enqueue(asking, dedupe_key="7")
        started = pool.submit(claim_one, sessions)
        if asking.get_bind().dialect.name == "postgresql":
            assert started.result(5) is None
        asking.commit()
        found = started.result(5) or claim_one(sessions)
    assert found is not None


def claim_one(sessions: Sessions) -> int | None:
    with sessions.write() as session:
        job = jobs.claim(session, ANNA, KINDS)
        session.commit()
        return job.id if job else None


def test_four_workers_share_two_hundred_jobs_without_overlap(sessions: Sessions) -> None:
    with sessions.write() as session:
        for _ in range(200):
            jobs.enqueue(session, "mail", {})
        session.commit()
    with ThreadPoolExecutor(4) as pool:
        taken = [found for some in pool.map(lambda _: claim_all(sessions), range(4)) for found in some]
    assert len(taken) == len(set(taken)) == 200


def claim_all(sessions: Sessions) -> list[int]:
    taken: list[int] = []
    while (found := claim_one(sessions)) is not None:
        taken.append(found)
    return taken


def test_a_failing_job_is_tried_again_ever_later_and_then_kept_with_its_error(session: Session) -> None:
    job = enqueue(session)
    waits = []
    for _ in range(jobs.ATTEMPTS):
        job.run_after = now()
        session.flush()
        jobs.postpone(session, claimed(session), ANNA, "邮件服务器没有应答")
        waits.append(job.run_after - now())
    assert (job.state, job.error) == ("failed", "邮件服务器没有应答")
    assert dt.timedelta() < waits[0] < waits[1] < waits[2]
    assert max(waits) <= jobs.LONGEST_WAIT
    assert sum(waits[:-1], dt.timedelta()) > dt.timedelta(hours=1)
    assert jobs.backlog(session) == {"queued": 0, "running": 0, "failed": 1}
    assert jobs.retry(session) == 1
    assert claimed(session).attempts == 1


def test_what_would_be_tried_later_can_be_tried_at_once(session: Session) -> None:
    job = enqueue(session, dedupe_key="7")
    jobs.postpone(session, claimed(session), ANNA, "邮件服务器没有应答")
    job.run_after = now() + dt.timedelta(minutes=9)
    session.flush()
    assert session.scalars(select(Job.id).where(jobs.troubled())).all() == [job.id]
    assert jobs.claim(session, BORIS, KINDS) is None
    assert jobs.retry(session, job.id) == 1
    assert claimed(session, BORIS).id == job.id
    jobs.finish(session, job.id, BORIS)
    assert session.scalars(select(Job.id).where(jobs.troubled())).all() == []


def test_who_lost_a_job_can_change_it_no_more(session: Session) -> None:
    job = enqueue(session)
    claimed(session, ANNA)
    job.lease_until = now() - dt.timedelta(seconds=1)
    session.flush()
    for orphan in jobs.orphans(session):
        jobs.take_over(session, orphan)
    assert claimed(session, BORIS).attempts == 2
    with pytest.raises(jobs.Lost):
        jobs.finish(session, job.id, ANNA)
    jobs.renew(session, job.id, BORIS, result={"rows": 3})
    jobs.finish(session, job.id, BORIS)
    assert (job.state, job.result) == ("done", {"rows": 3})


def test_the_job_of_a_worker_that_died_here_is_free_at_once(session: Session) -> None:
    dying = [sys.executable, "-c", "from matchmaker.services import jobs; print(jobs.signature())"]
    dead = subprocess.run(dying, capture_output=True, text=True, check=True).stdout.strip()
    enqueue(session), enqueue(session)
    lost = claimed(session, dead)
    claimed(session, jobs.signature())
    assert [job.id for job in jobs.orphans(session)] == [lost.id]


def test_a_reused_process_number_is_not_taken_for_the_dead_worker(session: Session) -> None:
    mine = jobs.signature()
    enqueue(session)
    claimed(session, mine.replace(mine.rpartition(":")[2], "12345"))
    assert str(os.getpid()) in mine
    assert len(jobs.orphans(session)) == 1


def test_a_job_that_kills_its_workers_is_given_up(session: Session) -> None:
    job = enqueue(session)
    for _ in range(jobs.ATTEMPTS):
        claimed(session)
        jobs.take_over(session, job)
    assert job.state == "failed"
    assert "异常退出" in (job.error or "")


def test_a_job_handed_back_while_its_equal_waits_leaves_the_work_to_that(session: Session) -> None:
    job = enqueue(session, dedupe_key="7")
    claimed(session)
    enqueue(session, dedupe_key="7")
    jobs.free(session, job, ANNA)
    assert job.state == "cancelled"
    assert session.scalars(select(Job.id).where(Job.state == "queued")).all() != [job.id]


def test_of_two_equal_failed_jobs_one_is_tried_again(session: Session) -> None:
    for _ in range(2):
        jobs.give_up(session, (enqueue(session, dedupe_key="7"), claimed(session))[1].id, ANNA, "坏了")
    assert jobs.retry(session) == 1
    assert jobs.backlog(session) == {"queued": 1, "running": 0, "failed": 0}


def test_a_cancelled_job_stops_its_worker_and_cannot_be_cancelled_twice(session: Session) -> None:
    job = enqueue(session)
    claimed(session)
    jobs.cancel(session, job)
    with pytest.raises(jobs.Lost):
        jobs.renew(session, job.id, ANNA, done=5)
    with pytest.raises(Conflict):
        jobs.cancel(session, job)


def test_what_was_done_long_ago_is_forgotten_but_imports_and_failures_stay(session: Session) -> None:
    for kind, state in (("mail", "done"), ("import", "done"), ("mail", "failed")):
        old = now() - jobs.KEEP_DONE - dt.timedelta(hours=1)
        session.add(Job(kind=kind, state=state, finished_at=old))
    session.add(Job(kind="embed", state="done", finished_at=now()))
    jobs.prune(session)
    assert sorted(session.scalars(select(Job.kind))) == ["embed", "import", "mail"]

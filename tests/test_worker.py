"""The worker does what waits, keeps what failed, and gives back what it cannot finish."""

from __future__ import annotations

import email
import email.policy
import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from sqlalchemy import select, update

from embeddings.hashing import HashingEncoder
from embeddings.passage import Passage
from embeddings.weights import verify
from matchmaker import tasks
from matchmaker.config import Config, load
from matchmaker.engine import Engine
from matchmaker.services import indexing, jobs
from matchmaker.services.problems import Problem
from matchmaker.worker import Worker
from models import Job, Match, Post, PostVector, Sessions, now
from models.vocabulary import Kind, State
from tests.builders import achievement, need

MAIL: dict[str, object] = {"to": "li@example.com", "subject": "对接通知", "text": "您好，\n有新的匹配。"}


@pytest.fixture
def worker(sessions: Sessions, tmp_path: Path) -> Worker:
    engine = Engine(sessions, HashingEncoder)
    return Worker(load({"INSTANCE": str(tmp_path)}), sessions, engine)


def publish(sessions: Sessions, *posts: Post) -> list[int]:
    with sessions.write() as session:
        session.add_all(posts)
        session.flush()
        indexing.publish_many(session, posts, priority=0)
        session.commit()
        return [post.id for post in posts]


def enqueue(sessions: Sessions, kind: str, payload: dict[str, object]) -> int:
    with sessions.write() as session:
        job = jobs.enqueue(session, kind, payload)
        session.commit()
        return job.id


def job_of(sessions: Sessions, job_id: int) -> Job:
    with sessions.read() as session:
        return session.get_one(Job, job_id)


def drain(worker: Worker) -> int:
    done = 0
    while worker.step():
        done += 1
    return done


def handling(monkeypatch: pytest.MonkeyPatch, kind: str, handler: Callable[[tasks.Task, Job], None]) -> None:
    monkeypatch.setitem(tasks.HANDLERS, kind, handler)


def test_a_published_post_is_embedded_and_its_partners_computed(worker: Worker, sessions: Sessions) -> None:
    wanted, offered = publish(sessions, need("求耐高温热障涂层"), achievement("高温合金热障涂层制备"))
    assert drain(worker) == 4
    with sessions.read() as session:
        assert session.scalars(select(PostVector.chunks)).all() == [1, 1]
        assert session.scalars(select(Job.state).distinct()).all() == ["done"]
        stored = session.scalars(select(Match).where(Match.post_id == wanted)).all()
        assert {match.candidate_id for match in stored} <= {offered}
    (hit,) = worker.engine.search("热障涂层", Kind.ACHIEVEMENT)
    assert not math.isnan(hit.similarity)


def test_doing_the_same_job_again_changes_nothing(worker: Worker, sessions: Sessions) -> None:
    (post_id,) = publish(sessions, achievement("高温合金热障涂层制备"))
    drain(worker)
    with sessions.read() as session:
        before = session.scalar(select(PostVector.revision))
    enqueue(sessions, "embed", {"post_ids": [post_id]})
    drain(worker)
    with sessions.read() as session:
        assert session.scalar(select(PostVector.revision)) == before


def test_a_post_withdrawn_before_its_turn_is_left_alone(worker: Worker, sessions: Sessions) -> None:
    (post_id,) = publish(sessions, need("求耐高温热障涂层"))
    with sessions.write() as session:
        post = session.get_one(Post, post_id)
        post.state = State.WITHDRAWN.value
        indexing.withdraw(session, post)
        session.commit()
    enqueue(sessions, "shortlist", {"post_id": post_id})
    drain(worker)
    with sessions.read() as session:
        assert session.scalars(select(Job.state).distinct()).all() == ["done"]
        assert session.scalar(select(PostVector.data)) is None


def test_a_mail_is_one_file_however_often_its_job_is_done(worker: Worker, sessions: Sessions, tmp_path: Path) -> None:
    job_id = enqueue(sessions, "mail", MAIL)
    drain(worker)
    with sessions.write() as session:
        session.get_one(Job, job_id).state = "queued"
        session.commit()
    drain(worker)
    (path,) = (tmp_path / "mail").iterdir()
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    assert (message["To"], message["Subject"]) == ("li@example.com", "对接通知")
    assert "有新的匹配" in message.get_content()


def test_a_mail_with_a_line_break_in_its_subject_is_not_sent(
    worker: Worker, sessions: Sessions, tmp_path: Path
) -> None:
    job_id = enqueue(sessions, "mail", {"to": "li@example.com", "subject": "a\r\nBcc: x@example.com", "text": ""})
    worker.step()
    assert "ValueError" in (job_of(sessions, job_id).error or "")
    assert not (tmp_path / "mail").exists()


def test_an_error_is_kept_and_the_job_tried_later(
    worker: Worker, sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_task: tasks.Task, _job: Job) -> None:
        raise RuntimeError("网络断开")

    handling(monkeypatch, "mail", broken)
    job_id = enqueue(sessions, "mail", {})
    worker.step()
    job = job_of(sessions, job_id)
    assert (job.state, job.error, job.attempts) == ("queued", "RuntimeError: 网络断开", 1)
    assert job.run_after > now()
    assert not worker.step()


def test_while_the_weights_are_missing_jobs_wait_and_then_go_on_by_themselves(
    sessions: Sessions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = tmp_path / "weights"

    def opened() -> HashingEncoder:
        if not weights.exists():
            verify(weights)
        return HashingEncoder()

    def a_minute_later() -> None:
        monkeypatch.setattr("time.monotonic", lambda before=time.monotonic: before() + 60)
        with sessions.write() as session:
            session.execute(update(Job).values(run_after=now()))
            session.commit()

    worker = Worker(load({"INSTANCE": str(tmp_path)}), sessions, Engine(sessions, opened))
    publish(sessions, achievement("高温合金热障涂层制备"))
    (post_id,) = publish(sessions, need("求耐高温热障涂层"))
    enqueue(sessions, "shortlist", {"post_id": post_id})
    for _ in range(2 * jobs.ATTEMPTS):
        a_minute_later()
        drain(worker)
    with sessions.read() as session:
        assert set(session.execute(select(Job.state, Job.attempts))) == {("queued", 0)}
        assert "make run" in (session.scalar(select(Job.error).where(Job.error.is_not(None))) or "")
    letter = enqueue(sessions, "mail", {"to": "li@example.com", "subject": "对接通知", "text": "您好"})
    assert drain(worker) == 1
    assert job_of(sessions, letter).state == "done"
    weights.mkdir()
    a_minute_later()
    drain(worker)
    with sessions.read() as session:
        assert session.scalars(select(Job.state).distinct()).all() == ["done"]
        assert session.scalars(select(Job.error).distinct()).all() == [None]
        assert session.scalars(select(PostVector.chunks)).all() == [1, 1]


def test_what_was_given_up_is_encoded_once_the_encoder_is_loaded(worker: Worker, sessions: Sessions) -> None:
    publish(sessions, achievement("高温合金热障涂层制备"))
    with sessions.write() as session:
        job = jobs.claim(session, worker.name, ["embed"])
        assert job is not None
        jobs.give_up(session, job.id, worker.name, "EncoderUnavailable: 缺少文件")
        jobs.enqueue(session, "mail", {}).state = "failed"
        session.commit()
    worker.engine.ask_reindex()
    drain(worker)
    with sessions.read() as session:
        assert session.scalars(select(PostVector.chunks)).all() == [1]
        assert session.scalars(select(Job.kind).where(Job.state == "failed")).all() == ["mail"]


def test_what_a_person_has_to_mend_is_not_tried_again(
    worker: Worker, sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refusing(_task: tasks.Task, _job: Job) -> None:
        raise Problem("文件不是有效的表格，请另存后重新上传。")

    handling(monkeypatch, "import", refusing)
    job_id = enqueue(sessions, "import", {})
    worker.step()
    assert (job_of(sessions, job_id).state, job_of(sessions, job_id).error) == (
        "failed", "文件不是有效的表格，请另存后重新上传。")


def test_a_stopping_worker_hands_a_long_job_back_and_another_goes_on(
    worker: Worker, sessions: Sessions, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    def long(task: tasks.Task, job: Job) -> None:
        for number in range(job.done, 4):
            with task.write(done=number + 1) as session:
                session.add(achievement(f"第{number}批"))
            if number == 1:
                worker.stopping.set()

    handling(monkeypatch, "import", long)
    job_id = enqueue(sessions, "import", {})
    worker.step()
    job = job_of(sessions, job_id)
    assert (job.state, job.done, job.attempts, job.claimed_by) == ("queued", 3, 0, None)
    drain(Worker(config, sessions, worker.engine))
    with sessions.read() as session:
        assert session.scalars(select(Post.title).order_by(Post.id)).all() == [f"第{n}批" for n in range(4)]
    assert job_of(sessions, job_id).state == "done"


def test_a_worker_that_lost_its_job_writes_nothing_more(
    worker: Worker, sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    def robbed(task: tasks.Task, job: Job) -> None:
        with sessions.write() as session:
            jobs.cancel(session, session.get_one(Job, job.id))
            session.commit()
        with task.write(last=True) as session:
            session.add(achievement("不应出现"))

    handling(monkeypatch, "import", robbed)
    job_id = enqueue(sessions, "import", {})
    worker.step()
    assert job_of(sessions, job_id).state == "cancelled"
    with sessions.read() as session:
        assert session.scalars(select(Post.id)).all() == []


def test_the_lease_is_renewed_while_a_handler_computes(
    worker: Worker, sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "RENEW_SECONDS", 0.02)
    seen = []

    def slow(_task: tasks.Task, job: Job) -> None:
        first = job_of(sessions, job.id).lease_until
        while (later := job_of(sessions, job.id).lease_until) == first:
            pass
        seen.append((first, later))

    handling(monkeypatch, "mail", slow)
    enqueue(sessions, "mail", {})
    worker.step()
    assert seen[0][1] > seen[0][0]


def test_a_new_encoder_fills_its_vectors_and_is_then_put_to_use(sessions: Sessions, config: Config) -> None:
    old = Worker(config, sessions, Engine(sessions, HashingEncoder))
    publish(sessions, *(achievement(f"高温合金热障涂层{n}") for n in range(70)))
    drain(old)
    new = Engine(sessions, lambda: HashingEncoder(64))
    new.ask_reindex()
    (late,) = publish(sessions, achievement("发布于更换途中"))
    drain(Worker(config, sessions, new))
    hits = new.search("热障涂层", Kind.ACHIEVEMENT)
    assert len(hits) == 71
    assert not any(math.isnan(hit.similarity) for hit in hits)
    assert late in {hit.post_id for hit in hits}
    with sessions.read() as session:
        assert indexing.state(session)[1] == "hashing-64"
        assert session.scalars(select(Job.state).distinct()).all() == ["done"]


def test_filling_vectors_gives_way_to_the_urgent_and_goes_on(sessions: Sessions, config: Config) -> None:
    class Asked(HashingEncoder):
        """The first time, somebody asks for a mail meanwhile."""

        def encode_supplies(self, passages: Sequence[Passage]) -> list[NDArray[np.float32]]:
            with sessions.write() as session:
                jobs.enqueue(session, "mail", MAIL, dedupe_key="once", priority=0)
                session.commit()
            return super().encode_supplies(passages)

    old = Worker(config, sessions, Engine(sessions, HashingEncoder))
    publish(sessions, *(achievement(f"高温合金热障涂层{n}") for n in range(70)))
    drain(old)
    new = Engine(sessions, lambda: Asked(64))
    new.ask_reindex()
    worker = Worker(config, sessions, new)
    with sessions.read() as session:
        job_id = session.scalars(select(Job.id).where(Job.kind == "reindex")).one()
    worker.step()
    job = job_of(sessions, job_id)
    assert (job.state, job.done, job.total, job.attempts) == ("queued", 64, 70, 0)
    worker.step()
    with sessions.read() as session:
        assert session.scalars(select(Job.state).where(Job.kind == "mail")).all() == ["done"]
    drain(worker)
    job = job_of(sessions, job_id)
    assert (job.state, job.done, job.total) == ("done", 70, 70)
    with sessions.read() as session:
        assert session.scalars(select(Job.state).where(Job.kind == "rematch_all")).all() == ["done"]


def test_a_worker_of_another_encoder_leaves_the_one_in_use(worker: Worker, sessions: Sessions) -> None:
    publish(sessions, achievement("高温合金热障涂层"))
    drain(worker)
    enqueue(sessions, "reindex", {"encoder": "somebody-elses"})
    drain(worker)
    with sessions.read() as session:
        assert indexing.state(session)[1] == "hashing-256"

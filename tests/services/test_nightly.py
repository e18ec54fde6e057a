"""At night every open need is matched anew: the same lists as by day, and nothing is encoded twice."""

import math
from pathlib import Path

import pytest
from sqlalchemy import delete, select

from embeddings.hashing import HashingEncoder
from matchmaker.config import load
from matchmaker.engine import Engine
from matchmaker.services import evidence, indexing, jobs, matching, nightly, weighing
from matchmaker.worker import Worker
from models import Job, Match, Need
from models.vocabulary import Kind, State
from tests.builders import achievement, expert, need

NEEDS = ("求耐高温热障涂层制备方法，涂层易剥落", "求人参皂苷提取工艺，收率低", "求注塑件翘曲控制方法")
SUPPLIES = ("耐高温热障涂层制备方法：改善剥落", "人参皂苷高效提取工艺", "薄壁注塑件翘曲预测", "离心泵汽蚀诊断")


@pytest.fixture
def worker(sessions, tmp_path: Path):
    return Worker(load({"INSTANCE": str(tmp_path)}), sessions, Engine(sessions, HashingEncoder))


@pytest.fixture
def posted(worker, sessions):
    with sessions.write() as session:
        posts = [*(need(title) for title in NEEDS), *(achievement(title) for title in SUPPLIES), expert()]
        session.add_all(posts)
        session.flush()
        indexing.publish_many(session, posts)
        session.commit()
        ids = [post.id for post in posts[: len(NEEDS)]]
    drain(worker)
    return ids


def drain(worker):
    while worker.step():
        pass


def told(computed):
    return {kind: [(row.post.id, round(row.ranked.score, 4), row.evidence) for row in rows]
            for kind, rows in computed.lists.items()}


def stored(sessions):
    with sessions.read() as session:
        rows = session.scalars(select(Match).order_by(Match.post_id, Match.candidate_kind, Match.rank))
        return [(row.post_id, row.candidate_id, round(row.score, 4), row.evidence["need_sentence"]) for row in rows]


def test_the_lists_are_those_of_the_day(sessions, worker, posted):
    engine = Engine(sessions, HashingEncoder)
    by_night = dict(nightly.compute(sessions, engine, nightly.open_needs(sessions)))
    assert list(by_night) == posted
    for post_id, computed in by_night.items():
        assert told(computed) == told(matching.compute(sessions, engine, post_id))


def test_many_questions_in_one_go_get_the_answers_of_one_at_a_time(sessions, posted):
    engine = Engine(sessions, HashingEncoder)
    for kind, together in engine.search_many(NEEDS, (Kind.ACHIEVEMENT, Kind.NEED, Kind.FACILITY), 3).items():
        for text, hits in zip(NEEDS, together, strict=True):
            alone = {hit.post_id: hit for hit in engine.search(text, kind, 3)}
            assert {hit.post_id for hit in hits} == set(alone)
            assert all(math.isclose(hit.similarity, alone[hit.post_id].similarity, abs_tol=1e-5) for hit in hits)
            assert all(hit.bm25 == alone[hit.post_id].bm25 for hit in hits)


def test_sentences_that_still_hold_are_not_sought_again(sessions, posted, monkeypatch):
    engine, asked = Engine(sessions, HashingEncoder), []
    monkeypatch.setattr(evidence, "nearest", lambda *given: asked.append(given[3]) or [None] * len(given[3]))
    before = stored(sessions)
    assert any(sentence for *_, sentence in before)
    for _, computed in nightly.compute(sessions, engine, posted):
        with sessions.write() as session:
            matching.store(session, computed)
            session.commit()
    assert asked == []
    assert stored(sessions) == before


def test_the_job_fills_every_list(sessions, worker, posted):
    before = stored(sessions)
    with sessions.write() as session:
        session.execute(delete(Match))
        jobs.enqueue(session, "rematch_all", {"slot": "2026-11-22T02"})
        session.commit()
    drain(worker)
    assert stored(sessions) == before


def test_the_night_gives_way_to_the_urgent_and_goes_on_after_the_need_it_left(sessions, worker, posted, monkeypatch):
    done, store = [], matching.store

    def storing(session, computed):
        """The real one, in whose transaction somebody asks for a mail, withdraws a need and posts another."""
        done.append(computed.post_id)
        if len(done) == 1:
            session.get_one(Need, posted[0]).state = State.WITHDRAWN.value
            session.add(need("求离心泵汽蚀诊断"))
            letter = {"to": "li@example.com", "subject": "重置密码", "text": "请点链接。"}
            jobs.enqueue(session, "mail", letter, priority=0)
        return store(session, computed)

    def states():
        with sessions.read() as session:
            kinds = ("rematch_all", "mail")
            rows = session.scalars(select(Job).where(Job.kind.in_(kinds)).order_by(Job.id))
            return [(job.kind, job.state, job.done, job.attempts) for job in rows]

    monkeypatch.setattr(matching, "store", storing)
    with sessions.write() as session:
        jobs.enqueue(session, "rematch_all", {"slot": "2026-11-22T02"}, priority=weighing.NIGHT)
        session.commit()
    worker.step()
    assert states() == [("rematch_all", "queued", 1, 0), ("mail", "queued", 0, 0)]
    worker.step()
    assert states()[1][1] == "done"
    worker.step()
    assert states()[0] == ("rematch_all", "done", 4, 1)
    assert done == [*posted, max(done)]
    assert max(done) > max(posted)

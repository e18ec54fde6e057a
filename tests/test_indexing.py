"""What the indexes are fed with: every change of a post's public words, once, in the order of commits."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from embeddings.hashing import HashingEncoder
from matchmaker.services import indexing, texts
from models import Job, Post, PostVector, Sessions
from models.vocabulary import State
from tests.builders import achievement, expert, need

ENCODER = HashingEncoder(32)


@pytest.fixture(autouse=True)
def in_use(sessions: Sessions) -> None:
    with sessions.write() as session:
        indexing.adopt(session, ENCODER.name)
        session.commit()


def published(session: Session, *posts: Post) -> list[int]:
    session.add_all(posts)
    session.flush()
    indexing.publish_many(session, posts)
    return [post.id for post in posts]


def embed(session: Session, *ids: int, encoder: HashingEncoder = ENCODER) -> list[int]:
    found = indexing.waiting(session, encoder.name, ids)
    vectors = encoder.encode_supplies([one.passage for one in found])
    return indexing.store(session, encoder.name, list(zip(found, vectors, strict=True)))


def everything(session: Session, after: int = 0) -> list[indexing.Change]:
    session.flush()
    return indexing.changes(session, indexing.state(session)[1], after, 1000)


def job_kinds(session: Session) -> list[str]:
    return list(session.scalars(select(Job.kind).where(Job.state == "queued").order_by(Job.id)))


def test_a_published_post_is_there_by_its_words_at_once_and_by_meaning_later(session: Session) -> None:
    (post_id,) = published(session, need("降低注塑件翘曲"))
    before = everything(session)[0]
    assert before.passage is not None
    assert (before.passage.title, before.vectors) == ("降低注塑件翘曲", None)
    assert embed(session, post_id) == [post_id]
    after = everything(session, before.revision)[0]
    assert after.vectors is not None
    assert after.vectors.shape == (1, 32)
    np.testing.assert_allclose(after.vectors, ENCODER.encode_supplies([before.passage])[0])
    assert embed(session, post_id) == []


def test_publishing_the_same_words_again_changes_nothing(session: Session) -> None:
    post = achievement("耐磨涂层")
    published(session, post)
    session.add(need("求耐磨涂层"))
    embed(session, post.id)
    seen = everything(session)[-1].revision
    post.contact_phone = "0431-00000000"
    indexing.publish_many(session, [post])
    assert everything(session, seen) == []
    assert job_kinds(session) == ["embed", "rematch"]


def test_an_edited_post_loses_its_old_vectors_and_is_encoded_anew(session: Session) -> None:
    post = achievement("耐磨涂层")
    published(session, post)
    embed(session, post.id)
    seen = everything(session)[-1].revision
    post.title = "耐蚀涂层"
    indexing.publish(session, post)
    (change,) = everything(session, seen)
    assert change.passage is not None
    assert (change.passage.title, change.vectors) == ("耐蚀涂层", None)
    assert session.scalars(select(Job.priority).where(Job.kind == "embed").order_by(Job.id)).all() == [10, 0]


def test_vectors_of_words_that_changed_while_they_were_encoded_are_dropped(session: Session) -> None:
    post = achievement("耐磨涂层")
    published(session, post)
    found = indexing.waiting(session, ENCODER.name, [post.id])
    post.title = "耐蚀涂层"
    indexing.publish(session, post)
    vectors = ENCODER.encode_supplies([one.passage for one in found])
    assert indexing.store(session, ENCODER.name, list(zip(found, vectors, strict=True))) == []
    assert everything(session)[0].vectors is None


def test_a_withdrawn_post_is_told_of_and_leaves_no_vector_behind(session: Session) -> None:
    post = achievement("耐磨涂层")
    published(session, post)
    embed(session, post.id)
    seen = everything(session)[-1].revision
    post.state = State.WITHDRAWN.value
    indexing.withdraw(session, post)
    (change,) = everything(session, seen)
    assert (change.post_id, change.passage, change.vectors) == (post.id, None, None)
    assert session.scalars(select(PostVector.data)).all() == [None]
    assert embed(session, post.id) == []
    post.state = State.PUBLISHED.value
    indexing.publish(session, post)
    assert everything(session, change.revision)[0].passage is not None


def test_of_a_staged_post_only_the_brief_is_indexed(session: Session) -> None:
    published(session, achievement("涂层", disclosure="staged", brief="公开简介", description="保密配方甲"))
    passage = everything(session)[0].passage
    assert passage is not None
    assert "公开简介" in passage.text
    assert "保密配方" not in passage.text


def test_a_bulk_of_posts_makes_few_jobs_each_of_texts_of_like_length(session: Session) -> None:
    ids = published(session, *(achievement(f"涂层{n}", description="长" * (n * 37 % 150)) for n in range(150)))
    payloads = session.scalars(select(Job.payload).where(Job.kind == "embed").order_by(Job.id)).all()
    batches = [payload["post_ids"] for payload in payloads]
    assert [len(batch) for batch in batches] == [64, 64, 22]
    assert sorted(id_ for batch in batches for id_ in batch) == ids
    lengths = [[len(session.get_one(Post, id_).description) for id_ in batch] for batch in batches]  # type: ignore[attr-defined]
    assert max(lengths[0]) <= min(lengths[1])


def test_partners_are_computed_for_needs_and_for_supplies_when_a_person_waits(session: Session) -> None:
    ids = published(session, need("求耐磨涂层"), achievement("耐磨涂层"))
    indexing.ask_shortlists(session, ids, priority=10)
    indexing.ask_shortlists(session, ids, priority=0)
    asked = session.scalars(select(Job.payload).where(Job.kind == "shortlist").order_by(Job.id)).all()
    assert [payload["post_id"] for payload in asked] == ids


def test_what_two_writers_commit_at_once_is_seen_whole_by_a_follower(sessions: Sessions) -> None:
    """Two writers × 30 posts; a reader that always asks from where it stopped misses none."""
    seen: dict[int, int] = {}
    with ThreadPoolExecutor(2) as pool:
        writers = [pool.submit(write_posts, sessions, 30) for _ in range(2)]
        revision = 0
        while not all(writer.done() for writer in writers) or revision < newest(sessions):
            with sessions.read() as session:
                for change in indexing.changes(session, ENCODER.name, revision, 7):
                    assert change.revision > revision
                    revision = change.revision
                    seen[change.post_id] = change.revision
        ids = [id_ for writer in writers for id_ in writer.result()]
    assert sorted(seen) == sorted(ids)


def write_posts(sessions: Sessions, n: int) -> list[int]:
    ids = []
    for number in range(n):
        with sessions.write() as session:
            ids += published(session, achievement(f"涂层{number}"))
            session.commit()
    return ids


def newest(sessions: Sessions) -> int:
    with sessions.read() as session:
        return max(session.scalars(select(PostVector.revision)), default=0)


def test_posts_published_before_any_encoder_was_known_are_adopted_by_the_first(sessions: Sessions) -> None:
    with sessions.write() as session:
        indexing._set_active(session, "")
        (post_id,) = published(session, achievement("涂层"))
        indexing.adopt(session, ENCODER.name)
        indexing.adopt(session, "latecomer")
        assert indexing.state(session)[1] == ENCODER.name
        assert embed(session, post_id) == [post_id]


def test_another_encoder_takes_over_only_with_every_vector_and_no_ghost(session: Session) -> None:
    ids = published(session, *(achievement(f"涂层{n}") for n in range(5)))
    embed(session, *ids)
    other = HashingEncoder(16)
    assert indexing.lacking(session, other.name) == ids
    embed(session, *ids[:3], encoder=other)
    assert not indexing.switch(session, other.name)
    assert indexing.lacking(session, other.name, after=ids[3]) == ids[4:]
    embed(session, *ids[3:], encoder=other)
    edited, withdrawn = session.get_one(Post, ids[0]), session.get_one(Post, ids[1])
    edited.title = "另一种涂层"
    indexing.publish(session, edited)
    withdrawn.state = State.WITHDRAWN.value
    indexing.withdraw(session, withdrawn)
    assert indexing.lacking(session, other.name) == [ids[0]]
    embed(session, ids[0], encoder=other)
    assert indexing.switch(session, other.name)
    live = {change.post_id for change in everything(session) if change.passage}
    assert live == set(ids) - {ids[1]}
    assert indexing.live(session, other.name) == {"need": 0, "achievement": 4, "expert": 0, "facility": 0}


def test_a_project_whose_name_is_no_text_stops_nothing() -> None:
    named = expert(projects=[{"name": None}, {"name": 5}, {"name": "注塑项目"}], brief="", elements={})
    assert texts.full_text(named).endswith(" 5 注塑项目")

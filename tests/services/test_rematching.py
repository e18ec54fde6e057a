"""A new achievement comes in: the open needs that it could answer are matched anew, the others are left alone."""

from pathlib import Path

import pytest
from sqlalchemy import select

from embeddings.hashing import HashingEncoder
from matchmaker.config import load
from matchmaker.engine import Engine
from matchmaker.ranking.bands import Calibration
from matchmaker.services import indexing, rematching
from matchmaker.worker import Worker
from models import Job, Match, Post
from models.vocabulary import State
from tests.builders import achievement, curve, need, user
from tests.services.fakes import FakeFinder

COATING = "求耐高温热障涂层制备方法，涂层服役温度高，易剥落"
ANSWER = "耐高温热障涂层制备方法：改善涂层高温服役时的剥落"
OTHERS = ("求人参皂苷提取工艺", "求污水脱氮菌剂", "求注塑件翘曲控制", "求离心泵汽蚀诊断", "求钢坯夹杂物检测")


@pytest.fixture(autouse=True)
def generous(monkeypatch):
    """A curve that looks at score and words covered, as a few posts calibrate nothing."""
    thresholds = {"strong": 0.9, "medium": 0.5, "weak": 0.4, "any": 0.4}
    made = curve(-1.0, thresholds, score=3.0, coverage=0.7)
    monkeypatch.setattr("matchmaker.services.shortlists.calibration_for", lambda encoder, read=False: made)
    monkeypatch.setattr(Calibration, "lenient", lambda self: self)
    monkeypatch.setattr("matchmaker.ranking.bands.ALTERNATIVES", 0)


@pytest.fixture
def worker(sessions, tmp_path: Path):
    return Worker(load({"INSTANCE": str(tmp_path)}), sessions, Engine(sessions, HashingEncoder))


def publish(sessions, *posts: Post, priority=10):
    with sessions.write() as session:
        session.add_all(posts)
        session.flush()
        indexing.publish_many(session, posts, priority=priority)
        session.commit()
        return [post.id for post in posts]


def drain(worker):
    while worker.step():
        pass


def shortlisted(sessions, after):
    with sessions.read() as session:
        rows = session.scalars(select(Job).where(Job.kind == "shortlist", Job.id > after).order_by(Job.id))
        return [row.payload["post_id"] for row in rows]


def latest(sessions):
    with sessions.read() as session:
        return session.scalar(select(Job.id).order_by(Job.id.desc()).limit(1))


def test_a_need_gets_the_answer_that_came_later_and_only_it_is_matched_anew(worker, sessions):
    wanted, *_ = publish(sessions, need(COATING), *(need(title) for title in OTHERS))
    drain(worker)
    with sessions.read() as session:
        assert session.scalars(select(Match)).all() == []
    before = latest(sessions)
    (offered,) = publish(sessions, achievement(ANSWER))
    drain(worker)
    assert shortlisted(sessions, before) == [wanted]
    with sessions.read() as session:
        assert session.scalars(select(Match.candidate_id).where(Match.post_id == wanted)).all() == [offered]


def test_a_copy_takes_the_place_of_the_withdrawn_and_other_needs_are_left_alone(worker, sessions):
    wanted, *_ = publish(sessions, need(COATING), *(need(title) for title in OTHERS))
    publish(sessions, achievement(ANSWER), achievement(ANSWER))
    drain(worker)

    def listed():
        with sessions.read() as session:
            rows = session.scalars(select(Match).where(Match.post_id == wanted).order_by(Match.rank))
            return [(row.candidate_id, [one["rule"] for one in row.rules if one["verdict"] == "fail"]) for row in rows]

    (first, _), (copy, folded) = listed()
    assert folded == ["duplicate"]
    before = latest(sessions)
    with sessions.write() as session:
        post = session.get_one(Post, first)
        post.state = State.WITHDRAWN.value
        indexing.withdraw(session, post)
        session.commit()
    drain(worker)
    assert listed() == [(copy, [])]
    assert shortlisted(sessions, before) == [wanted]


def test_many_supplies_at_once_match_a_need_anew_once(worker, sessions):
    (wanted,) = publish(sessions, need(COATING))
    drain(worker)
    before = latest(sessions)
    publish(sessions, *(achievement(f"{ANSWER}（第{n}代）") for n in range(70)))
    drain(worker)
    assert shortlisted(sessions, before) == [wanted]


def test_a_changed_supply_with_the_same_words_reaches_the_needs_that_list_it(worker, sessions):
    wanted, offered = publish(sessions, need(COATING), achievement(ANSWER))
    drain(worker)
    before = latest(sessions)
    with sessions.write() as session:
        post = session.get_one(Post, offered)
        post.price = 900_000
        indexing.publish_many(session, [post])
        session.commit()
    drain(worker)
    assert wanted in shortlisted(sessions, before)


def test_what_a_need_had_first_keeps_its_moment(worker, sessions, monkeypatch):
    thresholds = dict.fromkeys(("strong", "medium", "weak", "any"), 0.5)
    everything = curve(9.0, thresholds)
    monkeypatch.setattr("matchmaker.services.shortlists.calibration_for", lambda encoder, read=False: everything)
    wanted, offered = publish(sessions, need(COATING), achievement(ANSWER))
    drain(worker)
    with sessions.read() as session:
        first = session.scalars(select(Match).where(Match.post_id == wanted)).one().first_at
    (later,) = publish(sessions, achievement("耐高温热障涂层制备方法：涂层易剥落处的激光重熔"))
    drain(worker)
    with sessions.read() as session:
        rows = {row.candidate_id: row for row in session.scalars(select(Match).where(Match.post_id == wanted))}
    assert rows[offered].first_at == first < rows[later].first_at
    assert rows[offered].created_at > first


def test_needs_and_withdrawn_supplies_reach_nobody(session):
    asked, gone = need(COATING), achievement(ANSWER, state=State.WITHDRAWN.value)
    session.add_all([asked, gone, need("求热障涂层检测")])
    session.flush()
    assert rematching.affected(session, FakeFinder(session), [asked.id, gone.id]) == []
    indexing.adopt(session, "hashing-256")
    indexing.ask_rematch(session, [asked.id, gone.id], 0)
    assert session.scalars(select(Job)).all() == []


def test_while_more_supplies_wait_than_there_are_needs_all_needs_are_named(session):
    near, far, offered = need(COATING), need("求天麻连作障碍的防治办法"), achievement(ANSWER)
    session.add_all([near, far, need("求撤回的办法", state=State.WITHDRAWN.value), offered])
    session.flush()

    class Unasked(FakeFinder):
        def search(self, *args, **kwargs):
            raise AssertionError("no search is needed")

    assert rematching.affected(session, Unasked(session), [offered.id], waiting=2) == [near.id, far.id]
    with pytest.raises(AssertionError):
        rematching.affected(session, Unasked(session), [offered.id], waiting=1)


def test_of_an_import_every_list_is_computed_once(worker, sessions):
    needs = publish(sessions, need(COATING), need(COATING + "，求检测"))
    drain(worker)
    before = latest(sessions)
    with sessions.write() as session:
        supplies, fresh = [achievement(f"{ANSWER}之{n}") for n in range(4)], need(COATING + "，求修复")
        session.add_all([*supplies, fresh])
        session.flush()
        for one in (*supplies, fresh):
            indexing.publish_many(session, [one])
        session.commit()
        needs.append(fresh.id)
    drain(worker)
    assert sorted(shortlisted(sessions, before)) == needs


def test_whose_supply_a_new_need_names_finds_the_need_in_its_own_list(worker, sessions):
    with sessions.write() as session:
        owner = user("researcher")
        session.add(owner)
        session.flush()
        owner_id = owner.id
        session.commit()
    mine, others = achievement(ANSWER, owner_id=owner_id), achievement(f"另一种{ANSWER}，含微量元素")
    owned, foreign = publish(sessions, mine, others)
    drain(worker)
    before = latest(sessions)
    (wanted,) = publish(sessions, need(COATING))
    drain(worker)
    assert owned in shortlisted(sessions, before)
    assert foreign not in shortlisted(sessions, before)
    with sessions.read() as session:
        listed = session.scalars(select(Match.candidate_id).where(Match.post_id == owned)).all()
    assert listed == [wanted]

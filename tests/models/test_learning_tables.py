"""Judgements, learnt weights, looks and title keys: what the database forbids, and what older rows become."""

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from models import Judgement, Post, Weights, make_sessions, title_key
from scripts import migrate
from tests.builders import achievement, need, user

SHOWN = {
    "post_version": 1, "candidate_version": 1, "rank": 1, "score": 1.0, "reasons": [], "encoder": "", "weights": ""}


def weights(**more):
    return Weights(**{"encoder": "any", "features": [], "data": {}, "metrics": {}, "training": {}} | more)


@pytest.mark.parametrize("wrong", [
    {"verdict": "perhaps"}, {"verdict": "unfits"}, {"verdict": "fits", "reason": "price"},
    {"verdict": "unfits", "reason": "other"},
])
def test_a_judgement_is_whole(session, wrong):
    asked, offered, broker = need(), achievement(), user("broker")
    session.add_all([asked, offered, broker])
    session.flush()
    pair = {"post_id": asked.id, "candidate_id": offered.id, "user_id": broker.id}
    session.add(Judgement(**pair, **SHOWN, verdict="unfits", reason="other", note="设备已停产"))
    session.flush()
    session.add(Judgement(**pair, **SHOWN, **wrong))
    with pytest.raises(IntegrityError):
        session.flush()


def test_at_most_one_set_of_weights_is_active(session):
    session.add_all([weights(active=True), weights(), weights(), weights(purpose="another", active=True)])
    session.flush()
    session.add(weights(active=True))
    with pytest.raises(IntegrityError):
        session.flush()


@pytest.mark.parametrize(("one", "other"), [
    ("ＡＢＣ 刀具 涂层", "abc刀具涂层"), ("热障涂层（高温）", "热障涂层 高温"), ("CO₂捕集", "co2 捕集。"),
])
def test_titles_that_differ_in_marks_alone_have_one_key(one, other):
    assert title_key(one) == title_key(other) != title_key("另一个题目")


def test_the_key_follows_the_title(session):
    post = need("旧题目")
    session.add(post)
    session.flush()
    post.title = "新 题目"
    session.flush()
    assert session.scalar(select(Post.title_key)) == "新题目"


def test_rows_of_before_get_their_keys_and_moments(empty_database):
    migrate.upgrade(empty_database, "0002")
    sessions = make_sessions(empty_database)
    with sessions.write() as session:
        columns = {"state": "published", "version": 1, "title": "热障 涂层", "brief": "", "keywords": "[]",
                   "elements": "{}", "modes": "[]", "secrecy": "public", "disclosure": "open", "annex": "",
                   "contact_public": "[]", "created_at": "2026-01-02 03:04:05+00:00",
                   "updated_at": "2026-01-02 03:04:05+00:00"}
        names = ", ".join(columns)
        insert = text(f"INSERT INTO post (kind, demo, hide_organisation, {names}) "
                      f"VALUES (:kind, false, false, {', '.join(f':{name}' for name in columns)})")
        for kind in ("need", "achievement"):
            session.execute(insert, columns | {"kind": kind})
        session.execute(text(
            "INSERT INTO match (post_id, candidate_id, candidate_kind, rank, score, probability, band, passed, "
            "reasons, rules, evidence, produced_by, created_at) VALUES (1, 2, 'achievement', 1, 1, 1, 'strong', true, "
            "'[]', '[]', '{}', '{}', '2026-01-02 03:04:05+00:00')"))
        session.commit()
    sessions.dispose()
    migrate.upgrade(empty_database)
    sessions = make_sessions(empty_database)
    with sessions.read() as session:
        assert session.scalars(select(Post.title_key)).all() == ["热障涂层", "热障涂层"]
        assert session.execute(text("SELECT count(*) FROM match WHERE first_at = created_at")).scalar_one() == 1
    sessions.dispose()

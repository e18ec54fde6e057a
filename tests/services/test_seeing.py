"""What is new since 赵经理 last looked."""

import datetime as dt

import pytest

from matchmaker.services import clock, seeing
from matchmaker.services.problems import NotAllowed
from models import Match, Seen, now
from tests.builders import achievement, need, user

HOUR = dt.timedelta(hours=1)


def match(asked, offered, first_at, passed=True):
    return Match(post_id=asked.id, candidate_id=offered.id, candidate_kind="achievement", rank=1, score=1.0,
                 probability=0.5, band="strong", passed=passed, reasons=[], rules=[], evidence={}, produced_by={},
                 first_at=first_at)


@pytest.fixture
def scene(session):
    broker, asked = user("broker", "赵经理"), need()
    offered = [achievement(f"成果{n}") for n in range(4)]
    session.add_all([broker, asked, *offered])
    session.flush()
    moment = now()
    session.add_all([
        match(asked, offered[0], moment - 10 * HOUR), match(asked, offered[1], moment - 2 * HOUR),
        match(asked, offered[2], moment - HOUR), match(asked, offered[3], moment - HOUR, passed=False)])
    session.flush()
    return broker, asked, offered, moment


def test_nothing_is_called_new_before_the_first_look(session, scene):
    broker, asked, _, _ = scene
    assert seeing.news(session, broker, [asked]) == {}
    assert seeing.since(session, broker, asked) is None
    seeing.look(session, broker, asked)
    assert seeing.since(session, broker, asked) is None
    assert seeing.news(session, broker, [asked]) == {}


def test_what_came_since_is_counted_and_stays_marked_during_the_visit(session, scene):
    broker, asked, _, moment = scene
    session.add(Seen(user_id=broker.id, post_id=asked.id, at=moment - 5 * HOUR))
    session.flush()
    assert seeing.news(session, broker, [asked]) == {asked.id: 2}
    assert [(post.id, n) for post, n in seeing.fresh(session, broker)] == [(asked.id, 2)]
    assert seeing.since(session, broker, asked) == moment - 5 * HOUR
    seeing.look(session, broker, asked)
    seeing.look(session, broker, asked)
    assert seeing.since(session, broker, asked) == moment - 5 * HOUR
    assert seeing.news(session, broker, [asked]) == {}
    assert seeing.fresh(session, broker) == []


def test_the_next_visit_starts_from_the_last_look(session, scene):
    broker, asked, _, moment = scene
    session.add(Seen(user_id=broker.id, post_id=asked.id, at=moment - HOUR, before=moment - 9 * HOUR))
    session.flush()
    assert seeing.since(session, broker, asked) == moment - HOUR


def test_a_withdrawn_candidate_is_no_news(session, scene):
    broker, asked, offered, moment = scene
    session.add(Seen(user_id=broker.id, post_id=asked.id, at=moment - 5 * HOUR))
    offered[1].state = "withdrawn"
    session.flush()
    assert seeing.news(session, broker, [asked]) == {asked.id: 1}


def test_a_candidate_past_its_date_is_no_news(session, scene):
    broker, asked, offered, moment = scene
    session.add(Seen(user_id=broker.id, post_id=asked.id, at=moment - 5 * HOUR))
    offered[1].valid_until = clock.today() - dt.timedelta(1)
    offered[2].valid_until = clock.today()
    session.flush()
    assert seeing.news(session, broker, [asked]) == {asked.id: 1}
    assert [(post.id, n) for post, n in seeing.fresh(session, broker)] == [(asked.id, 1)]


def test_who_may_not_see_the_candidates_looks_at_nothing(session, scene):
    _, asked, _, _ = scene
    stranger = user("enterprise")
    session.add(stranger)
    session.flush()
    with pytest.raises(NotAllowed):
        seeing.look(session, stranger, asked)
    assert seeing.news(session, stranger, [asked]) == seeing.news(session, None, [asked]) == {}

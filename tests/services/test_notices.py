"""王工 is told of things once, in the app and by mail as he wishes."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import select

from matchmaker.config import load
from matchmaker.services import jobs, notices, timetable
from matchmaker.services.problems import NotFound, Problem
from models import Job, Notice, User, now
from models.vocabulary import NOTICE_KINDS
from tests.builders import user
from tests.letters import delivered, path_of, text_of


@pytest.fixture
def wang(session) -> User:
    person = user(name="王工", email="wang@example.com")
    session.add(person)
    session.flush()
    return person


@pytest.fixture
def config(tmp_path):
    return load({"INSTANCE": str(tmp_path), "PUBLIC_URL": "https://match.example.com/"})


def tell(session, person, kind="intent", key="intent:1", subject="新的对接意向"):
    return notices.notify(session, person, kind, subject, "对方希望与您联系。", "/posts/1", key)


def test_a_thing_is_told_once_and_mailed_once(session, sessions, wang, config):
    assert tell(session, wang) is not None
    assert tell(session, wang) is None
    session.commit()
    first = delivered(config, sessions)
    assert [letter["Subject"] for letter in first] == ["新的对接意向"]
    assert "https://match.example.com/posts/1" in text_of(first[0])
    with sessions.write() as again:
        jobs.enqueue(again, "notice", {"notice_id": again.scalar(select(Notice.id))})
        again.commit()
    (config.instance / "mail" / "notice-1@example.com.eml").unlink()
    assert delivered(config, sessions) == []


def test_nothing_is_sent_for_what_was_read_meanwhile_or_to_who_is_gone(session, sessions, wang, config):
    told = tell(session, wang)
    notices.read(session, wang, told.id)
    gone = user(active=False)
    session.add(gone)
    session.flush()
    assert tell(session, gone) is None
    session.commit()
    assert delivered(config, sessions) == []


def test_a_digest_holds_what_waits_kind_by_kind_and_nothing_twice(session, sessions, wang, config):
    notices.choose(session, wang, {"intent": "daily", "review": "weekly", "task": "off"})
    for kind, key in (("match", "m1"), ("intent", "i1"), ("review", "r1"), ("task", "t1")):
        tell(session, wang, kind, key, f"关于{kind}")
    read = tell(session, wang, "match", "m2", "读过的")
    notices.read(session, wang, read.id)
    session.commit()
    assert delivered(config, sessions) == []
    entry = next(one for one in timetable.TIMETABLE if one.kind == "digest_daily")
    for at in (now() + dt.timedelta(days=days) for days in (1, 2, 3)):
        with sessions.write() as queueing:
            timetable.queue(queueing, entry, at)
            queueing.commit()
        letters = delivered(config, sessions)
    assert [letter["Subject"] for letter in letters] == ["通知汇总：2 条未读通知"]
    said = text_of(letters[0])
    assert "关于match" in said
    assert "关于intent" in said
    assert not any(other in said for other in ("关于review", "关于task", "读过的"))
    with sessions.read() as reading:
        assert len(notices.waiting(reading, wang.id, "weekly")) == 1


def test_who_wants_no_digest_any_more_gets_what_waits_no_more(session, wang):
    tell(session, wang, "match", "m1")
    assert notices.readers_waiting(session, "daily") == [wang.id]
    notices.choose(session, wang, {"match": "off"})
    assert notices.readers_waiting(session, "daily") == []


@pytest.mark.parametrize(("kind", "link"), [("gossip", "/"), ("intent", "https://evil.cn"), ("intent", "//evil.cn")])
def test_another_kind_and_a_link_elsewhere_are_refused(session, wang, kind, link):
    with pytest.raises(ValueError, match="not a"):
        notices.notify(session, wang, kind, "x", "", link, "x")


def test_a_subject_has_no_line_breaks(session, wang):
    assert tell(session, wang, subject="一\r\nBcc: x@example.com").subject == "一 Bcc: x@example.com"


def test_preferences_are_of_the_lists(session, wang):
    for wrong in ({"gossip": "now"}, {"intent": "pigeon"}):
        with pytest.raises(Problem):
            notices.choose(session, wang, wrong)
    assert notices.channels(session, wang) == notices.DEFAULTS
    assert set(notices.DEFAULTS) == set(NOTICE_KINDS)


def test_nobody_reads_the_notices_of_others(session, wang):
    other = user()
    session.add(other)
    session.flush()
    told = tell(session, wang)
    with pytest.raises(NotFound):
        notices.read(session, other, told.id)
    assert (notices.unread(session, wang), notices.unread(session, other)) == (1, 0)
    notices.read_all(session, other, told.id)
    assert notices.unread(session, wang) == 1
    notices.read_all(session, wang, told.id)
    assert notices.unread(session, wang) == 0


def test_pages_go_back_in_time(session, wang):
    for number in range(notices.PAGE + 5):
        tell(session, wang, key=f"k{number}")
    first = notices.page(session, wang)
    rest = notices.page(session, wang, first[notices.PAGE - 1].id)
    assert (len(first), len(rest)) == (notices.PAGE + 1, 5)


def test_a_mail_ends_with_a_signed_way_out(session, sessions, wang, config):
    tell(session, wang)
    session.commit()
    (letter,) = delivered(config, sessions)
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    token = path_of(letter, "/unsubscribe/").removeprefix("/unsubscribe/")
    assert letter["List-Unsubscribe"] == f"<https://match.example.com/unsubscribe/{token}>"
    with sessions.write() as again:
        person, kind = notices.unsubscription(again, config.secret(), token)
        assert (person.id, kind) == (wang.id, "intent")
        notices.unsubscribe(again, person, kind)
        assert notices.channels(again, person)["intent"] == "off"
        for forged in (token[:-1], f"x{token}", ""):
            with pytest.raises(NotFound):
                notices.unsubscription(again, config.secret(), forged)


def test_a_digest_is_unsubscribed_from_as_a_whole(session, wang):
    notices.choose(session, wang, {"intent": "weekly", "match": "daily", "task": "now"})
    notices.unsubscribe(session, wang, "digest")
    found = notices.channels(session, wang)
    assert (found["intent"], found["match"], found["task"]) == ("off", "off", "now")


def test_what_a_mail_said_is_not_kept_in_its_job(session, sessions, wang, config):
    jobs.enqueue(session, "mail", {"to": "li@example.com", "subject": "链接", "text": "", "link": "/reset/secret"})
    session.commit()
    assert path_of(delivered(config, sessions)[0], "/reset/") == "/reset/secret"
    with sessions.read() as reading:
        assert reading.scalars(select(Job).where(Job.kind == "mail")).one().payload == {}

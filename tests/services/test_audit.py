"""The log: only added to, chained whoever writes at the same time, and telling on those who touch it."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from matchmaker.services import audit, events
from matchmaker.services.audit import Asked
from matchmaker.services.problems import NotAllowed, Problem
from models import Event, EventChain, EventSeal, Sessions, User, make_sessions, now
from models.vocabulary import Role
from scripts import migrate
from tests.builders import user


@pytest.fixture
def head(sessions: Sessions) -> User:
    """钱主任, of whom three things are logged, each in a transaction of its own."""
    with sessions.write() as session:
        session.add(person := user(Role.HEAD, "钱主任"))
        session.commit()
        for n in range(3):
            events.record(session, person, "post.changed", person, before={"n": n}, after={"n": n + 1, "金额": "1.50"})
            session.commit()
    return person


def verdict(sessions: Sessions, anchor: str = "") -> audit.Verdict:
    with sessions.read() as session:
        return audit.verify(session, anchor)


def by_force(sessions: Sessions, *statements: object) -> None:
    """Change the log as somebody would who may do everything to the database."""
    with sessions.write() as session:
        if session.get_bind().dialect.name == "postgresql":
            session.execute(text("SET LOCAL session_replication_role = replica"))
        else:
            for table in ("event", "event_seal"):
                for verb in ("changed", "deleted"):
                    session.execute(text(f"DROP TRIGGER IF EXISTS {table}_never_{verb}"))
        for statement in statements:
            session.execute(statement, execution_options={"synchronize_session": False})  # type: ignore[call-overload]
        session.commit()


def test_the_chain_of_a_quiet_log_holds(sessions, head):
    found = verdict(sessions)
    assert (found.length, found.fault) == (3, "")
    assert len(found.hash) == 64


@pytest.mark.parametrize("statement", [
    update(Event).values(action="post.forged"), delete(Event), update(EventSeal).values(hash="0" * 64),
    delete(EventSeal),
])
def test_the_database_refuses_to_change_what_was_logged(sessions, head, statement):
    with sessions.write() as session, pytest.raises(DBAPIError, match="only ever added"):
        session.execute(statement, execution_options={"synchronize_session": False})
    assert verdict(sessions).fault == ""


@pytest.mark.parametrize("change", [
    {"action": "post.forged"}, {"after": {"n": 9}}, {"before": {}}, {"subject_id": 99}, {"actor_id": None},
    {"at": dt.datetime(2020, 1, 1, tzinfo=dt.UTC)}, {"subject": "user"},
])
def test_the_first_changed_entry_is_named(sessions, head, change):
    by_force(sessions, update(Event).where(Event.id == 2).values(**change),
             update(Event).where(Event.id == 3).values(action="later"))
    assert "链上第 2 条（编号 2，" in verdict(sessions).fault


def test_a_deleted_entry_is_named(sessions, head):
    by_force(sessions, delete(EventSeal).where(EventSeal.event_id == 2), delete(Event).where(Event.id == 2))
    assert "链上第 2 条缺失" in verdict(sessions).fault


def test_a_missing_end_is_noticed(sessions, head):
    by_force(sessions, delete(EventSeal).where(EventSeal.event_id == 3), delete(Event).where(Event.id == 3))
    assert "末尾的记录被删除" in verdict(sessions).fault


def test_an_entry_that_was_slipped_in_is_named(sessions, head):
    row = {"id": 77, "at": now(), "action": "a", "subject": "post", "before": {}, "after": {}}
    by_force(sessions, Event.__table__.insert().values(**row))
    assert "编号 77 的记录不在链上" in verdict(sessions).fault


def test_a_chain_forged_as_a_whole_is_told_by_what_was_noted_before(sessions, head):
    noted = verdict(sessions)
    with sessions.read() as session:
        row = session.get_one(Event, 3)
        seal = session.get_one(EventSeal, 3)
        row.action = "post.forged"
        forged = audit.digest(seal.previous, row)
    by_force(sessions, update(Event).where(Event.id == 3).values(action="post.forged"),
             update(EventSeal).where(EventSeal.place == 3).values(hash=forged), update(EventChain).values(hash=forged))
    assert verdict(sessions).fault == ""
    assert "整体改写" in verdict(sessions, f"{noted.length}:{noted.hash}").fault
    with pytest.raises(Problem, match="序号:校验值"):
        verdict(sessions, "three")


def test_what_is_rolled_back_leaves_no_gap(sessions, head):
    with sessions.write() as session:
        head = session.get_one(User, head.id)
        events.record(session, head, "kept", head)
        savepoint = session.begin_nested()
        events.record(session, head, "given up", head)
        session.flush()
        savepoint.rollback()
        with session.begin_nested():
            events.record(session, head, "kept too", head)
        session.commit()
        events.record(session, head, "given up", head)
        session.flush()
        session.rollback()
        events.record(session, head, "kept at last", head)
        session.commit()
    found = verdict(sessions)
    assert (found.length, found.fault) == (6, "")


def test_many_who_write_at_once_make_one_chain(sessions, head):
    def write(number: int) -> None:
        with sessions.write() as session:
            for part in range(3):
                events.record(session, None, f"writer.{number}", session.get_one(User, head.id), after={"part": part})
                session.flush()
            session.commit()

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(write, range(24)))
    found = verdict(sessions)
    assert (found.length, found.fault) == (3 + 24 * 3, "")


def test_events_of_earlier_releases_are_sealed_by_the_migration(tmp_path):
    url = f"sqlite:///{tmp_path / 'old.db'}"
    migrate.upgrade(url, "0008")
    opened = make_sessions(url)
    with opened.write() as session:
        for n in range(3):
            session.execute(text("INSERT INTO event (at, action, subject, before, after) VALUES "
                                 "(:at, 'post.published', 'post', '{}', :after)"),
                            {"at": f"2026-01-0{n + 1} 08:00:00.000000", "after": '{"状态": "published", "n": 1.5}'})
        session.commit()
    migrate.upgrade(url)
    found = verdict(opened)
    assert (found.length, found.fault) == (3, "")
    opened.dispose()


def test_the_log_is_read_by_the_head_alone_and_narrowed(sessions, head):
    with sessions.write() as session:
        broker = user(Role.BROKER, "赵经理")
        session.add(broker)
        session.flush()
        events.record(session, broker, "case.moved", broker)
        events.record(session, None, "post.frozen", broker)
        session.commit()
        actions = [(Asked(), 5), (Asked(person="赵"), 1), (Asked(who="system"), 1), (Asked(who="people"), 4),
                   (Asked(action="post"), 4),
                   (Asked(action="post.f"), 1), (Asked(person="%"), 0), (Asked(subject="post"), 0),
                   (Asked(number=broker.id), 2), (Asked(since=dt.date(2020, 1, 1)), 5),
                   (Asked(until=dt.date(2020, 1, 1)), 0)]
        for asked, n in actions:
            assert len(audit.page(session, head, asked)) == n, asked
        assert audit.subjects(session) == ["user_account"]
        with pytest.raises(NotAllowed):
            audit.page(session, broker, Asked())


def test_pages_follow_each_other(session: Session, head):
    for n in range(audit.PAGE):
        events.record(session, head, f"n.{n}", head)
    session.flush()
    first = audit.page(session, head, Asked())
    assert len(first) == audit.PAGE + 1
    rest = audit.page(session, head, Asked(), before=first[audit.PAGE - 1].id)
    assert [row.id for row in rest] == [3, 2, 1]


def test_the_export_defuses_cells_and_is_itself_logged(sessions, head, tmp_path):
    with sessions.write() as session:
        person = session.get_one(User, head.id)
        person.name = "=HYPERLINK(1)"
        audit.exported(session, person, Asked(action="post"))
        session.commit()
        audit.export(session, person, Asked(), tmp_path / "log.csv")
        audit.export(session, person, Asked(), tmp_path / "log.xlsx")
    told = (tmp_path / "log.csv").read_text("utf-8-sig")
    assert "audit.exported" in told
    assert '"=HYPERLINK' not in told
    with sessions.read() as session:
        assert session.scalar(select(EventSeal.hash).where(EventSeal.place == 4)) in told

"""The store can be trusted: concurrent writers lose nothing, and what the database forbids stays out."""

import datetime as dt
import multiprocessing
from decimal import Decimal

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import IntegrityError, OperationalError

from models import Base, IndexState, Need, Post, Sessions, make_sessions, next_revision

WRITERS, ROUNDS = 4, 300


def raise_revisions(url: str, started: "multiprocessing.synchronize.Barrier") -> None:
    sessions = make_sessions(url)
    started.wait()
    for _ in range(ROUNDS):
        with sessions.write.begin() as session:
            state = session.get_one(IndexState, 1)
            state.revision += 1
    sessions.dispose()


def test_four_writers_lose_no_update_on_sqlite(tmp_path):
    url = f"sqlite:///{tmp_path / 'store.db'}"
    (tmp_path / "store.db").touch()
    sessions = make_sessions(url)
    Base.metadata.create_all(sessions.engine)
    with sessions.write.begin() as session:
        session.add(IndexState(id=1))
    processes = multiprocessing.get_context("spawn")
    started = processes.Barrier(WRITERS)
    writers = [processes.Process(target=raise_revisions, args=(url, started)) for _ in range(WRITERS)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0] * WRITERS
    with sessions.read() as session:
        assert session.get_one(IndexState, 1).revision == WRITERS * ROUNDS
    sessions.dispose()


def test_revisions_are_handed_out_in_the_order_of_commits(sessions: Sessions):
    with sessions.write.begin() as session:
        first = next_revision(session)
    with sessions.write() as abandoned:
        next_revision(abandoned)
        abandoned.rollback()
    with sessions.write.begin() as session:
        assert next_revision(session) == first + 1


def test_money_is_exact(sessions: Sessions):
    amounts = [Decimal("0.01"), Decimal("1234567890123456.78"), Decimal("300000.10")]
    with sessions.write.begin() as session:
        session.add_all(Need(title=str(amount), budget=amount) for amount in amounts)
    with sessions.read() as session:
        assert list(session.scalars(select(Need.budget).order_by(Need.id))) == amounts
        wanted = select(Need.title).where(Need.budget <= Decimal("300000.10")).order_by(Need.budget)
        assert list(session.scalars(wanted)) == ["0.01", "300000.10"]


def test_times_come_back_with_their_zone(sessions: Sessions):
    noon = dt.datetime(2026, 3, 1, 12, tzinfo=dt.timezone(dt.timedelta(hours=8)))
    with sessions.write.begin() as session:
        session.add(Need(title="时区", published_at=noon))
    with sessions.read() as session:
        assert session.scalar(select(Need.published_at)) == noon


def test_a_naive_time_is_refused(sessions: Sessions):
    with pytest.raises(Exception, match="naive"), sessions.write.begin() as session:
        session.add(Need(title="时区", published_at=dt.datetime(2026, 3, 1)))  # noqa: DTZ001


@pytest.mark.parametrize("wrong", [{"kind": "poem"}, {"state": "lost"}, {"trl": 10}, {"organisation_id": 999}])
def test_the_database_refuses_what_cannot_be(sessions: Sessions, wrong: dict):
    row = {"kind": "need", "state": "draft", "version": 1, "title": "需求", "keywords": [], "elements": {}, "modes": [],
           "brief": "", "secrecy": "public", "disclosure": "open", "hide_organisation": False, "annex": "",
           "contact_public": [], "demo": False}
    with pytest.raises(IntegrityError), sessions.write.begin() as session:
        session.execute(insert(Post.__table__).values(**row | wrong))


def test_the_same_external_id_cannot_come_twice(sessions: Sessions):
    with pytest.raises(IntegrityError), sessions.write.begin() as session:
        session.add_all(Need(title="一", source="list", external_id="7") for _ in range(2))


def test_a_library_with_the_wal_defect_is_refused(monkeypatch, tmp_path):
    monkeypatch.setattr("models.base.pysqlite3.sqlite_version_info", (3, 40, 1))
    with pytest.raises(RuntimeError, match="WAL"):
        make_sessions(f"sqlite:///{tmp_path / 'old.db'}")


def test_sqlite_is_set_up_as_it_should_be(tmp_path):
    (tmp_path / "store.db").touch()
    sessions = make_sessions(f"sqlite:///{tmp_path / 'store.db'}")
    with sessions.write() as session:
        pragmas = {name: session.scalar(text(f"PRAGMA {name}")) for name in ("journal_mode", "foreign_keys")}
    sessions.dispose()
    assert pragmas == {"journal_mode": "wal", "foreign_keys": 1}


def test_a_database_that_is_gone_is_not_replaced_by_an_empty_one(tmp_path):
    path = tmp_path / "store.db"
    path.touch()
    sessions = make_sessions(f"sqlite:///{path}")
    Base.metadata.create_all(sessions.engine)
    sessions.dispose()
    away = path.rename(tmp_path / "away.db")
    for make in (sessions.read, sessions.write):
        with make() as session, pytest.raises(OperationalError, match="missing"):
            session.scalar(select(Post.id))
    assert not path.exists()
    away.rename(path)
    with sessions.read() as session:
        assert session.scalar(select(Post.id)) is None
    sessions.dispose()

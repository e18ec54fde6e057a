"""Every revision runs up and down on every database, and the models say nothing that no revision does."""

import pytest
from sqlalchemy import inspect, text

from models import make_sessions
from scripts import migrate


def tables(url: str) -> set[str]:
    sessions = make_sessions(url)
    try:
        return set(inspect(sessions.engine).get_table_names())
    finally:
        sessions.dispose()


def test_up_down_up(empty_database: str):
    migrate.upgrade(empty_database)
    migrate.check(empty_database)
    assert {"post", "job", "match", "post_vector"} <= tables(empty_database)
    migrate.downgrade(empty_database, "base")
    assert tables(empty_database) == {"alembic_version"}
    migrate.upgrade(empty_database)
    sessions = make_sessions(empty_database)
    with sessions.read() as session:
        assert session.execute(text("SELECT id, revision FROM index_state")).all() == [(1, 0)]
    sessions.dispose()


def test_a_database_that_cannot_be_opened_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/absent/store.db")
    monkeypatch.setenv("INSTANCE", str(tmp_path / "instance"))
    monkeypatch.setattr("sys.argv", ["migrate"])
    with pytest.raises(SystemExit, match="absent"):
        migrate.main()

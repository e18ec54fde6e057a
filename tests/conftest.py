"""What every test may ask for: a database of its own (on SQLite and on PostgreSQL), the application, a browser to it.

A test that takes `sessions` or `session` runs once per database; one that also takes `app` or `client` on SQLite only.
`session` holds SQLite's writer lock until it commits: commit before the application is asked.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.engine import URL
from sqlalchemy.orm import Session

from matchmaker import create_app
from matchmaker.config import Config, load
from matchmaker.services import clock
from models import Base, IndexState, Sessions, make_sessions
from scripts.migrate import upgrade
from tests import postgres

os.environ["MATCHMAKER_TESTING"] = "1"
structlog.configure(logger_factory=structlog.stdlib.LoggerFactory(), processors=[structlog.processors.JSONRenderer()])
DATABASES = ("sqlite", "postgresql")
EMPTY = f"""DO $$ DECLARE name text; filled boolean; BEGIN
    FOREACH name IN ARRAY '{{{",".join(Base.metadata.tables)}}}'::text[] LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM %I)', name) INTO filled;
        IF filled THEN EXECUTE format('DELETE FROM %I', name); END IF;
    END LOOP;
    PERFORM setval(oid::regclass, 1, false) FROM pg_class WHERE relkind = 'S';
END $$"""
"""Fifteen times as fast as truncating every table, full or not."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    chosen = any(mark.args[0] == "sessions" for mark in metafunc.definition.iter_markers("parametrize"))
    if "sessions" in metafunc.fixturenames and not chosen:
        names = DATABASES[:1] if "app" in metafunc.fixturenames else DATABASES
        metafunc.parametrize("sessions", names, indirect=True)


@pytest.fixture(scope="session", autouse=True)
def one_day() -> Iterator[None]:
    """The day on the wall stays what test modules saw on import, also when midnight passes while they run."""
    day = clock.today()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "today", lambda: day)
        yield


@pytest.fixture(scope="session")
def empty_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with every table and no row; copied for each test."""
    path = tmp_path_factory.mktemp("database") / "empty.db"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[URL]:
    with postgres.database() as url:
        upgrade(url.render_as_string(hide_password=False))
        yield url


@pytest.fixture
def sessions(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Sessions]:
    """An empty, migrated database."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("empty_sqlite"), tmp_path / "matchmaker.db")
        opened = make_sessions(f"sqlite:///{tmp_path / 'matchmaker.db'}")
    else:
        opened = make_sessions(request.getfixturevalue("postgres_url"))
        _empty(opened)
    yield opened
    opened.dispose()


@pytest.fixture
def session(sessions: Sessions) -> Iterator[Session]:
    """A writing session; what it does not commit is gone."""
    with sessions.write() as opened:
        yield opened


@pytest.fixture
def config(tmp_path: Path, sessions: Sessions) -> Config:
    """Settings of an installation in the test's own folder and database."""
    url = sessions.engine.url.render_as_string(hide_password=False)
    return load({"INSTANCE": str(tmp_path), "DATABASE_URL": url})


@pytest.fixture
def app(config: Config) -> Iterator[Flask]:
    application = create_app(config)
    application.testing = True
    yield application
    application.extensions["sessions"].dispose()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def _empty(sessions: Sessions) -> None:
    with sessions.write() as session:
        session.execute(text("SET LOCAL session_replication_role = replica"))  # the log refuses to be emptied
        session.execute(text(EMPTY))
        session.add(IndexState(id=1, revision=0, encoder=""))
        session.commit()

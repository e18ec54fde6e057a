"""A database that has not seen a single revision yet."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import postgres
from tests.conftest import DATABASES


@pytest.fixture(params=DATABASES)
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    server = request.getfixturevalue("postgres_url")
    name = f"{server.database}_migrations"
    with postgres.created(server, name) as url:
        yield url.render_as_string(hide_password=False)

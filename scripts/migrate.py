"""Bring the database to the newest revision, or to another: `python -m scripts.migrate [VERB] [REVISION]`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from alembic import command
from alembic.config import Config as AlembicConfig
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from matchmaker import config
from models.base import make_sessions

MIGRATIONS = Path(__file__).resolve().parent.parent / "models" / "migrations"


def upgrade(url: str, revision: str = "head") -> None:
    """Apply every revision up to `revision`, in one transaction where the database allows it."""
    _run(url, lambda settings: command.upgrade(settings, revision))


def downgrade(url: str, revision: str) -> None:
    _run(url, lambda settings: command.downgrade(settings, revision))


def check(url: str) -> None:
    """Raises alembic's CommandError when the models say something that no revision does."""
    _run(url, command.check)


def make(url: str, message: str) -> None:
    """Write a new revision from what the models say and the database lacks."""
    _run(url, lambda settings: command.revision(settings, message=message, autogenerate=True))


def _run(url: str, verb: Callable[[AlembicConfig], object]) -> None:
    settings = AlembicConfig()
    settings.set_main_option("script_location", str(MIGRATIONS))
    settings.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    if (parsed := make_url(url)).get_backend_name() == "sqlite" and parsed.database:
        with suppress(OSError):
            Path(parsed.database).touch()
    sessions = make_sessions(url)
    try:
        with sessions.engine.connect() as connection:
            settings.attributes["connection"] = connection
            verb(settings)
            connection.commit()
    finally:
        sessions.dispose()


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("verb", choices=["upgrade", "downgrade", "check", "make"], nargs="?", default="upgrade")
    arguments.add_argument("what", nargs="?", default="head", help="a revision; for make, the message")
    given = arguments.parse_args()
    settings = config.load()
    settings.instance.mkdir(parents=True, exist_ok=True)
    try:
        if given.verb == "check":
            check(settings.database_url)
        else:
            {"upgrade": upgrade, "downgrade": downgrade, "make": make}[given.verb](settings.database_url, given.what)
    except OperationalError as error:
        sys.exit(f"数据库无法打开（{make_url(settings.database_url).render_as_string()}）：{error.orig}")


if __name__ == "__main__":
    main()

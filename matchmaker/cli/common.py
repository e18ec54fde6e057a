"""What every command is made of: sentences for failures, transactions, the engine, progress."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import TYPE_CHECKING, Any

import click
from flask import current_app
from flask.cli import AppGroup
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from embeddings.errors import EmbeddingsError
from matchmaker import db
from matchmaker.config import BadSetting, Config
from matchmaker.services.importing import Progress
from matchmaker.services.ports import FinderUnavailable
from matchmaker.services.problems import Problem
from models.vocabulary import Kind

if TYPE_CHECKING:
    from matchmaker.engine import Engine

commands = AppGroup()
A_KIND = click.Choice([kind.value for kind in Kind])


def told(verb: Callable[..., None]) -> Callable[..., None]:
    """A command whose failures read as sentences."""

    @wraps(verb)
    def run(*given: Any, **named: Any) -> None:
        try:
            verb(*given, **named)
        except (Problem, EmbeddingsError, BadSetting, FinderUnavailable, OSError) as error:
            raise click.ClickException(str(error)) from error
        except DBAPIError as error:
            raise click.ClickException(f"数据库出错，已完成的部分保留，其余未写入：{error.orig}") from error

    return run


def settings() -> Config:
    given: Config = current_app.config["SETTINGS"]
    return given


def engine() -> Engine:
    """Encoder and indexes in this process; started from the saved indexes."""
    from matchmaker.encoders import open_engine  # noqa: PLC0415 — web processes read this file and load no index

    return open_engine(settings(), db.sessions())


@contextmanager
def transaction() -> Iterator[Session]:
    with db.sessions().write() as session:
        yield session
        session.commit()


@contextmanager
def reading() -> Iterator[Session]:
    with db.sessions().read() as session:
        yield session


def onto(bar: Any) -> Progress:
    """Progress shown by a tqdm bar."""

    def show(done: int, total: int, what: str) -> None:
        bar.total, bar.n = total or None, done
        bar.set_description(what, refresh=True)

    return show

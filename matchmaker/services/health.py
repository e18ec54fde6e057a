"""How the installation is: database, engine, index, jobs."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from matchmaker.services import jobs
from matchmaker.services.ports import Finder, FinderUnavailable
from models import IndexState


@dataclass(frozen=True)
class Health:
    """`ready`: requests can be answered at all; `degraded`: searching by meaning is away or behind."""

    ready: bool
    degraded: bool
    database: dict[str, Any]
    engine: dict[str, Any]
    jobs: dict[str, int]

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def check(session: Session, finder: Finder) -> Health:
    """Ask the database and the engine; neither being away raises."""
    try:
        revision = session.scalar(select(IndexState.revision))
        backlog = jobs.backlog(session)
    except SQLAlchemyError as error:
        return Health(False, True, {"state": "away", "error": type(error).__name__}, {"state": "unknown"}, {})
    engine = _engine(finder)
    database = {"state": "ok", "dialect": session.get_bind().dialect.name, "revision": revision}
    return Health(True, engine["state"] != "ready", database, engine, backlog)


def _engine(finder: Finder) -> dict[str, Any]:
    try:
        return finder.status()
    except FinderUnavailable as error:
        return {"state": "away", "error": str(error)}

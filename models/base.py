"""The declarative base, the column types every table shares, and how a database is opened.

SQLite is opened so that it can be trusted: writers begin IMMEDIATE (a deferred transaction that reads and then
writes loses updates silently), the journal is a WAL, foreign keys are enforced, and the library is one without the
WAL-reset defect (https://www.sqlite.org/wal.html, fixed in 3.51.3).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import pysqlite3
from sqlalchemy import JSON, DateTime, Dialect, Engine, MetaData, Numeric, Text, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.orm import DeclarativeBase, Session, mapped_column, sessionmaker
from sqlalchemy.types import TypeDecorator

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
FIRST_SAFE_SQLITE = (3, 51, 3)
BUSY_TIMEOUT_MS = 5000


class UtcTime(TypeDecorator[dt.datetime]):
    """An instant: stored in UTC, always read back with its zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("a naive time cannot be stored")
        return value.astimezone(dt.UTC) if value else None

    def process_result_value(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        return value.replace(tzinfo=dt.UTC) if value and value.tzinfo is None else value


class Money(TypeDecorator[Decimal]):
    """An exact amount in yuan: NUMERIC where the database has it, text on SQLite, which would round to a float."""

    impl = Numeric(18, 2)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else Numeric(18, 2))

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        exact = Decimal(value).quantize(Decimal("0.01"))
        return f"{exact:020.2f}" if dialect.name == "sqlite" else exact

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(str(value)).quantize(Decimal("0.01"))


Id = Annotated[int, mapped_column(primary_key=True)]
LongText = Annotated[str, mapped_column(Text)]
Json = Annotated[dict[str, Any], mapped_column(JSON)]
Strings = Annotated[list[str], mapped_column(JSON)]
Rows = Annotated[list[dict[str, Any]], mapped_column(JSON)]
Moment = Annotated[dt.datetime, mapped_column(UtcTime)]
Yuan = Annotated[Decimal, mapped_column(Money)]


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {str: Text, dt.datetime: UtcTime, Decimal: Money}


def now() -> dt.datetime:
    """The present instant, with its zone."""
    return dt.datetime.now(dt.UTC)


@dataclass(frozen=True)
class Sessions:
    """The two ways into one database: `write` holds the writer's lock from its first statement, `read` never does."""

    read: sessionmaker[Session]
    write: sessionmaker[Session]
    engine: Engine

    def dispose(self) -> None:
        for maker in (self.read, self.write):
            maker.kw["bind"].dispose()


def make_sessions(url: str | URL) -> Sessions:
    """Open the database at `url` (`sqlite:///path` or `postgresql+psycopg://…`).

    A file that is not there is an error of each connection (OperationalError), never made: only migrations make one.
    Raises RuntimeError when the SQLite library at hand has the WAL-reset defect.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        engine = create_engine(parsed.set(drivername="postgresql+psycopg"), pool_pre_ping=True)
        maker = sessionmaker(engine, expire_on_commit=False)
        return Sessions(maker, maker, engine)
    writer, reader = _sqlite(parsed, "BEGIN IMMEDIATE"), _sqlite(parsed, "BEGIN")
    return Sessions(
        sessionmaker(reader, expire_on_commit=False), sessionmaker(writer, expire_on_commit=False), writer
    )


def _sqlite(url: URL, begin: str) -> Engine:
    if pysqlite3.sqlite_version_info < FIRST_SAFE_SQLITE:
        raise RuntimeError(f"SQLite {pysqlite3.sqlite_version} can damage its WAL; 3.51.3 or newer is needed")
    engine = create_engine(url, module=pysqlite3, connect_args={"timeout": BUSY_TIMEOUT_MS / 1000})

    @event.listens_for(engine, "do_connect")
    def _there(_dialect: Any, _record: Any, arguments: Any, _named: Any) -> None:
        if url.database not in (None, "", ":memory:") and not Path(arguments[0]).exists():
            raise pysqlite3.OperationalError(f"database file is missing: {arguments[0]}")

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in ("journal_mode = WAL", "foreign_keys = ON", "synchronous = NORMAL"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        connection.exec_driver_sql(begin)

    return engine

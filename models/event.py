"""What happened, to what, by whom; and the chain of hashes by which it shows that a row was touched afterwards.

Rows of both tables are only ever added: triggers of the database refuse anything else. A transaction's events are
sealed as its last act before the commit, under the lock of the one row of `event_chain`, so that the order of seals
is the order of commits and the lock is held for no longer than that.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from typing import Any

from sqlalchemy import ForeignKey, Index, String, insert, inspect, update
from sqlalchemy import event as hooks
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from models.base import Base, Id, Json, Moment, now
from models.user import User

START = "0" * 64
"""What the first entry of the chain follows."""
_UNSEALED = "unsealed events"


class Event(Base):
    __tablename__ = "event"
    __table_args__ = (
        Index("ix_event_subject", "subject", "subject_id", "id"),
        Index("ix_event_actor_id", "actor_id", "id"),
        Index("ix_event_action", "action", "id"),
    )

    id: Mapped[Id]
    at: Mapped[Moment] = mapped_column(default=now, index=True)
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"), comment="none: the system")
    action: Mapped[str] = mapped_column(String(64), comment="e.g. post.published")
    subject: Mapped[str] = mapped_column(String(32), comment="the table")
    subject_id: Mapped[int | None]
    before: Mapped[Json] = mapped_column(default=dict)
    after: Mapped[Json] = mapped_column(default=dict)

    actor: Mapped[User | None] = relationship()


class EventSeal(Base):
    """The place of an event in the chain."""

    __tablename__ = "event_seal"

    place: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, comment="1, 2, 3 … without a gap")
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id"), unique=True)
    previous: Mapped[str] = mapped_column(String(64), comment="hash of the entry before; zeros for the first")
    hash: Mapped[str] = mapped_column(String(64), comment="SHA-256 of `previous` and what the event says")


class EventChain(Base):
    """The end of the chain: one row."""

    __tablename__ = "event_chain"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, comment="always 1")
    length: Mapped[int] = mapped_column(default=0)
    hash: Mapped[str] = mapped_column(String(64), default=START, comment="of the last entry")


def digest(previous: str, event: Event) -> str:
    """The hash of an event that follows the entry whose hash is `previous`."""
    said = {
        "previous": previous, "id": event.id, "at": event.at.astimezone(dt.UTC).isoformat(timespec="microseconds"),
        "actor_id": event.actor_id, "action": event.action, "subject": event.subject,
        "subject_id": event.subject_id, "before": _plain(event.before), "after": _plain(event.after),
    }
    written = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(written.encode("ascii")).hexdigest()


def _plain(value: Any) -> Any:
    """The value as it will be read back from a JSON column."""
    return json.loads(json.dumps(value))


@hooks.listens_for(Session, "after_flush")
def _collect(session: Session, _context: Any) -> None:
    fresh = [row for row in session.new if isinstance(row, Event)]
    if fresh:
        session.info.setdefault(_UNSEALED, []).extend(fresh)


@hooks.listens_for(Session, "before_commit")
def _seal(session: Session) -> None:
    """Chain what the transaction has recorded. Those of a savepoint that was rolled back are gone."""
    if session.in_nested_transaction():
        return
    session.flush()
    recorded = [row for row in session.info.pop(_UNSEALED, ()) if inspect(row).persistent]
    if not recorded:
        return
    length, previous = _lengthen(session, len(recorded))
    seals = []
    for place, row in enumerate(recorded, length - len(recorded) + 1):
        sealed = digest(previous, row)
        seals.append({"place": place, "event_id": row.id, "previous": previous, "hash": sealed})
        previous = sealed
    session.execute(insert(EventSeal), seals)
    session.execute(update(EventChain).values(hash=previous))


@hooks.listens_for(Session, "after_soft_rollback")
def _forget(session: Session, previous_transaction: Any) -> None:
    if not previous_transaction.nested:
        session.info.pop(_UNSEALED, None)


def _lengthen(session: Session, by: int) -> tuple[int, str]:
    """Lock the end of the chain: its new length, and the hash that it still has."""
    longer = update(EventChain).values(length=EventChain.length + by).returning(EventChain.length, EventChain.hash)
    end = session.execute(longer).one_or_none()
    if end is None:
        dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
        session.execute(dialect.insert(EventChain).values(id=1, length=0, hash=START).on_conflict_do_nothing())
        end = session.execute(longer).one()
    return end.length, end.hash

"""Storing what was typed as a new row or as another wording of one, told in the log with what it said before."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from matchmaker.services import events
from matchmaker.services.problems import Conflict
from models import Base, User

Made = TypeVar("Made", bound=Base)


def add(session: Session, actor: User, row: Made, values: Mapping[str, Any]) -> Made:
    """A new row that says `values`."""
    session.add(row)
    session.flush()
    events.record(session, actor, f"{row.__tablename__}.created", row, after=plain(values))
    return row


def change(session: Session, actor: User, row: Any, version: int, values: Mapping[str, Any], what: str) -> None:
    """Let a row that still is as the actor saw it say `values`; `what` names it. Raises Conflict."""
    if row.version != version:
        raise Conflict(f"保存失败：他人刚刚修改了{what}。请刷新页面，核对后再保存。")
    before = {name: getattr(row, name) for name in values}
    for name, value in values.items():
        setattr(row, name, value)
    session.flush()
    events.record(session, actor, f"{row.__tablename__}.changed", row, before=plain(before), after=plain(values))


def plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values as the log keeps them."""
    return {name: value.isoformat() if isinstance(value, dt.date) else value for name, value in values.items()}

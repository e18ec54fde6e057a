"""Cases on which nothing was done for longer than the office allows; a daily job marks them as stalled."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from matchmaker.services import brokering, clock, office
from matchmaker.services.casesteps import TRANSITIONS
from models import Introduction, Message, now

STALLED = "stalled"


def overdue(session: Session, at: dt.datetime | None = None) -> ColumnElement[bool]:
    """The condition under which a case has stood in its state for longer than the office allows, with no save of the
    case and no message since."""
    moment, limits = at or now(), _limits(session)
    last_said = select(func.max(Message.created_at)).where(
        Message.introduction_id == Introduction.id, Message.internal.is_(False)).scalar_subquery()
    rows = []
    for state, days in limits.items():
        since = moment - dt.timedelta(days=days)
        quiet = and_(Introduction.updated_at < since, or_(last_said.is_(None), last_said < since))
        rows.append(and_(Introduction.state == state, quiet))
    return or_(*rows)


def mark(session: Session, at: dt.datetime | None = None) -> int:
    """Mark every such case as stalled, unless its next step is due in the future; how many."""
    moment = at or now()
    planned = and_(Introduction.next_due.is_not(None), Introduction.next_due >= clock.day_of(moment))
    found = session.scalars(select(Introduction).where(overdue(session, moment), ~planned)).all()
    for case in found:
        brokering.move(session, None, case, case.version, "stall")
    return len(found)


def _limits(session: Session) -> Mapping[str, int]:
    """Days per state from which a case may be marked; 0 in the office's settings means never."""
    held = office.get(session, "case.stalled_days")
    return {state: days for state, days in held.items() if days and state in TRANSITIONS["stall"].before}

"""What figures are asked for: when, where, in which field, of which broker or institute, and for whose eyes."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from matchmaker.services import clock, permissions
from matchmaker.services.figures import period as periods
from matchmaker.services.figures.period import Period
from models import User, now
from models.vocabulary import FIELDS, REGIONS

DAYS = (3, 7, 15, 30)
"""Within how many days an answer may be asked to come."""
DEFAULT_DAYS = 15


@dataclass(frozen=True)
class Scope:
    """`at`: the present instant. `people`: the brokers whose rows count (and rows that nobody handles yet); None means
    everyone's."""

    period: Period
    at: dt.datetime
    region: str | None = None
    field: str | None = None
    broker: int | None = None
    institute: int | None = None
    days: int = DEFAULT_DAYS
    demo: bool = True
    people: frozenset[int] | None = None

    @property
    def today(self) -> dt.date:
        return clock.day_of(self.at)

    def during(self, period: Period) -> Scope:
        return replace(self, period=period)

    def before(self) -> Scope:
        """The same a year earlier."""
        return self.during(self.period.before(self.today))

    def of_area(self, kind: str, area: str) -> Scope:
        """The same within the area of a target."""
        if kind == "all":
            return self
        if kind in ("broker", "institute"):
            return replace(self, broker=int(area)) if kind == "broker" else replace(self, institute=int(area))
        return replace(self, region=area) if kind == "region" else replace(self, field=area)

    def area(self) -> tuple[str, str] | None:
        """The area of a target that this scope is, if it is one."""
        chosen = {name: getattr(self, name) for name in ("region", "field", "broker", "institute")}
        given = [(name, str(value)) for name, value in chosen.items() if value is not None]
        return given[0] if len(given) == 1 else None if given else ("all", "")

    def as_query(self) -> dict[str, str]:
        """The words of an address that ask for this scope."""
        chosen = {"period": self.period.kind, "on": self.period.start.isoformat(), "region": self.region,
                  "field": self.field, "broker": self.broker, "institute": self.institute}
        if self.period.kind == "custom":
            chosen |= {"from": self.period.start.isoformat(), "to": self.period.last.isoformat()}
            del chosen["on"]
        if self.days != DEFAULT_DAYS:
            chosen["days"] = self.days
        if not self.demo:
            chosen["demo"] = "no"
        return {name: str(value) for name, value in chosen.items() if value is not None}


def whole(session: Session, viewer: User, period: Period | None = None) -> Scope:
    """All that the viewer may see, this year unless said otherwise."""
    at = now()
    return Scope(period or periods.of("year", clock.day_of(at)), at, people=permissions.colleagues(session, viewer))


def asked(session: Session, viewer: User, given: dict[str, str]) -> Scope:
    """The scope that the words of an address mean; what cannot be read is left out."""
    base = whole(session, viewer)
    days = given.get("days", "")
    return replace(
        base, period=_period(given, base.today),
        region=given.get("region") if given.get("region") in REGIONS else None,
        field=given.get("field") if given.get("field") in FIELDS else None,
        broker=_number(given.get("broker")), institute=_number(given.get("institute")),
        days=int(days) if _number(days) in DAYS else DEFAULT_DAYS, demo=given.get("demo") != "no",
    )


def _period(given: dict[str, str], today: dt.date) -> Period:
    kind = given.get("period", "year")
    if kind == "custom":
        first, last = _day(given.get("from")), _day(given.get("to"))
        return periods.between(first or last or today, last or first or today)
    return periods.of(kind if kind in periods.KINDS else "year", _day(given.get("on")) or today)


def _day(text: str | None) -> dt.date | None:
    try:
        day = dt.date.fromisoformat(text or "")
    except ValueError:
        return None
    return day if periods.FIRST <= day <= periods.LAST else None


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() and len(text) < 10 else None

"""Lists of contracts: what a viewer may see, narrowed, counted, page by page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session, joinedload

from matchmaker.services import permissions
from matchmaker.services.facets import area_prefix
from models import Contract, Organisation, User
from models.vocabulary import CONTRACT_STATES, CONTRACT_TYPES, FIELDS, REGIONS

PAGE = 25
CODED = {"state": CONTRACT_STATES, "type": CONTRACT_TYPES, "field": FIELDS, "region": REGIONS}


@dataclass(frozen=True)
class Filters:
    """What the list is narrowed to; everything optional. Days bound the signing."""

    q: str = ""
    state: str = ""
    type: str = ""
    field: str = ""
    region: str = ""
    broker: int | None = None
    seller: int | None = None
    since: dt.date | None = None
    until: dt.date | None = None

    @classmethod
    def of(cls, asked: Mapping[str, str]) -> Filters:
        """Filters from what a person sent; what cannot be used is left out."""
        coded = {name: asked.get(name, "") if asked.get(name) in codes else "" for name, codes in CODED.items()}
        return cls(asked.get("q", "").strip()[:100], **coded, broker=_id(asked.get("broker")),
                   seller=_id(asked.get("seller")), since=_day(asked.get("since")), until=_day(asked.get("until")))

    def as_query(self) -> dict[str, str]:
        return {name: str(value) for name, value in vars(self).items() if value}

    def conditions(self) -> list[ColumnElement[bool]]:
        equal = {Contract.state: self.state, Contract.type: self.type, Contract.field: self.field,
                 Contract.broker_id: self.broker, Contract.seller_id: self.seller}
        found = [column == value for column, value in equal.items() if value]
        if self.region:
            found.append(Contract.region.startswith(area_prefix(self.region)))
        if self.since:
            found.append(Contract.signed_on >= self.since)
        if self.until:
            found.append(Contract.signed_on <= self.until)
        return found + ([_says(self.q)] if self.q else [])


@dataclass(frozen=True)
class Page:
    """One page: first those not signed yet, then the latest signed; `after` asks for the next one.

    The sums are of the whole list.
    """

    contracts: list[Contract]
    after: int | None
    total: int
    amount: Decimal
    technology_amount: Decimal


def page(session: Session, viewer: User | None, filters: Filters, after: int | None = None) -> Page:
    """What the viewer may see of the contracts that pass the filters."""
    every = and_(permissions.visible_contracts(viewer), *filters.conditions())
    amounts = session.execute(select(Contract.amount, Contract.technology_amount).where(every)).all()
    signed = func.coalesce(Contract.signed_on, dt.date.max)
    wanted = select(Contract).where(every).options(joinedload(Contract.broker))
    if after and (last := session.scalar(select(signed).where(Contract.id == after))):
        wanted = wanted.where(or_(signed < last, and_(signed == last, Contract.id < after)))
    found = list(session.scalars(wanted.order_by(signed.desc(), Contract.id.desc()).limit(PAGE + 1)))
    return Page(found[:PAGE], found[PAGE - 1].id if len(found) > PAGE else None, len(amounts),
                sum((row[0] or Decimal(0) for row in amounts), Decimal(0)),
                sum((row[1] or Decimal(0) for row in amounts), Decimal(0)))


def brokers(session: Session) -> list[User]:
    """Those who have contracts."""
    wanted = select(User).where(User.id.in_(select(Contract.broker_id).distinct())).order_by(User.name, User.id)
    return list(session.scalars(wanted))


def _says(text: str) -> ColumnElement[bool]:
    organisations = select(Organisation.id).where(Organisation.name.contains(text, autoescape=True))
    return or_(Contract.project_name.contains(text, autoescape=True), Contract.registry_number == text,
               Contract.seller_id.in_(organisations), Contract.buyer_id.in_(organisations))


def _id(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 10 else None


def _day(text: str | None) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text or "")
    except ValueError:
        return None

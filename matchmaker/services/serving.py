"""What a facility did for others: its service records, kept by its owner and the office."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker.services import clock, events, permissions
from matchmaker.services.content import Invalid
from matchmaker.services.problems import NotAllowed, NotFound
from models import Post, ServiceRecord, User
from models.vocabulary import SERVICE_MODES, Kind

PAGE = 30
FIRST_DAY = dt.date(2000, 1, 1)
MOST = Decimal(10) ** 13


@dataclass(frozen=True)
class Totals:
    """All services of a facility together."""

    n: int
    fees: Decimal
    rating: float | None
    """Mean of those rated, 1–5."""


def can_keep(viewer: User | None, facility: Post) -> bool:
    """Whether the viewer may read and write the facility's service records."""
    return facility.kind == Kind.FACILITY and (permissions.is_staff(viewer) or permissions.owns(viewer, facility))


def check_keep(viewer: User | None, facility: Post) -> None:
    if facility.kind != Kind.FACILITY:
        raise NotFound("服务记录只用于开放实验室与中试基地。")
    if not can_keep(viewer, facility):
        raise NotAllowed("服务记录仅供发布者与中心工作人员查看和登记。")


def records(session: Session, facility: Post, before: int | None = None) -> list[ServiceRecord]:
    """The newest of the records whose id is below `before`: one more than PAGE when there are more."""
    wanted = select(ServiceRecord).where(ServiceRecord.facility_id == facility.id)
    older = wanted if before is None else wanted.where(ServiceRecord.id < before)
    return list(session.scalars(older.order_by(ServiceRecord.id.desc()).limit(PAGE + 1)))


def totals(session: Session, facility: Post) -> Totals:
    rows = select(func.count(), func.avg(ServiceRecord.rating)).where(ServiceRecord.facility_id == facility.id)
    n, rating = session.execute(rows).one()
    fees = session.scalars(select(ServiceRecord.fee).where(
        ServiceRecord.facility_id == facility.id, ServiceRecord.fee.is_not(None)))
    return Totals(n, sum((fee for fee in fees if fee), Decimal(0)), float(rating) if rating is not None else None)


def add(session: Session, actor: User, facility: Post, values: Mapping[str, Any]) -> ServiceRecord:
    """A new record of the facility. Raises NotAllowed, or Invalid naming each field that cannot be used."""
    check_keep(actor, facility)
    if errors := _faults(values):
        raise Invalid(errors)
    record = ServiceRecord(facility_id=facility.id, created_by=actor.id, **values)
    session.add(record)
    session.flush()
    events.record(session, actor, "service.recorded", record, after={"facility": facility.id, "mode": record.mode})
    return record


def remove(session: Session, actor: User, facility: Post, record_id: int) -> None:
    """Take back a record that was entered by mistake; the event keeps what it said."""
    check_keep(actor, facility)
    record = session.get(ServiceRecord, record_id)
    if record is None or record.facility_id != facility.id:
        raise NotFound("没有这条服务记录。")
    said = {"served_on": str(record.served_on), "client": record.client, "mode": record.mode, "amount": record.amount,
            "unit": record.unit, "fee": str(record.fee) if record.fee is not None else None, "rating": record.rating}
    events.record(session, actor, "service.removed", record, before=said)
    session.delete(record)


def _faults(values: Mapping[str, Any]) -> dict[str, str]:
    errors: dict[str, str] = {}
    day, fee, rating = values["served_on"], values["fee"], values["rating"]
    if day is None or not FIRST_DAY <= day <= clock.today():
        errors["served_on"] = "请填写服务日期，不能晚于今天。"
    for name, label, most in (("client", "服务对象", 100), ("unit", "计量单位", 16)):
        if not values[name] or len(values[name]) > most:
            errors[name] = f"请填写{label}，最多 {most} 字。"
    if len(values["note"]) > 500:
        errors["note"] = "备注最多 500 字。"
    if values["mode"] not in SERVICE_MODES:
        errors["mode"] = "请选择服务方式。"
    if values["amount"] is None or not 0 < values["amount"] <= 10**9:
        errors["amount"] = "请填写大于 0 的服务量，例如 8 机时、12 个样品。"
    if fee is not None and not 0 <= fee < MOST:
        errors["fee"] = "请填写 0 以上的金额；未收费可不填。"
    if rating is not None and rating not in range(1, 6):
        errors["rating"] = "评价为 1–5 分；未评价可不填。"
    return errors

"""What the selects of figures are made of: who counts to whom, when, and in which group.

A need belongs to a broker who handles it or one of its cases, and to an institute that posted it or whose supply is in
one of its cases. A case belongs to its broker, to the institute of its supply, and to the need's region and field. A
contract belongs to its broker, to the institute that sells, and to the buyer's region.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Select, String, Subquery, and_, case, cast, func, literal, or_, select, union_all
from sqlalchemy.orm import InstrumentedAttribute, aliased

from matchmaker.services.figures.scope import Scope
from matchmaker.services.lists import area_prefix
from models import Activity, Contract, Event, Introduction, Match, Organisation, Post, User
from models.vocabulary import CASE_STATES, Kind, Role

NONE = "-"
"""The group of rows that say nothing of what they are grouped by."""
SUPPLY = aliased(Post, name="side", flat=True)
"""One of the two posts of a case."""
VALID = ("signed", "registered", "performed")
"""Contract states that count: neither a draft nor terminated."""
DEVELOPMENT = ("commissioned", "joint")
LICENCES = ("licence_exclusive", "licence_sole", "licence_plain")
CONVERSION: Mapping[str, str] = {
    "transfer": "转让", "licence": "许可", "equity": "作价投资", "development": "技术开发", "consulting": "技术咨询",
    "service": "技术服务",
}
"""How an institute's annual report groups contracts."""
STEPS: Mapping[str, str] = {
    "proposed": "已推荐对接", "intent": "已提意向", "accepted": "已接受", "meeting": "会谈走访",
    "negotiation": "商务谈判", "drafted": "合同起草", "signed": "已签约", "registered": "已登记",
}
"""The steps of the funnel after the shortlist, each a state of a case."""
_ORDER = [state for state in CASE_STATES if state not in ("closed", "passed", "stalled")]

Columns = Mapping[str, ColumnElement[str]]


def _select(*columns: Any) -> Select[Any]:
    return select(*columns)


def coded(column: ColumnElement[Any] | InstrumentedAttribute[Any]) -> ColumnElement[str]:
    """A column as the code of a group."""
    return func.coalesce(cast(column, String), NONE)


def city(column: InstrumentedAttribute[Any]) -> ColumnElement[str]:
    """The prefecture that a region's code lies in."""
    return case((column.is_(None), NONE), else_=func.substr(column, 1, 4) + "00")


def during(column: Any, scope: Scope) -> ColumnElement[bool]:
    """The instant or the day in `column` lies in the period."""
    start: dt.date | dt.datetime
    if column.type.python_type is dt.date:
        start, end = scope.period.start, scope.period.end
        return and_(column >= start, column < end)
    since, until = scope.period.moments
    return and_(column >= since, column < until)


def place(scope: Scope, region: Any, field: Any) -> list[ColumnElement[bool]]:
    """The conditions on where and in which field."""
    found = [region.startswith(area_prefix(scope.region))] if scope.region else []
    return found + ([field == scope.field] if scope.field else [])


def handled(scope: Scope, broker: Any) -> list[ColumnElement[bool]]:
    """The conditions on who handles it."""
    found = [broker == scope.broker] if scope.broker is not None else []
    if scope.people is not None:
        found.append(or_(broker.in_(scope.people), broker.is_(None)))
    return found


def posts(scope: Scope, kind: Kind) -> list[ColumnElement[bool]]:
    """Which posts of a kind belong to the scope, whenever they were published."""
    found = [Post.kind == kind.value, *place(scope, Post.region, Post.field), *_not_demo(scope, Post.demo)]
    if kind is not Kind.NEED:
        by = [Post.organisation_id == scope.institute] if scope.institute is not None else []
        return [*found, *handled(scope, Post.broker_id), *by]
    for condition in handled(scope, Post.broker_id):
        found.append(or_(condition, _some_case(*handled(scope, Introduction.broker_id))))
    if scope.institute is not None:
        found.append(or_(Post.organisation_id == scope.institute, _some_case(_supplier() == scope.institute)))
    return found


def _some_case(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    return select(Introduction.id).where(Introduction.need_id == Post.id, *conditions).correlate(Post).exists()


def published(scope: Scope, kind: Kind) -> Select[Any]:
    """The posts of a kind first published in the period."""
    return _select(Post.id.label("id"), Post.published_at.label("at")).where(
        *posts(scope, kind), during(Post.published_at, scope))


def shortlisted(scope: Scope) -> Select[Any]:
    """The needs published in the period for which candidates were found."""
    listed = select(Match.id).where(Match.post_id == Post.id).correlate(Post).exists()
    return published(scope, Kind.NEED).where(listed)


def case_rows(scope: Scope, at: Any, *more: Any) -> Select[Any]:
    """Cases with the instant at which each counts. The wide table of posts is asked only where the scope needs it."""
    rows = select(Introduction.id.label("id"), at.label("at"), *more).where(*_own(scope))
    of_need = [*place(scope, Post.region, Post.field), *_not_demo(scope, Post.demo)]
    return rows.join(Post, Post.id == Introduction.need_id).where(*of_need) if of_need else rows


def first_cases(scope: Scope) -> Subquery:
    """For each need, when its first case was opened and when one was first accepted."""
    return (select(Introduction.need_id, func.min(Introduction.created_at).label("opened"),
                   func.min(Introduction.accepted_at).label("accepted"))
            .where(*_own(scope)).group_by(Introduction.need_id).subquery())


def reached(scope: Scope) -> Subquery:
    """For each need of the period, when a case of it first came as far as each of STEPS, or farther."""
    entered = Event.after["state"].as_string()
    needs = select(Post.id).where(Post.kind == Kind.NEED.value, during(Post.published_at, scope))

    def from_cases(state: Any, at: Any) -> Select[Any]:
        return select(Introduction.need_id, state.label("state"), at.label("at")).where(
            Introduction.need_id.in_(needs), *_own(scope))

    told = from_cases(entered, Event.at).join(
        Event, and_(Event.subject == Introduction.__tablename__, Event.subject_id == Introduction.id))
    steps = union_all(told, from_cases(Introduction.state, Introduction.state_since),
                      from_cases(literal("proposed"), Introduction.created_at)).subquery()
    columns = [func.min(case((steps.c.state.in_(_ORDER[_ORDER.index(step):]), steps.c.at))).label(step)
               for step in STEPS]
    return select(steps.c.need_id, *columns).group_by(steps.c.need_id).subquery()


def _own(scope: Scope) -> list[ColumnElement[bool]]:
    by = [_supplier() == scope.institute] if scope.institute is not None else []
    return [*handled(scope, Introduction.broker_id), *by]


def _supplier() -> Any:
    """The organisation whose supply a case is about."""
    return _of_post(SUPPLY.organisation_id, Introduction.supply_id)


def _of_post(column: Any, post_id: Any) -> Any:
    """A column of one of the two posts of a case, aliased as SUPPLY."""
    return select(column).where(SUPPLY.id == post_id).correlate(Introduction).scalar_subquery()


def contract_rows(scope: Scope, at: Any, *more: Any) -> Select[Any]:
    """Contracts that count, by the day on which each counts."""
    by = [Contract.seller_id == scope.institute] if scope.institute is not None else []
    return select(Contract.id.label("id"), at.label("at"), *more).where(
        Contract.state.in_(VALID), during(at, scope), *place(scope, Contract.region, Contract.field),
        *handled(scope, Contract.broker_id), *_not_demo(scope, Contract.demo), *by)


def academic() -> ColumnElement[bool]:
    """The seller of a contract is a university or an institute."""
    return select(Organisation.id).where(
        Organisation.id == Contract.seller_id, Organisation.kind.in_(("university", "institute"))
    ).correlate(Contract).exists()


def activity_rows(scope: Scope, *more: Any) -> Select[Any]:
    by = [Activity.institute_id == scope.institute] if scope.institute is not None else []
    return select(Activity.id.label("id"), Activity.held_on.label("at"), *more).where(
        during(Activity.held_on, scope), *place(scope, Activity.region, Activity.field),
        *handled(scope, Activity.organiser_id), *_not_demo(scope, Activity.demo), *by)


def broker_rows(scope: Scope) -> Select[Any]:
    """The brokers who had an account by the end of the period."""
    found = _select(User.id.label("id"), User.created_at.label("at")).where(
        User.role == Role.BROKER.value, User.active, User.created_at < scope.period.moments[1])
    if scope.people is not None:
        found = found.where(User.id.in_(scope.people))
    return found.where(User.id == scope.broker) if scope.broker is not None else found


def _not_demo(scope: Scope, column: Any) -> list[ColumnElement[bool]]:
    return [] if scope.demo else [column.is_(False)]


_CONVERSION = case(
    (Contract.payment == "equity", "equity"), (Contract.type == "transfer", "transfer"),
    (Contract.type.in_(LICENCES), "licence"), (Contract.type.in_(DEVELOPMENT), "development"),
    (Contract.type == "consulting", "consulting"), else_="service")
GROUPS: Mapping[str, Columns] = {
    "post": {"field": coded(Post.field), "region": city(Post.region), "institute": coded(Post.organisation_id),
             "broker": coded(Post.broker_id)},
    "case": {"field": coded(_of_post(SUPPLY.field, Introduction.need_id)),
             "region": _of_post(city(SUPPLY.region), Introduction.need_id), "institute": coded(_supplier()),
             "broker": coded(Introduction.broker_id), "state": coded(Introduction.state)},
    "contract": {"field": coded(Contract.field), "region": city(Contract.region),
                 "institute": coded(Contract.seller_id), "broker": coded(Contract.broker_id),
                 "type": coded(Contract.type), "conversion": _CONVERSION, "payment": coded(Contract.payment)},
    "activity": {"field": coded(Activity.field), "region": city(Activity.region), "kind": coded(Activity.kind),
                 "institute": coded(Activity.institute_id), "broker": coded(Activity.organiser_id)},
    "user": {"institute": coded(User.organisation_id), "broker": coded(User.id)},
}
"""By what the rows of each subject can be grouped: name → the code of a row's group."""

"""After the signing: the office asks at set intervals how a contract fares, and both parties rate it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session, joinedload

from matchmaker.services import clock, events, notices, office, permissions
from matchmaker.services.content import Invalid
from matchmaker.services.problems import NotAllowed, NotFound, Problem
from matchmaker.speech import own
from models import Contract, FollowUp, Introduction, Rating, User, now
from models.vocabulary import OUTCOMES

LIVE = ("signed", "registered", "performed")
PAGE = 50
LONGEST = 2000


@dataclass(frozen=True)
class Page:
    """Follow-ups that wait, the earliest due first; `after` asks for the next page."""

    rows: list[FollowUp]
    after: str | None


def plan(session: Session, today: dt.date) -> int:
    """Arrange what the office's intervals ask for and nobody arranged yet; how many. Doing it again does nothing.

    What would have been due before the contract was even entered is left out.
    """
    there = {(one.contract_id, one.days) for one in session.scalars(select(FollowUp))}
    days, made = office.get(session, "follow_up.days"), 0
    for contract in session.scalars(select(Contract).where(Contract.state.in_(LIVE), Contract.signed_on.is_not(None))):
        for wanted in days:
            due = (contract.signed_on or today) + dt.timedelta(days=wanted)
            if (contract.id, wanted) not in there and due >= clock.day_of(contract.created_at):
                session.add(FollowUp(contract_id=contract.id, days=wanted, due_on=due))
                made += 1
    session.flush()
    return made


def remind(session: Session, today: dt.date) -> int:
    """Tell brokers what is due, and ask both parties to rate; each once. How many were told."""
    due = select(FollowUp).where(FollowUp.done_on.is_(None), FollowUp.due_on <= today).options(
        joinedload(FollowUp.contract))
    told = 0
    for one in session.scalars(due).all():
        contract = one.contract
        if contract.state not in LIVE:
            continue
        link, name = f"/contracts/{contract.id}#after", own(contract.project_name)
        if contract.broker is not None:
            text = f"“{name}”签约已满 {one.days} 天，请向双方了解进展并登记结果。"
            told += notices.notify(session, contract.broker, "task", f"回访到期：{name}", text, link,
                                   f"follow_up:{one.id}") is not None
        for side, person in _parties(session, contract):
            text = f"“{name}”签约已满 {one.days} 天，请用一分钟评价中心的服务与合作成果。"
            told += notices.notify(session, person, "task", f"请评价合作：{name}", text, link,
                                   f"rate:{contract.id}:{side}") is not None
    return told


def finish(
    session: Session, actor: User, follow_up_id: int, outcome: str, note: str, on: dt.date | None,
) -> FollowUp:
    """Write down what was found. Raises NotAllowed, NotFound, Invalid; a failure must say why."""
    permissions.check_staff(actor)
    found = get(session, follow_up_id)
    if found.done_on is not None:
        raise Problem("这次回访已经登记过了，请刷新页面。")
    errors: dict[str, str] = {}
    if outcome not in OUTCOMES:
        errors["outcome"] = "请选择实施情况。"
    if on is None or on > clock.today():
        errors["on"] = "请填写回访日期，不能晚于今天。"
    if len(note) > LONGEST:
        errors["note"] = f"最多 {LONGEST} 字，请精简。"
    elif outcome == "failed" and not note.strip():
        errors["note"] = "未能实施的，请写明原因。"
    if errors:
        raise Invalid(errors)
    found.done_on, found.outcome, found.note, found.done_by = on, outcome, note.strip(), actor.id
    session.flush()
    events.record(session, actor, "follow_up.done", found, after={"contract": found.contract_id, "outcome": outcome})
    return found


def rate(session: Session, actor: User, contract: Contract, stars: tuple[int | None, int | None], words: str) -> Rating:
    """One side's opinion of the office and of the result (1–5 each); said again, it takes the place of the first.

    Raises NotAllowed for who is no party of a signed contract, Invalid.
    """
    side = permissions.contract_side(actor, contract)
    if side is None or contract.state not in (*LIVE, "terminated"):
        raise NotAllowed("只有合同双方可以评价。")
    names = ("office", "result")
    errors = {name: "请选择 1–5 分。" for name, one in zip(names, stars, strict=True) if one not in range(1, 6)}
    if len(words) > LONGEST:
        errors["words"] = f"最多 {LONGEST} 字，请精简。"
    if errors:
        raise Invalid(errors)
    found = session.scalar(select(Rating).where(Rating.contract_id == contract.id, Rating.side == side))
    before = {"office": found.office, "result": found.result} if found else {}
    if found is None:
        found = Rating(contract_id=contract.id, side=side)
        session.add(found)
    found.user_id, found.office, found.result = actor.id, stars[0] or 0, stars[1] or 0
    found.words, found.at = words.strip(), now()
    session.flush()
    events.record(session, actor, "rating.given", found, before=before, after={
        "contract": contract.id, "side": side, "office": found.office, "result": found.result})
    return found


def get(session: Session, follow_up_id: int) -> FollowUp:
    """Raises NotFound."""
    found = session.get(FollowUp, follow_up_id)
    if found is None:
        raise NotFound("没有找到这次回访。")
    return found


def of_contract(session: Session, contract: Contract) -> list[FollowUp]:
    wanted = select(FollowUp).where(FollowUp.contract_id == contract.id).options(joinedload(FollowUp.doer))
    return list(session.scalars(wanted.order_by(FollowUp.due_on, FollowUp.id)))


def ratings(session: Session, viewer: User | None, contract: Contract) -> list[Rating]:
    """Every rating for the office; for a party its own."""
    wanted = select(Rating).where(Rating.contract_id == contract.id).order_by(Rating.side)
    side = permissions.contract_side(viewer, contract)
    return [one for one in session.scalars(wanted) if permissions.is_staff(viewer) or one.side == side]


def outcome(session: Session, contract: Contract) -> FollowUp | None:
    """What the latest follow-up found."""
    wanted = select(FollowUp).where(FollowUp.contract_id == contract.id, FollowUp.done_on.is_not(None))
    return session.scalar(wanted.order_by(FollowUp.done_on.desc(), FollowUp.id.desc()).limit(1))


def waiting(session: Session, viewer: User, mine: bool, after: str | None = None) -> Page:
    """The follow-ups that are not done yet, of live contracts; `mine`: of those that the viewer brokers."""
    permissions.check_staff(viewer)
    wanted = select(FollowUp).join(Contract).where(FollowUp.done_on.is_(None), Contract.state.in_(LIVE))
    if mine:
        wanted = wanted.where(Contract.broker_id == viewer.id)
    if place := _place(after):
        wanted = wanted.where(or_(FollowUp.due_on > place[0], and_(FollowUp.due_on == place[0],
                                                                    FollowUp.id > place[1])))
    shown = wanted.options(joinedload(FollowUp.contract).joinedload(Contract.broker))
    found = list(session.scalars(shown.order_by(FollowUp.due_on, FollowUp.id).limit(PAGE + 1)))
    last = found[PAGE - 1] if len(found) > PAGE else None
    return Page(found[:PAGE], f"{last.due_on}_{last.id}" if last else None)


def due(session: Session, viewer: User, today: dt.date) -> int:
    """How many follow-ups are due by `today`, of live contracts that the viewer brokers."""
    wanted = select(func.count(FollowUp.id)).join(Contract).where(
        FollowUp.done_on.is_(None), FollowUp.due_on <= today, Contract.state.in_(LIVE), Contract.broker_id == viewer.id)
    return session.scalar(wanted) or 0


def _parties(session: Session, contract: Contract) -> list[tuple[str, User]]:
    """Who speaks for each side of the contract's case."""
    case = session.get(Introduction, contract.introduction_id) if contract.introduction_id else None
    if case is None:
        return []
    people = (("buyer", case.need_contact or case.need.owner), ("seller", case.supply_contact or case.supply.owner))
    return [(side, person) for side, person in people if person is not None]


def _place(mark: str | None) -> tuple[dt.date, int] | None:
    day, _, last = (mark or "").partition("_")
    try:
        return dt.date.fromisoformat(day), int(last[:9])
    except ValueError:
        return None

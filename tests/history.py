"""A made-up history of an office: needs, cases with their events, contracts, activities; the same for the same seed."""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import dataclass, field
from decimal import Decimal

from sqlalchemy.orm import Session

from models import (
    Activity,
    Contract,
    Event,
    Introduction,
    Match,
    Organisation,
    Post,
    User,
)
from models.vocabulary import CONTRACT_TYPES, GATHERINGS, Role
from tests.builders import achievement, need, organisation, user

WAY = ("proposed", "intent", "accepted", "meeting", "diagnosis", "nda", "negotiation", "drafted", "signed",
       "registered")
FIELDS = ("materials", "energy", None)
REGIONS = ("220100", "220104", "220200", None)


@dataclass
class History:
    """Everything that was stored."""

    firms: list[Organisation] = field(default_factory=list)
    institutes: list[Organisation] = field(default_factory=list)
    brokers: list[User] = field(default_factory=list)
    head: User | None = None
    needs: list[Post] = field(default_factory=list)
    supplies: list[Post] = field(default_factory=list)
    cases: list[Introduction] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    contracts: list[Contract] = field(default_factory=list)
    activities: list[Activity] = field(default_factory=list)
    listed: set[int] = field(default_factory=set)


def make(session: Session, seed: int, today: dt.datetime, size: int = 60) -> History:
    """Two years of an office up to `today`, committed."""
    chance = random.Random(seed)
    told = History(
        firms=[organisation() for _ in range(4)],
        institutes=[organisation("示例大学甲", "university"), organisation("示例研究院乙", "institute")],
        head=user(Role.HEAD, "示例主任"))
    offices = [organisation("示例一中心", "transfer_agency"), organisation("示例二中心", "transfer_agency")]
    told.brokers = [user(Role.BROKER, f"示例经理{n}", organisation=offices[n % 2],
                         created_at=today - dt.timedelta(days=900)) for n in range(4)]
    session.add_all([told.head, *told.brokers, *told.firms, *told.institutes])
    session.flush()
    start = today - dt.timedelta(days=730)
    for n in range(size):
        told.needs.append(need(
            f"示例需求{n}", **_post(chance, told, start), organisation_id=chance.choice(told.firms).id))
        told.supplies.append(achievement(
            f"示例成果{n}", **_post(chance, told, start), organisation_id=chance.choice(told.institutes).id))
    session.add_all([*told.needs, *told.supplies])
    session.flush()
    for one in told.needs:
        _work(session, chance, told, one, today)
    for _ in range(size):
        _contract(session, chance, told, today)
        told.activities.append(Activity(
            kind=chance.choice(list(GATHERINGS)), title="示例活动", held_on=_day(chance, today),
            participants=chance.randrange(200), organiser_id=_maybe(chance, told.brokers),
            region=chance.choice(REGIONS), field=chance.choice(FIELDS), demo=chance.random() < 0.2))
    session.add_all(told.activities)
    session.commit()
    return told


def _post(chance: random.Random, told: History, start: dt.datetime) -> dict[str, object]:
    at = start + dt.timedelta(minutes=chance.randrange(730 * 1440))
    return {"field": chance.choice(FIELDS), "region": chance.choice(REGIONS), "published_at": at, "created_at": at,
            "broker_id": _maybe(chance, told.brokers), "demo": chance.random() < 0.2}


def _maybe(chance: random.Random, people: list[User]) -> int | None:
    return chance.choice(people).id if chance.random() < 0.7 else None


def _day(chance: random.Random, today: dt.datetime) -> dt.date:
    return (today - dt.timedelta(days=chance.randrange(730))).date()


def _work(session: Session, chance: random.Random, told: History, one: Post, today: dt.datetime) -> None:
    """Candidates for most needs, and up to two cases, each some way along."""
    if chance.random() < 0.8:
        told.listed.add(one.id)
        session.add(Match(post_id=one.id, candidate_id=told.supplies[0].id, candidate_kind="achievement", rank=1,
                          score=1.0, probability=0.5, band="weak", passed=True, reasons=[], rules=[], evidence={},
                          produced_by={}))
    for supply in chance.sample(told.supplies, chance.choice((0, 1, 1, 2))):
        _case(session, chance, told, (one, supply), today)


def _case(
    session: Session, chance: random.Random, told: History, pair: tuple[Post, Post], today: dt.datetime,
) -> None:
    at = pair[0].published_at + dt.timedelta(hours=chance.randrange(1, 1200))
    if at > today:
        return
    case = Introduction(
        need_id=pair[0].id, supply_id=pair[1].id, broker_id=_maybe(chance, told.brokers), state="proposed",
        state_since=at, created_at=at, opened_side="office",
        evidence={"rank": chance.randrange(1, 20)} if chance.random() < 0.8 else {})
    session.add(case)
    session.flush()
    told.cases.append(case)
    _tell(session, told, case, None, at)
    for state in [*WAY[1:chance.randrange(1, len(WAY) + 1)], *chance.choice(((), (), ("passed",), ("stalled",)))]:
        at += dt.timedelta(hours=chance.randrange(1, 400))
        if at > today:
            break
        if state in ("diagnosis", "nda") and chance.random() < 0.5:
            continue
        before, case.state, case.state_since = case.state, state, at
        if state == "accepted":
            case.accepted_at = at
        _tell(session, told, case, before, at)


def _tell(session: Session, told: History, case: Introduction, before: str | None, at: dt.datetime) -> None:
    told.events.append(Event(at=at, action="introduction.moved", subject="introduction", subject_id=case.id,
                             before={"state": before} if before else {}, after={"state": case.state}))
    session.add(told.events[-1])


def _contract(session: Session, chance: random.Random, told: History, today: dt.datetime) -> None:
    amount = Decimal(chance.choice((80_000, 1_000_000, 1_234_567, 250_000_000))) + Decimal(chance.randrange(100)) / 100
    state = chance.choice(("draft", "signed", "registered", "performed", "terminated"))
    registered = state in ("registered", "performed")
    told.contracts.append(Contract(
        state=state, project_name="示例项目", type=chance.choice(list(CONTRACT_TYPES)),
        signed_on=_day(chance, today), amount=amount, technology_amount=(amount / 2).quantize(Decimal("0.01")),
        payment=chance.choice(("lump", "equity", None)),
        field=chance.choice(FIELDS), region=chance.choice(REGIONS), broker_id=_maybe(chance, told.brokers),
        seller_id=chance.choice([*told.institutes, *told.firms]).id, demo=chance.random() < 0.2,
        registered_on=_day(chance, today) if registered else None,
        registry_number=f"{len(told.contracts):016}" if registered else None))
    session.add(told.contracts[-1])

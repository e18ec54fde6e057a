"""What the demonstration's office did: fourteen months of cases, contracts, activities and a plan; all marked as demo.

Rows are written as they would have been left behind, with their events, relative to today; the same for the same data.
"""

from __future__ import annotations

import datetime as dt
import random
import secrets
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.services import accounts, casesteps, contract_drafting, contract_history
from matchmaker.services.clock import HERE
from models import (
    Achievement,
    Activity,
    Contract,
    Event,
    Goal,
    GoalEntry,
    Introduction,
    Need,
    Organisation,
    Payment,
    Post,
    Target,
    User,
    now,
)
from models.vocabulary import Kind, Role

INVENTED = "示例"
"""Stands in the name of whatever there is not."""
BROKERS = ("示例技术经理甲", "示例技术经理乙", "示例技术经理丙")
PATH: dict[str, tuple[int, int]] = {
    "proposed": (1, 9), "intent": (1, 9), "accepted": (2, 9), "meeting": (3, 15), "diagnosis": (3, 14), "nda": (4, 20),
    "negotiation": (4, 20), "drafted": (6, 30), "signed": (5, 25), "registered": (8, 30), "performed": (90, 240),
    "closed": (20, 60),
}
"""The states that a case goes through, and after how many days (least, most) it comes to each."""
SKIPPED = {"proposed": 0.3, "diagnosis": 0.7, "nda": 0.4}
"""How often a case does without a state."""
REASONS = ("too_early", "price", "no_advantage", "time", "off_need", "has_partner")
ANSWERS = {"why": "技术指标与我们的要求相符。", "want": "希望了解中试数据与报价。", "when": "工作日均可。"}
EARLIER = 26
"""Contracts of the last two years that did not come from a case of the platform."""
GATHERED = (
    ("training", "示例技术经理人培训班"), ("promotion", "示例科技成果推介会"), ("cooperation", "示例产学研对接会"),
    ("cooperation", "示例企业技术需求走访"), ("promotion", "示例专利成果发布会"), ("training", "示例技术合同登记培训"),
)
GOALS: tuple[tuple[str, str | None, str, int], ...] = (
    ("促进技术合同登记项数", "registered_count", "项", 36), ("技术合同成交额", "contracts_amount", "元", 24_000_000),
    ("技术交易额", "contracts_technology", "元", 20_000_000), ("征集企业技术需求", "needs_published", "件", 60),
    ("举办对接与培训活动", "activities", "次", 18), ("需求按时响应率", "needs_answered", "%", 75),
    ("技术服务收入", None, "万元", 240), ("新增服务企业", None, "家", 50),
)
ACTIONS = {step.after: step.action for step in casesteps.TRANSITIONS.values() if step.action != "withdraw"} | {
    "proposed": "proposed"}
"""By which step a case comes into a state."""


def load(session: Session, employer: Organisation, posts: Sequence[Post]) -> None:
    """Add the history of the posts, which are stored, to a database that has none yet.

    It is invented, so only plainly fictitious organisations take part; real institutes have no cases and no contracts.
    """
    posts = [post for post in posts if post.organisation is not None and INVENTED in post.organisation.name]
    chance = random.Random("history")  # noqa: S311 - an example, the same each time
    people = _brokers(session, employer)
    words = {post: _pairs(post) for post in posts}
    needs = sorted((post for post in posts if isinstance(post, Need)), key=lambda post: post.external_id or "")
    supplies = [post for post in posts if post.kind in (Kind.ACHIEVEMENT, Kind.EXPERT)]
    number = 0
    for need in needs:
        near = _near(need, supplies, words)
        for supply in chance.sample(near, min(len(near), chance.choice((0, 1, 1, 1, 2, 2)))):
            case = _case(session, chance, need, supply, chance.choice(people))
            if case is not None and case.state in ("drafted", "signed", "registered", "performed", "closed"):
                number += 1
                _contract(session, chance, case, number)
    _earlier(session, chance, posts, people)
    _activities(session, chance, people)
    _plan(session, chance, people[0])
    session.flush()


def _near(need: Post, supplies: Sequence[Post], words: Mapping[Post, set[str]]) -> list[Post]:
    """The three supplies of others that share most with a need, of those that were published by then."""
    latest = (need.published_at or now()) + dt.timedelta(days=8)
    there = [post for post in supplies if post.published_at and post.published_at < latest
             and post.field == need.field and post.organisation_id != need.organisation_id]
    return sorted(there, key=lambda post: -len(words[need] & words[post]))[:3]


def _pairs(post: Post) -> set[str]:
    text = "".join((post.title, post.brief, *post.keywords))
    return {text[at : at + 2] for at in range(len(text) - 1)}


def _brokers(session: Session, employer: Organisation) -> list[User]:
    """The office's brokers: those who are there, and some who never sign in."""
    unusable = accounts.hash_password(secrets.token_urlsafe(24))
    since = now() - dt.timedelta(days=730)
    session.add_all(User(email=f"broker{n}@example.com", name=name, role=Role.BROKER.value, password_hash=unusable,
                         organisation=employer, created_at=since) for n, name in enumerate(BROKERS, 1))
    session.flush()
    wanted = select(User).where(User.role == Role.BROKER.value, User.organisation_id == employer.id)
    return list(session.scalars(wanted.order_by(User.id)))


def _case(session: Session, chance: random.Random, need: Post, supply: Post, broker: User) -> Introduction | None:
    """One case as far as it came by today; None when its need is too new."""
    way = list(_way(chance, max(need.published_at or now(), supply.published_at or now())))
    if not way:
        return None
    case = Introduction(
        need=need, supply=supply, broker=broker, opened_by=broker.id, opened_side="office", state=way[0][0],
        created_at=way[0][1], evidence=_evidence(chance, need, supply))
    if way[0][0] == "intent":
        case.intent_side, case.answers = "need", dict(ANSWERS)
    session.add(case)
    session.flush()
    before: str | None = None
    for state, at in way:
        _enter(case, state, at)
        session.add(Event(at=at, actor_id=broker.id, action=f"introduction.{ACTIONS[state]}", subject="introduction",
                          subject_id=case.id, before={"state": before} if before else {}, after={"state": state}))
        before = state
    if case.state == "passed":
        case.reason, case.ended_side = chance.choice(REASONS), "need"
    case.updated_at = case.state_since
    return case


def _way(chance: random.Random, since: dt.datetime) -> Iterator[tuple[str, dt.datetime]]:
    """The states with their instants, until today or until one side passes; a few are stalled."""
    fate = chance.choice(("signs", "signs", "passes", "passes", "stalls"))
    turn = chance.choice(("proposed", "intent", "accepted", "meeting", "negotiation"))
    at = since
    for state, (least, most) in PATH.items():
        if chance.random() < SKIPPED.get(state, 0):
            continue
        at += dt.timedelta(days=chance.randint(least, most), minutes=chance.randint(0, 400))
        if at > now():
            return
        yield state, at
        if state == turn and fate != "signs":
            at += dt.timedelta(days=chance.randint(3, 25))
            if fate == "stalls" and now() - dt.timedelta(days=80) < at <= now():
                yield "stalled", at
            elif at <= now():
                yield "passed", at
            return


def _enter(case: Introduction, state: str, at: dt.datetime) -> None:
    if state in ("passed", "stalled", "closed"):
        case.paused_state = case.state
    case.state, case.state_since = state, at
    if state == "accepted":
        case.accepted_at = at
    if state == "nda":
        case.need_nda_at = case.supply_nda_at = at


def _evidence(chance: random.Random, need: Post, supply: Post) -> dict[str, Any]:
    """The match as it was, without its reasons."""
    rank = min(int(chance.expovariate(0.35)) + 1, 20)
    said = {"need_sentence": "", "candidate_sentence": "", "sentence_similarity": 0.0, "terms": [], "indicators": [],
            "places": {"pool": 200, "words": rank, "meaning": rank}, "summary": ""}
    return {"rank": rank, "score": 1.0, "probability": 0.6, "band": "medium", "passed": True, "reasons": [],
            "rules": [], "evidence": said, "produced_by": {}, "asked": "need", "post_version": need.version,
            "candidate_version": supply.version}


def _contract(session: Session, chance: random.Random, case: Introduction, number: int) -> None:
    """The contract of a case, as far as the case came."""
    state = {"drafted": "draft", "closed": "performed"}.get(case.state, case.state)
    entered = {event.after["state"]: event.at.astimezone(HERE).date() for event in session.new
               if isinstance(event, Event) and event.subject_id == case.id and event.subject == "introduction"}
    session.flush()
    contract = Contract(
        introduction=case, broker_id=case.broker_id, created_by=case.broker_id, state=state,
        buyer_id=case.need.organisation_id, seller_id=case.supply.organisation_id, region=case.need.region,
        objective="industry", demo=True, **contract_drafting.values(case))
    _terms(chance, contract, entered.get("signed"), number)
    contract.registered_on = entered.get("registered") if state in ("registered", "performed") else None
    contract.ended_on = entered.get("performed") if state == "performed" else None
    _keep(session, contract, case.broker)


def _terms(chance: random.Random, contract: Contract, signed_on: dt.date | None, number: int) -> None:
    """Amounts, days and payments; of most contracts some hundred thousand yuan, of a few some millions."""
    amount = Decimal(round(min(max(chance.lognormvariate(3.9, 1.0), 5), 1500))) * 10_000
    contract.amount = amount
    contract.technology_amount = (amount * Decimal(chance.choice(("0.7", "0.8", "0.9", "1")))).quantize(Decimal("0.01"))
    contract.payment = contract.payment or chance.choice(("lump", "instalments", "instalments"))
    if contract.payment == "equity":
        contract.payment_terms = {"shares": "15", "value": f"{contract.technology_amount:.2f}"}
    contract.signed_on = contract.from_on = signed_on
    if signed_on is None:
        return
    contract.to_on = signed_on + dt.timedelta(days=chance.choice((365, 540, 730)))
    contract.registry_number = f"99{signed_on:%Y%m%d}{number:06}" if contract.state != "signed" else None
    first = amount if contract.payment == "lump" else (amount * Decimal("0.4")).quantize(Decimal("0.01"))
    paid = signed_on + dt.timedelta(days=20)
    here = now().astimezone(HERE).date()
    contract.payments = [
        Payment(position=0, milestone="合同签订后", due_on=paid, amount=first,
                received_on=paid if paid <= here else None, received=first if paid <= here else None)]
    if first < amount:
        contract.payments.append(Payment(position=1, milestone="验收合格后", due_on=contract.to_on,
                                         amount=amount - first))


def _keep(session: Session, contract: Contract, broker: User | None) -> None:
    """Store a contract with its history and its event."""
    session.add(contract)
    session.flush()
    at = dt.datetime.combine(contract.signed_on, dt.time(10), HERE) if contract.signed_on else now()
    contract.created_at = contract.updated_at = at
    if broker is not None and contract.signed_on:
        contract_history.keep(session, broker, contract, "signed", contract.signed_on).at = at
    session.add(Event(at=at, actor_id=contract.broker_id, action=f"contract.{contract.state}", subject="contract",
                      subject_id=contract.id, after={"state": contract.state, "source": "demo"}))


def _earlier(session: Session, chance: random.Random, posts: Sequence[Post], people: Sequence[User]) -> None:
    """Contracts registered with the office that no case led to."""
    buyers = [post for post in posts if isinstance(post, Need)]
    sellers = [post for post in posts if isinstance(post, Achievement)]
    today = now().astimezone(HERE).date()
    for number in range(EARLIER):
        buyer, seller, broker = chance.choice(buyers), chance.choice(sellers), chance.choice(people)
        signed_on = today - dt.timedelta(days=40 + number * 26 + chance.randint(0, 20))
        contract = Contract(
            state="registered", broker_id=broker.id, created_by=broker.id, demo=True, objective="industry",
            project_name=f"示例合作项目：{seller.title}", field=seller.field, region=buyer.region, plan_source="none",
            type=chance.choice(("commissioned", "service", "consulting", "licence_plain", "transfer", "joint")),
            buyer_id=buyer.organisation_id, seller_id=seller.organisation_id, content="示例合同，内容从略。",
            buyer=contract_drafting.party(buyer), seller=contract_drafting.party(seller))
        _terms(chance, contract, signed_on, 900_000 + number)
        contract.registered_on = min(signed_on + dt.timedelta(days=chance.randint(7, 35)), today)
        _keep(session, contract, broker)


def _activities(session: Session, chance: random.Random, people: Sequence[User]) -> None:
    today = now().astimezone(HERE).date()
    for number in range(30):
        kind, title = GATHERED[number % len(GATHERED)]
        held_on = today - dt.timedelta(days=5 + number * 23 + chance.randint(0, 15))
        session.add(Activity(
            kind=kind, title=f"{title}（{held_on.year} 年 {held_on.month} 月）", held_on=held_on, place="示例会议中心",
            participants=chance.randint(18, 160), region="220100", organiser=chance.choice(people), demo=True))


def _plan(session: Session, chance: random.Random, author: User) -> None:
    """The year's indicators; two of them are entered by hand, quarter by quarter."""
    today = now().astimezone(HERE).date()
    taken = set(session.scalars(select(Goal.name)))
    for name, figure, unit, amount in GOALS:
        if name in taken:
            continue
        goal = Goal(name=name, figure=figure, unit=unit, demo=True, note="" if figure else "示例指标，每季度末填报。")
        session.add(goal)
        years = (today.year - 1, today.year)
        session.add_all(Target(goal=goal, year=year, amount=Decimal(amount), demo=True) for year in years)
        ends = [dt.date(year, month, 28) for year in years for month in (3, 6, 9, 12)] if figure is None else []
        session.add_all(GoalEntry(
            goal=goal, entered_for=day, value=Decimal(round(amount * chance.uniform(0.18, 0.3))), author=author,
            demo=True, note="示例填报") for day in ends if day <= today)

"""Open needs shared out among experts, none of whom carries more introductions at once than the office allows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from matchmaker.ranking.assign import Offer, best, greedy
from matchmaker.services import caps
from models import Introduction, Match, Post
from models.introduction import ENDED
from models.vocabulary import Kind, State


@dataclass(frozen=True)
class Placed:
    """One expert proposed for one need."""

    need: Post
    expert: Post
    probability: float


@dataclass(frozen=True)
class Plan:
    """The best sharing out, beside what taking the best pair first would give. Values: sums of probabilities."""

    rows: list[Placed]
    value: float
    greedy_value: float
    unserved: int
    """Needs with candidates for whom no expert had room."""


def plan(session: Session, each: int = 1, cap: int = 3) -> Plan:
    """Propose experts for the published needs: at most `each` per need, `cap` open introductions per expert.

    1. Candidates are the stored lists of experts, as far as every rule passes. 2. What is open already counts against
    both limits, cases about an expert's other posts among it, and a pair that met before is not proposed again. 3. The
    plan with the largest sum of probabilities is taken, best pairs first.
    """
    offers = _offers(session)
    needs, experts = {offer.need for offer in offers}, {offer.expert for offer in offers}
    met, of = _met(session), caps.people(session, Post.kind != Kind.NEED.value)
    busy = caps.carried(session, of)
    wanted = {need: max(0, each - met[need]) for need in needs}
    room = {expert: max(0, cap - busy[of[expert]]) for expert in experts}
    chosen = best(offers, wanted, room)
    rows = _read(session, sorted(chosen, key=lambda offer: -offer.value))
    served = {offer.need for offer in chosen}
    unserved = sum(1 for need in needs - served if wanted[need])
    return Plan(rows, _sum(chosen), _sum(greedy(offers, wanted, room)), unserved)


def _offers(session: Session) -> list[Offer]:
    need, expert = aliased(Post), aliased(Post)
    met = select(Introduction.id).where(Introduction.need_id == need.id, Introduction.supply_id == expert.id)
    wanted = (
        select(Match.post_id, Match.candidate_id, Match.probability)
        .join(need, need.id == Match.post_id).join(expert, expert.id == Match.candidate_id)
        .where(need.kind == Kind.NEED.value, need.state == State.PUBLISHED.value, Match.passed.is_(True),
               Match.candidate_kind == Kind.EXPERT.value, expert.state == State.PUBLISHED.value, ~met.exists())
        .order_by(Match.post_id, Match.rank)
    )
    return [Offer(*row) for row in session.execute(wanted)]


def _met(session: Session) -> Counter[int]:
    """Need → open introductions."""
    counted = select(Introduction.need_id, func.count()).where(Introduction.state.not_in(ENDED))
    return Counter({row[0]: row[1] for row in session.execute(counted.group_by(Introduction.need_id))})


def _read(session: Session, offers: Sequence[Offer]) -> list[Placed]:
    ids = {offer.need for offer in offers} | {offer.expert for offer in offers}
    posts = {post.id: post for post in session.scalars(select(Post).where(Post.id.in_(ids)))}
    return [Placed(posts[offer.need], posts[offer.expert], offer.value) for offer in offers]


def _sum(offers: Sequence[Offer]) -> float:
    return sum(offer.value for offer in offers)

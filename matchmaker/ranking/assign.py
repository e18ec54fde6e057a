"""Which need goes to which expert when each can carry only so many: the best plan for all together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np


class Offer(NamedTuple):
    """An expert who could take a need. `value`: the probability that the two fit, above 0."""

    need: int
    expert: int
    value: float


def best(offers: Sequence[Offer], wanted: Mapping[int, int], room: Mapping[int, int]) -> list[Offer]:
    """The offers to take so that the sum of their values is the largest there is.

    `wanted`: need → experts it may have; `room`: expert → needs it may still take; absent means none. The plan is a
    flow of least cost from needs to experts; its matrix is totally unimodular, so the linear programme's corner is
    whole numbers. Raises RuntimeError if the solver gives up.
    """
    from scipy.optimize import linprog  # noqa: PLC0415 — web processes read this file and stay small
    from scipy.sparse import csr_matrix  # noqa: PLC0415

    if not offers:
        return []
    needs, experts = _numbered(offer.need for offer in offers), _numbered(offer.expert for offer in offers)
    rows = [needs[offer.need] for offer in offers] + [len(needs) + experts[offer.expert] for offer in offers]
    columns = [*range(len(offers))] * 2
    limits = [wanted.get(need, 0) for need in needs] + [room.get(expert, 0) for expert in experts]
    matrix = csr_matrix((np.ones(len(rows)), (rows, columns)), shape=(len(limits), len(offers)))
    found = linprog([-offer.value for offer in offers], A_ub=matrix, b_ub=limits, bounds=(0, 1), method="highs-ds")
    if found.x is None:
        raise RuntimeError(f"no plan: {found.message}")
    return [offer for offer, taken in zip(offers, found.x, strict=True) if taken > 0.5]


def greedy(offers: Sequence[Offer], wanted: Mapping[int, int], room: Mapping[int, int]) -> list[Offer]:
    """The offers that are taken when whoever fits best goes first; what an office does by hand."""
    left, free, taken = Counter(wanted), Counter(room), []
    for offer in sorted(offers, key=lambda one: -one.value):
        if left[offer.need] > 0 and free[offer.expert] > 0:
            left[offer.need] -= 1
            free[offer.expert] -= 1
            taken.append(offer)
    return taken


def _numbered(ids: Iterable[int]) -> dict[int, int]:
    return {one: at for at, one in enumerate(dict.fromkeys(ids))}

"""One institute cannot fill a page while others are close behind it."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Sequence

from matchmaker.ranking.rank import Ranked

PAGE = 10
MOST = 3
"""Candidates of one organisation on a page, as long as others are close."""
CLOSE = 0.35
"""How far behind in score another candidate may be and still go first."""


def spread(ranked: Sequence[Ranked]) -> list[Ranked]:
    """The same candidates, where the fourth of an organisation on a page lets close ones of others pass.

    `ranked` is in falling order. 1. Pages are filled one after another. 2. Whoever is next goes on the page, unless
    its organisation has MOST there. 3. Then the first behind it of another organisation with room, at most CLOSE
    lower, goes first. 4. When there is none, it goes on the page after all.
    """
    waiting = deque(ranked)
    placed: list[Ranked] = []
    on_page: Counter[int] = Counter()
    while waiting:
        if len(placed) % PAGE == 0:
            on_page.clear()
        one = _next(waiting, on_page)
        waiting.remove(one)
        placed.append(one)
        if one.subject.organisation_id is not None:
            on_page[one.subject.organisation_id] += 1
    return placed


def _next(waiting: deque[Ranked], on_page: Counter[int]) -> Ranked:
    first = waiting[0]
    for one in waiting:
        if one.score < first.score - CLOSE:
            break
        if on_page[one.subject.organisation_id or 0] < MOST:
            return one
    return first

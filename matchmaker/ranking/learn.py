"""Weights from judgements. Plain numbers, no tables.

Within one list, every candidate that fits should score above every one that does not: a logistic regression over the
differences of their reasons, drawn towards the weights in use by a ridge, so that few judgements change little and
what nobody judged changes nothing. No person has more than SHARE of the say (docs/decisions/0006-learning.md).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
RIDGE = 20.0  # how many judgements the weights in use are worth
SHARE = 0.25  # the most that one person may have of all the say
BENCHMARK = 100.0  # how many judgements all benchmark pairs together are worth
SCALES = (0.5, 5.0)
STEPS = 100
FOLDS = 5
ROUNDS = 2000


@dataclass(frozen=True)
class Judged:
    """Judgements of candidates. `rows`: each reason's score, shape (n, features); the others have shape (n,)."""

    rows: Floats
    fits: NDArray[np.bool_]
    lists: Integers
    """Number of the list that the candidate was judged in."""
    people: Integers

    def among(self, chosen: NDArray[np.bool_]) -> Judged:
        return Judged(self.rows[chosen], self.fits[chosen], self.lists[chosen], self.people[chosen])


@dataclass(frozen=True)
class Pairs:
    """One that fits against one that does not, of the same list. `rows`: the difference, shape (n, features)."""

    rows: Floats
    weights: Floats
    lists: Integers

    @classmethod
    def of(cls, judged: Judged) -> Pairs:
        """All pairs; those of one list weigh together what its judgements do."""
        say = _say(judged.people)
        rows, weights, lists = [np.zeros((0, judged.rows.shape[1]))], [np.zeros(0)], [np.zeros(0, np.int64)]
        for number in np.unique(judged.lists):
            here = judged.lists == number
            good, bad = np.flatnonzero(here & judged.fits), np.flatnonzero(here & ~judged.fits)
            if good.size and bad.size:
                both = np.outer(say[good], say[bad]).ravel()
                rows.append((judged.rows[good][:, None] - judged.rows[bad][None]).reshape(both.size, -1))
                weights.append(both / both.sum() * say[here].sum())
                lists.append(np.full(both.size, number))
        return cls(np.vstack(rows), np.concatenate(weights), np.concatenate(lists))

    def with_benchmark(self, benchmark: Floats | None) -> Pairs:
        """These pairs and those of the benchmark, `benchmark` of shape (m, features), in lists of their own."""
        if benchmark is None or not len(benchmark):
            return self
        return Pairs(np.vstack([self.rows, benchmark]),
                     np.concatenate([self.weights, np.full(len(benchmark), BENCHMARK / len(benchmark))]),
                     np.concatenate([self.lists, np.full(len(benchmark), -1)]))


@dataclass(frozen=True)
class Gain:
    """How often a pair is in the right order, old and new, and the difference with its 95% interval over lists."""

    old: float
    new: float
    difference: float
    low: float
    high: float


def fitted(pairs: Pairs, prior: Floats, ridge: float = RIDGE) -> Floats:
    """New weights, shape (features,), none negative, whose scores spread like those of `prior`.

    1. How much chance a point of the old score means. 2. Newton's method on the pairs with the ridge, per deviation of
    each reason, around the old weights. 3. Back to the old scale, which calibration was fitted on.
    """
    total = pairs.weights.sum()
    if total <= 0 or not np.any(pairs.rows @ prior):
        return prior
    centre = prior * _scale(pairs, prior)
    spread = (pairs.weights @ pairs.rows**2) / total
    penalty, beta = ridge * np.maximum(spread, 1e-6), centre
    for _ in range(STEPS):
        chance = _sigmoid(pairs.rows @ beta)
        gradient = pairs.rows.T @ (pairs.weights * (1 - chance)) - penalty * (beta - centre)
        curvature = (pairs.rows * (pairs.weights * chance * (1 - chance))[:, None]).T @ pairs.rows + np.diag(penalty)
        step = np.linalg.solve(curvature, gradient)
        beta = beta + step
        if float(np.abs(step).max()) < 1e-8:
            break
    kept = np.maximum(beta, 0.0)
    new = float(np.sqrt(pairs.weights @ (pairs.rows @ kept) ** 2))
    old = float(np.sqrt(pairs.weights @ (pairs.rows @ prior) ** 2))
    return kept * (old / new) if new > 0 else prior


def held_out(judged: Judged, prior: Floats, benchmark: Floats | None = None, seed: int = 0) -> Gain:
    """What new weights gain on lists that they were not fitted on, by cross-validation."""
    names = np.unique(judged.lists)
    fold_of = np.random.default_rng(seed).permutation(len(names)) % FOLDS
    folds = fold_of[np.searchsorted(names, judged.lists)]
    old, new, sizes = list[Floats](), list[Floats](), list[Floats]()
    for fold in range(FOLDS):
        weights = fitted(Pairs.of(judged.among(folds != fold)).with_benchmark(benchmark), prior)
        test = Pairs.of(judged.among(folds == fold))
        right, size = by_list(test, prior)
        old.append(right)
        sizes.append(size)
        new.append(by_list(test, weights)[0])
    return gain(np.concatenate(old), np.concatenate(new), np.concatenate(sizes), seed)


def by_list(pairs: Pairs, weights: Floats) -> tuple[Floats, Floats]:
    """Of each list the share of pairs in the right order (ties count half), and how much the list weighs."""
    scores = pairs.rows @ weights
    right = np.where(np.abs(scores) < 1e-12, 0.5, scores > 0)
    names, at = np.unique(pairs.lists, return_inverse=True)
    sizes = np.bincount(at, pairs.weights, len(names)).astype(np.float64)
    return np.bincount(at, pairs.weights * right, len(names)) / np.maximum(sizes, 1e-12), sizes


def gain(old: Floats, new: Floats, sizes: Floats, seed: int = 0) -> Gain:
    """The means and a bootstrap interval of their difference. All of shape (lists,)."""
    if not sizes.size:
        return Gain(0.0, 0.0, 0.0, 0.0, 0.0)
    drawn = np.random.default_rng(seed).integers(sizes.size, size=(ROUNDS, sizes.size))
    means = ((new - old) * sizes)[drawn].sum(axis=1) / np.maximum(sizes[drawn].sum(axis=1), 1e-12)
    low, high = np.quantile(means, [0.025, 0.975])
    before, after = (float((values * sizes).sum() / sizes.sum()) for values in (old, new))
    return Gain(before, after, after - before, float(low), float(high))


def cap(counts: Sequence[int]) -> float:
    """The most judgements that one person's say may be worth: SHARE of all; with fewer people than that allows, all
    have the say of the one who judged least."""
    ordered = sorted(counts, reverse=True)
    for capped in range(len(ordered)):
        free = 1 - SHARE * capped
        if free <= 0:
            break
        most = SHARE * sum(ordered[capped:]) / free
        if ordered[capped] <= most:
            return most
    return float(ordered[-1]) if ordered else 0.0


def _say(people: Integers) -> Floats:
    """What each judgement weighs."""
    counts = Counter(people.tolist())
    most = cap(list(counts.values()))
    return np.array([min(1.0, most / counts[person]) for person in people.tolist()])


def _scale(pairs: Pairs, prior: Floats) -> float:
    """The factor on the old score at which it explains the pairs best, within SCALES."""
    scores = pairs.rows @ prior
    tried = np.geomspace(*SCALES, 25)
    losses = [float(pairs.weights @ np.logaddexp(0.0, -factor * scores)) for factor in tried]
    return float(tried[int(np.argmin(losses))])


def _sigmoid(values: Floats) -> Floats:
    return 1.0 / (1.0 + np.exp(-np.clip(values, -500, 500)))

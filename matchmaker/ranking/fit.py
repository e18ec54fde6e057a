"""Fitting the curve that turns scores into probabilities, and measuring how honest it is. Plain numbers, no files."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
RIDGE = 1.0
STEPS = 50
BINS = 10


@dataclass(frozen=True)
class Logistic:
    """A logistic regression over standardised columns. `mean`, `scale`, `coefficients`: shape (columns,)."""

    mean: Floats
    scale: Floats
    coefficients: Floats
    intercept: float

    def probability(self, rows: Floats) -> Floats:
        return _sigmoid((rows - self.mean) / self.scale @ self.coefficients + self.intercept)


def logistic(rows: Floats, labels: Floats, ridge: float = RIDGE) -> Logistic:
    """Fit by Newton's method. `rows`: (n, columns); `labels`: (n,) of 0 and 1; the intercept is not penalised.

    A column without spread gets the coefficient 0.
    """
    mean, spread = rows.mean(axis=0), rows.std(axis=0)
    scale = np.where(spread > 0, spread, 1.0)
    design = np.hstack([(rows - mean) / scale, np.ones((len(rows), 1))])
    penalty = np.diag([ridge] * rows.shape[1] + [0.0])
    beta = np.zeros(design.shape[1])
    for _ in range(STEPS):
        chance = _sigmoid(design @ beta)
        curvature = (design * (chance * (1 - chance) + 1e-9)[:, None]).T @ design + penalty
        step = np.linalg.solve(curvature, design.T @ (labels - chance) - penalty @ beta)
        beta = beta + step
        if float(np.abs(step).max()) < 1e-8:
            break
    return Logistic(mean, scale, beta[:-1], float(beta[-1]))


def held_out(rows: Floats, labels: Floats, groups: Integers, folds: int = 5, seed: int = 0) -> Floats:
    """The probability of each row from a fit that saw none of its group, shape (n,)."""
    names = np.unique(groups)
    fold_of = dict(zip(names.tolist(), np.random.default_rng(seed).integers(folds, size=len(names)), strict=True))
    parts = np.array([fold_of[group] for group in groups.tolist()])
    chances = np.zeros(len(labels))
    for fold in range(folds):
        test = parts == fold
        if test.any():
            chances[test] = logistic(rows[~test], labels[~test]).probability(rows[test])
    return chances


def calibration_error(chances: Floats, labels: Floats, bins: int = BINS) -> float:
    """Expected calibration error: |mean chance − share of relevant|, over bins of equal width, weighted by size."""
    place = np.minimum((chances * bins).astype(int), bins - 1)
    gaps = [abs(float(chances[place == at].sum() - labels[place == at].sum())) for at in range(bins)]
    return sum(gaps) / len(labels)


def auroc(scores: Floats, labels: Floats) -> float:
    """The chance that a random positive scores above a random negative; ties count half."""
    order = np.argsort(scores, kind="stable")
    _, first, counts = np.unique(scores[order], return_index=True, return_counts=True)
    ranks = np.empty(len(scores))
    ranks[order] = np.repeat(first + (counts + 1) / 2, counts)
    positive = labels == 1
    n, m = int(positive.sum()), int((~positive).sum())
    return float((ranks[positive].sum() - n * (n + 1) / 2) / (n * m))


def _sigmoid(values: Floats) -> Floats:
    return 1.0 / (1.0 + np.exp(-np.clip(values, -500, 500)))

"""From scores to a probability that a candidate is relevant, and from that to a band: 强, 中, 弱, or nothing.

The curve is a logistic regression over what one list shows (how much of the question the best candidate covers, how
near it is, how far ahead), fitted on judged questions with and without their answer in the store; see `fit`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
CALIBRATION_FILE = Path(__file__).with_name("calibration.json")
ANY = "*"
LABELS: Mapping[str, str] = {"strong": "强", "medium": "中", "weak": "弱", "none": "暂无匹配"}
FACTS = ("score", "behind", "ahead", "spread", "coverage", "similarity", "reading", "best_reading", "reading_ahead")
READ = "+reading"
"""Marks the curve for lists whose first candidates were read."""
NEIGHBOURS = 10
ALTERNATIVES = 5
HOPELESS = 0.005


@dataclass(frozen=True)
class Calibration:
    """A fitted curve. `mean`, `scale`, `coefficients`: one number per name of FACTS.

    `thresholds`: the least probability of each band, and under `any` the least that the best candidate of a list must
    have for the list to be shown at all.
    """

    mean: tuple[float, ...]
    scale: tuple[float, ...]
    coefficients: tuple[float, ...]
    intercept: float
    thresholds: Mapping[str, float]
    id: str = ""

    def probability(self, facts: Floats) -> Floats:
        """The chance of each candidate, shape (n,). `facts`: as `list_facts` gives them, shape (n, len(FACTS))."""
        rows = (facts - np.array(self.mean)) / np.array(self.scale)
        chances: Floats = 1.0 / (1.0 + np.exp(-(rows @ np.array(self.coefficients) + self.intercept)))
        return chances

    def band(self, probability: float) -> str:
        """strong, medium, weak, or none where it is too unlikely to be shown."""
        reached = (name for name in ("strong", "medium", "weak") if probability >= self.thresholds[name])
        return next(reached, "none")

    def bands(self, probabilities: Floats) -> list[str]:
        """The band of each candidate of one list; all none when not even the best is likely enough.

        Where it is, the best ALTERNATIVES are never below weak: one that stands out must not hide the next ones.
        """
        if probabilities.size == 0 or float(probabilities.max()) < self.thresholds["any"]:
            return ["none"] * probabilities.size
        bands = [self.band(float(one)) for one in probabilities]
        for at in np.argsort(-probabilities, kind="stable")[:ALTERNATIVES]:
            bands[at] = "weak" if bands[at] == "none" else bands[at]
        return bands

    def lenient(self) -> Calibration:
        """The same curve for kinds of which nothing was ever judged: a list is empty only when it is hopeless."""
        return replace(self, thresholds={**self.thresholds, "any": HOPELESS})


@lru_cache
def calibration_for(encoder: str, read: bool = False) -> Calibration:
    """The curve fitted for an encoder (`model@fingerprint/…`) with or without reading, or the one for terms alone."""
    rows = json.loads(CALIBRATION_FILE.read_text(encoding="utf-8"))
    plain = encoder.partition("@")[0]
    name = next((name for name in (plain + READ * read, plain) if name in rows), ANY)
    return calibration_of(rows[name], name)


def calibration_of(row: Mapping[str, Any], name: str) -> Calibration:
    """Read one fitted row. Raises ValueError when it was fitted on other facts."""
    if row["facts"] != list(FACTS):
        raise ValueError("校准曲线与当前特征不一致，请重新拟合：python -m scripts.calibrate")
    return Calibration(
        tuple(row["mean"]), tuple(row["scale"]), tuple(row["coefficients"]), row["intercept"], row["thresholds"], name)


def list_facts(scores: Floats, coverage: float, similarity: float, readings: Floats | None = None) -> Floats:
    """Each candidate's own facts and those of its list, shape (n, len(FACTS)).

    `scores`: shape (n,), n ≥ 1; `readings`: the same, log-odds by reading, NaN or None where
    nothing was read; `coverage`: how much of the question's words the best candidate covers, BM25 divided
    by the sum of the rarities of all terms; `similarity`: cosine of the best candidate, NaN if it has no vector.
    """
    best = np.sort(scores)[::-1]
    ahead = best[0] - best[1] if best.size > 1 else 0.0
    read = np.zeros_like(scores) if readings is None else np.nan_to_num(readings, nan=0.0)
    first = int(scores.argmax())
    others = np.delete(read, first)
    reading_ahead = read[first] - others.max() if others.size else 0.0
    shared = [ahead, best[0] - best[:NEIGHBOURS].mean(), coverage, 0.0 if np.isnan(similarity) else similarity]
    own, whole = np.column_stack([scores, best[0] - scores]), (len(scores), 1)
    return np.hstack([own, np.tile(shared, whole), read[:, None], np.tile([read[first], reading_ahead], whole)])

"""The list and its weights: candidates are standardised among themselves, weighed, judged by the rules and ordered.

Measured on real Chinese technical text, neither terms nor meaning alone nor the fusion of their ranks is as good as
the weighted sum of their standardised scores; docs/decisions/0003-ranking.md has the table.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from matchmaker.ranking.bands import Calibration, list_facts
from matchmaker.ranking.features import FEATURES, NAMES, Evidence
from matchmaker.ranking.rules import FAIL, Setting, Verdict, judge
from matchmaker.ranking.subject import Subject

Floats = NDArray[np.float64]
WEIGHTS_FILE = Path(__file__).with_name("weights.json")
ANY = "*"
SAME_OVERLAP = 0.85  # share of common 5-character runs above which two texts are one
SAME_TITLE_OVERLAP = 0.5  # the same, where the titles are equal too
MARKS = 8
COMPARED = 800  # characters of a text that are compared


@dataclass(frozen=True)
class Weights:
    """How much each feature counts. `words` and `meaning` decide; what is known only of some posts breaks ties.

    `lean`: (coverage, shift) points; see `leaning`.
    """

    values: Mapping[str, float]
    lean: tuple[tuple[float, float], ...] = ()

    def __post_init__(self) -> None:
        if set(self.values) != set(NAMES):
            raise ValueError(f"权重与特征不一致：{sorted(set(self.values) ^ set(NAMES))}，请重新拟合权重。")

    @property
    def id(self) -> str:
        """Changes whenever a weight does."""
        told = json.dumps([dict(sorted(self.values.items())), self.lean])
        return hashlib.sha256(told.encode()).hexdigest()[:12]

    def leaning(self, coverage: float) -> Weights:
        """The weights for one question: the less of its words any candidate has, the more does meaning count.

        `coverage`: the highest BM25 among the candidates, divided by the sum of the rarities of the question's terms.
        """
        if not self.lean:
            return self
        both = self.values["words"] + self.values["meaning"]
        shift = np.interp(coverage, *np.array(self.lean).T)
        share = float(np.clip(self.values["meaning"] / both + shift, 0.0, 1.0))
        return Weights({**self.values, "words": both * (1.0 - share), "meaning": both * share})


@lru_cache
def weights_for(encoder: str) -> Weights:
    """The weights measured for an encoder (`model@fingerprint/…`), or else those that suit any."""
    rows = json.loads(WEIGHTS_FILE.read_text(encoding="utf-8"))
    row = rows.get(encoder.partition("@")[0], rows[ANY])
    return Weights(row["values"], tuple((coverage, shift) for coverage, shift in row["lean"]))


@dataclass(frozen=True)
class Pool:
    """The candidates of one post beside each other. All arrays have shape (n,); places begin at 1."""

    bm25: Floats
    similarity: Floats
    """Cosine; NaN for a candidate that has no vector yet."""
    words: Floats
    meaning: Floats
    words_place: NDArray[np.int64]
    meaning_place: NDArray[np.int64]

    @classmethod
    def of(cls, bm25: Sequence[float] | Floats, similarity: Sequence[float] | Floats) -> Pool:
        terms, near = np.asarray(bm25, np.float64), np.asarray(similarity, np.float64)
        return cls(terms, near, _standardised(terms), _standardised(near), _places(terms), _places(near))

    def __len__(self) -> int:
        return len(self.bm25)

    def fused(self, weights: Weights) -> Floats:
        """The score from terms and meaning alone."""
        return weights.values["words"] * self.words + weights.values["meaning"] * self.meaning

    def coverage(self, terms_total: float) -> float:
        """How much of the question's words the candidate with most of them has; `terms_total`: see `leaning`."""
        return float(self.bm25.max()) / terms_total if len(self) and terms_total > 0 else 0.0

    def evidence(self, at: int) -> Evidence:
        """What is known of candidate number `at` so far."""
        return Evidence(
            words=float(self.words[at]), meaning=float(self.meaning[at]), bm25=float(self.bm25[at]),
            similarity=float(self.similarity[at]), pool=len(self),
            words_place=int(self.words_place[at]) if self.bm25[at] > 0 else None,
            meaning_place=None if np.isnan(self.similarity[at]) else int(self.meaning_place[at]),
        )


def with_readings(evidence: Sequence[Evidence], readings: Floats) -> list[Evidence]:
    """The evidence of one list with its log-odds by reading, `readings` of shape (n,), NaN for what was not read."""
    if np.isnan(readings).all():
        return list(evidence)
    lowest, places = float(np.nanmin(readings)), _places(readings)
    return [replace(one, reading=lowest) if np.isnan(value)
            else replace(one, reading=float(value), reading_place=int(place))
            for one, value, place in zip(evidence, readings, places, strict=True)]


@dataclass(frozen=True)
class Contribution:
    """One reason with its part in the score: contribution = weight × score."""

    feature: str
    score: float
    weight: float
    contribution: float
    detail: str


@dataclass(frozen=True)
class Ranked:
    """One candidate with its place in the list and everything that put it there."""

    subject: Subject
    evidence: Evidence
    score: float
    probability: float
    band: str
    reasons: tuple[Contribution, ...]
    rules: tuple[Verdict, ...]

    @property
    def passed(self) -> bool:
        return all(verdict.verdict != FAIL for verdict in self.rules)


@dataclass(frozen=True)
class Question:
    """Who asks, and what the rules need beside the pair."""

    asker: Subject
    setting: Setting


def rank(
    question: Question, candidates: Sequence[tuple[Subject, Evidence]], weights: Weights, calibration: Calibration
) -> list[Ranked]:
    """Order the candidates of one list: those that pass every rule first, each part by falling score.

    Ties keep the order given.
    """
    judged = [_judge(question, subject, evidence, weights) for subject, evidence in candidates]
    if not judged:
        return []
    chances = calibration.probability(facts_of(judged))
    banded = [
        replace(one, probability=float(chance), band=band)
        for one, chance, band in zip(judged, chances, calibration.bands(chances), strict=True)
    ]
    return sorted(banded, key=lambda one: (not one.passed, -one.score))


def facts_of(judged: Sequence[Ranked]) -> Floats:
    """What calibration looks at, for every candidate of one list: shape (n, len(FACTS))."""
    best = max(judged, key=lambda one: one.score).evidence
    coverage = best.bm25 / best.terms_total if best.terms_total > 0 else 0.0
    scores, readings = np.array([(one.score, one.evidence.reading) for one in judged]).T
    return list_facts(scores, coverage, best.similarity, readings)


def fold(ranked: Sequence[Ranked]) -> list[Ranked]:
    """Fold candidates that all but repeat a better one: they gain a failed rule and go behind the others.

    1. Texts are compared by their runs of characters. 2. Only pairs that share one of their MARKS smallest runs are
    compared at all, which near-copies do. 3. The better one stays.
    """
    kept: list[Ranked] = []
    folded: list[Ranked] = []
    marked: dict[int, list[tuple[Ranked, frozenset[int]]]] = {}
    for one in ranked:
        pieces = _pieces(one.subject.text)
        marks = sorted(pieces)[:MARKS]
        near = (pair for mark in marks for pair in marked.get(mark, ()))
        twin = next((better for better, others in near if _same(one, pieces, better, others)), None)
        if twin is None or not one.passed:
            kept.append(one)
            for mark in marks:
                marked.setdefault(mark, []).append((one, pieces))
        else:
            verdict = Verdict("duplicate", FAIL, f"与排在前面的“{twin.subject.title}”内容几乎相同，已合并。")
            folded.append(replace(one, rules=(*one.rules, verdict)))
    return sorted(kept + folded, key=lambda one: not one.passed)


def _same(one: Ranked, pieces: frozenset[int], other: Ranked, others: frozenset[int]) -> bool:
    overlap = len(pieces & others) / len(pieces | others)
    namesakes = _plain(one.subject.title) == _plain(other.subject.title)
    return overlap >= (SAME_TITLE_OVERLAP if namesakes else SAME_OVERLAP)


def _plain(text: str) -> str:
    return "".join(character for character in text.lower() if character.isalnum())


def _pieces(text: str, length: int = 5) -> frozenset[int]:
    """Checksums of all runs of `length` characters; the same in every process."""
    plain = _plain(text[:COMPARED]).encode("utf-32-le", "replace")
    return frozenset(crc32(plain[at : at + 4 * length]) for at in range(0, max(4, len(plain) - 4 * length + 4), 4))


def _judge(question: Question, subject: Subject, evidence: Evidence, weights: Weights) -> Ranked:
    """The pair as need and supply, whichever of them asks."""
    asks = question.asker.kind == "need" or subject.kind != "need"
    need, supply = (question.asker, subject) if asks else (subject, question.asker)
    reasons = []
    for feature in FEATURES:
        reason, weight = feature(need, supply, evidence), weights.values[feature.__name__]
        reasons.append(Contribution(feature.__name__, reason.score, weight, weight * reason.score, reason.detail))
    score = sum(reason.contribution for reason in reasons)
    return Ranked(subject, evidence, score, 0.0, "none", tuple(reasons), judge(need, supply, question.setting))


def _standardised(values: Floats) -> Floats:
    """Mean 0, deviation 1; what is not a number becomes 0, the mean."""
    known = values[~np.isnan(values)]
    spread = float(known.std()) if known.size else 0.0
    if spread == 0.0:
        return np.zeros_like(values)
    standardised: Floats = np.nan_to_num((values - known.mean()) / spread, nan=0.0)
    return standardised


def _places(values: Floats) -> NDArray[np.int64]:
    order = np.argsort(-np.nan_to_num(values, nan=-np.inf), kind="stable")
    places = np.empty(len(values), np.int64)
    places[order] = np.arange(1, len(values) + 1)
    return places

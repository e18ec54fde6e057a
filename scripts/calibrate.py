"""Fit the curve from scores to probabilities on judged queries, with and without their answers in the store.

    python -m scripts.calibrate BENCH [BENCH …] [--encoder FOLDER] [--write]

Prints what cross-validation says of it; --write puts the curves into matchmaker/ranking/calibration.json: under the
encoder's name the one for lists of which nothing was read, with "+reading" the one for those that were, and under "*"
the one that looks at no cosine.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from embeddings.errors import EmbeddingsError
from matchmaker.config import BadSetting
from matchmaker.ranking import fit
from matchmaker.ranking.bands import ANY, CALIBRATION_FILE, FACTS, READ
from matchmaker.ranking.rank import facts_of, weights_for
from matchmaker.services import shortlists
from matchmaker.services.ports import Hit, Reader
from models.vocabulary import Kind
from scripts import benchmark_data
from scripts.benchmark_data import BadBenchmark, Benchmark
from scripts.benchmark_store import Store
from scripts.evaluate import add_store_arguments, encoder_of, store_of

TOP = 20
THRESHOLDS = {"strong": 0.5, "medium": 0.2, "weak": 0.002, "any": 0.05}
Floats = NDArray[np.float64]


class Without:
    """The finder as it would be if some posts were not in the store, and if nothing read unless `reading`."""

    def __init__(self, finder: Reader, hidden: Collection[int], reading: bool = True) -> None:
        self._finder, self._hidden, self._reading = finder, hidden, reading
        self.rarity, self.terms, self.tagged, self.status = finder.rarity, finder.terms, finder.tagged, finder.status
        self.encode_sentences = finder.encode_sentences

    def search(self, text: str, kind: Kind, k: int = 200, allowed: Collection[int] | None = None) -> list[Hit]:
        found = self._finder.search(text, kind, k, allowed)
        return [hit for hit in found if hit.post_id not in self._hidden]

    def read(self, pairs: Sequence[tuple[str, str]]) -> NDArray[np.float32]:
        return self._finder.read(pairs) if self._reading else np.full(len(pairs), np.nan, np.float32)


@dataclass(frozen=True)
class Sample:
    """Rows of candidates: facts, whether relevant, number of the query, whether its answers were there, place."""

    facts: Floats
    labels: Floats
    queries: NDArray[np.int64]
    answered: NDArray[np.bool_]
    best: NDArray[np.bool_]


def sample(store: Store, benchmark: Benchmark, reading: bool) -> Sample:
    """The first TOP candidates of every query, once with its answers in the store and once without."""
    parts: list[tuple[Floats, Floats, int, bool]] = []
    for number, query in enumerate(tqdm(benchmark.queries, desc="检索", unit="个")):
        excluded = {store.ids[name] for name in query.exclude if name in store.ids}
        right = {store.ids[name] for name in benchmark.qrels[query.id] if name in store.ids}
        for answered in (True, False):
            finder = Without(store.engine, excluded if answered else excluded | right, reading)
            with store.sessions.read() as session:
                ranked, _ = shortlists.ordering(session, finder, query.text, Kind.ACHIEVEMENT)
            if ranked:
                labels = np.array([one.subject.id in right for one in ranked[:TOP]], np.float64)
                parts.append((facts_of(ranked)[:TOP], labels, number, answered))
    sizes = [len(labels) for _, labels, _, _ in parts]
    return Sample(
        np.vstack([facts for facts, *_ in parts]), np.concatenate([labels for _, labels, _, _ in parts]),
        np.repeat([number for *_, number, _ in parts], sizes), np.repeat([answered for *_, answered in parts], sizes),
        np.concatenate([np.arange(size) == 0 for size in sizes]),
    )


def measured(chances: Floats, data: Sample) -> dict[str, float]:
    """How honest held-out chances are, and how well the best one tells a list with an answer from one without."""
    best = data.best
    top, there = chances[best], data.answered[best].astype(np.float64)
    report = {
        "queries": float(len(np.unique(data.queries))), "ece": fit.calibration_error(chances, data.labels),
        "ece_best": fit.calibration_error(top, data.labels[best]), "auroc_answer_removed": fit.auroc(top, there),
    }
    for name in ("strong", "medium", "weak"):
        shown = chances >= THRESHOLDS[name]
        report[f"precision_{name}"] = float(data.labels[shown].mean()) if shown.any() else 0.0
    report["nothing_shown_without_answer"] = float((top[there == 0] < THRESHOLDS["any"]).mean())
    report["nothing_shown_with_answer"] = float((top[there == 1] < THRESHOLDS["any"]).mean())
    return {name: round(value, 4) for name, value in report.items()}


def row(data: Sample, columns: Sequence[str], made_from: dict[str, object]) -> dict[str, object]:
    """A curve as calibration.json keeps it; facts not among `columns` get no say."""
    facts = np.where(np.isin(FACTS, columns), data.facts, 0.0)
    curve = fit.logistic(facts, data.labels)
    return {
        "facts": list(FACTS), "mean": _numbers(curve.mean), "scale": _numbers(curve.scale),
        "coefficients": _numbers(curve.coefficients), "intercept": round(curve.intercept, 6), "thresholds": THRESHOLDS,
        "held_out": measured(fit.held_out(facts, data.labels, data.queries), data), "made_from": made_from,
    }


def main() -> None:
    given = _arguments().parse_args()
    try:
        encoder = encoder_of(given.encoder)
        benchmarks = {folder: benchmark_data.load(folder, given.split, given.corpus) for folder in given.bench}
        samples: dict[bool, list[Sample]] = {False: [], True: []}
        for benchmark in benchmarks.values():
            with store_of(benchmark, encoder, given) as store:
                for reading in [False] if store.readings is None else [False, True]:
                    samples[reading].append(sample(store, benchmark, reading))
    except (BadBenchmark, BadSetting, EmbeddingsError) as error:
        sys.exit(f"{error}")
    made_from: dict[str, object] = {
        "benchmarks": [folder.name for folder in benchmarks], "split": given.split, "encoder": encoder.name,
        "weights": weights_for(encoder.name).id, "seed": 0,
    }
    name, unread = encoder.name.partition("@")[0], _joined(samples[False])
    rows = {name: row(unread, FACTS, made_from),
            ANY: row(unread, [fact for fact in FACTS if fact != "similarity"], made_from)}
    if samples[True]:
        rows[name + READ] = row(_joined(samples[True]), FACTS, made_from)
    print(json.dumps(rows, ensure_ascii=False, indent=2))
    for reading, parts in samples.items():
        for folder, one in zip(benchmarks, parts, strict=False):
            print(folder.name, "对读" if reading else "未对读",
                  measured(fit.held_out(one.facts, one.labels, one.queries), one))
    if given.write:
        known = json.loads(CALIBRATION_FILE.read_text(encoding="utf-8")) if CALIBRATION_FILE.exists() else {}
        CALIBRATION_FILE.write_text(json.dumps(known | rows, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def _joined(samples: Sequence[Sample]) -> Sample:
    starts = np.cumsum([0] + [int(one.queries.max()) + 1 for one in samples])
    return Sample(
        np.vstack([one.facts for one in samples]), np.concatenate([one.labels for one in samples]),
        np.concatenate([one.queries + start for one, start in zip(samples, starts, strict=False)]),
        np.concatenate([one.answered for one in samples]), np.concatenate([one.best for one in samples]),
    )


def _numbers(values: Floats) -> list[float]:
    return [round(float(value), 6) for value in values]


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bench", type=Path, nargs="+", help="folders of benchmarks")
    add_store_arguments(parser)
    parser.add_argument("--write", action="store_true", help="write the curve into the product")
    return parser


if __name__ == "__main__":
    main()

"""What would judgements teach? Judges shortlists as a benchmark's answers say, learns, and measures on unseen queries.

    python -m scripts.simulate_judgements BENCH [BENCH …] [--shortlists 300] [--seeds 5] [--odd 1] [--write]

Five simulated people judge the first ten of each shortlist in turn; with --odd N, N of them say the opposite of what
is right. The rest of the queries is unseen: nDCG@10 and R@10 with the old weights and with those learnt, the
difference with a 95% bootstrap interval over queries. --write keeps pairs of right and wrong candidates (numbers,
no texts) in matchmaker/ranking/benchmark_pairs.json, from which `flask learn` learns besides judgements.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from embeddings.errors import EmbeddingsError
from matchmaker.config import BadSetting
from matchmaker.ranking.features import NAMES
from matchmaker.ranking.learn import Gain, Judged, Pairs, fitted, gain
from matchmaker.ranking.rank import weights_for
from matchmaker.services import shortlists
from matchmaker.services.learning import PAIRS_FILE
from matchmaker.services.weighing import model_of
from models.vocabulary import Kind
from scripts import benchmark_data
from scripts.benchmark_data import BadBenchmark, Benchmark
from scripts.benchmark_store import Store
from scripts.calibrate import Without
from scripts.evaluate import add_store_arguments, encoder_of, store_of

JUDGED = 10
PEOPLE = 5
KEPT_QUERIES, KEPT_WRONG = 300, 3
DEPTH = 10
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Listed:
    """One query's candidates as the product orders them. `rows`: each reason's score, shape (n, features)."""

    rows: Floats
    right: NDArray[np.bool_]
    passed: NDArray[np.bool_]
    answers: int
    """Right documents in all, found or not."""

    def measured(self, weights: Floats) -> tuple[float, float]:
        """nDCG@10 and R@10 of the candidates in the order of these weights."""
        order = np.lexsort((np.arange(len(self.rows)), -(self.rows @ weights), ~self.passed))
        hits = self.right[order[:DEPTH]]
        discounts = 1 / np.log2(np.arange(2, DEPTH + 2))
        best = discounts[: min(DEPTH, self.answers)].sum()
        return float(discounts[: len(hits)][hits].sum() / best), float(hits.sum() / self.answers)


def collected(store: Store, benchmark: Benchmark) -> list[Listed]:
    """Every query's candidates, judged in full by the product."""
    found = []
    for query in tqdm(benchmark.queries, desc="检索", unit="个"):
        excluded = {store.ids[name] for name in query.exclude if name in store.ids}
        answers = {store.ids[name] for name in benchmark.qrels[query.id] if name in store.ids} - excluded
        if not answers:
            continue
        finder = Without(store.engine, excluded)
        with store.sessions.read() as session:
            ranked, _ = shortlists.ordering(session, finder, query.text, Kind.ACHIEVEMENT)
        if ranked:
            found.append(Listed(
                np.array([[reason.score for reason in one.reasons] for one in ranked]),
                np.array([one.subject.id in answers for one in ranked]), np.array([one.passed for one in ranked]),
                len(answers)))
    return found


def judgements(lists: Sequence[Listed], odd: int) -> Judged:
    """The first of each list, judged by PEOPLE in turn, of whom the first `odd` say the opposite of what is right."""
    people = np.arange(len(lists)) % PEOPLE
    fits = [listed.right[:JUDGED] ^ (person < odd) for listed, person in zip(lists, people, strict=True)]
    sizes = [len(one) for one in fits]
    return Judged(np.vstack([listed.rows[:JUDGED] for listed in lists]), np.concatenate(fits),
                  np.repeat(np.arange(len(lists)), sizes), np.repeat(people, sizes))


@dataclass(frozen=True)
class Outcome:
    """One run: the weights learnt, and nDCG@10 and R@10 of each unseen query, old and new, shape (n, 2)."""

    weights: Floats
    unseen: NDArray[np.int64]
    old: Floats
    new: Floats


def simulate(lists: Sequence[Listed], prior: Floats, taught: int, odd: int, seed: int) -> Outcome:
    """Judge `taught` lists drawn at random, learn, and measure on the others."""
    order = np.random.default_rng(seed).permutation(len(lists))
    weights = fitted(Pairs.of(judgements([lists[at] for at in order[:taught]], odd)), prior)
    unseen = order[taught:]
    return Outcome(weights, unseen, *(np.array([lists[at].measured(one) for at in unseen]) for one in (prior, weights)))


def together(outcomes: Sequence[Outcome], queries: int, measure: int) -> Gain:
    """The gain over all runs: each query once, with its mean over the runs in which it was unseen."""
    sums, counts = np.zeros((2, queries)), np.zeros(queries)
    for outcome in outcomes:
        np.add.at(sums[0], outcome.unseen, outcome.old[:, measure])
        np.add.at(sums[1], outcome.unseen, outcome.new[:, measure])
        np.add.at(counts, outcome.unseen, 1.0)
    there = counts > 0
    old, new = sums[:, there] / counts[there]
    return gain(old, new, np.ones(int(there.sum())))


def pairs(lists: Sequence[Listed], seed: int = 0) -> list[list[float]]:
    """Right minus wrong for up to KEPT_QUERIES queries: each right candidate against the KEPT_WRONG best wrong ones."""
    found: list[list[float]] = []
    for at in np.random.default_rng(seed).permutation(len(lists))[:KEPT_QUERIES]:
        listed = lists[at]
        wrong = listed.rows[~listed.right][:KEPT_WRONG]
        found += [np.round(right - other, 3).tolist() for right in listed.rows[listed.right] for other in wrong]
    return found


def told(name: str, found: Gain) -> str:
    return (f"{name:<8} {found.old:.4f} → {found.new:.4f}  {found.difference:+.4f}  "
            f"[{found.low:+.4f}, {found.high:+.4f}]")


def main() -> None:
    given = _arguments().parse_args()
    try:
        encoder = encoder_of(given.encoder)
        lists: list[Listed] = []
        for folder in given.bench:
            benchmark = benchmark_data.load(folder, given.split, given.corpus)
            with store_of(benchmark, encoder, given) as store:
                lists += collected(store, benchmark)
    except (BadBenchmark, BadSetting, EmbeddingsError) as error:
        sys.exit(f"{error}")
    if len(lists) <= given.shortlists:
        sys.exit(f"只有 {len(lists)} 个查询，判断 {given.shortlists} 个之后没有剩下的可以检验；请减小 --shortlists")
    prior = np.array([weights_for(encoder.name).values[name] for name in NAMES])
    outcomes = [simulate(lists, prior, given.shortlists, given.odd, seed) for seed in range(given.seeds)]
    print(f"{encoder.name} · {given.split} · {len(lists)} queries, {given.shortlists} judged, {given.odd} of {PEOPLE} "
          f"people odd, {given.seeds} seeds")
    for seed, outcome in enumerate(outcomes):
        print(told(f"seed {seed}", gain(outcome.old[:, 0], outcome.new[:, 0], np.ones(len(outcome.unseen)))),
              dict(zip(NAMES, outcome.weights.round(3).tolist(), strict=True)))
    for measure, name in enumerate(("nDCG@10", "R@10")):
        print(told(name, together(outcomes, len(lists), measure)))
    if given.write:
        known = json.loads(PAIRS_FILE.read_text(encoding="utf-8")) if PAIRS_FILE.exists() else {}
        known[model_of(encoder.name)] = {"features": list(NAMES), "pairs": pairs(lists), "made_from": {
            "benchmarks": [folder.name for folder in given.bench], "split": given.split, "encoder": encoder.name}}
        PAIRS_FILE.write_text(json.dumps(known, ensure_ascii=False) + "\n", encoding="utf-8")


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bench", type=Path, nargs="+", help="folders of benchmarks")
    add_store_arguments(parser)
    parser.add_argument("--shortlists", type=int, default=300, help="how many are judged")
    parser.add_argument("--seeds", type=int, default=5, help="how many draws of the judged shortlists")
    parser.add_argument("--odd", type=int, default=0, help="how many of the people judge the wrong way round")
    parser.add_argument("--write", action="store_true", help="keep pairs of the benchmark for `flask learn`")
    return parser


if __name__ == "__main__":
    main()

"""What a list costs: milliseconds per need of each stage, on a benchmark's corpus, on this machine.

    python -m scripts.bench_match BENCH [--corpus FILE] [--split dev] [--needs 50] [--json OUT]
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from embeddings.errors import EmbeddingsError
from matchmaker.config import BadSetting
from matchmaker.services import evidence, matching, shortlists
from models import Need, now
from models.vocabulary import Kind, State
from scripts import benchmark_data
from scripts.benchmark_data import BadBenchmark, Query
from scripts.benchmark_store import Store
from scripts.evaluate import add_store_arguments, encoder_of, store_of

Stage = Callable[[Store, Query], object]


def encode(store: Store, query: Query) -> object:
    """The vector of the need, by the bare encoder."""
    return store.engine.encoder.encode_sentences([query.text])


def search(store: Store, query: Query) -> object:
    """Candidates from both indexes; the need's vector is known."""
    return store.engine.search(query.text, Kind.ACHIEVEMENT)


def judge(store: Store, query: Query) -> object:
    """Search, reading, features, rules, folding, bands."""
    with store.sessions.read() as session:
        return shortlists.ordering(session, store.engine, query.text, Kind.ACHIEVEMENT)


def free_text(store: Store, query: Query) -> object:
    """What a page waits for; the need's vector is known."""
    with store.sessions.read() as session:
        return matching.free_text(session, store.engine, None, query.text, Kind.ACHIEVEMENT)


def shortlist(store: Store, query: Query) -> object:
    """Everything, with the nearest sentences of the first candidates, none of them known beforehand."""
    need = Need(id=0, kind=Kind.NEED.value, state=State.PUBLISHED.value, title="", main_problem=query.text, keywords=[],
                brief="", elements={}, disclosure="open", secrecy="public", modes=[], regions_accepted=[],
                key_technique="", expected_goal="", updated_at=now())
    evidence.VECTORS.clear()
    with store.sessions.read() as session:
        return matching.shortlist(session, store.engine, need, Kind.ACHIEVEMENT)


STAGES: dict[str, Stage] = {
    "encode": encode, "search": search, "judge": judge, "free_text": free_text, "shortlist": shortlist}


def measure(store: Store, queries: list[Query]) -> dict[str, dict[str, float]]:
    """Stage → p50, p95, max in milliseconds."""
    times: dict[str, list[float]] = {name: [] for name in STAGES}
    for query in queries:
        for name, stage in STAGES.items():
            if store.readings:
                store.readings.forget()
            start = time.perf_counter()
            stage(store, query)
            times[name].append((time.perf_counter() - start) * 1000)
    return {
        name: {"p50": round(float(np.percentile(ms, 50)), 1), "p95": round(float(np.percentile(ms, 95)), 1),
               "max": round(max(ms), 1)}
        for name, ms in times.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    texts = Path(os.environ.get("MATCHMAKER_BENCHMARKS", "../shared/data"))
    default = texts / "chinaxiv" / "need"
    parser.add_argument("bench", type=Path, nargs="?", default=default, help="folder of the benchmark")
    add_store_arguments(parser)
    parser.add_argument("--needs", type=int, default=50)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    try:
        benchmark = benchmark_data.load(given.bench, given.split, given.corpus)
        queries = benchmark.queries[: given.needs]
        encoder = encoder_of(given.encoder)
        with store_of(replace(benchmark, queries=queries), encoder, given) as store:
            result = measure(store, queries)
            posts = len(store.ids)
    except (BadBenchmark, BadSetting, EmbeddingsError) as error:
        sys.exit(f"{error}")
    print(f"{posts} 篇成果，{len(queries)} 条需求，{encoder.name}")
    print(f"{'stage':<12}{'p50 ms':>10}{'p95 ms':>10}{'max ms':>10}")
    for name, row in result.items():
        print(f"{name:<12}{row['p50']:>10}{row['p95']:>10}{row['max']:>10}")
    if given.json:
        report = {"posts": posts, "needs": len(queries), "stages": result}
        given.json.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

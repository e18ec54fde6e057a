"""How good is matching? Runs the product's engine and ranking on a benchmark in BEIR's layout.

    python -m scripts.evaluate BENCH [--split dev] [--systems words,bm25,dense,rrf,hybrid,full] [--json OUT]

BENCH holds queries.jsonl and qrels/SPLIT.tsv; corpus.jsonl lies beside them, in the parent folder, or under --corpus.
Only title, text and keywords of a document are indexed. What a query's metadata excludes is taken out of its ranking.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import ir_measures
import numpy as np
from ir_measures import RR, R, nDCG
from tqdm import tqdm

from embeddings.encoder import Encoder, SentenceTransformerEncoder
from embeddings.errors import EmbeddingsError
from matchmaker.config import BadSetting, load
from matchmaker.encoders import open_encoder, open_reranker
from matchmaker.ranking.rank import Pool, weights_for
from matchmaker.services import shortlists
from matchmaker.services.ports import Hit
from models.vocabulary import Kind
from scripts import benchmark_data
from scripts.benchmark_data import BadBenchmark, Benchmark, Query
from scripts.benchmark_store import Store, opened

DEPTH = 200
RRF_K = 60
MEASURES = {
    "ndcg@10": nDCG @ 10, "recall@1": R @ 1, "recall@5": R @ 5, "recall@10": R @ 10, "recall@50": R @ 50,
    "recall@200": R @ 200, "mrr": RR,
}
Ranking = list[int]
System = Callable[[Store, Query, list[Hit]], Ranking]
Report = dict[str, dict[str, dict[str, float]]]


def words(store: Store, query: Query, hits: list[Hit]) -> Ranking:
    """The reference: plain BM25 over the words of title and text."""
    ids: Ranking = store.words.search(query.text, DEPTH)[0].tolist()
    return ids


def bm25(store: Store, query: Query, hits: list[Hit]) -> Ranking:
    """The best by terms, as the product weighs them: words and pairs of characters, title and keywords lifted."""
    return [hit.post_id for hit in sorted(hits, key=lambda hit: -hit.bm25) if hit.bm25 > 0]


def dense(store: Store, query: Query, hits: list[Hit]) -> Ranking:
    """The nearest by meaning."""
    return [hit.post_id for hit in sorted(hits, key=lambda hit: -hit.similarity)]


def rrf(store: Store, query: Query, hits: list[Hit]) -> Ranking:
    """The two by their ranks: Σ 1 / (60 + rank)."""
    pool = _pool(hits)
    return _by(hits, 1.0 / (RRF_K + pool.words_place) + 1.0 / (RRF_K + pool.meaning_place))


def hybrid(store: Store, query: Query, hits: list[Hit]) -> Ranking:
    """The two by their weighted standardised scores."""
    return _by(hits, _pool(hits).fused(weights_for(store.engine.encoder.name)))


def full(store: Store, query: Query, hits: list[Hit]) -> Ranking:
    """The whole ranking as a posted need meets it: reading, features, rules, folding."""
    with store.sessions.read() as session:
        ranked, rest = shortlists.ordering(session, store.engine, query.text, Kind.ACHIEVEMENT)
        return [one.subject.id for one in ranked] + rest


SYSTEMS: dict[str, System] = {
    "words": words, "bm25": bm25, "dense": dense, "rrf": rrf, "hybrid": hybrid, "full": full,
}


def evaluate(store: Store, benchmark: Benchmark, systems: Sequence[str]) -> Report:
    """System → group of queries → measure → value; `n` is the number of queries."""
    runs: dict[str, dict[str, dict[str, float]]] = {name: {} for name in systems}
    for query in tqdm(benchmark.queries, desc="检索", unit="个"):
        hits = store.engine.search(query.text, Kind.ACHIEVEMENT, DEPTH)
        for name in systems:
            ranking = SYSTEMS[name](store, query, hits)
            kept = [store.names[post_id] for post_id in ranking if store.names[post_id] not in query.exclude][:DEPTH]
            runs[name][query.id] = {document: float(-place) for place, document in enumerate(kept)}
    return {name: _measured(run, benchmark) for name, run in runs.items()}


def table(report: Report) -> str:
    """The report for a terminal."""
    names = list(MEASURES)
    lines = [f"{'system':<8}{'group':<26}{'n':>6}" + "".join(f"{name:>12}" for name in names)]
    for system, groups in report.items():
        for group, values in groups.items():
            numbers = "".join(f"{values[name]:>12.4f}" for name in names)
            lines.append(f"{system:<8}{group:<26}{int(values['n']):>6}{numbers}")
    return "\n".join(lines)


def encoder_of(path: str) -> Encoder:
    """The encoder in a folder, or without one the encoder that the settings name."""
    return SentenceTransformerEncoder(path) if path else open_encoder(load())


def store_of(benchmark: Benchmark, encoder: Encoder, given: argparse.Namespace) -> AbstractContextManager[Store]:
    """The benchmark's corpus as `add_store_arguments` says. Beside an encoder from a folder nothing reads."""
    settings, queries = load(), [query.text for query in benchmark.queries]
    reranker = None if given.encoder else open_reranker(settings)
    return opened(benchmark.corpus, encoder, given.cache or settings.instance / "cache", queries, reranker)


def main() -> None:
    given = _arguments().parse_args()
    systems = [name for name in given.systems.split(",") if name]
    if unknown := set(systems) - set(SYSTEMS):
        sys.exit(f"未知的系统：{'、'.join(sorted(unknown))}；可用：{'、'.join(SYSTEMS)}")
    if given.json:
        _make_folder(given.json.parent)
    try:
        benchmark = benchmark_data.load(given.bench, given.split, given.corpus)
        encoder = encoder_of(given.encoder)
        with store_of(benchmark, encoder, given) as store:
            report = evaluate(store, benchmark, systems)
    except (BadBenchmark, BadSetting, EmbeddingsError) as error:
        sys.exit(f"{error}")
    print(f"{given.bench} · {given.split} · {encoder.name}\n{table(report)}")
    if given.json:
        result = {"split": given.split, "encoder": encoder.name, "systems": report}
        given.json.write_text(json.dumps(result, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def add_store_arguments(parser: argparse.ArgumentParser) -> None:
    """What every script that opens a benchmark may be told: corpus, split, encoder, cache."""
    parser.add_argument("--corpus", type=Path, help="corpus.jsonl, if it lies elsewhere")
    parser.add_argument("--split", default="dev", help="name of the file in qrels/, without .tsv")
    parser.add_argument("--encoder", default="", help="folder of a model; default: the one the settings name")
    parser.add_argument("--cache", type=Path, help="where vectors are kept; default: cache/ in the instance folder")


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bench", type=Path, help="folder of the benchmark")
    add_store_arguments(parser)
    parser.add_argument("--systems", default=",".join(SYSTEMS), help="names, separated by commas")
    parser.add_argument("--json", type=Path, help="write the numbers here")
    return parser


def _make_folder(folder: Path) -> None:
    """Before the long work rather than after it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        sys.exit(f"无法建立文件夹 {folder}（{error.strerror}），请为 --json 换一个位置")


def _pool(hits: list[Hit]) -> Pool:
    return Pool.of([hit.bm25 for hit in hits], [hit.similarity for hit in hits])


def _by(hits: list[Hit], scores: np.ndarray[tuple[int], np.dtype[np.float64]]) -> Ranking:
    return [hits[at].post_id for at in np.argsort(-scores, kind="stable")]


def _measured(run: Mapping[str, Mapping[str, float]], benchmark: Benchmark) -> dict[str, dict[str, float]]:
    groups: dict[str, list[str]] = {"all": [query.id for query in benchmark.queries]}
    for query in benchmark.queries:
        for group in sorted(query.groups):
            groups.setdefault(group, []).append(query.id)
    return {group: _values(run, benchmark, ids) for group, ids in groups.items()}


def _values(run: Mapping[str, Mapping[str, float]], benchmark: Benchmark, ids: Sequence[str]) -> dict[str, float]:
    """The mean of each measure; a query for which nothing was found counts as 0."""
    qrels = {query_id: dict(benchmark.qrels[query_id]) for query_id in ids}
    found = ir_measures.calc_aggregate(MEASURES.values(), qrels, {query_id: dict(run[query_id]) for query_id in ids})
    return {"n": len(ids)} | {name: round(float(found[measure]), 4) for name, measure in MEASURES.items()}


if __name__ == "__main__":
    main()

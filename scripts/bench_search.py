"""Search latency of our indexes against bare FAISS and bare tantivy, in the same run on the same posts.

A search is what the engine does for one need: the 200 nearest by vector, the 200 best by terms, and both scores for
their union. The bare side answers the same two questions with the libraries alone: a FAISS index of the same kind (all
rows, or inverted lists with as many lists and probes as ours), and the same tantivy query on the same files; it gives
no scores for the union, and knows no ids, locks or changes.

Posts are made from a corpus: its vectors with noise, its sentences exchanged between posts. Vectors are encoded once
and kept in a folder.

    python -m scripts.bench_search --corpus ../shared/data/chinaxiv/corpus.jsonl --sizes 10000,100000,1000000
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import tantivy
from numpy.typing import NDArray

from embeddings.approximate import lists_for
from embeddings.chunks import split_sentences
from embeddings.dense import DenseIndex
from embeddings.encoder import Passage, SentenceTransformerEncoder
from embeddings.lexical import LexicalIndex
from embeddings.tokens import Tokenizer

Floats = NDArray[np.float32]
Found = dict[int, tuple[float, float]]
K = 200
NOISE = 0.4  # length of the noise put on a unit vector; two sentences of one paper differ by more
BATCH = 20_000
WARM = 5
TARGET = 1.3


@dataclass(frozen=True)
class Source:
    """Real posts and needs, a vector for each."""

    passages: list[Passage]
    vectors: Floats
    needs: list[str]
    need_vectors: Floats


def main() -> int:
    """Measure every size, print a row for each, write the JSON."""
    options = parser(__doc__ or "").parse_args()
    source = source_of(options)
    heads = ("posts", "index", "recall", "ours p50/p95 ms", "bare p50/p95 ms", "ratio", "GiB")
    print("{:>9} {:>6} {:>7} {:>17} {:>17} {:>6} {:>5}".format(*heads))
    rows = []
    for size in options.sizes:
        with built(source, size) as sides:
            row = measure(source, sides, options.queries)
        rows.append(row)
        ours, bare = ("{p50:.1f} / {p95:.1f}".format(**row[side]) for side in ("ours_ms", "bare_ms"))
        print(
            f"{size:>9,} {row['index']:>6} {row['recall@200']:>7} {ours:>17} {bare:>17} "
            f"{row['ratio']:>6} {row['memory_gib']:>5}"
        )
    if options.json:
        report = {"k": K, "target": TARGET, "noise": NOISE, "cores": os.cpu_count(), "sizes": rows}
        options.json.write_text(json.dumps(report, indent=1) + "\n", "utf-8")
    return 0


@dataclass(frozen=True)
class Built:
    """Both sides over the same made posts; the bare terms are read from the files of ours."""

    dense: DenseIndex
    lexical: LexicalIndex
    near: Any
    bare: BareTantivy
    seconds: float


@contextmanager
def built(source: Source, size: int) -> Iterator[Built]:
    """Build both sides with `size` posts."""
    started = time.perf_counter()
    dense, lexical = DenseIndex(source.vectors.shape[1]), LexicalIndex(Tokenizer())
    for start, vectors, passages in posts(source, size):
        ids = range(start, start + len(passages))
        dense.upsert(ids, list(vectors[:, None]))
        lexical.upsert(ids, passages)
        _progress(f"{start + len(passages):,} / {size:,} posts")
    dense.settle()
    with tempfile.TemporaryDirectory() as folder:
        lexical.save(Path(folder) / "terms", {})
        near, bare = _bare_faiss(dense, source, size), BareTantivy(Path(folder) / "terms", lexical)
        yield Built(dense, lexical, near, bare, time.perf_counter() - started)


def measure(source: Source, sides: Built, queries: int) -> dict[str, Any]:
    """Time the same searches on both sides in turn."""
    dense, lexical = sides.dense, sides.lexical
    times: list[tuple[float, float, float]] = []
    for text, vector in list(zip(source.needs, source.need_vectors, strict=True))[: WARM + queries]:
        _progress(f"search {len(times)}")
        words = sides.bare.words(text)
        ours = _seconds(search, dense, lexical, text, vector[None])
        times.append((ours, _seconds(sides.near.search, vector[None], K), _seconds(sides.bare.search, words)))
    recall = _recall(dense, source, len(lexical))
    _progress("")
    both, vectors_only, terms_only = 1000 * np.array(times[WARM:]).T
    return {
        "posts": len(lexical),
        "index": "lists" if dense.approximate else "exact",
        "recall@200": round(recall, 4),
        "build_s": round(sides.seconds, 1),
        "ours_ms": _spread(both),
        "bare_ms": _spread(vectors_only + terms_only),
        "bare_faiss_ms": _spread(vectors_only),
        "bare_tantivy_ms": _spread(terms_only),
        "ratio": round(float(np.median(both) / np.median(vectors_only + terms_only)), 3),
        "memory_gib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20), 2),
    }


def search(dense: DenseIndex, lexical: LexicalIndex, text: str, vector: Floats) -> Found:
    """As the engine asks: the union of both lists, each post with both scores."""
    ids, scores = lexical.search(text, K)
    near, cosines = dense.search(vector, K)[0]
    by_terms = dict(zip(ids.tolist(), scores.tolist(), strict=True))
    by_meaning = dict(zip(near.tolist(), cosines.tolist(), strict=True))
    only_near = [i for i in by_meaning if i not in by_terms]
    only_terms = [i for i in by_terms if i not in by_meaning]
    by_terms |= dict(zip(only_near, lexical.scores(text, only_near).tolist(), strict=True))
    by_meaning |= dict(zip(only_terms, dense.scores(vector, only_terms)[0].tolist(), strict=True))
    return {i: (score, by_meaning[i]) for i, score in by_terms.items()}


class BareTantivy:
    """tantivy used directly on the files of a saved index: the same fields, terms and weights."""

    def __init__(self, folder: Path, ours: LexicalIndex) -> None:
        self._boosts, self._tokenizer = ours.boosts, Tokenizer()
        self._index = tantivy.Index.open(str(folder))
        self._searcher = self._index.searcher()

    def words(self, text: str) -> list[tuple[str, str, float]]:
        """(field, term, weight) of every clause."""
        terms = {"pairs": self._tokenizer.pairs(text)}
        clauses = []
        for field, boost in self._boosts.items():
            given = terms.get(field) or self._tokenizer.terms(text)
            clauses += [(field, term, boost * given.count(term)) for term in dict.fromkeys(given)]
        return clauses

    def search(self, clauses: list[tuple[str, str, float]]) -> list[Any]:
        """The ids of the best."""
        schema, query = self._index.schema, tantivy.Query
        parts = [
            (tantivy.Occur.Should, query.boost_query(query.term_query(schema, field, term, "freq"), weight))
            for field, term, weight in clauses
        ]
        hits = self._searcher.search(query.boolean_query(parts), limit=K, count=False).hits
        return self._searcher.fast_field_values("id", [address for _, address in hits])


def _bare_faiss(dense: DenseIndex, source: Source, size: int) -> Any:
    """A FAISS index of the same kind over the same vectors."""
    dim = source.vectors.shape[1]
    learnt = dense._near
    if learnt is None:
        index: Any = faiss.IndexFlatIP(dim)
    else:
        index = faiss.IndexIVFFlat(faiss.IndexFlatIP(dim), dim, lists_for(learnt.made_for), faiss.METRIC_INNER_PRODUCT)
        index.train(np.concatenate([v for _, v, _ in posts(source, min(size, 64 * index.nlist), words=False)]))
        index.nprobe = learnt.probes
    for _, vectors, _ in posts(source, size, words=False):
        index.add(vectors)
        _progress(f"bare FAISS {index.ntotal:,}")
    return index


def _recall(dense: DenseIndex, source: Source, size: int, count: int = 50) -> float:
    """Share of the true 200 nearest that our index finds."""
    if not dense.approximate:
        return 1.0
    queries = source.need_vectors[:count]
    best = [np.empty((2, 0)) for _ in queries]
    for start, vectors, _ in posts(source, size, words=False):
        products = queries @ vectors.T
        ids = np.arange(start, start + len(vectors))
        for place, scores in enumerate(products):
            both = np.concatenate([best[place], np.stack([ids, scores])], axis=1)
            best[place] = both[:, np.argsort(-both[1])[:K]]
    found = dense.search(queries, K)
    return float(
        np.mean(
            [
                len(set(ids.tolist()) & set(b[0].astype(int).tolist())) / K
                for (ids, _), b in zip(found, best, strict=True)
            ]
        )
    )


def posts(source: Source, size: int, words: bool = True) -> Iterator[tuple[int, Floats, list[Passage]]]:
    """`size` posts in batches: (first id, vectors, passages); the same each time it is called."""
    random = np.random.default_rng(7)
    sentences = [split_sentences(passage.text) or [""] for passage in source.passages] if words else []
    for start in range(0, size, BATCH):
        count = min(BATCH, size - start)
        picked = random.integers(0, len(source.passages), (count, 2))
        noise = random.standard_normal((count, source.vectors.shape[1]), np.float32)
        vectors = source.vectors[picked[:, 0]] + NOISE * noise / np.linalg.norm(noise, axis=1, keepdims=True)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        yield start, vectors, [_mixed(source, sentences, int(a), int(b)) for a, b in picked] if words else []


def _mixed(source: Source, sentences: list[list[str]], first: int, second: int) -> Passage:
    """A post whose last sentence comes from another."""
    post = source.passages[first]
    return Passage(post.title, post.keywords, "".join((*sentences[first][:-1], sentences[second][-1])))


def source_of(options: argparse.Namespace) -> Source:
    """Read the corpus and the needs; encode them unless their vectors are kept from an earlier run."""
    rows = [json.loads(line) for line in options.corpus.open(encoding="utf-8")][: options.real]
    passages = [Passage(r["title"], tuple(r.get("metadata", {}).get("keywords", ())), r["text"]) for r in rows]
    needs = [json.loads(line)["text"] for line in options.needs.open(encoding="utf-8")][: WARM + options.queries]
    kept = options.vectors / f"bench-{len(passages)}-{len(needs)}.npz"
    if not kept.exists():
        encoder = SentenceTransformerEncoder(options.encoder)
        found = []
        for start in range(0, len(passages), 64):
            _progress(f"encoding {start:,} / {len(passages):,}")
            found += [chunks[0] for chunks in encoder.encode_supplies(passages[start : start + 64])]
        kept.parent.mkdir(parents=True, exist_ok=True)
        np.savez(kept, vectors=np.stack(found), needs=encoder.encode_needs(needs))
    stored = np.load(kept)
    return Source(passages, stored["vectors"], needs, stored["needs"])


def parser(said: str) -> argparse.ArgumentParser:
    """The options of a benchmark on made posts; `said`: its docstring."""
    data = Path(os.environ.get("MATCHMAKER_BENCHMARKS", "../shared/data")) / "chinaxiv"
    parser = argparse.ArgumentParser(description=said.partition("\n")[0])
    parser.add_argument("--corpus", type=Path, default=data / "corpus.jsonl", help="BEIR corpus")
    parser.add_argument("--needs", type=Path, default=data / "need" / "queries.jsonl", help="BEIR queries")
    parser.add_argument("--encoder", default="instance/encoder/m3e-small", help="folder or hub name")
    parser.add_argument("--vectors", type=Path, default=Path("instance/bench"), help="where vectors are kept")
    parser.add_argument("--sizes", type=_sizes, default=[10_000, 100_000, 1_000_000], help="posts, comma-separated")
    parser.add_argument("--real", type=int, default=4096, help="posts of the corpus to start from")
    parser.add_argument("--queries", type=int, default=100, help="needs to search for")
    parser.add_argument("--json", type=Path, help="where to write the figures")
    return parser


def _sizes(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


def _seconds(call: Callable[..., object], *given: object) -> float:
    started = time.perf_counter()
    call(*given)
    return time.perf_counter() - started


def _spread(times: NDArray[np.float64]) -> dict[str, float]:
    return {name: round(float(np.percentile(times, q)), 2) for name, q in (("p50", 50), ("p95", 95))}


def _progress(text: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())

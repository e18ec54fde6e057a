"""Finding the candidates of many open needs in one go, against bare FAISS and bare tantivy asked the same in one go.

Ours is what the nightly run does for one kind of supply: the 200 nearest and the 200 best by terms of every need, and
both scores for their union. The bare side is one FAISS search with all vectors and the tantivy queries on as many
threads; posts are made as in `bench_search`.

    python -m scripts.bench_nightly --sizes 10000,100000,1000000 --needs-at-once 1000
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from embeddings.tokens import Tokenizer
from matchmaker.shelf import Shelf
from models.vocabulary import Kind
from scripts import bench_search
from scripts.bench_search import Built, K, Source

KIND = Kind.ACHIEVEMENT


def measure(source: Source, sides: Built, needs: int) -> dict[str, Any]:
    """Seconds of both sides for all needs, and their ratio."""
    shelf = Shelf("bench", Tokenizer())
    shelf.dense[KIND], shelf.lexical[KIND] = sides.dense, sides.lexical
    at = np.arange(needs) % len(source.needs)
    texts, asked = [source.needs[i] for i in at], source.need_vectors[at]
    clauses = [sides.bare.words(text) for text in texts]
    shelf.search_many(texts[:8], asked[:8], KIND, K)
    ours = _seconds(lambda: shelf.search_many(texts, asked, KIND, K))
    meaning = _seconds(lambda: sides.near.search(asked, K))
    with ThreadPoolExecutor() as pool:
        terms = _seconds(lambda: list(pool.map(sides.bare.search, clauses)))
    return {"posts": len(sides.lexical), "needs": needs, "ours_s": round(ours, 1), "bare_faiss_s": round(meaning, 1),
            "bare_tantivy_s": round(terms, 1), "ratio": round(ours / (meaning + terms), 2)}


def _seconds(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def main() -> None:
    """Measure every size, print a row for each, write the JSON."""
    parser = bench_search.parser(__doc__ or "")
    parser.add_argument("--needs-at-once", type=int, default=1000, help="open needs")
    options = parser.parse_args()
    source = bench_search.source_of(options)
    print(f"{'posts':>9} {'needs':>6} {'ours s':>8} {'faiss s':>8} {'tantivy s':>10} {'ratio':>6}")
    rows = []
    for size in options.sizes:
        with bench_search.built(source, size) as sides:
            row = measure(source, sides, options.needs_at_once)
        rows.append(row)
        print(f"{size:>9,} {row['needs']:>6} {row['ours_s']:>8} {row['bare_faiss_s']:>8} {row['bare_tantivy_s']:>10} "
              f"{row['ratio']:>6}", flush=True)
    if options.json:
        report = {"k": K, "cores": os.cpu_count(), "sizes": rows}
        options.json.write_text(json.dumps(report, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()

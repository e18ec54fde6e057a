"""Texts per second of the embed jobs, through the worker, against a bare encoder: `python -m scripts.bench_embed`.

Both sides encode the same texts in this process with the same model: the bare side by one call of
`SentenceTransformer.encode`, ours by publishing posts and letting the worker do their jobs, database included.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

from sentence_transformers import SentenceTransformer

from embeddings.encoder import SentenceTransformerEncoder
from embeddings.loading import open_model
from matchmaker.config import Config, load
from matchmaker.encoders import model_of
from matchmaker.engine import Engine
from matchmaker.services import demo, indexing
from matchmaker.worker import Worker
from models import Achievement, Post, Sessions, make_sessions, now
from models.vocabulary import State
from scripts.migrate import upgrade

LOOKED_AT = 512  # tokens of the model's window


def measure(count: int, corpus: Path | None, rounds: int) -> dict[str, Any]:
    """Texts per second of both sides and their ratio: the middle one of `rounds`.

    Both are measured in every round, each side first in turn, so that a machine whose speed comes and goes touches
    both alike.
    """
    settings = load()
    texts = _texts(count, corpus)
    bare, _ = open_model(model_of(settings))
    encoder = SentenceTransformerEncoder(model_of(settings))
    sides = {"bare": lambda: _bare(bare, texts), "worker": lambda: _worker(settings, encoder, texts)}
    found: list[dict[str, float]] = []
    for turn in range(rounds):
        order = list(sides) if turn % 2 == 0 else list(sides)[::-1]
        found.append({name: len(texts) / sides[name]() for name in order})
    characters = sum(len(title) + len(text) for title, text in texts) / len(texts)
    middle = {name: median(one[name] for one in found) for name in sides}
    ratio = median(one["worker"] / one["bare"] for one in found)
    return {"texts": len(texts), "characters": characters, **middle, "ratio": ratio, "rounds": found}


def _bare(model: SentenceTransformer, texts: Sequence[tuple[str, str]]) -> float:
    whole = [f"{title}\n{text}" for title, text in texts]
    started = time.perf_counter()
    model.encode(whole, batch_size=32, show_progress_bar=False, normalize_embeddings=True)
    return time.perf_counter() - started


def _worker(settings: Config, encoder: SentenceTransformerEncoder, texts: Sequence[tuple[str, str]]) -> float:
    """Seconds from the first job claimed to the last done, on a database of its own."""
    with tempfile.TemporaryDirectory(prefix="bench-embed-") as folder:
        url = f"sqlite:///{folder}/bench.db"
        upgrade(url)
        sessions = make_sessions(url)
        worker = Worker(settings, sessions, Engine(sessions, lambda: encoder))
        assert worker.engine.encoder is encoder
        _publish(sessions, texts)
        started = time.perf_counter()
        while worker.step():
            pass
        taken = time.perf_counter() - started
        with sessions.read() as session:
            if indexing.lacking(session, encoder.name):
                raise RuntimeError("the worker left posts without vectors")
        sessions.dispose()
    return taken


def _publish(sessions: Sessions, texts: Sequence[tuple[str, str]]) -> None:
    with sessions.write() as session:
        posts: list[Post] = [
            Achievement(title=title, description=text, state=State.PUBLISHED.value, published_at=now())
            for title, text in texts
        ]
        session.add_all(posts)
        indexing.publish_many(session, posts)
        session.commit()


def _texts(count: int, corpus: Path | None) -> list[tuple[str, str]]:
    """Titles and texts that fit the model's window: of the corpus given, else of the demonstration data, repeated."""
    if corpus:
        with corpus.open(encoding="utf-8") as lines:
            found = [(row["title"], row["text"]) for row in map(json.loads, lines)]
    else:
        found = [(row["title"], row.get("description") or row["brief"]) for row in demo.rows()]
    short = [(title, text) for title, text in found if len(title) + len(text) < LOOKED_AT]
    return [(f"{title}{n // len(short) or ''}", text) for n in range(count) for title, text in [short[n % len(short)]]]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--count", type=int, default=512)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--corpus", type=Path, help="JSON lines with title and text")
    arguments.add_argument("--json", type=Path)
    given = arguments.parse_args()
    found = measure(given.count, given.corpus, given.rounds)
    print(f"{found['texts']} texts of {found['characters']:.0f} characters on average")
    print(f"bare SentenceTransformer.encode  {found['bare']:8.1f} texts/s")
    print(f"embed jobs through the worker    {found['worker']:8.1f} texts/s")
    print(f"ratio                            {found['ratio']:8.3f} (target ≥ 0.9)")
    if given.json:
        given.json.write_text(json.dumps(found, indent=1), "utf-8")


if __name__ == "__main__":
    main()

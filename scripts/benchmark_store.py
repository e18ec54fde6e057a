"""A benchmark's corpus in a database of its own, so that the product's engine and services answer its queries.

Database, vectors and saved indexes lie under the cache folder, one set per corpus and encoder; building can be
interrupted and goes on where it stopped.
"""

from __future__ import annotations

import hashlib
import signal
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import delete, select
from tqdm import tqdm

from embeddings.encoder import Encoder, Passage
from embeddings.lexical import LexicalIndex
from embeddings.reranker import Reranker
from embeddings.tokens import Tokenizer
from matchmaker.engine import Engine
from matchmaker.services import indexing
from models import Achievement, Job, Post, Sessions, make_sessions
from models.vocabulary import State
from scripts.benchmark_data import Document, documents
from scripts.migrate import upgrade

SOURCE = "benchmark"
INSERT, ENCODE, ASK, SAVE = 1000, 128, 256, 200


class QueryVectors:
    """An encoder that remembers the vectors of queries in a file; the rest is passed on."""

    for_tests = False

    def __init__(self, encoder: Encoder, path: Path) -> None:
        self._encoder = encoder
        self._path = path
        self._known: dict[str, NDArray[np.float32]] = _kept(path, "vectors")

    @property
    def name(self) -> str:
        return self._encoder.name

    @property
    def dim(self) -> int:
        return self._encoder.dim

    def encode_needs(self, texts: Sequence[str]) -> NDArray[np.float32]:
        keys = [_digest(text) for text in texts]
        missing = [text for key, text in zip(keys, texts, strict=True) if key not in self._known]
        if missing:
            for text, vector in zip(missing, self._encoder.encode_needs(missing), strict=True):
                self._known[_digest(text)] = vector
        return np.array([self._known[key] for key in keys], np.float32).reshape(len(texts), self.dim)

    def encode_supplies(self, passages: Sequence[Passage]) -> list[NDArray[np.float32]]:
        return self._encoder.encode_supplies(passages)

    def encode_sentences(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self._encoder.encode_sentences(texts)

    def prepare(self, texts: Sequence[str]) -> None:
        """Encode what is not known yet, with a bar, and write the file."""
        missing = [text for text in dict.fromkeys(texts) if _digest(text) not in self._known]
        for at in tqdm(range(0, len(missing), ASK), desc="编码查询", disable=not missing):
            self.encode_needs(missing[at : at + ASK])
        if missing:
            _keep(self._path, "vectors", self._known)


class Readings:
    """A reranker that remembers its scores in a file, written after every SAVE questions and by `save`."""

    def __init__(self, reranker: Reranker, path: Path) -> None:
        self._reranker, self._path, self._forgetful, self._unsaved = reranker, path, False, 0
        self._known: dict[str, np.float32] = _kept(path, "scores")

    def scores(self, pairs: Sequence[tuple[str, str]]) -> NDArray[np.float32]:
        keys = [_digest("\0".join(pair)) for pair in pairs]
        missing = [at for at, key in enumerate(keys) if key not in self._known]
        if missing:
            found = self._reranker.scores([pairs[at] for at in missing])
            self._known |= dict(zip([keys[at] for at in missing], found, strict=True))
            self._unsaved += 1
        if self._unsaved >= SAVE:
            self.save()
        return np.array([self._known[key] for key in keys], np.float32)

    def forget(self) -> None:
        """Read everything anew, for measuring how long that takes; the file stays as it is."""
        self._known.clear()
        self._forgetful = True

    def save(self) -> None:
        if self._unsaved and not self._forgetful:
            _keep(self._path, "scores", self._known)
        self._unsaved = 0


@dataclass(frozen=True)
class Store:
    """A corpus ready to be searched. `ids`: the database's id of each document, and `names` the reverse."""

    corpus: Path
    sessions: Sessions
    engine: Engine
    ids: dict[str, int]
    names: dict[int, str]
    readings: Readings | None = None

    @cached_property
    def words(self) -> LexicalIndex:
        """An index of title and text as words in one field, without keywords and pairs: the usual reference."""
        index = LexicalIndex(Tokenizer(), boosts={"text": 1.0})
        progress = iter(tqdm(documents(self.corpus), desc="参照词索引", unit="篇"))
        while part := list(islice(progress, INSERT)):
            passages = [Passage(document.title, (), document.text) for document in part]
            index.upsert([self.ids[document.id] for document in part], passages)
        return index


@contextmanager
def opened(
    corpus: Path, encoder: Encoder, cache: Path, queries: Sequence[str], reranker: Reranker | None = None,
) -> Iterator[Store]:
    """Open the store of `corpus` under `encoder`, building what is missing. SIGTERM closes it, and what was read is
    kept."""
    folder = cache / f"{_file_digest(corpus)}-{_digest(encoder.name)}"
    folder.mkdir(parents=True, exist_ok=True)
    remembering = QueryVectors(encoder, folder / "queries.npz")
    reading = Readings(reranker, folder / f"{reranker.name}.npz") if reranker else None
    remembering.prepare(queries)
    url = f"sqlite:///{folder / 'corpus.db'}"
    upgrade(url)
    sessions = make_sessions(url)
    before = signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    try:
        _insert(sessions, encoder.name, corpus)
        _embed(sessions, encoder)
        engine = Engine(sessions, lambda: remembering, folder / "indexes", open_reranker=lambda: reading)
        engine.load_saved()
        engine.check()
        engine.catch_up()
        engine.save()
        with sessions.read() as session:
            rows = session.execute(select(Post.external_id, Post.id).where(Post.source == SOURCE))
            ids = {str(name): post_id for name, post_id in rows}
        yield Store(corpus, sessions, engine, ids, {post_id: name for name, post_id in ids.items()}, reading)
    finally:
        if reading:
            reading.save()
        signal.signal(signal.SIGTERM, before)
        sessions.dispose()


def _insert(sessions: Sessions, encoder: str, corpus: Path) -> None:
    """Add the documents that are not there yet."""
    with sessions.write() as session:
        indexing.adopt(session, encoder)
        session.commit()
        there = set(session.scalars(select(Post.external_id).where(Post.source == SOURCE)))
    missing = (document for document in documents(corpus) if document.id not in there)
    progress = iter(tqdm(missing, desc="写入语料", unit="篇"))
    while part := list(islice(progress, INSERT)):
        with sessions.write() as session:
            posts = [_post(document) for document in _once(part)]
            session.add_all(posts)
            indexing.publish_many(session, posts)
            session.execute(delete(Job))
            session.commit()


def _once(part: Iterable[Document]) -> list[Document]:
    return list({document.id: document for document in part}.values())


def _post(document: Document) -> Achievement:
    return Achievement(
        source=SOURCE, external_id=document.id, state=State.PUBLISHED.value, title=document.title,
        keywords=list(document.keywords), description=document.text,
    )


def _embed(sessions: Sessions, encoder: Encoder) -> None:
    """Encode what has no vectors yet."""
    with sessions.read() as session:
        missing = indexing.lacking(session, encoder.name)
    progress = tqdm(total=len(missing), desc="编码语料", unit="篇", disable=not missing)
    for at in range(0, len(missing), ENCODE):
        with sessions.read() as session:
            waiting = indexing.waiting(session, encoder.name, missing[at : at + ENCODE])
        vectors = encoder.encode_supplies([waited.passage for waited in waiting])
        with sessions.write() as session:
            indexing.store(session, encoder.name, list(zip(waiting, vectors, strict=True)))
            session.commit()
        progress.update(len(waiting))
    progress.close()


def _kept(path: Path, name: str) -> dict[str, Any]:
    """What `_keep` wrote: key → number or array; nothing where there is no file."""
    if not path.exists():
        return {}
    with np.load(path) as saved:
        return dict(zip(saved["keys"].tolist(), saved[name], strict=True))


def _keep(path: Path, name: str, known: Mapping[str, Any]) -> None:
    draft = path.with_suffix(".new.npz")
    arrays: dict[str, Any] = {"keys": np.array(list(known)), name: np.array(list(known.values()), np.float32)}
    np.savez(draft, **arrays)
    draft.replace(path)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _file_digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]

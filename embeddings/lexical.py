"""The BM25 index: tantivy over title, keywords and text, as words and as pairs of characters."""

import math
import shutil
import tempfile
import threading
import weakref
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import tantivy
from numpy.typing import NDArray
from tantivy import Document, Occur, Query

from embeddings.counts import Clause, TermCounts
from embeddings.errors import DamagedIndex, IndexUnusable
from embeddings.passage import Passage
from embeddings.storage import Meta, check_folder, save_folder
from embeddings.tokens import Tokenizer

WORDS = ("title", "keywords", "text")  # `text` holds title and keywords too, the other two lift what is in them
FIELDS = (*WORDS, "pairs")  # `pairs` holds all again, as pairs of characters
BOOSTS: Mapping[str, float] = {"title": 0.4, "keywords": 0.4, "text": 1.0, "pairs": 1.0}
MAX_TERMS = 128  # distinct terms, and pairs, of a query; of a longer text those of the highest frequency × idf
PROPOSING = 64  # of the words, and of the pairs, the heaviest decide which posts are scored
FEW = 2048  # allowed sets up to this size are scored one and all, larger ones filter the proposals

_TEXT, _PAIRS = FIELDS.index("text"), FIELDS.index("pairs")
Hits = tuple[NDArray[np.int64], NDArray[np.float32]]


class LexicalIndex:
    """Posts by BM25; one writer and many readers may use it at once.

    Scores are summed over the fields, each with its own statistics and its boost. tantivy proposes posts, whose
    scores then come from `TermCounts`, as do those of posts that were found otherwise: all are comparable. What is
    upserted or removed is seen by the next search of any thread. Ids are integers ≥ 0.

    When something cannot be written (a full disk), tantivy forgets posts that it was given. From then on every verb
    raises IndexUnusable, and the files are gone: build another index.
    """

    def __init__(self, tokenizer: Tokenizer, folder: Path | None = None, boosts: Mapping[str, float] = BOOSTS) -> None:
        """`folder`: where to work, this object's alone: emptied first, removed at the end; default a temporary one.

        Raises OSError or IndexUnusable where nothing can be written.
        """
        self._tokenizer = tokenizer
        self.boosts = dict(boosts)
        """Weight per field, read by every search; a field that is not named does not count."""
        self._lock = threading.RLock()
        self._root = folder or Path(tempfile.mkdtemp(prefix="lexical-"))
        self._clean = weakref.finalize(self, shutil.rmtree, self._root, ignore_errors=True)
        self._unusable = ""
        self._counts = TermCounts(len(FIELDS))
        self._writer: tantivy.IndexWriter | None = None
        self._dirty = False
        self._latest: tuple[object, str, dict[str, float], list[Clause]] = (None, "", {}, [])
        shutil.rmtree(self._root, ignore_errors=True)
        with self._changing():
            self._open(self._fresh_folder())

    def __len__(self) -> int:
        """Posts in the index."""
        return len(self._counts)

    def upsert(self, ids: Sequence[int], passages: Sequence[Passage]) -> None:
        """Add posts, or replace those of the same id; of an id given twice the last wins."""
        rows = dict(zip(ids, passages, strict=True))
        prepared = {int(id_): self._terms(passage) for id_, passage in rows.items()}
        with self._changing():
            writer = self._writing()
            for id_, terms in prepared.items():
                writer.delete_documents_by_term("id", id_)
                writer.add_document(self._document(id_, terms))
                self._counts.put(id_, terms)

    def remove(self, ids: Collection[int]) -> None:
        """Take posts out; unknown ids are ignored."""
        if not ids:
            return
        with self._changing():
            writer = self._writing()
            for id_ in ids:
                writer.delete_documents_by_term("id", int(id_))
                self._counts.drop(int(id_))

    def search(self, query_text: str, k: int, allowed: Collection[int] | None = None) -> Hits:
        """The best `k` posts sharing a term with the query: ids (n,) and scores (n,), n ≤ k, best first.

        With `allowed`, the best k among those ids.
        """
        searcher = self._current()
        clauses = self._clauses(searcher, query_text)
        if not clauses or k < 1:
            return _no_hits()
        if allowed is None:
            return self._scored(self._proposed(searcher, clauses, k + k // 4 + 20), clauses, k)
        if len(allowed) <= FEW:
            return self._scored(sorted({int(id_) for id_ in allowed}), clauses, k)
        return self._filtered(searcher, clauses, k, allowed)

    def scores(self, query_text: str, ids: Sequence[int]) -> NDArray[np.float32]:
        """The BM25 score of each given post, shape (n,); 0 where it shares no term or is not in the index."""
        clauses = self._clauses(self._current(), query_text)
        if not clauses:
            return np.zeros(len(ids), np.float32)
        return self._counts.bm25([int(id_) for id_ in ids], clauses)

    def terms_of(self, text: str) -> list[str]:
        """The distinct terms of a text in order of appearance, as this index splits it."""
        return list(dict.fromkeys(self._tokenizer.terms(text)))

    def idf(self, term: str) -> float:
        """How rare a term is: BM25's inverse document frequency, from 0 (in every post) upwards."""
        return self._idf(self._current().doc_freq("text", term))

    def save(self, folder: Path, meta: Mapping[str, str | int]) -> None:
        """Write the index, `meta` (revision …), the tokenizer's signature and the number of posts."""
        with self._lock:
            rows = len(self)
            self._stop_writing()
            facts = {**meta, "tokenizer": self._tokenizer.signature, "rows": rows}
            save_folder(folder, facts, self._copy_to)

    def load(self, folder: Path, expected: Mapping[str, str | int]) -> Meta:
        """Replace the contents by a saved index whose metadata has all `expected` entries; returns its metadata.

        Raises StaleIndex (also for another tokenizer) or DamagedIndex, and then leaves the contents as they were.
        """
        meta = check_folder(folder, {**expected, "tokenizer": self._tokenizer.signature})
        with self._lock:
            fresh, old = self._fresh_folder(), self._folder
            for path in folder.iterdir():
                shutil.copyfile(path, fresh / path.name)
            counts = TermCounts.read(fresh, len(FIELDS))
            if tantivy.Index(_schema(), path=str(fresh)).searcher().num_docs != len(counts):
                raise DamagedIndex(f"索引 {folder} 缺少一部分内容，将由数据库重建。")
            self._stop_writing()
            with self._changing():
                self._open(fresh)
            self._counts = counts
            shutil.rmtree(old, ignore_errors=True)
        return meta

    # ---------------------------------------------------------------- reading

    def _current(self) -> tantivy.Searcher:
        """A snapshot that holds everything written so far."""
        if self._dirty:
            with self._changing():
                if self._dirty and self._writer is not None:
                    self._writer.commit()
                    self._look_again()
                    self._dirty = False
        self._check()
        return self._searcher

    def _clauses(self, searcher: tantivy.Searcher, text: str) -> list[Clause]:
        """The query's terms, any of which may match, each weighted by its frequency and rarity.

        They are put together here, never parsed, so nothing in the text is syntax.
        """
        known = self._latest
        if known[0] is searcher and known[1:3] == (text, self.boosts):
            return known[3]
        words = self._heaviest(searcher, "text", self._tokenizer.terms(text))
        pairs = self._heaviest(searcher, "pairs", self._tokenizer.pairs(text))
        clauses = [
            Clause(term, number, self.boosts[field] * n, idf)
            for number, field in enumerate(FIELDS)
            if self.boosts.get(field)
            for term, n, idf in (pairs if field == "pairs" else words)
        ]
        self._latest = (searcher, text, dict(self.boosts), clauses)
        return clauses

    def _heaviest(self, searcher: tantivy.Searcher, field: str, terms: list[str]) -> list[tuple[str, int, float]]:
        """The distinct terms that occur in the index, at most MAX_TERMS, each with its frequency and idf."""
        rows = []
        for term, n in Counter(terms).items():
            having = searcher.doc_freq(field, term)
            if having:
                rows.append((term, n, self._idf(having)))
        return sorted(rows, key=lambda row: -row[1] * row[2])[:MAX_TERMS]

    def _proposed(self, searcher: tantivy.Searcher, clauses: list[Clause], count: int) -> list[int]:
        """The ids of `count` posts that are best by the heaviest clauses; by all, where those find too few."""
        heaviest = [
            clause
            for field in (_TEXT, _PAIRS)
            for clause in [clause for clause in clauses if clause.field == field][:PROPOSING]
        ]
        limit = min(count, max(1, searcher.num_docs))
        ids = self._ask(searcher, heaviest, limit)
        return ids if len(ids) == limit else self._ask(searcher, clauses, limit)

    def _ask(self, searcher: tantivy.Searcher, clauses: list[Clause], limit: int) -> list[int]:
        """The ids of the best posts as tantivy scores them."""
        parts = []
        for clause in clauses:
            query = Query.term_query(self._schema, FIELDS[clause.field], clause.term, "freq")
            parts.append((Occur.Should, Query.boost_query(query, clause.weight)))
        hits = searcher.search(Query.boolean_query(parts), limit=limit, count=False).hits if parts else []
        ids: list[Any] = searcher.fast_field_values("id", [address for _, address in hits]) if hits else []
        return ids

    def _scored(self, ids: Sequence[int], clauses: list[Clause], k: int) -> Hits:
        """The best k of these posts, equal scores by id."""
        scores = self._counts.bm25(ids, clauses)
        result = np.array(ids, np.int64)
        order = np.lexsort((result, -scores))
        order = order[scores[order] > 0][:k]
        return result[order], scores[order]

    def _filtered(self, searcher: tantivy.Searcher, clauses: list[Clause], k: int, allowed: Collection[int]) -> Hits:
        """The best k of many allowed ids: ask for more until enough of them are among the proposals."""
        wanted = allowed if isinstance(allowed, set | frozenset) else frozenset(allowed)
        total, enough = max(1, searcher.num_docs), k + k // 4
        limit = min(total, int(1.2 * enough * max(1.0, total / len(wanted))) + 20)
        while True:
            proposed = self._proposed(searcher, clauses, limit)
            ids = [id_ for id_ in proposed if id_ in wanted]
            if len(ids) >= enough or len(proposed) < limit or limit >= total:
                return self._scored(ids, clauses, k)
            limit = min(total, limit * 4)

    def _idf(self, having: int) -> float:
        """BM25's inverse document frequency of a term that so many posts have; those deleted lately may count."""
        posts = len(self._counts)
        having = min(posts, having)
        return math.log1p((posts - having + 0.5) / (having + 0.5))

    # ---------------------------------------------------------------- writing

    def _terms(self, passage: Passage) -> tuple[list[str], ...]:
        """The post's terms per field."""
        parts = (passage.title, "\n".join(passage.keywords), passage.text)
        title, keywords, text = (self._tokenizer.terms(part) for part in parts)
        return title, keywords, title + keywords + text, self._tokenizer.pairs("\n".join(parts))

    def _document(self, id_: int, terms: Sequence[Sequence[str]]) -> Document:
        """The post as tantivy stores it: terms joined by spaces, which its whitespace tokenizer takes apart."""
        document = Document()
        document.add_integer("id", id_)
        for field, given in zip(FIELDS, terms, strict=True):
            document.add_text(field, " ".join(given))
        return document

    def _open(self, folder: Path) -> None:
        """Open the folder's index, new when the folder is empty."""
        self._schema = _schema()
        self._folder = folder
        self._index = tantivy.Index(self._schema, path=str(folder))
        self._index.config_reader(reload_policy="manual")
        self._index.register_tokenizer("terms", tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build())
        self._searcher = self._index.searcher()

    def _writing(self) -> tantivy.IndexWriter:
        """The writer; what it is given is committed by the next search."""
        if self._writer is None:
            self._writer = self._index.writer(heap_size=64_000_000, num_threads=1)
        self._dirty = True
        return self._writer

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """Change the index, one thread at a time; when that fails, give the index up and say what to do."""
        with self._lock:
            self._check()
            try:
                yield
            except (OSError, ValueError) as error:
                self._unusable = f"词索引无法写入 {self._root}（{error}）。请检查磁盘空间；随后将由数据库重建。"
                self._writer = None
                self._clean()
                raise IndexUnusable(self._unusable) from error

    def _check(self) -> None:
        if self._unusable:
            raise IndexUnusable(self._unusable)

    def _look_again(self) -> None:
        """A snapshot of what was committed last. Raises ValueError when posts are missing."""
        self._index.reload()
        self._searcher = self._index.searcher()
        if self._searcher.num_docs != len(self):
            raise ValueError(f"{self._searcher.num_docs} of {len(self)} posts were kept")

    def _stop_writing(self) -> None:
        """Commit and let merges finish, so that the folder's files stay as they are."""
        self._current()
        if self._writer is not None:
            with self._changing():
                self._writer.wait_merging_threads()
                self._writer = None
                self._look_again()

    def _fresh_folder(self) -> Path:
        self._root.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(dir=self._root))

    def _copy_to(self, folder: Path) -> None:
        for path in self._folder.iterdir():
            if path.suffix != ".lock" and not path.name.startswith("counts-"):
                shutil.copyfile(path, folder / path.name)
        self._counts.write(folder)


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder().add_integer_field("id", indexed=True, fast=True)
    for field in FIELDS:
        builder = builder.add_text_field(field, tokenizer_name="terms", index_option="freq")
    return builder.build()


def _no_hits() -> Hits:
    return np.empty(0, np.int64), np.empty(0, np.float32)

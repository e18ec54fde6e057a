"""The BM25 index: tantivy over title, keywords and text, as words and as pairs of characters."""

import math
import shutil
import tempfile
import threading
import weakref
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import numpy as np
import tantivy
from numpy.typing import NDArray
from tantivy import Document, Occur, Query

from embeddings.passage import Passage
from embeddings.storage import Meta, check_folder, save_folder
from embeddings.tokens import Tokenizer

WORDS = ("title", "keywords", "text")  # `text` holds title and keywords too, the other two lift what is in them
FIELDS = (*WORDS, "pairs")  # `pairs` holds all again, as pairs of characters
BOOSTS: Mapping[str, float] = {"title": 0.4, "keywords": 0.4, "text": 1.0, "pairs": 1.0}
MAX_TERMS = 128  # distinct terms, and pairs, of a query; of a longer text those of the highest frequency × idf
FEW = 2048  # allowed sets up to this size are part of the query, larger ones are filtered behind it

Hits = tuple[NDArray[np.int64], NDArray[np.float32]]


class LexicalIndex:
    """Posts by BM25 (k1 1.2, b 0.75); one writer and many readers may use it at once.

    Scores are summed over the fields, each with its own statistics and its boost. What is upserted or removed is
    seen by the next search of any thread. Ids are integers ≥ 0.
    """

    def __init__(self, tokenizer: Tokenizer, folder: Path | None = None, boosts: Mapping[str, float] = BOOSTS) -> None:
        """`folder`: where to work, emptied first and used by this object alone; default a temporary one."""
        self._tokenizer = tokenizer
        self.boosts = dict(boosts)
        """Weight per field, read by every search; a field that is not named does not count."""
        self._lock = threading.RLock()
        if folder is None:
            folder = Path(tempfile.mkdtemp(prefix="lexical-"))
            self._cleaner = weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        self._root = folder
        self._writer: tantivy.IndexWriter | None = None
        self._dirty = False
        shutil.rmtree(folder, ignore_errors=True)
        self._open(self._fresh_folder())

    def __len__(self) -> int:
        """Posts in the index."""
        return int(self._current().num_docs)

    def upsert(self, ids: Sequence[int], passages: Sequence[Passage]) -> None:
        """Add posts, or replace those of the same id; of an id given twice the last wins."""
        rows = dict(zip(ids, passages, strict=True))
        documents = [self._document(id_, passage) for id_, passage in rows.items()]
        with self._lock:
            writer = self._writing()
            for id_, document in zip(rows, documents, strict=True):
                writer.delete_documents_by_term("id", int(id_))
                writer.add_document(document)

    def remove(self, ids: Collection[int]) -> None:
        """Take posts out; unknown ids are ignored."""
        if not ids:
            return
        with self._lock:
            writer = self._writing()
            for id_ in ids:
                writer.delete_documents_by_term("id", int(id_))

    def search(self, query_text: str, k: int, allowed: Collection[int] | None = None) -> Hits:
        """The best `k` posts sharing a term with the query: ids (n,) and scores (n,), n ≤ k, best first.

        With `allowed`, the best k among those ids.
        """
        searcher = self._current()
        query = self._query(searcher, query_text)
        if query is None or k < 1 or (allowed is not None and not allowed):
            return _no_hits()
        if allowed is None:
            return self._top(searcher, query, k)
        if len(allowed) <= FEW:
            return self._top(searcher, self._within(query, allowed), k)
        return self._filtered(searcher, query, k, allowed)

    def search_many(self, query_texts: Sequence[str], k: int, allowed: Collection[int] | None = None) -> list[Hits]:
        """`search` for each text."""
        return [self.search(text, k, allowed) for text in query_texts]

    def scores(self, query_text: str, ids: Sequence[int]) -> NDArray[np.float32]:
        """The BM25 score of each given post, shape (n,); 0 where it shares no term or is not in the index."""
        searcher = self._current()
        query = self._query(searcher, query_text)
        result = np.zeros(len(ids), np.float32)
        if query is None or not len(ids):
            return result
        found, scores = self._top(searcher, self._within(query, set(ids)), len(ids))
        known = dict(zip(found.tolist(), scores.tolist(), strict=True))
        result[:] = [known.get(int(id_), 0.0) for id_ in ids]
        return result

    def terms_of(self, text: str) -> list[str]:
        """The distinct terms of a text in order of appearance, as this index splits it."""
        return list(dict.fromkeys(self._tokenizer.terms(text)))

    def idf(self, term: str) -> float:
        """How rare a term is: BM25's inverse document frequency, from 0 (in every post) upwards."""
        return self._idf(self._current(), "text", term)

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
            self._stop_writing()
            self._open(fresh)
            shutil.rmtree(old, ignore_errors=True)
        return meta

    # ---------------------------------------------------------------- reading

    def _current(self) -> tantivy.Searcher:
        """A snapshot that holds everything written so far."""
        if self._dirty:
            with self._lock:
                if self._dirty and self._writer is not None:
                    self._writer.commit()
                    self._index.reload()
                    self._searcher = self._index.searcher()
                    self._dirty = False
        return self._searcher

    def _query(self, searcher: tantivy.Searcher, text: str) -> Query | None:
        """The query's terms, any of which may match, each weighted by its frequency; None without terms.

        Built term by term, never parsed, so nothing in the text is syntax.
        """
        words = self._heaviest(searcher, "text", self._tokenizer.terms(text))
        pairs = self._heaviest(searcher, "pairs", self._tokenizer.pairs(text))
        clauses = [
            (Occur.Should, _weighted(self._schema, field, term, n * self.boosts[field]))
            for field in FIELDS
            if self.boosts.get(field)
            for term, n in (pairs if field == "pairs" else words).items()
        ]
        return Query.boolean_query(clauses) if clauses else None

    def _heaviest(self, searcher: tantivy.Searcher, field: str, terms: list[str]) -> dict[str, int]:
        """How often each term occurs in a query, for at most MAX_TERMS of them."""
        counts = Counter(terms)
        if len(counts) <= MAX_TERMS:
            return counts
        weights = {term: n * self._idf(searcher, field, term) for term, n in counts.items()}
        return {term: counts[term] for term in sorted(counts, key=lambda t: -weights[t])[:MAX_TERMS]}

    def _within(self, query: Query, ids: Collection[int]) -> Query:
        """The query restricted to these ids, scores unchanged."""
        among = Query.term_set_query(self._schema, "id", [int(i) for i in ids])
        return Query.boolean_query([(Occur.Must, Query.const_score_query(among, 0.0)), (Occur.Must, query)])

    def _top(self, searcher: tantivy.Searcher, query: Query, k: int) -> Hits:
        """The best k, equal scores by id."""
        hits = searcher.search(query, limit=min(k, max(1, searcher.num_docs)), count=False).hits
        if not hits:
            return _no_hits()
        ids = np.array(searcher.fast_field_values("id", [address for _, address in hits]), np.int64)
        scores = np.array([score for score, _ in hits], np.float32)
        order = np.lexsort((ids, -scores))
        return ids[order], scores[order]

    def _filtered(self, searcher: tantivy.Searcher, query: Query, k: int, allowed: Collection[int]) -> Hits:
        """The best k of many allowed ids: ask for more until k of them are among the hits."""
        wanted = allowed if isinstance(allowed, set | frozenset) else frozenset(allowed)
        total = max(1, searcher.num_docs)
        limit = min(total, int(1.2 * k * max(1.0, total / len(wanted))) + 10)
        while True:
            ids, scores = self._top(searcher, query, limit)
            keep = np.fromiter((i in wanted for i in ids.tolist()), bool, len(ids))
            if int(keep.sum()) >= k or len(ids) < limit or limit >= total:
                return ids[keep][:k], scores[keep][:k]
            limit = min(total, limit * 4)

    def _idf(self, searcher: tantivy.Searcher, field: str, term: str) -> float:
        posts = searcher.num_docs
        having = min(posts, searcher.doc_freq(field, term))
        return math.log1p((posts - having + 0.5) / (having + 0.5))

    # ---------------------------------------------------------------- writing

    def _document(self, id_: int, passage: Passage) -> Document:
        """The post as tantivy stores it: terms joined by spaces, which its whitespace tokenizer takes apart."""
        parts = (passage.title, "\n".join(passage.keywords), passage.text)
        title, keywords, text = (" ".join(self._tokenizer.terms(part)) for part in parts)
        pairs = " ".join(self._tokenizer.pairs("\n".join(parts)))
        document = Document()
        document.add_integer("id", int(id_))
        document.add_text("title", title)
        document.add_text("keywords", keywords)
        document.add_text("text", f"{title} {keywords} {text}")
        document.add_text("pairs", pairs)
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

    def _stop_writing(self) -> None:
        """Commit and let merges finish, so that the folder's files stay as they are."""
        self._current()
        if self._writer is not None:
            self._writer.wait_merging_threads()
            self._writer = None
            self._index.reload()
            self._searcher = self._index.searcher()

    def _fresh_folder(self) -> Path:
        self._root.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(dir=self._root))

    def _copy_to(self, folder: Path) -> None:
        for path in self._folder.iterdir():
            if path.suffix != ".lock":
                shutil.copyfile(path, folder / path.name)


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder().add_integer_field("id", indexed=True, fast=True)
    for field in FIELDS:
        builder = builder.add_text_field(field, tokenizer_name="terms", index_option="freq")
    return builder.build()


def _weighted(schema: tantivy.Schema, field: str, term: str, weight: float) -> Query:
    query = Query.term_query(schema, field, term, "freq")
    return query if weight == 1.0 else Query.boost_query(query, weight)


def _no_hits() -> Hits:
    return np.empty(0, np.int64), np.empty(0, np.float32)

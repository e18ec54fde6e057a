"""The vector index: posts near a query by cosine, exactly or nearly so."""

import logging
import threading
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from embeddings.approximate import DEPTH, SAMPLES_PER_LIST, Approximate, lists_for
from embeddings.rows import FREE, RowStore
from embeddings.storage import Meta, check_folder, save_folder
from embeddings.turns import Shared

Floats = NDArray[np.float32]
Ids = NDArray[np.int64]
Hits = tuple[Ids, Floats]

EXACT_ROWS = 30_000  # up to here every row is looked at; measured in docs/decisions/0002-indexes.md
REBUILD_GROWTH = 3  # the approximate index is learnt again when the rows have grown so many times
_BLOCK = 1 << 16  # rows moved at a time
_SCORES = 1 << 24  # scores held at a time, 64 MB
_log = logging.getLogger(__name__)


class DenseIndex:
    """Unit vectors of posts, several to a post; a post scores as its best vector. Ids are integers ≥ 0.

    One writer and many readers may use it at once. Up to `exact_rows` rows a search looks at all of them. Above, a
    thread learns an approximate index while searches stay exact; from then on that proposes rows, which are
    scored exactly, so scores are always true and only a far candidate may be missed.
    """

    def __init__(self, dim: int, exact_rows: int = EXACT_ROWS) -> None:
        self.dim = dim
        self._exact_rows = exact_rows
        self._rows = RowStore(dim)
        self._lock = Shared()
        self._near: Approximate | None = None
        self._builder: threading.Thread | None = None
        self._changed: list[Ids] | None = None  # rows written while the builder runs

    def __len__(self) -> int:
        """Posts in the index."""
        return len(self._rows)

    @property
    def approximate(self) -> bool:
        """Whether searches over all posts are answered by the approximate index at present."""
        return self._near is not None

    def upsert(self, ids: Sequence[int], chunks: Sequence[Floats]) -> None:
        """Add posts, or replace their vectors: per id an array (chunks, dim); one without rows takes the post out."""
        given = {int(id_): self._checked(array) for id_, array in zip(ids, chunks, strict=True)}
        with self._lock.writing():
            for id_ in [id_ for id_, array in given.items() if not len(array)]:
                self._rows.drop(id_)
            written = [self._rows.put(id_, array) for id_, array in given.items() if len(array)]
            if written:
                self._note(np.concatenate(written))
            self._keep_house()

    def remove(self, ids: Collection[int]) -> None:
        """Take posts out; unknown ids are ignored."""
        with self._lock.writing():
            for id_ in ids:
                self._rows.drop(int(id_))
            self._keep_house()

    def search(self, queries: Floats, k: int, allowed: Collection[int] | Ids | None = None) -> list[Hits]:
        """Per query, shape (q, dim), the `k` nearest posts: ids (n,) and cosines (n,), n ≤ k, best first.

        With `allowed`, the nearest k among those ids.
        """
        queries = self._checked(queries)
        with self._lock.reading():
            if k < 1 or not len(self._rows):
                return [_no_hits() for _ in queries]
            rows = None if allowed is None else self._rows.rows_of(allowed)
            if rows is not None and len(rows) <= self._exact_rows:
                return self._exact(queries, k, rows)
            if self._near is None:
                return self._exact(queries, k, None, rows)
            return self._proposed(self._near, queries, k, rows)

    def scores(self, queries: Floats, ids: Sequence[int]) -> Floats:
        """The cosine of each query with each given post, shape (q, n); NaN where the post is not in the index."""
        queries = self._checked(queries)
        result = np.full((len(queries), len(ids)), np.nan, np.float32)
        with self._lock.reading():
            known = [place for place, id_ in enumerate(ids) if int(id_) in self._rows]
            if known:
                rows, begins = self._rows.spans([int(ids[place]) for place in known])
                products = queries @ self._rows.matrix[rows].T
                result[:, known] = np.maximum.reduceat(products, begins, axis=1)
        return result

    def save(self, folder: Path, meta: Mapping[str, str | int]) -> None:
        """Write the index with `meta` (revision, encoder …), its dimension and the number of posts."""
        with self._lock.reading():
            facts = {**meta, "dim": self.dim, "posts": len(self._rows)}
            save_folder(folder, facts, self._write)

    def load(self, folder: Path, expected: Mapping[str, str | int]) -> Meta:
        """Replace the contents by a saved index whose metadata has all `expected` entries; returns its metadata.

        Raises StaleIndex (also for another dimension) or DamagedIndex, and then leaves the contents as they were.
        """
        meta = check_folder(folder, {**expected, "dim": self.dim})
        rows = RowStore(self.dim)
        rows.read(folder)
        near = Approximate.load(folder)
        with self._lock.writing():
            self._forget_near()
            self._rows, self._near = rows, near
            self._keep_house()
        return meta

    def settle(self) -> None:
        """Wait until no approximate index is being learnt."""
        while (builder := self._builder) is not None:
            builder.join()

    # ---------------------------------------------------------------- searching

    def _exact(self, queries: Floats, k: int, rows: Ids | None, among: Ids | None = None) -> list[Hits]:
        """The best of `rows`, or of all rows, or of all rows in `among`, looking at each."""
        matrix = self._rows.matrix[: self._rows.used] if rows is None else self._rows.matrix[rows]
        owners = self._rows.owners[: self._rows.used] if rows is None else self._rows.owners[rows]
        hidden = owners == FREE
        if among is not None:
            hidden = np.ones(len(owners), bool)
            hidden[among] = False
        step = max(1, _SCORES // max(1, len(owners)))
        result: list[Hits] = []
        for start in range(0, len(queries), step):
            products = queries[start : start + step] @ matrix.T
            if hidden.any():
                products[:, hidden] = -np.inf
            result += [_best(scores, owners, k) for scores in products]
        return result

    def _proposed(self, near: Approximate, queries: Floats, k: int, rows: Ids | None) -> list[Hits]:
        """The best of what the approximate index proposes; asks for more while there are too few posts."""
        among = None
        if rows is not None:
            among = np.zeros(self._rows.used, bool)
            among[rows] = True
        count = 2 * k + 20
        proposals = near.propose(queries, count, among)
        result = []
        for query, first in zip(queries, proposals, strict=True):
            hits, proposed, more = self._scored(query, first, k), first, count
            while len(hits[0]) < k and int(proposed[-1]) >= 0 and more < len(near):
                more *= 4
                proposed = near.propose(query[None], more, among)[0]
                hits = self._scored(query, proposed, k)
            if len(hits[0]) < k:
                hits = self._exact(query[None], k, None, rows)[0]
            result.append(hits)
        return result

    def _scored(self, query: Floats, proposed: Ids, k: int) -> Hits:
        """The best posts among proposed rows, each scored exactly; rows freed since are left out."""
        rows = np.unique(proposed[proposed >= 0])
        owners = self._rows.owners[rows]
        rows, owners = rows[owners != FREE], owners[owners != FREE]
        return _best(self._rows.matrix[rows] @ query, owners, k)

    # ---------------------------------------------------------------- writing

    def _write(self, folder: Path) -> None:
        self._rows.write(folder)
        if self._near is not None:
            self._near.save(folder)

    def _checked(self, array: Floats) -> Floats:
        """The array as (n, dim) float32."""
        result = np.ascontiguousarray(array, np.float32)
        if result.ndim != 2 or result.shape[1] != self.dim:
            raise ValueError(f"vectors have shape {result.shape}, wanted (n, {self.dim})")
        return result

    def _note(self, rows: Ids) -> None:
        """Tell the approximate index, and one that is being built, about rows just written."""
        if self._near is not None:
            self._near.add(self._rows.matrix[rows], rows)
        if self._changed is not None:
            self._changed.append(rows)

    def _keep_house(self) -> None:
        """Close gaps when a quarter of the rows is free; learn the approximate index when it is due."""
        if self._rows.free > max(1024, self._rows.used // 4):
            self._forget_near()
            self._rows.compact()
        rows = self._rows.used
        near = self._near
        due = near is None or rows > REBUILD_GROWTH * near.made_for or len(near) > 1.5 * rows
        if rows > self._exact_rows and due and self._changed is None:
            self._changed = []
            self._builder = threading.Thread(target=self._build, args=(self._changed,), daemon=True)
            self._builder.start()

    def _forget_near(self) -> None:
        """Rows are about to move: drop the approximate index and whatever is being built."""
        self._near = None
        self._changed = None

    def _build(self, changed: list[Ids]) -> None:
        """Learn an approximate index beside the running searches.

        1. Learn its lists from a sample and enter all rows in blocks, copying each under the read lock.
        2. Find how many lists must be probed, on rows drawn at random, against exact search.
        3. Alone, enter what was written meanwhile and take it into use, unless rows have moved since.
        """
        try:
            learnt = self._learn(changed)
            with self._lock.writing():
                if learnt is not None and self._changed is changed:
                    late = np.unique(np.concatenate([np.empty(0, np.int64), *changed]))
                    learnt.add(self._rows.matrix[late], late)
                    self._near = learnt
        except (MemoryError, RuntimeError):
            _log.exception("no approximate index could be built; searches stay exact until there are twice the rows")
            self._exact_rows = 2 * self._rows.used
        finally:
            with self._lock.writing():
                if self._builder is threading.current_thread():
                    self._builder = None
                if self._changed is changed:
                    self._changed = None
                    self._keep_house()

    def _learn(self, changed: list[Ids]) -> Approximate | None:
        """Steps 1 and 2; None when rows moved meanwhile."""
        random = np.random.default_rng(0)
        with self._lock.reading():
            rows = self._rows.used
            drawn = np.sort(random.permutation(rows)[: lists_for(rows) * SAMPLES_PER_LIST])
            sample = self._copy(drawn, changed)
        if sample is None:
            return None
        near = Approximate(sample, rows)
        for start in range(0, rows, _BLOCK):
            block = np.arange(start, min(rows, start + _BLOCK))
            with self._lock.reading():
                copy = self._copy(block, changed)
            if copy is None:
                return None
            near.add(copy, block)
        queries = _blurred(sample[random.permutation(len(sample))[:64]], random)
        near.tune(queries, self._truth(queries, rows))
        return near

    def _truth(self, queries: Floats, rows: int) -> list[set[int]]:
        """Which of the first `rows` rows are nearest to each query, looking at all, a few queries at a time."""
        result = []
        for start in range(0, len(queries), 4):
            with self._lock.reading():
                products = queries[start : start + 4] @ self._rows.matrix[:rows].T
            depth = min(DEPTH, products.shape[1])
            result += [set(np.argpartition(-scores, depth - 1)[:depth].tolist()) for scores in products]
        return result

    def _copy(self, rows: Ids, changed: list[Ids]) -> Floats | None:
        """These rows' vectors, or None when rows have moved since `changed` was begun."""
        return self._rows.matrix[rows] if self._changed is changed else None


def _blurred(vectors: Floats, random: np.random.Generator) -> Floats:
    """Unit vectors a little off the given ones, as queries are."""
    noise = random.standard_normal(vectors.shape, np.float32)
    blurred = vectors + noise * (0.5 / np.linalg.norm(noise, axis=1, keepdims=True)).astype(np.float32)
    result: Floats = blurred / np.linalg.norm(blurred, axis=1, keepdims=True)
    return result


def _no_hits() -> Hits:
    return np.empty(0, np.int64), np.empty(0, np.float32)


def _best(scores: Floats, owners: Ids, k: int) -> Hits:
    """The k best-scored owners, each once with its best score; −inf is never a hit."""
    depth = min(k + k // 4 + 8, len(scores))
    while True:
        top = np.argpartition(scores, len(scores) - depth)[len(scores) - depth :] if depth < len(scores) else None
        part, ids = (scores, owners) if top is None else (scores[top], owners[top])
        order = np.lexsort((ids, -part))
        ids, part = ids[order], part[order]
        first = np.sort(np.unique(ids, return_index=True)[1])
        first = first[np.isfinite(part[first])][:k]
        if len(first) == k or depth >= len(scores):
            return ids[first], part[first]
        depth = min(len(scores), depth * 4)

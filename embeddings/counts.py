"""How often each post has each term, kept by post, so that chosen posts can be scored without reading an index."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

K1, B = 1.2, 0.75  # as tantivy, which proposes the posts
_ENTRY = np.dtype([("term", "<u4"), ("field", "u1"), ("count", "u1")])  # a term is kept as its CRC-32
_BUCKETS = 1 << 16
_FILES = ("counts-ids.int64", "counts-sizes.int64", "counts-entries.bin")


@dataclass(frozen=True)
class Clause:
    """A term looked for in a field (its number), its weight (boost × frequency in the query) and its idf there."""

    term: str
    field: int
    weight: float
    idf: float


class TermCounts:
    """Terms of posts in `fields` fields. A post begins with one entry per field that holds the field's length."""

    def __init__(self, fields: int) -> None:
        self._fields = fields
        self._posts: dict[int, bytes] = {}
        self._totals = np.zeros(fields, np.int64)
        self._absent = np.zeros(fields, _ENTRY).tobytes()

    def __len__(self) -> int:
        return len(self._posts)

    def __contains__(self, id_: int) -> bool:
        return id_ in self._posts

    def put(self, id_: int, terms: Sequence[Sequence[str]]) -> None:
        """Keep a post's terms, one list per field, instead of any it had."""
        counts = [Counter(given) for given in terms]
        lengths = [len(given) for given in terms]
        entries = np.empty(self._fields + sum(map(len, counts)), _ENTRY)
        entries["term"] = [*lengths, *map(crc32, map(str.encode, chain(*counts)))]
        entries["field"] = np.r_[: self._fields, np.repeat(np.arange(self._fields), [len(c) for c in counts])]
        entries["count"][: self._fields] = 0
        entries["count"][self._fields :] = np.minimum([n for count in counts for n in count.values()], 255)
        self.drop(id_)
        self._posts[id_] = entries.tobytes()
        self._totals += lengths

    def drop(self, id_: int) -> None:
        """Forget a post, if it is there."""
        known = self._posts.pop(id_, None)
        if known is not None:
            self._totals -= np.frombuffer(known, _ENTRY, self._fields)["term"].astype(np.int64)

    def bm25(self, ids: Sequence[int], clauses: Sequence[Clause]) -> NDArray[np.float32]:
        """The score of each post, shape (n,); 0 for one that shares no term or is not there.

        Sum over the clauses of weight × idf × tf × (k1 + 1) / (tf + k1 × (1 − b + b × length / mean length)).
        """
        posts = [self._posts.get(id_, self._absent) for id_ in ids]
        entries = np.frombuffer(b"".join(posts), _ENTRY)
        sizes = np.array([len(post) for post in posts], np.int64) // _ENTRY.itemsize
        starts = np.cumsum(sizes) - sizes
        places, clause = _matches(entries, clauses)
        owners = np.searchsorted(starts, places, "right") - 1
        found = entries[places]
        lengths = entries["term"][starts[:, None] + np.arange(self._fields)]
        relative = lengths / np.maximum(self._totals / max(1, len(self)), 1e-9)
        counts = found["count"].astype(np.float64)
        weights = np.array([c.weight * c.idf for c in clauses])[clause]
        parts = weights * counts * (K1 + 1) / (counts + K1 * (1 - B + B * relative[owners, found["field"]]))
        return np.bincount(owners, parts, len(ids)).astype(np.float32)

    def write(self, folder: Path) -> None:
        """Write all posts into a folder."""
        np.fromiter(self._posts, np.int64, len(self)).tofile(folder / _FILES[0])
        np.fromiter(map(len, self._posts.values()), np.int64, len(self)).tofile(folder / _FILES[1])
        with (folder / _FILES[2]).open("wb") as file:
            file.writelines(self._posts.values())

    @classmethod
    def read(cls, folder: Path, fields: int) -> "TermCounts":
        """What `write` wrote; the caller has checked the files."""
        self = cls(fields)
        ids, sizes = (np.fromfile(folder / name, np.int64).tolist() for name in _FILES[:2])
        with (folder / _FILES[2]).open("rb") as file:
            self._posts = {id_: file.read(size) for id_, size in zip(ids, sizes, strict=True)}
        for post in self._posts.values():
            self._totals += np.frombuffer(post, _ENTRY, fields)["term"]
        return self


def _matches(entries: NDArray[np.void], clauses: Sequence[Clause]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Which entries are looked for, and by which clause. Most are not: a small table rules them out first."""
    keys = np.array([crc32(clause.term.encode()) << 8 | clause.field for clause in clauses], np.uint64)
    order = np.argsort(keys)
    likely = np.zeros(_BUCKETS, bool)
    likely[keys >> np.uint64(8) & np.uint64(_BUCKETS - 1)] = True
    places = np.flatnonzero(likely[entries["term"] & np.uint32(_BUCKETS - 1)])
    rest = entries[places]
    wanted = rest["term"].astype(np.uint64) << np.uint64(8) | rest["field"]
    at = np.minimum(np.searchsorted(keys[order], wanted), len(keys) - 1)
    hit = (keys[order][at] == wanted) & (rest["count"] > 0)
    return places[hit], order[at[hit]]

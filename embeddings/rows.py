"""Vectors in one growing matrix, several rows to an id."""

from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Rows = NDArray[np.int64]
FREE = -1  # owner of a row that is no longer used
_MATRIX, _OWNERS = "vectors.float32", "owners.int64"


class RowStore:
    """The rows of an id lie side by side. Not safe for threads; `DenseIndex` sees to that."""

    def __init__(self, dim: int) -> None:
        self.dim = dim
        self.used = 0
        self.free = 0
        self.matrix: Floats = np.empty((0, dim), np.float32)
        self.owners: Rows = np.empty(0, np.int64)
        self._places: dict[int, tuple[int, int]] = {}

    def __len__(self) -> int:
        """Ids that have rows."""
        return len(self._places)

    def __contains__(self, id_: int) -> bool:
        return id_ in self._places

    def put(self, id_: int, vectors: Floats) -> Rows:
        """Give the id these rows instead of any it had; returns where they lie."""
        start, count = self._places.get(id_, (0, 0))
        if count != len(vectors):
            self.drop(id_)
            start, count = self.used, len(vectors)
            self._grow(start + count)
            self.used += count
            self._places[id_] = (start, count)
        self.matrix[start : start + count] = vectors
        self.owners[start : start + count] = id_
        return np.arange(start, start + count, dtype=np.int64)

    def drop(self, id_: int) -> None:
        """Free the id's rows, if it has any."""
        start, count = self._places.pop(id_, (0, 0))
        self.owners[start : start + count] = FREE
        self.free += count

    def spans(self, ids: Sequence[int]) -> tuple[Rows, Rows]:
        """The rows of ids that are all known, an id's side by side, and where each id begins among them."""
        starts, counts = np.array([self._places[id_] for id_ in ids], np.int64).reshape(-1, 2).T
        begins = np.cumsum(counts) - counts
        return np.repeat(starts - begins, counts) + np.arange(counts.sum()), begins

    def rows_of(self, ids: Collection[int] | Rows) -> Rows:
        """The rows of those ids that are known, each once."""
        if len(ids) > len(self._places) // 8:
            wanted = ids if isinstance(ids, np.ndarray) else np.fromiter(ids, np.int64, len(ids))
            return np.flatnonzero(np.isin(self.owners[: self.used], wanted[wanted != FREE]))
        known = {int(id_) for id_ in ids if int(id_) in self._places}
        return self.spans(list(known))[0]

    def write(self, folder: Path) -> None:
        """Write the rows in use, gaps included."""
        self.matrix[: self.used].tofile(folder / _MATRIX)
        self.owners[: self.used].tofile(folder / _OWNERS)

    def read(self, folder: Path) -> None:
        """Take over the rows that `write` wrote; the caller has checked the files."""
        self.owners = np.fromfile(folder / _OWNERS, np.int64)
        self.used = len(self.owners)
        self.matrix = np.empty((self.used, self.dim), np.float32)
        with (folder / _MATRIX).open("rb") as file:
            file.readinto(self.matrix.data)
        self.free = int((self.owners == FREE).sum())
        self._index_owners()

    def compact(self) -> None:
        """Close the gaps that freed rows left; every row may move."""
        kept = np.flatnonzero(self.owners[: self.used] != FREE)
        self.matrix, self.owners = self.matrix[kept], self.owners[kept]
        self.used, self.free = len(kept), 0
        self._index_owners()

    def _index_owners(self) -> None:
        """Note again where each id's rows lie."""
        owners = self.owners[: self.used]
        starts = np.flatnonzero(np.r_[True, owners[1:] != owners[:-1]]) if len(owners) else np.empty(0, np.int64)
        counts = np.diff(np.r_[starts, len(owners)])
        spans = zip(owners[starts].tolist(), starts.tolist(), counts.tolist(), strict=True)
        self._places = {id_: (start, count) for id_, start, count in spans if id_ != FREE}

    def _grow(self, rows: int) -> None:
        """Make room, a quarter more than needed; in place, so that a large matrix is not copied."""
        if rows > len(self.owners):
            room = rows + max(1024, rows // 4)
            self.matrix.resize((room, self.dim), refcheck=False)
            self.owners.resize(room, refcheck=False)

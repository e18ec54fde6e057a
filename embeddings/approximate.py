"""The FAISS index that proposes rows near a query when looking at all of them takes too long."""

import json
import math
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Rows = NDArray[np.int64]

SAMPLES_PER_LIST = 64
RECALL = 0.997  # wanted share of the true 200 nearest, on rows set aside: real queries get a little less
DEPTH = 200
_INDEX, _FACTS = "near.faiss", "near.json"
PROBES = (8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512)


def lists_for(rows: int) -> int:
    """Inverted lists for so many rows: about 4 √rows, a power of two."""
    return int(2 ** max(4, round(math.log2(4 * math.sqrt(rows)))))


class Approximate:
    """Inverted lists of 8-bit vectors. It only proposes; who asks scores the proposals exactly.

    Rows may be added again after their vector changed: the old entry stays and is at worst proposed in vain.
    """

    def __init__(self, sample: Floats, rows: int) -> None:
        """Learn the lists for an index of `rows` rows from a `sample` of them, shape (s, dim)."""
        self.made_for = rows
        dim = sample.shape[1]
        coarse = faiss.IndexFlatIP(dim)
        kind = faiss.ScalarQuantizer.QT_8bit
        self._index: Any = faiss.IndexIVFScalarQuantizer(
            coarse, dim, lists_for(rows), kind, faiss.METRIC_INNER_PRODUCT, False
        )
        self._index.cp.min_points_per_centroid = 1
        self._index.train(sample)
        self.probes = PROBES[0]

    def __len__(self) -> int:
        """Entries, stale ones included."""
        return int(self._index.ntotal)

    def add(self, vectors: Floats, rows: Rows) -> None:
        """Enter rows with their vectors, shapes (n, dim) and (n,)."""
        self._index.add_with_ids(np.ascontiguousarray(vectors), np.ascontiguousarray(rows))

    def propose(self, queries: Floats, count: int, among: NDArray[np.bool_] | None = None) -> Rows:
        """Rows near each query, shape (q, count), padded with −1; of `among`, a mask over rows, if given."""
        search = faiss.SearchParametersIVF()
        search.nprobe = self._probes_for(among)
        if among is not None:
            bits = np.packbits(among, bitorder="little")
            selector = faiss.IDSelectorBitmap(len(bits), faiss.swig_ptr(bits))
            search.sel = selector  # bits and selector must live while the search runs
        found: Rows = self._index.search(queries, count, params=search)[1]
        return found

    def tune(self, queries: Floats, truth: list[set[int]]) -> None:
        """Take the fewest probes that propose `RECALL` of the true rows, `truth` one set per query."""
        wanted = sum(len(rows) for rows in truth)
        for self.probes in (p for p in PROBES if p <= self._index.nlist):
            found = self.propose(queries, 2 * DEPTH)
            hit = sum(len(rows & set(near.tolist())) for rows, near in zip(truth, found, strict=True))
            if hit >= RECALL * wanted:
                return

    def save(self, folder: Path) -> None:
        """Write the index into a folder."""
        faiss.write_index(self._index, str(folder / _INDEX))
        (folder / _FACTS).write_text(json.dumps({"probes": self.probes, "made_for": self.made_for}), "utf-8")

    @classmethod
    def load(cls, folder: Path) -> "Approximate | None":
        """What `save` wrote into the folder, if it did; the caller has checked the files."""
        if not (folder / _FACTS).exists():
            return None
        self = cls.__new__(cls)
        facts = json.loads((folder / _FACTS).read_text("utf-8"))
        self.probes, self.made_for = int(facts["probes"]), int(facts["made_for"])
        self._index = faiss.read_index(str(folder / _INDEX))
        return self

    def _probes_for(self, among: NDArray[np.bool_] | None) -> int:
        """The fewer rows are allowed, the farther the nearest of them lie."""
        share = 1.0 if among is None else max(1e-6, float(among.mean()))
        return int(min(self._index.nlist, self.probes * max(1.0, share**-0.75)))

"""The indexes of one encoder: for every kind of post its vectors and its terms, at one revision."""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import structlog
from numpy.typing import NDArray

from embeddings.dense import DenseIndex
from embeddings.errors import IndexUnusable
from embeddings.lexical import Hits, LexicalIndex
from embeddings.tokens import Tokenizer
from matchmaker.services.indexing import Change
from matchmaker.services.ports import Hit
from models.vocabulary import Kind

log = structlog.get_logger(__name__)


class Shelf:
    """One writer may apply changes while others search."""

    def __init__(self, encoder: str, tokenizer: Tokenizer, work: Path | None = None) -> None:
        """`work`: a folder for the terms' files, this shelf's alone; by default a temporary one."""
        self.encoder = encoder
        self.revision = 0
        self.unusable = ""
        """Why it was given up, once it was."""
        self.lexical = {kind: LexicalIndex(tokenizer, work and work / kind.value) for kind in Kind}
        self.dense: dict[Kind, DenseIndex] = {}
        """Made with the first vectors, which tell their length."""

    def posts(self) -> dict[str, int]:
        return {kind.value: len(index) for kind, index in self.lexical.items()}

    def vectors(self) -> dict[str, int]:
        """Posts that have vectors, by kind."""
        return {kind.value: len(self.dense[kind]) if kind in self.dense else 0 for kind in Kind}

    def search(
        self, text: str, vector: NDArray[np.float32] | None, kind: Kind, k: int, allowed: Collection[int] | None
    ) -> list[Hit]:
        """The k best by terms and the k nearest to `vector` (shape (1, dim)), each with both scores."""
        dense = self.dense.get(kind)
        near = dense.search(vector, k, allowed)[0] if vector is not None and dense is not None else None
        return self._joined(text, vector, kind, self.lexical[kind].search(text, k, allowed), near)

    def search_many(self, texts: Sequence[str], vectors: NDArray[np.float32], kind: Kind, k: int) -> list[list[Hit]]:
        """As `search` for every text with its row of `vectors` (n, dim): meaning in one go, terms on every core."""
        dense = self.dense.get(kind)
        near = dense.search(vectors, k) if dense is not None else [None] * len(texts)

        def one(at: int) -> list[Hit]:
            terms = self.lexical[kind].search(texts[at], k)
            return self._joined(texts[at], vectors[at : at + 1], kind, terms, near[at])

        with ThreadPoolExecutor() as pool:
            return list(pool.map(one, range(len(texts))))

    def _joined(
        self, text: str, vector: NDArray[np.float32] | None, kind: Kind, terms: Hits, nearest: Hits | None
    ) -> list[Hit]:
        """The union of both lists, each post with both scores."""
        lexical, dense = self.lexical[kind], self.dense.get(kind)
        by_terms = dict(zip(terms[0].tolist(), terms[1].tolist(), strict=True))
        if nearest is None or vector is None or dense is None:
            return [Hit(post_id, bm25, math.nan) for post_id, bm25 in by_terms.items()]
        near, similarities = nearest
        by_meaning = dict(zip(near.tolist(), similarities.tolist(), strict=True))
        only_near = [i for i in by_meaning if i not in by_terms]
        only_terms = [i for i in by_terms if i not in by_meaning]
        by_terms |= dict(zip(only_near, lexical.scores(text, only_near).tolist(), strict=True))
        by_meaning |= dict(zip(only_terms, dense.scores(vector, only_terms)[0].tolist(), strict=True))
        return [Hit(post_id, bm25, by_meaning[post_id]) for post_id, bm25 in by_terms.items()]

    def apply(self, changes: Sequence[Change]) -> None:
        """Take over what happened; applying the same again changes nothing."""
        for kind in Kind:
            mine = [change for change in changes if change.kind == kind]
            if mine:
                self._apply_terms(kind, mine)
                self._apply_vectors(kind, mine)

    def _apply_terms(self, kind: Kind, changes: Sequence[Change]) -> None:
        index = self.lexical[kind]
        index.remove([change.post_id for change in changes if change.passage is None])
        there = [(change.post_id, change.passage) for change in changes if change.passage is not None]
        if there:
            index.upsert([post_id for post_id, _ in there], [passage for _, passage in there])

    def _apply_vectors(self, kind: Kind, changes: Sequence[Change]) -> None:
        there = [(change.post_id, change.vectors) for change in changes if change.vectors is not None]
        if there and kind not in self.dense:
            self.dense[kind] = DenseIndex(there[0][1].shape[1])
        if kind in self.dense:
            self.dense[kind].remove([change.post_id for change in changes if change.vectors is None])
            self.dense[kind].upsert([post_id for post_id, _ in there], [vectors for _, vectors in there])

    def save(self, folder: Path) -> None:
        """Write every index below `folder`, each with encoder and revision."""
        meta: dict[str, str | int] = {"encoder": self.encoder, "revision": self.revision}
        dims = {kind.value: index.dim for kind, index in self.dense.items()}
        for kind in Kind:
            self.lexical[kind].save(folder / f"{kind.value}.terms", meta)
            if kind in self.dense:
                self.dense[kind].save(folder / f"{kind.value}.vectors", meta)
        draft = folder / "shelf.json.new"
        draft.write_text(json.dumps({**meta, "dims": dims}), "utf-8")
        draft.replace(folder / "shelf.json")

    def load(self, folder: Path, newest: int) -> bool:
        """Take the saved indexes of this encoder, unless one is stale, damaged or newer than `newest`; whether so."""
        if not (folder / "shelf.json").exists():
            return False
        try:
            meta = json.loads((folder / "shelf.json").read_text("utf-8"))
            if meta["encoder"] != self.encoder or not 0 < meta["revision"] <= newest:
                return False
            expected = {"encoder": self.encoder, "revision": meta["revision"]}
            for kind in Kind:
                self.lexical[kind].load(folder / f"{kind.value}.terms", expected)
            for name, dim in meta["dims"].items():
                index = DenseIndex(dim)
                index.load(folder / f"{name}.vectors", expected)
                self.dense[Kind(name)] = index
        except (IndexUnusable, OSError, ValueError, KeyError, TypeError) as error:
            log.warning("index.unusable", reason=str(error))
            return False
        self.revision = meta["revision"]
        return True

"""What the verbs need from outside: something that finds near posts. `matchmaker.engine` provides it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from models.vocabulary import Kind


class FinderUnavailable(Exception):
    """The engine is away; callers fall back to keywords and say so."""


@dataclass(frozen=True)
class Hit:
    """One candidate of a search: a post and how near it is by terms and by meaning."""

    post_id: int
    bm25: float
    """BM25 over title, keywords and text; 0 when no term is shared."""
    similarity: float
    """Cosine of the nearest pair of vectors, −1…1; NaN while the post has no vector yet."""


class Finder(Protocol):
    """Encoder and indexes behind one door. Every method may raise FinderUnavailable."""

    def search(self, text: str, kind: Kind, k: int = 200, allowed: Collection[int] | None = None) -> list[Hit]:
        """The union of the `k` best by terms and the `k` nearest by meaning among published posts of `kind`
        (within `allowed` if given), each with both its exact scores, in no particular order."""
        ...

    def encode_sentences(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors of short texts, shape (n, dim)."""
        ...

    def rarity(self, kind: Kind, terms: Sequence[str]) -> dict[str, float]:
        """Inverse document frequency of each term among posts of `kind`."""
        ...

    def terms(self, text: str) -> list[str]:
        """The terms of a text, as the lexical index sees them."""
        ...

    def tagged(self, text: str) -> list[tuple[str, str]]:
        """The words of a text in order, punctuation among them, each with its part of speech (n, v, a, …)."""
        ...

    def status(self) -> dict[str, object]:
        """Encoder name, index revision, database revision, posts per kind."""
        ...


class Reader(Finder, Protocol):
    """A finder that also reads; only the engine of this process does, as reading takes long."""

    def read(self, pairs: Sequence[tuple[str, str]]) -> NDArray[np.float32]:
        """How well the second text of each pair answers the first, as log-odds, shape (n,); NaN where nothing reads."""
        ...

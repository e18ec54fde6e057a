"""A stand-in for the real encoder in unit tests: near where characters are shared, and quick."""

import unicodedata
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from hashlib import blake2b
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from embeddings.chunks import Chunker
from embeddings.passage import Passage, clean

_WINDOW = 512  # characters per chunk


class HashingEncoder:
    """Deterministic vectors from hashed characters and pairs of characters; not for production."""

    for_tests = True

    def __init__(self, dim: int = 256) -> None:
        self.dim = dim
        self.name = f"hashing-{dim}"
        self._chunker = Chunker(lambda texts: [len(t) for t in texts], _WINDOW)

    def encode_needs(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """(n, dim) unit vectors."""
        return np.array([self._vector(t) for t in texts], np.float32).reshape(len(texts), self.dim)

    def encode_sentences(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """(n, dim) unit vectors."""
        return self.encode_needs(texts)

    def encode_supplies(self, passages: Sequence[Passage]) -> list[NDArray[np.float32]]:
        """Per passage (chunks, dim) unit vectors; a chunk holds at most 512 characters."""
        return [self.encode_needs(chunks) for chunks in self._chunker.passages(passages)]

    def _vector(self, text: str) -> NDArray[np.float32]:
        plain = "".join(unicodedata.normalize("NFKC", clean(text)).lower().split())
        grams = Counter(plain) + Counter(map("".join, pairwise(plain)))
        vector = np.zeros(self.dim, np.float32)
        for gram, n in sorted(grams.items()):
            place = _hash(gram)
            vector[place % self.dim] += n**0.5 if place >> 63 else -(n**0.5)
        norm = float(np.linalg.norm(vector))
        if norm == 0.0:
            vector[0], norm = 1.0, 1.0
        return vector / np.float32(norm)


@lru_cache(1 << 17)
def _hash(gram: str) -> int:
    return int.from_bytes(blake2b(gram.encode(), digest_size=8).digest(), "big")

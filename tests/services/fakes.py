"""A finder of a few posts, for tests: words by counting characters in common, meaning by the hashing encoder."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from embeddings.encoder import HashingEncoder
from embeddings.tokens import Tokenizer
from matchmaker.services.ports import FinderUnavailable, Hit
from matchmaker.services.subjects import public_text
from models import Post
from models.vocabulary import Kind, State

TOKENIZER = Tokenizer()


class FakeFinder:
    """Knows the posts that were published when it was made, and only their public words."""

    def __init__(self, session: Session) -> None:
        self.encoder = HashingEncoder()
        self.asked: list[list[str]] = []
        self.answers: tuple[str, ...] = ()
        published = session.query(Post).filter(Post.state == State.PUBLISHED)
        self._texts = {post.id: (post.kind, public_text(post)) for post in published}

    def search(self, text: str, kind: Kind, k: int = 200, allowed: Collection[int] | None = None) -> list[Hit]:
        wanted = {id_: words for id_, (of, words) in self._texts.items()
                  if of == kind and (allowed is None or id_ in allowed)}
        question = self.encoder.encode_needs([text])[0]
        rarity = self.rarity(kind, self.terms(text))
        hits = []
        for id_, words in wanted.items():
            terms = set(self.terms(words))
            bm25 = sum(weight for term, weight in rarity.items() if term in terms)
            hits.append(Hit(id_, bm25, float(question @ self.encoder.encode_needs([words])[0])))
        return hits[:k]

    def encode_sentences(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.asked.append(list(texts))
        return self.encoder.encode_sentences(texts)

    def read(self, pairs: Sequence[tuple[str, str]]) -> NDArray[np.float32]:
        """Nothing, unless a test says which titles answer."""
        if not self.answers:
            return np.full(len(pairs), np.nan, np.float32)
        found = [any(one in passage for one in self.answers) for _, passage in pairs]
        return np.where(found, 5.0, -5.0).astype(np.float32)

    def rarity(self, kind: Kind, terms: Sequence[str]) -> dict[str, float]:
        posts = [set(self.terms(words)) for of, words in self._texts.values() if of == kind]
        having = {term: sum(term in words for words in posts) for term in terms}
        return {term: math.log1p((len(posts) - n + 0.5) / (n + 0.5)) for term, n in having.items()}

    def terms(self, text: str) -> list[str]:
        return list(dict.fromkeys(TOKENIZER.terms(text)))

    def tagged(self, text: str) -> list[tuple[str, str]]:
        return TOKENIZER.tagged(text)

    def status(self) -> dict[str, object]:
        return {"encoder": self.encoder.name, "revision": 7}


class AwayFinder:
    """The engine while it is away."""

    def _away(self, *_: object, **__: object) -> None:
        raise FinderUnavailable("away")

    search = encode_sentences = read = rarity = terms = tagged = status = _away


class Dictionary(AwayFinder):
    """Knows words and nothing else."""

    def tagged(self, text: str) -> list[tuple[str, str]]:
        return TOKENIZER.tagged(text)

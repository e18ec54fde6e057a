"""Text to unit vectors: the protocol every encoder follows, and the sentence-transformers one."""

import hashlib
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from string import ascii_uppercase
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from embeddings.chunks import Chunker
from embeddings.errors import EncoderUnavailable
from embeddings.hashing import HashingEncoder
from embeddings.passage import Passage
from embeddings.turns import Turns

__all__ = ["Encoder", "EncoderUnavailable", "HashingEncoder", "Passage", "SentenceTransformerEncoder"]

_SPECIAL = re.compile(r"\[[A-Z]+\]|<.+>")  # [UNK], <S>
LAYOUT = "2"  # raised when the same text would be composed or cut differently, so that vectors never mix


class Encoder(Protocol):
    """Turns texts into float32 vectors of length 1; safe to call from several threads."""

    @property
    def name(self) -> str:
        """Names model, weights, prompts and window: vectors of different names must never be compared."""

    @property
    def dim(self) -> int:
        """Numbers per vector."""

    def encode_needs(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """One vector per text: shape (n, dim)."""

    def encode_supplies(self, passages: Sequence[Passage]) -> list[NDArray[np.float32]]:
        """One array per passage, one row per chunk: shape (chunks, dim), chunks ≥ 1."""

    def encode_sentences(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """One vector per sentence, comparable with each other whichever side they come from: (n, dim)."""


class SentenceTransformerEncoder:
    """A real model, on the processor, in float32.

    A text longer than the window is never cut short. A passage becomes several chunks, each with the title
    before it and a vector of its own. A need (or sentence) is split likewise; its vector is the mean of its
    chunks' vectors, made unit length again.
    """

    for_tests = False

    def __init__(
        self,
        model: str | Path,
        query_prompt: str = "",
        passage_prompt: str = "",
        max_length: int | None = None,
        batch_size: int = 32,
    ) -> None:
        """`max_length`: tokens per chunk, specials included; default the model's own window.

        Prompts are put before every chunk. Raises EncoderUnavailable when the model cannot be loaded.
        """
        from embeddings.loading import open_model  # noqa: PLC0415 - imports torch, which takes seconds

        self._model, fingerprint = open_model(model)
        self._tokenizer = self._model.tokenizer
        self._prompts = {"need": query_prompt, "supply": passage_prompt}
        self._batch_size = batch_size
        self._turns = Turns()
        self._fold = _knows_no_capitals(self._tokenizer.get_vocab())
        self._window = self._set_window(max_length)
        self._chunkers = {kind: self._chunker(prompt) for kind, prompt in self._prompts.items()}
        self.dim = int(self._model.get_embedding_dimension() or 0)
        setup = "\0".join((LAYOUT, query_prompt, passage_prompt))
        marks = hashlib.sha256(setup.encode()).hexdigest()[:6]
        self.name = f"{Path(model).name}@{fingerprint}/{self._window}/{marks}"

    def encode_needs(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """(n, dim) unit vectors, with the query prompt."""
        return self._means("need", texts)

    def encode_sentences(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """(n, dim) unit vectors, with the passage prompt."""
        return self._means("supply", texts)

    def encode_supplies(self, passages: Sequence[Passage]) -> list[NDArray[np.float32]]:
        """Per passage (chunks, dim) unit vectors, with the passage prompt."""
        return self._grouped("supply", self._chunkers["supply"].passages(passages))

    def _means(self, kind: str, texts: Sequence[str]) -> NDArray[np.float32]:
        groups = self._grouped(kind, self._chunkers[kind].needs(texts))
        means = np.array([g.mean(axis=0) for g in groups], np.float32).reshape(len(groups), self.dim)
        return _unit(means)

    def _grouped(self, kind: str, groups: list[list[str]]) -> list[NDArray[np.float32]]:
        """Encode all chunks together and give each group its rows."""
        vectors = self._encode([self._prompts[kind] + chunk for group in groups for chunk in group])
        ends = np.cumsum([len(group) for group in groups])
        return [vectors[end - len(group) : end] for group, end in zip(groups, ends, strict=True)]

    def _encode(self, texts: list[str]) -> NDArray[np.float32]:
        """Unit vectors in batches of similar length; other threads get their turn between batches."""
        result = np.empty((len(texts), self.dim), np.float32)
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]), reverse=True)
        for start in range(0, len(order), self._batch_size):
            rows = order[start : start + self._batch_size]
            with self._turns:
                batch = [self._folded(texts[i]) for i in rows]
                result[rows] = self._model.encode(batch, prompt="", batch_size=len(rows), show_progress_bar=False)
        return _unit(result)

    def _set_window(self, max_length: int | None) -> int:
        """Tokens per chunk; never more than the model was made for."""
        own = self._model.max_seq_length or self._tokenizer.model_max_length
        window = int(min(own, max_length or own))
        self._model.max_seq_length = window
        return window

    def _chunker(self, prompt: str) -> Chunker:
        specials = int(self._tokenizer.num_special_tokens_to_add())
        return Chunker(self._count, self._window - specials - self._count([prompt])[0])

    def _count(self, texts: list[str]) -> list[int]:
        """Tokens per text without special ones; the tokenizer must not be shared between threads."""
        if not texts:
            return []
        with self._turns:
            folded = [self._folded(text) for text in texts]
            tokens = self._tokenizer(folded, add_special_tokens=False, truncation=False, verbose=False)
        return [len(ids) for ids in tokens["input_ids"]]

    def _folded(self, text: str) -> str:
        """In lower case for a model that has only learnt lower case: it would take `COD` for an unknown sign."""
        return text.lower() if self._fold else text


def _knows_no_capitals(vocabulary: Iterable[str]) -> bool:
    """Whether no token but the special ones holds an ASCII capital."""
    return not any(c in ascii_uppercase for token in vocabulary if not _SPECIAL.fullmatch(token) for c in token)


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Rows made length 1; a row of zeros stays."""
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    result: NDArray[np.float32] = vectors / np.maximum(norms, np.float32(1e-12))
    return result

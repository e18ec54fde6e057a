"""How well passages answer a question, judged by a network that reads both together.

It is slower and better than comparing vectors, so it is asked of a list's first candidates only.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from embeddings.turns import Turns

BATCH = 16


class Reads(Protocol):
    """Judges pairs of a question and a passage; safe to call from several threads."""

    def scores(self, pairs: Sequence[tuple[str, str]]) -> NDArray[np.float32]:
        """One number per (question, passage), shape (n,): log-odds that the passage answers, so higher is better."""


class Reranker:
    """The small network that ships with the built-in encoder."""

    def __init__(self, folder: Path, base: Path) -> None:
        """`folder` holds the upper layers, `base` the encoder whose tokenizer and lower layers they stand on.

        Raises EncoderUnavailable, naming the folder, when something is missing or damaged.
        """
        from embeddings.judging import open_judge  # noqa: PLC0415 - imports torch, which takes seconds

        self._judge, fingerprint = open_judge(folder, base)
        self.name = f"{folder.name}@{fingerprint}"
        self._turns = Turns()

    def scores(self, pairs: Sequence[tuple[str, str]]) -> NDArray[np.float32]:
        """See `Reads`. Of either text only the first tokens are read, as many as its config.json says."""
        result = np.empty(len(pairs), np.float32)
        order = sorted(range(len(pairs)), key=lambda at: len(pairs[at][1]))
        for start in range(0, len(order), BATCH):
            rows = order[start : start + BATCH]
            with self._turns:
                result[rows] = self._judge([pairs[at] for at in rows])
        return result

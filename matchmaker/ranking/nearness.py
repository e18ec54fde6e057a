"""From which cosine two texts are taken for one, or to be about related things: a matter of the encoder."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Nearness:
    """Cosines from which a post may be the same as another, and from which it is worth naming beside it."""

    same: float = 0.92
    related: float = -1.0


MEASURED = {"adapted": Nearness(same=0.84, related=0.5)}
"""By model; `same` is measured in docs/decisions/0006-learning.md, `related` was chosen looking at the demo's posts."""


def nearness_of(model: str) -> Nearness:
    """Of a model that was not measured only what is all but equal is the same, and everything is related."""
    return MEASURED.get(model, Nearness())

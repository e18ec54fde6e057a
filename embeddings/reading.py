"""The network that reads a question and a passage together. Imports torch, so it is imported only where one is used.

A small BERT split in two: its lower layers read either text alone, its upper ones both together. The lower ones are
those of the encoder, unchanged, so only the upper ones and the head are stored beside it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional

LOWER = 2
"""Layers that read each text alone."""


class Layer(nn.Module):
    """One layer of a BERT; the names of its parts are ours, `layer_weights` maps the usual ones."""

    def __init__(self, dim: int, heads: int, inner: int, epsilon: float) -> None:
        super().__init__()
        self.heads = heads
        self.query, self.key, self.value, self.output = (nn.Linear(dim, dim) for _ in range(4))
        self.widen, self.narrow = nn.Linear(dim, inner), nn.Linear(inner, dim)
        self.norm_attention, self.norm_output = (nn.LayerNorm(dim, epsilon) for _ in range(2))

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:
        """`states`: (n, length, dim); `mask`: (n, 1, 1, length), true for tokens. Shape is kept."""
        query, key, value = (self._split(part(states)) for part in (self.query, self.key, self.value))
        seen = functional.scaled_dot_product_attention(query, key, value, attn_mask=mask)
        states = self.norm_attention(states + self.output(seen.transpose(1, 2).flatten(2)))
        inner: Tensor = self.narrow(functional.gelu(self.widen(states)))
        result: Tensor = self.norm_output(states + inner)
        return result

    def _split(self, states: Tensor) -> Tensor:
        count, length, dim = states.shape
        return states.reshape(count, length, self.heads, dim // self.heads).transpose(1, 2)


class Lower(nn.Module):
    """Token ids to states: the embedding table and the layers below the split."""

    def __init__(self, shape: Mapping[str, int | float]) -> None:
        super().__init__()
        dim, epsilon = int(shape["hidden_size"]), float(shape["layer_norm_eps"])
        self.words = nn.Embedding(int(shape["vocab_size"]), dim)
        self.places = nn.Embedding(int(shape["max_position_embeddings"]), dim)
        self.kinds = nn.Embedding(int(shape["type_vocab_size"]), dim)
        self.norm = nn.LayerNorm(dim, epsilon)
        self.layers = nn.ModuleList(layer_of(shape) for _ in range(LOWER))

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """`ids`, `mask`: (n, length). Returns (n, length, dim)."""
        places = torch.arange(ids.shape[1], device=ids.device)
        states: Tensor = self.norm(self.words(ids) + self.places(places) + self.kinds.weight[0])
        for layer in self.layers:
            states = layer(states, mask[:, None, None, :])
        return states


class Upper(nn.Module):
    """The states of a question and of a passage to one number: how well the passage answers.

    The number is the sum of three judgements of the states after both were read together: the cosine of their means,
    the best counterpart of every token of the question (weighted), and what a small network makes of the means.
    """

    def __init__(self, shape: Mapping[str, int | float], layers: int) -> None:
        super().__init__()
        dim = int(shape["hidden_size"])
        self.sides = nn.Parameter(torch.zeros(2, dim))
        self.layers = nn.ModuleList(layer_of(shape) for _ in range(layers))
        self.importance = nn.Linear(dim, 1)
        self.judge = nn.Sequential(nn.Linear(4 * dim, dim // 2), nn.GELU(), nn.Linear(dim // 2, 1))
        self.scale = nn.Parameter(torch.tensor([12.0, 12.0]))

    def forward(self, question: Tensor, asked: Tensor, passage: Tensor, told: Tensor) -> Tensor:
        """States (n, length, dim) and masks (n, length) of both sides. Returns (n,) logits."""
        length = question.shape[1]
        states = torch.cat([question + self.sides[0], passage + self.sides[1]], 1)
        mask = torch.cat([asked, told], 1)
        for layer in self.layers:
            states = layer(states, mask[:, None, None, :])
        states = states.float()
        left, right = states[:, :length], states[:, length:]
        need, supply = mean(left, asked), mean(right, told)
        cosine = functional.cosine_similarity(need, supply, dim=1)
        found = self.judge(torch.cat([need, supply, need * supply, states[:, 0]], 1)).squeeze(1)
        logits: Tensor = self.scale[0] * cosine + self.scale[1] * self._covered(left, asked, right, told) + found
        return logits

    def _covered(self, left: Tensor, asked: Tensor, right: Tensor, told: Tensor) -> Tensor:
        near = functional.normalize(left, dim=2) @ functional.normalize(right, dim=2).transpose(1, 2)
        best = near.masked_fill(~told[:, None, :], -1.0).amax(2)
        weights = self.importance(left).squeeze(2).masked_fill(~asked, -math.inf).softmax(1)
        covered: Tensor = (weights * best).sum(1)
        return covered


def layer_of(shape: Mapping[str, int | float]) -> Layer:
    """A layer as a model's config.json describes it."""
    return Layer(int(shape["hidden_size"]), int(shape["num_attention_heads"]), int(shape["intermediate_size"]),
                 float(shape["layer_norm_eps"]))


def mean(states: Tensor, mask: Tensor) -> Tensor:
    """The mean over the tokens: (n, length, dim) and (n, length) to (n, dim)."""
    weights = mask.unsqueeze(2).to(states.dtype)
    return (states * weights).sum(1) / weights.sum(1)


_PARTS = {
    "attention.self.query": "query", "attention.self.key": "key", "attention.self.value": "value",
    "attention.output.dense": "output", "attention.output.LayerNorm": "norm_attention",
    "intermediate.dense": "widen", "output.dense": "narrow", "output.LayerNorm": "norm_output",
}
_TABLES = {"word_embeddings": "words", "position_embeddings": "places", "token_type_embeddings": "kinds",
           "LayerNorm": "norm"}


def layer_weights(bert: Mapping[str, Tensor], number: int) -> dict[str, Tensor]:
    """The weights of layer `number` of a BERT under the names of `Layer`."""
    return {f"{ours}.{part}": bert[f"encoder.layer.{number}.{theirs}.{part}"]
            for theirs, ours in _PARTS.items() for part in ("weight", "bias")}


def lower_weights(bert: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The weights of `Lower` out of those of a BERT."""
    found = {f"{ours}.{part}": bert[f"embeddings.{theirs}.{part}"] for theirs, ours in _TABLES.items()
             for part in ("weight", "bias") if f"embeddings.{theirs}.{part}" in bert}
    for number in range(LOWER):
        found |= {f"layers.{number}.{name}": value for name, value in layer_weights(bert, number).items()}
    return found

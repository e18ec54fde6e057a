"""Opening a reranker and running it. Imports torch, so it is imported only when one is made."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from embeddings import weights
from embeddings.errors import EncoderUnavailable, WeightsDamaged
from embeddings.loading import has_matrix_unit, load_weights
from embeddings.passage import clean
from embeddings.reading import Lower, Upper, lower_weights

WEIGHTS, SHAPE, TOKENIZER = "model.safetensors", "config.json", "tokenizer.json"
_FAILURES = (OSError, ValueError, RuntimeError, KeyError, SafetensorError)


class Texts:
    """Texts to padded token ids, in lower case, because the vocabulary holds no capitals."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer

    def __call__(self, texts: Sequence[str], longest: int) -> tuple[Tensor, Tensor]:
        """Ids and mask, both (n, length), length at most `longest`."""
        self._tokenizer.enable_truncation(longest)
        rows = [torch.tensor(row.ids) for row in self._tokenizer.encode_batch([clean(text.lower()) for text in texts])]
        mask = pad_sequence([torch.ones(len(row), dtype=torch.bool) for row in rows], batch_first=True)
        return pad_sequence(rows, batch_first=True), mask


class Judge:
    """Both halves of the network and the tokenizer before them."""

    def __init__(self, texts: Texts, lower: Lower, upper: Upper, question_tokens: int, passage_tokens: int) -> None:
        self._texts, self._lower, self._upper = texts, lower.eval(), upper.eval()
        self._question_tokens, self._passage_tokens = question_tokens, passage_tokens

    def __call__(self, pairs: Sequence[tuple[str, str]]) -> NDArray[np.float32]:
        """Logits (n,). A question that comes several times is read once."""
        questions = list(dict.fromkeys(question for question, _ in pairs))
        rows = torch.tensor([questions.index(question) for question, _ in pairs])
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=has_matrix_unit()):
            ids, asked = self._texts(questions, self._question_tokens)
            question = self._lower(ids, asked)[rows]
            ids, told = self._texts([passage for _, passage in pairs], self._passage_tokens)
            logits: Tensor = self._upper(question, asked[rows], self._lower(ids, told), told)
        found: NDArray[np.float32] = logits.float().numpy()
        return found


def open_judge(folder: Path, base: Path) -> tuple[Judge, str]:
    """The judge in `folder` on the encoder in `base`, and a fingerprint of both. Raises EncoderUnavailable."""
    try:
        weights.check(folder)
        weights.check(base)
        shape = json.loads((folder / SHAPE).read_text("utf-8"))
        lower, upper = Lower(shape), Upper(shape, int(shape["layers"]))
        lower.load_state_dict(lower_weights(load_weights(base / WEIGHTS)))
        upper.load_state_dict(load_weights(folder / WEIGHTS))
        texts = Texts(Tokenizer.from_file(str(base / TOKENIZER)))
        judge = Judge(texts, lower, upper, int(shape["question_tokens"]), int(shape["passage_tokens"]))
    except WeightsDamaged as error:
        raise EncoderUnavailable(f"{error}或设置 RERANKING=0，不用重排模型。") from error
    except Exception as error:
        if not isinstance(error, _FAILURES) and type(error) is not Exception:  # tokenizers raises bare exceptions
            raise
        said = f"重排模型目录 {folder} 无法加载（{type(error).__name__}）。"
        raise EncoderUnavailable(f"{said}{weights.advice(folder)}，或设置 RERANKING=0。") from error
    digest = hashlib.sha256()
    for path in (folder / WEIGHTS, folder / SHAPE, base / WEIGHTS):
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return judge, digest.hexdigest()[:12]

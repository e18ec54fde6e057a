"""Writes a trained encoder as the folder that the product ships and `embeddings.loading` opens."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer

from embeddings.loading import SCALE
from embeddings.weights import write_manifest

FEW_ROWS = 64
LOWER_CASE = {"do_lower_case": True, "strip_accents": False}
MODULES = (
    ("", "sentence_transformers.base.modules.transformer.Transformer"),
    ("1_Pooling", "sentence_transformers.sentence_transformer.modules.pooling.Pooling"),
)


def write_folder(
    out: Path, base: Path, weights: Mapping[str, torch.Tensor], tokenizer: Tokenizer, record: dict[str, object],
    pooling: str,
) -> None:
    """Write weights, tokenizer, the base model's settings, the record of the training and a manifest into `out`.

    `pooling`, cls or mean, stands where sentence-transformers looks for it.
    """
    out.mkdir(parents=True, exist_ok=True)
    save_file(compact(weights), out / "model.safetensors", metadata={"format": "pt"})
    (out / "model.safetensors").chmod(0o644)
    tokenizer.no_truncation()
    tokenizer.save(str(out / "tokenizer.json"))
    for name, changes in (("config.json", {}), ("tokenizer_config.json", LOWER_CASE), ("special_tokens_map.json", {})):
        write_json(out / name, {**json.loads((base / name).read_text("utf-8")), **changes})
    write_json(out / "training.json", record)
    write_json(out / "modules.json", [{"idx": number, "name": str(number), "path": path, "type": kind}
                                      for number, (path, kind) in enumerate(MODULES)])  # fmt: skip
    dim = json.loads((out / "config.json").read_text("utf-8"))["hidden_size"]
    (out / "1_Pooling").mkdir(exist_ok=True)
    write_json(out / "1_Pooling" / "config.json", {"embedding_dimension": dim, "pooling_mode": pooling})
    write_manifest(out, "scripts.train_encoder")


def compact(weights: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Matrices as int8 with one float scale per row (a quarter of the size), everything else as float16.

    Vectors stay within a cosine of 0.9995 of the original's. The two rows for sentence types hold an outlier
    that alone would cost 0.005, so matrices of a few rows are not rounded.
    """
    result: dict[str, torch.Tensor] = {}
    for name, tensor in weights.items():
        value = tensor.detach().cpu().float()
        if value.dim() != 2 or len(value) < FEW_ROWS:
            result[name] = value.half().contiguous()
            continue
        scale = value.abs().amax(1).clamp(min=1e-8) / 127
        result[name] = (value / scale[:, None]).round().to(torch.int8).contiguous()
        result[name + SCALE] = scale.contiguous()
    return result


def write_json(path: Path, value: object) -> None:
    """Indented, readable Chinese, a newline at the end."""
    path.write_text(json.dumps(value, ensure_ascii=False, indent=2) + "\n", "utf-8")

"""Opening a sentence-transformers model from a folder or by its hub name.

torch and sentence-transformers take seconds to import, so this module is imported only when a real encoder is made.
"""

import hashlib
import json
import logging
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
from transformers.utils import logging as transformers_logging

from embeddings import weights
from embeddings.errors import EncoderUnavailable

SCALE = ".scale"  # an int8 tensor `x` of shape (rows, …) has its float scales per row in `x.scale`
_WEIGHTS = ("model.safetensors", "pytorch_model.bin")
_ADVICE = "请重新运行 make run 以恢复默认编码器，或把编码器设置改为一个完整的 sentence-transformers 模型目录"
_FAILURES = (OSError, ValueError, RuntimeError, KeyError, SafetensorError, json.JSONDecodeError)


def open_model(model: str | Path) -> tuple[SentenceTransformer, str]:
    """The model, computing on this machine's processor, and the fingerprint of its weights.

    It computes in float32, or in bfloat16 on a processor made for it: three times as fast, and its vectors stay within
    a cosine of 0.9999 of the others, so that the two may be compared.
    A path that exists, or looks like one, is a folder: in sentence-transformers layout (modules.json), or bare
    (config.json, tokenizer, model.safetensors or pytorch_model.bin), which gets mean pooling. Weights may be
    float32, float16 or int8 per row (`SCALE`). Anything else is a hub name.
    Raises EncoderUnavailable, naming the folder, when something is missing or damaged.
    """
    folder = Path(model)
    is_folder = folder.exists() or isinstance(model, Path) or str(model).startswith((".", "/", "~"))
    try:
        if is_folder:
            _check(folder)
            return _swift(_open_folder(folder)), _fingerprint_files(folder)
        loaded = SentenceTransformer(str(model), device="cpu", model_kwargs={"dtype": torch.float32})
        fingerprint = _fingerprint_tensors(loaded)
        return _swift(loaded), fingerprint
    except EncoderUnavailable:
        raise
    except _FAILURES as error:
        logging.getLogger(__name__).info("encoder %s", model, exc_info=error)
        where = "编码器目录" if is_folder else "编码器模型"
        raise EncoderUnavailable(f"{where} {model} 无法加载（{type(error).__name__}）。{_ADVICE}。") from error


def has_matrix_unit() -> bool:
    """Whether this processor multiplies matrices of bfloat16 in hardware."""
    return bool(torch.cpu._is_amx_tile_supported())


def _swift(model: SentenceTransformer) -> SentenceTransformer:
    return model.bfloat16() if has_matrix_unit() else model


def load_weights(path: Path) -> dict[str, torch.Tensor]:
    """All tensors of a safetensors file in float32; int8 tensors are multiplied by their row scales."""
    stored = load_file(path)
    result: dict[str, torch.Tensor] = {}
    for name, tensor in stored.items():
        if name.endswith(SCALE) and name.removesuffix(SCALE) in stored:
            continue
        value = tensor.float() if tensor.dtype in (torch.int8, torch.float16, torch.bfloat16) else tensor
        if tensor.dtype == torch.int8:
            scale = stored[name + SCALE].float()
            value = value * scale.reshape(-1, *[1] * (value.dim() - 1))
        result[name] = value
    return result


def _check(folder: Path) -> None:
    """Refuse a folder that is missing, holds no model, or does not fit its own manifest."""
    weights.check(folder)
    if not (folder / "config.json").is_file() and not (folder / "modules.json").is_file():
        raise EncoderUnavailable(f"编码器目录 {folder} 不存在或不是模型目录（缺少 config.json）。{_ADVICE}。")
    if not list(folder.rglob("*.safetensors")) and not list(folder.rglob("*.bin")):
        raise EncoderUnavailable(f"编码器目录 {folder} 中没有权重文件（{' 或 '.join(_WEIGHTS)}）。{_ADVICE}。")


@contextmanager
def _quietly() -> Iterator[None]:
    """Without the library's own progress bar, and without its report on the pooler, which is not used."""
    shown, level = transformers_logging.is_progress_bar_enabled(), transformers_logging.get_verbosity()
    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    transformers_logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        transformers_logging.set_verbosity(level)
        if shown:
            transformers_logging.enable_progress_bar()  # type: ignore[no-untyped-call]


def _open_folder(folder: Path) -> SentenceTransformer:
    with _quietly(), _expanded(folder) as ready:
        local = {"local_files_only": True}
        numbers = {"dtype": torch.float32, **local}
        if (ready / "modules.json").exists():
            model = SentenceTransformer(str(ready), device="cpu", model_kwargs=numbers, local_files_only=True)
        else:
            transformer = Transformer(
                str(ready), model_kwargs=numbers, processor_kwargs=dict(local), config_kwargs=dict(local)
            )
            pooling = Pooling(transformer.get_embedding_dimension(), "mean")
            model = SentenceTransformer(modules=[transformer, pooling], device="cpu")
        _check_complete(model[0].auto_model, folder)
        return model


@contextmanager
def _expanded(folder: Path) -> Iterator[Path]:
    """The folder itself, or while loading a copy whose int8 weights are written out as float32."""
    path = folder / _WEIGHTS[0]
    if not path.is_file() or not _has_int8(path):
        yield folder
        return
    with tempfile.TemporaryDirectory(prefix="encoder-") as name:
        copy = Path(name)
        for entry in folder.iterdir():
            if entry.name != path.name:
                (copy / entry.name).symlink_to(entry.resolve())
        save_file(load_weights(path), copy / path.name, {"format": "pt"})
        yield copy


def _has_int8(path: Path) -> bool:
    with safe_open(path, "pt") as file:
        return any(file.get_slice(name).get_dtype() == "I8" for name in file.keys())  # noqa: SIM118


def _check_complete(model: Any, folder: Path) -> None:
    """Refuse weights that leave a part of the model at random; the pooler is not used and may be missing."""
    prefix = f"{model.base_model_prefix}."
    stored = {name.removeprefix(prefix) for name in _tensor_names(folder)}
    wanted = {name for name, _ in model.named_parameters() if not name.startswith("pooler.")}
    missing = sorted(wanted - stored) if stored else []
    if missing:
        raise EncoderUnavailable(
            f"编码器目录 {folder} 的权重不完整：缺少 {missing[0]} 等 {len(missing)} 项。{_ADVICE}。"
        )


def _tensor_names(folder: Path) -> list[str]:
    """The names in the folder's weights file; none known when the weights lie in several files."""
    if (folder / _WEIGHTS[0]).is_file():
        with safe_open(folder / _WEIGHTS[0], "pt") as file:
            return list(file.keys())
    if (folder / _WEIGHTS[1]).is_file():
        return list(torch.load(folder / _WEIGHTS[1], map_location="meta", weights_only=True, mmap=True))
    return []


def _fingerprint_files(folder: Path) -> str:
    """12 hexadecimal digits over the files that decide what the model computes."""
    digest = hashlib.sha256()
    for path in weights.files_of(folder):
        with path.open("rb") as stream:
            digest.update(hashlib.file_digest(stream, "sha256").digest())
    return digest.hexdigest()[:12]


def _fingerprint_tensors(model: SentenceTransformer) -> str:
    """12 hexadecimal digits over the weights themselves, but for a pooler, which may be random."""
    digest = hashlib.sha256()
    for name, tensor in sorted(model.state_dict().items()):
        if ".pooler." not in name:
            digest.update(name.encode() + tensor.contiguous().numpy().tobytes())
    return digest.hexdigest()[:12]

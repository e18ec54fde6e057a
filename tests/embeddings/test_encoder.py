"""The real encoder: long and odd texts, other folders, damaged folders."""

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file

from embeddings.dense import DenseIndex
from embeddings.encoder import EncoderUnavailable, Passage, SentenceTransformerEncoder
from embeddings.errors import WeightsDamaged
from embeddings.loading import has_matrix_unit
from matchmaker.config import ROOT
from matchmaker.encoders import SHIPPED
from tests.embeddings.conftest import WEIGHTS

pytestmark = pytest.mark.real

LONG = "本项目面向轴承钢丝的连续退火，研究温度均匀性与表面脱碳的控制方法。" * 60


def lengths(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.linalg.norm(vectors, axis=1)


def weights() -> dict[str, torch.Tensor]:
    loaded: dict[str, torch.Tensor] = torch.load(WEIGHTS / "pytorch_model.bin", map_location="cpu", weights_only=True)
    return loaded


def a_folder(path: Path, tensors: dict[str, torch.Tensor]) -> Path:
    """A bare model folder with these weights."""
    path.mkdir()
    for name in ("config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"):
        shutil.copy(WEIGHTS / name, path / name)
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, path / "model.safetensors")
    return path


def test_near_meanings_are_near(real_encoder):
    needs = real_encoder.encode_needs(["钢丝退火后表面脱碳怎么控制"])
    near, far = real_encoder.encode_supplies([Passage("线材热处理脱碳抑制技术"), Passage("人参种植土壤改良")])
    assert needs @ near[0] > needs @ far[0] + 0.05


def test_any_text_gives_unit_vectors(real_encoder):
    odd = ["", " ", "😀👩‍🔬", "<p>第一段</p><script>x</script>", "\ud800", "x" * 3000, "\x00", "A"]
    vectors = real_encoder.encode_needs(odd)
    assert vectors.shape == (len(odd), real_encoder.dim)
    assert vectors.dtype == np.float32
    assert np.allclose(lengths(vectors), 1, atol=1e-5)
    assert real_encoder.encode_needs([]).shape == (0, real_encoder.dim)
    assert real_encoder.encode_supplies([]) == []


def test_a_hundred_thousand_characters_are_all_read(real_encoder):
    [chunks] = real_encoder._chunkers["supply"].passages([Passage("题目", (), "第一句话。" * 20_000)])
    assert sum(chunk.count("第一句话。") for chunk in chunks) == 20_000
    assert max(real_encoder._count(chunks)) <= 510
    [vectors] = real_encoder.encode_supplies([Passage("题目", (), "第一句话。" * 500)])
    assert len(vectors) > 4
    assert np.allclose(lengths(vectors), 1, atol=1e-5)


def test_every_chunk_fits_the_window_and_begins_with_the_title(real_encoder):
    [chunks] = real_encoder._chunkers["supply"].passages([Passage("连续退火工艺", ("退火", "脱碳"), LONG)])
    assert len(chunks) > 1
    assert max(real_encoder._count(chunks)) <= 510
    assert all(chunk.startswith("连续退火工艺\n") for chunk in chunks)
    assert "".join(chunk.removeprefix("连续退火工艺\n") for chunk in chunks).endswith(LONG)


def test_the_end_of_a_long_post_is_found(real_encoder):
    tail = "另外，研制了用于红外成像的硫系玻璃镜片。"
    with_tail, without = real_encoder.encode_supplies(
        [Passage("报告", (), LONG + tail * 12), Passage("报告", (), LONG)]
    )
    query = real_encoder.encode_needs(["红外成像镜片用什么玻璃"])[0]
    assert (with_tail @ query).max() > (without @ query).max() + 0.05


def test_a_long_need_is_the_mean_of_its_chunks(real_encoder):
    [chunks] = real_encoder._chunkers["need"].needs([LONG])
    assert len(chunks) > 1
    mean = real_encoder.encode_needs(chunks).mean(axis=0)
    whole = real_encoder.encode_needs([LONG])[0]
    assert np.allclose(whole, mean / np.linalg.norm(mean), atol=1e-5)


def test_capitals_mean_the_same_as_small_letters(real_encoder):
    vectors = real_encoder.encode_sentences(["降低废水 COD", "降低废水 cod", "降低废水 BOD"])
    assert vectors[0] @ vectors[1] > 0.9999 > vectors[0] @ vectors[2]


def test_batches_and_threads_change_nothing(real_encoder):
    texts = [f"第{n}项需求：" + "耐高温材料" * (n % 9) for n in range(40)]
    alone = np.concatenate([real_encoder.encode_needs([text]) for text in texts])
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(real_encoder.encode_needs, [texts] * 4))
    assert all((vectors * alone).sum(axis=1).min() > 0.9999 for vectors in together)


def test_prompts_and_window_are_part_of_the_name(real_encoder):
    other = SentenceTransformerEncoder(WEIGHTS, query_prompt="查询：", max_length=64)
    assert other.name != real_encoder.name
    assert real_encoder.name.startswith("m3e-small@")
    [chunks] = other._chunkers["supply"].passages([Passage("题目", (), LONG)])
    assert max(other._count(chunks)) <= 62
    text = ["耐磨涂层"]
    assert np.allclose(other.encode_needs(text), real_encoder.encode_needs(["查询：耐磨涂层"]), atol=1e-5)
    assert np.allclose(other.encode_sentences(text), real_encoder.encode_sentences(text), atol=1e-5)


def test_weights_in_half_precision_and_bytes_give_nearly_the_same(real_encoder, tmp_path):
    full = weights()
    small = {name: tensor.half() if tensor.is_floating_point() else tensor for name, tensor in full.items()}
    bytes_ = {}
    for name, tensor in full.items():
        if tensor.dim() == 2:
            scale = tensor.abs().amax(dim=1) / 127
            bytes_[name] = (tensor / scale.clamp(min=1e-9)[:, None]).round().to(torch.int8)
            bytes_[f"{name}.scale"] = scale
        else:
            bytes_[name] = tensor
    texts = ["耐高温胶黏剂", "光栅刻划机"]
    wanted = real_encoder.encode_needs(texts)
    for name, tensors, least in (("half", small, 0.9998), ("bytes", bytes_, 0.99)):
        encoder = SentenceTransformerEncoder(a_folder(tmp_path / name, tensors))
        wanted_type = torch.bfloat16 if has_matrix_unit() else torch.float32
        assert next(iter(encoder._model.parameters())).dtype == wanted_type
        assert (encoder.encode_needs(texts) * wanted).sum(axis=1).min() > least
        assert encoder.name.partition("/")[0] != real_encoder.name.partition("/")[0]


def test_a_folder_in_sentence_transformers_layout_works(real_encoder, tmp_path):
    real_encoder._model.save(str(tmp_path / "saved"))
    saved = SentenceTransformerEncoder(str(tmp_path / "saved"))
    assert np.allclose(saved.encode_needs(["光栅"]), real_encoder.encode_needs(["光栅"]), atol=1e-5)


def test_the_same_weights_in_another_place_have_the_same_name(real_encoder, tmp_path):
    shutil.copytree(WEIGHTS, tmp_path / "m3e-small")
    assert SentenceTransformerEncoder(tmp_path / "m3e-small").name == real_encoder.name


@pytest.mark.parametrize("damage", ["gone", "empty", "truncated", "flipped", "no weights", "no tokenizer"])
def test_a_missing_or_damaged_folder_says_what_to_do(tmp_path, damage):
    folder = tmp_path / "m3e-small"
    if damage != "gone":
        shutil.copytree(WEIGHTS, folder)
    path = folder / ("tokenizer.json" if damage == "no tokenizer" else "pytorch_model.bin")
    if damage == "empty":
        shutil.rmtree(folder)
        folder.mkdir()
    elif damage == "truncated":
        path.write_bytes(path.read_bytes()[:-100])
    elif damage == "flipped":
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
    elif damage.startswith("no "):
        path.unlink()
    with pytest.raises(EncoderUnavailable, match=r"m3e-small.*make run"):
        SentenceTransformerEncoder(folder)


@pytest.mark.parametrize("damage", ["config gone", "weights gone", "truncated", "flipped"])
def test_damage_to_the_encoder_that_comes_with_the_code_is_told_and_how_to_restore_it(tmp_path, monkeypatch, damage):
    monkeypatch.setattr("embeddings.weights.SHIPPED_IN", tmp_path.resolve())
    folder = Path(shutil.copytree(SHIPPED, tmp_path / "adapted"))
    path = folder / ("config.json" if damage == "config gone" else "model.safetensors")
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content[:-100] if damage == "truncated" else content)
    if damage.endswith("gone"):
        path.unlink()
    with pytest.raises(EncoderUnavailable, match=r"git checkout -- embeddings/adapted") as told:
        SentenceTransformerEncoder(folder)
    assert path.name in str(told.value)
    assert "make run" not in str(told.value)


def test_the_encoder_that_comes_with_the_code_is_the_one_that_was_calibrated():
    bands = json.loads((ROOT / "matchmaker" / "ranking" / "calibration.json").read_text("utf-8"))
    assert SentenceTransformerEncoder(SHIPPED).name in json.dumps(bands)


def test_weights_without_a_manifest_are_checked_too(tmp_path):
    full = weights()
    del full["encoder.layer.2.output.dense.weight"]
    with pytest.raises(EncoderUnavailable, match=r"不完整.*encoder.layer.2"):
        SentenceTransformerEncoder(a_folder(tmp_path / "incomplete", full))
    broken = a_folder(tmp_path / "broken", weights()) / "model.safetensors"
    broken.write_bytes(broken.read_bytes()[:1000])
    with pytest.raises(EncoderUnavailable, match=r"broken.*无法加载"):
        SentenceTransformerEncoder(broken.parent)
    shutil.copy(WEIGHTS / "manifest.json", broken.parent)
    with pytest.raises(WeightsDamaged):
        SentenceTransformerEncoder(broken.parent)


def test_the_approximate_index_is_nearly_exact_on_real_vectors(real_encoder):
    things = [
        "光栅",
        "轴承钢丝",
        "人参提取物",
        "车用内饰件",
        "飞秒激光器",
        "玉米秸秆",
        "高分子膜",
        "齿轮箱",
        "医用支架",
        "锂电池",
    ]
    aims = ["寿命预测", "缺陷检测", "成本下降", "表面改性", "自动装配", "绿色制备", "温度控制", "在线监测"]
    reasons = ["因为现有方法效率低", "以满足出口标准", "在低温环境下使用", "供中小企业采用", "并形成示范线"]
    texts = ["".join(parts) for parts in product(things, aims, reasons)]
    bases = np.concatenate(real_encoder.encode_supplies([Passage(text) for text in texts]))
    random = np.random.default_rng(5)
    noise = random.standard_normal((30_000, real_encoder.dim), np.float32)
    vectors = bases[random.integers(0, len(bases), len(noise))] + 0.4 * noise / lengths(noise)[:, None]
    vectors /= lengths(vectors)[:, None]
    index = DenseIndex(real_encoder.dim, exact_rows=10_000)
    index.upsert(range(len(vectors)), list(vectors[:, None]))
    index.settle()
    assert index.approximate
    queries = real_encoder.encode_needs([f"企业想解决{thing}的{aim}问题" for thing, aim in product(things, aims)])
    truth = np.argsort(-(queries @ vectors.T), axis=1)[:, :200]
    found = index.search(queries, 200)
    shares = [len(set(ids.tolist()) & set(row.tolist())) / 200 for (ids, _), row in zip(found, truth, strict=True)]
    assert np.mean(shares) >= 0.99

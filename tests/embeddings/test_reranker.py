"""The network that reads a question and a passage together."""

import json
import shutil

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from safetensors.torch import save_file  # noqa: E402
from transformers import AutoModel  # noqa: E402

from embeddings.errors import EncoderUnavailable  # noqa: E402
from embeddings.loading import load_weights  # noqa: E402
from embeddings.reading import LOWER, Lower, Upper, lower_weights  # noqa: E402
from embeddings.reranker import Reranker  # noqa: E402
from matchmaker.encoders import RERANKER, SHIPPED  # noqa: E402
from tests.embeddings.conftest import WEIGHTS  # noqa: E402

pytestmark = pytest.mark.real

QUESTION = "钢丝退火后表面脱碳怎么控制"
ANSWER = "线材热处理脱碳抑制技术\n可控气氛退火，表面脱碳层深度小于 0.02 mm。"
OTHERS = [
    "人参种植土壤改良\n微生物菌剂改良连作土壤。", "注塑件翘曲仿真\n优化保压曲线，翘曲降低一半。",
    "污水脱氮菌剂\n低温脱氮。",
]


@pytest.fixture(scope="module")
def reranker():
    return Reranker(RERANKER, SHIPPED)


def test_the_passage_that_answers_scores_highest(reranker):
    scores = reranker.scores([(QUESTION, passage) for passage in (*OTHERS, ANSWER)])
    assert scores.shape == (4,)
    assert scores.dtype == np.float32
    assert scores.argmax() == 3


def test_a_pair_scores_alike_alone_and_among_others(reranker):
    pairs = [(QUESTION, ANSWER), *((QUESTION, other) for other in OTHERS), ("求污水脱氮菌剂", OTHERS[2])]
    together = reranker.scores(pairs)
    alone = np.concatenate([reranker.scores([pair]) for pair in pairs])
    np.testing.assert_allclose(together, alone, atol=0.15)
    assert reranker.scores([]).shape == (0,)


@pytest.mark.parametrize("text", ["", "x" * 100_000, "😀\ud800\x00", "<script>"])
def test_any_text_gets_a_number(reranker, text):
    assert np.isfinite(reranker.scores([(text, ANSWER), (QUESTION, text)])).all()


def test_the_lower_layers_are_those_of_the_model():
    model = AutoModel.from_pretrained(WEIGHTS, add_pooling_layer=False).eval()
    lower = Lower(json.loads((WEIGHTS / "config.json").read_text("utf-8"))).eval()
    lower.load_state_dict(lower_weights(model.state_dict()))
    ids = torch.randint(100, 20_000, (3, 20), generator=torch.Generator().manual_seed(1))
    mask = torch.ones(3, 20, dtype=torch.bool)
    mask[1, 12:] = False
    with torch.no_grad():
        theirs = model(ids, attention_mask=mask.long(), output_hidden_states=True).hidden_states[LOWER]
        torch.testing.assert_close(lower(ids, mask)[mask], theirs[mask], atol=1e-4, rtol=0)


def test_padding_changes_nothing():
    shape = json.loads((RERANKER / "config.json").read_text("utf-8"))
    upper = Upper(shape, int(shape["layers"])).eval()
    upper.load_state_dict(load_weights(RERANKER / "model.safetensors"))
    left, right = torch.randn(1, 5, shape["hidden_size"]), torch.randn(1, 7, shape["hidden_size"])
    seen = [torch.ones(1, n, dtype=torch.bool) for n in (5, 7)]
    longer = torch.cat([right, torch.randn(1, 4, shape["hidden_size"])], 1)
    mask = torch.cat([seen[1], torch.zeros(1, 4, dtype=torch.bool)], 1)
    with torch.no_grad():
        torch.testing.assert_close(upper(left, seen[0], longer, mask), upper(left, seen[0], right, seen[1]))


@pytest.mark.parametrize("damage", ["missing", "cut", "other", "flipped"])
def test_a_damaged_folder_says_what_to_do(tmp_path, damage):
    folder = tmp_path / "reranker"
    shutil.copytree(RERANKER, folder)
    weights = folder / "model.safetensors"
    if damage == "missing":
        weights.unlink()
    elif damage == "cut":
        weights.write_bytes(weights.read_bytes()[:1000])
    elif damage == "flipped":
        weights.write_bytes(weights.read_bytes()[:-1] + b"?")
    else:
        save_file({"x": torch.zeros(1)}, weights)
    with pytest.raises(EncoderUnavailable, match="RERANKING=0"):
        Reranker(folder, SHIPPED)

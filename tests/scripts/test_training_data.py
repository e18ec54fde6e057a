"""What the encoder is trained on: no held-out question leaks, groups are of one subject, no answer is given away."""

import json
from pathlib import Path

import numpy as np
import pytest

from scripts.training_data import Document, Shape, batches, fold_of, make_pair, read_documents

ABSTRACT = (
    "矿井水中悬浮物浓度高。现有沉淀池占地大。本文设计了旋流混凝装置。试验表明出水浊度低于五度。已在示例煤矿运行。"
)


def write_lines(path: Path, rows: list[dict[str, object]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Thirty papers, each with one question per benchmark."""
    keys = [f"paper-{number}" for number in range(30)]
    words = {"keywords": ["混凝"]}
    papers = [{"_id": key, "title": f"装置{key}", "text": ABSTRACT, "metadata": words} for key in keys]
    write_lines(tmp_path / "chinaxiv" / "corpus.jsonl", papers)
    other = {"id": "csl-1", "title": "旋流", "abstract": ABSTRACT, "keywords": []}
    write_lines(tmp_path / "csl" / "abstracts.jsonl", [other])
    for name in ("need", "citation"):
        folder = tmp_path / "chinaxiv" / name
        write_lines(folder / "queries.jsonl", [{"_id": f"q-{key}", "text": f"怎样处理{key}的矿井水？"} for key in keys])
        (folder / "qrels").mkdir()
        rows = "".join(f"q-{key}\t{key}\t1\n" for key in keys)
        (folder / "qrels" / "dev.tsv").write_text("query-id\tcorpus-id\tscore\n" + rows, encoding="utf-8")
    return tmp_path


def test_no_question_of_the_held_out_fold_is_trained_on(data: Path) -> None:
    documents = read_documents(data, held_out=0)
    held = [d for d in documents if d.key.startswith("paper") and fold_of(d.key) == 0]
    assert held
    assert all(not d.questions for d in held)
    assert all(len(d.questions) == 2 for d in documents if d.key.startswith("paper") and d not in held)


def test_every_question_is_trained_on_when_no_fold_is_held_out(data: Path) -> None:
    assert sum(len(document.questions) for document in read_documents(data, held_out=None)) == 60


def test_a_batch_is_made_of_groups_about_one_subject_and_names_no_paper_twice() -> None:
    documents = [Document(str(i), "", (), ABSTRACT) for i in range(64)]
    topics = np.repeat(np.eye(8, dtype=np.float32), 8, axis=0)
    found = list(batches(documents, topics, Shape(16, 8, 1), np.random.default_rng(0)))
    assert sorted(i for batch in found for i in batch) == list(range(64))
    assert all(len({i // 8 for i in batch}) == 2 and len(set(batch)) == 16 for batch in found)


def test_the_question_taken_from_an_abstract_is_not_in_its_passage() -> None:
    document = Document("1", "一种处理方法", (), ABSTRACT)
    pairs = [make_pair(document, np.random.default_rng(seed)) for seed in range(40)]
    assert all(pair.question not in pair.passage for pair in pairs)
    assert len({pair.question for pair in pairs}) > 5


def test_the_same_seed_gives_the_same_pair() -> None:
    document = Document("1", "旋流混凝装置", ("混凝",), ABSTRACT, ["怎样降低矿井水浊度？"])
    assert make_pair(document, np.random.default_rng(3)) == make_pair(document, np.random.default_rng(3))

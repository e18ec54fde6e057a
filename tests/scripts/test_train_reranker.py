"""What the reranker is shown, and what it is told to prefer."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from scripts.benchmark_data import Document  # noqa: E402
from scripts.benchmark_store import Readings  # noqa: E402
from scripts.reranker_data import Example, made_up, read, write  # noqa: E402
from scripts.train_reranker import Batches, Plan, loss_of  # noqa: E402

PAPERS = {f"p{number}": f"第 {number} 篇" for number in range(12)}
ASKED = [Example(f"问题 {number}", f"p{number}", "", [f"p{other}" for other in range(12) if other != number])
         for number in range(6)]
MADE = [Example("摘要中的一句", "p9", "去掉这一句的第 9 篇", [f"p{other}" for other in range(9)])]


def test_beside_a_benchmark_question_stand_only_papers_that_are_asked_for():
    plan = Plan(real=1.0, questions=2, wrong=4)
    for step in range(20):
        questions, passages = Batches(ASKED + MADE, PAPERS, plan).at(step)
        assert len(questions) == 2
        for group in passages:
            assert len(group) == 5
            assert {int(text.split()[1]) for text in group} <= set(range(6))


def test_the_right_paper_is_first_and_a_made_question_reads_it_without_the_sentence():
    questions, passages = Batches(ASKED + MADE, PAPERS, Plan(real=0.0, questions=1)).at(3)
    assert questions == ["摘要中的一句"]
    assert passages[0][0] == "去掉这一句的第 9 篇"


def test_the_same_step_gives_the_same_batch():
    one, other = (Batches(ASKED + MADE, PAPERS, Plan()).at(7) for _ in range(2))
    assert one == other


def test_the_loss_falls_when_the_right_one_rises():
    right, even, wrong = (torch.tensor([here, 0.0, here, -1.0]) for here in (3.0, 0.0, -3.0))
    assert loss_of(right, [2, 2], 0.5) < loss_of(even, [2, 2], 0.5) < loss_of(wrong, [2, 2], 0.5)


def test_a_made_question_is_taken_out_of_its_paper():
    sentences = [f"第 {number} 句说明工艺参数。" for number in range(6)]
    [(question, key, passage)] = list(made_up([Document("k", "题目", "".join(sentences), ("词",))], 1, 5))
    assert key == "k"
    assert question not in passage
    assert question.rstrip("。").split("。")[0] in "".join(sentences)


def test_examples_are_kept_as_they_are(tmp_path):
    write(ASKED + MADE, tmp_path / "examples.jsonl")
    assert read(tmp_path / "examples.jsonl") == ASKED + MADE


class Counting:
    name = "r@1"
    read = 0

    def scores(self, pairs):
        self.read += len(pairs)
        return np.array([len(passage) for _, passage in pairs], np.float32)


def test_what_was_read_once_is_remembered(tmp_path):
    first, second = Counting(), Counting()
    readings = Readings(first, tmp_path / "r.npz")
    assert readings.scores([("问", "答"), ("问", "回答")]).tolist() == [1.0, 2.0]
    readings.save()
    again = Readings(second, tmp_path / "r.npz")
    assert again.scores([("问", "回答"), ("问", "另一个")]).tolist() == [2.0, 3.0]
    assert (first.read, second.read) == (2, 1)
    again.forget()
    again.save()
    assert Readings(Counting(), tmp_path / "r.npz").scores([("问", "答")]).tolist() == [1.0]

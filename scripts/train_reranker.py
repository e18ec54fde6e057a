"""Train the network that reads a question and a passage together (`embeddings/reading.py`).

    python -m scripts.train_reranker --data ../shared/data --out build/reranker

Its lower layers are those of the encoder in --base and stay as they are; the upper ones begin as that encoder's. What
the product finds for each question is looked up first and kept in the folder, as is the state of an interrupted run.
Twenty minutes on two cores with a matrix unit, once the corpus is encoded; a CUDA device is used when there is one.
The folder written at the end is what `embeddings/reranker` holds.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional
from torch.nn.utils.rnn import pad_sequence

from embeddings.judging import SHAPE, TOKENIZER, WEIGHTS, Texts
from embeddings.loading import load_weights
from embeddings.passage import Passage
from embeddings.reading import LOWER, Lower, Upper, layer_weights, lower_weights
from embeddings.weights import write_manifest
from matchmaker.config import load
from matchmaker.encoders import SHIPPED
from scripts import benchmark_data, reranker_data
from scripts.benchmark_store import opened
from scripts.encoder_folder import compact, write_json
from scripts.evaluate import encoder_of
from scripts.reranker_data import Example
from scripts.train_encoder import half_precision, rate_at, surroundings, training_parser
from scripts.training_data import excerpt, without_shared

HEAD = 80  # characters of a paper as it is read: its title and most keywords
START = -24.0  # so that logits begin at about −2, the odds of one right paper among eight
log = logging.getLogger("train_reranker")


@dataclass(frozen=True)
class Plan:
    """Everything that decides the result; written into `training.json`."""

    seed: int = 20240601
    held_out: int = 0  # the fold of papers whose questions are kept for measuring
    steps: int = 450
    questions: int = 8  # per step
    wrong: int = 7  # papers beside the right one
    near: int = 12  # most wrong ones come from the first so many found
    made: int = 3200  # questions made of abstracts
    real: float = 0.6  # share of questions from the benchmarks
    rate: float = 1.0e-4
    warm_up: int = 50
    absolute: float = 0.5  # weight of judging every pair by itself, so that numbers of different questions compare
    question_tokens: int = 96
    question_tokens_in_use: int = 160  # more than in training, which this does not disturb
    passage_tokens: int = 192
    layers: int = 2  # that read both together


class States:
    """Papers after the lower layers, computed once and kept in half precision."""

    def __init__(self, lower: Lower, texts: Texts, longest: int, device: str) -> None:
        self._lower, self._texts, self._longest, self._device = lower, texts, longest, device
        self._kept: dict[str, Tensor] = {}

    @torch.no_grad()
    def read(self, texts: Sequence[str], longest: int = 0) -> list[Tensor]:
        """States of texts, each (length, dim)."""
        ids, mask = self._texts(texts, longest or self._longest)
        with half_precision(self._device):
            states = self._lower(ids.to(self._device), mask.to(self._device)).bfloat16()
        return [one[: int(size)] for one, size in zip(states, mask.sum(1), strict=True)]

    def of(self, passages: Sequence[str]) -> list[Tensor]:
        """The same for whole papers, remembered."""
        missing = [text for text in dict.fromkeys(passages) if text not in self._kept]
        if missing:
            self._kept |= dict(zip(missing, self.read(missing), strict=True))
        return [self._kept[text] for text in passages]


def padded(states: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
    """States (n, length, dim) and mask (n, length)."""
    sizes = torch.tensor([len(one) for one in states])
    mask = torch.arange(int(sizes.max()))[None, :] < sizes[:, None]
    return pad_sequence(list(states), batch_first=True), mask.to(states[0].device)


def judged(upper: Upper, questions: list[Tensor], passages: list[Tensor], device: str, part: int = 16) -> Tensor:
    """Logits (n,) of every question with its passage, in parts of similar length."""
    order = sorted(range(len(passages)), key=lambda at: len(passages[at]))
    found = []
    for at in range(0, len(order), part):
        rows = order[at : at + part]
        with half_precision(device):
            left, right = padded([questions[i] for i in rows]), padded([passages[i] for i in rows])
            found.append(upper(*left, *right))
    return torch.cat(found)[torch.argsort(torch.tensor(order))]


class Batches:
    """Questions and the papers beside each, the same for the same plan and step.

    Beside the right paper of a benchmark's question stand only papers that are themselves right for another one: else
    a paper that nobody asks about would be learnt as wrong, and so would every paper that is asked about first later.
    """

    def __init__(self, examples: list[Example], papers: dict[str, str], plan: Plan) -> None:
        self._papers, self._plan = papers, plan
        self._pools = [[one for one in examples if not one.passage], [one for one in examples if one.passage]]
        self._asked = {one.answer for one in self._pools[0]}

    def at(self, step: int) -> tuple[list[str], list[list[str]]]:
        """Questions, and for each the passages: the right one first."""
        rng = np.random.default_rng((self._plan.seed, step))
        chosen = [self._one(int(rng.random() >= self._plan.real), step, place, rng)
                  for place in range(self._plan.questions)]
        return [question for question, _ in chosen], [passages for _, passages in chosen]

    def _one(self, made: int, step: int, place: int, rng: np.random.Generator) -> tuple[str, list[str]]:
        pool = self._pools[made]
        turn, at = divmod(step * self._plan.questions + place, len(pool))
        example = pool[int(np.random.default_rng((self._plan.seed, turn, made)).permutation(len(pool))[at])]
        right = example.passage or self._papers[example.answer]
        question = excerpt(example.question, rng) if rng.random() < 0.5 else example.question
        question = without_shared(question, right[:HEAD], rng) if rng.random() < 0.3 else question
        found = example.found if made else [name for name in example.found if name in self._asked]
        near, far = found[: self._plan.near], found[self._plan.near :]
        most_far = min(len(far), self._plan.wrong // 2)
        names = [*rng.choice(near, min(len(near), self._plan.wrong - most_far), replace=False)]
        names += [*rng.choice(far, most_far, replace=False)] if far else []
        return question, [right, *(self._papers[str(name)] for name in names)]


def loss_of(logits: Tensor, sizes: list[int], absolute: float) -> Tensor:
    """The right one (first of each group) before the others, and every pair right by itself."""
    groups = torch.split(logits, sizes)
    first = torch.stack([functional.cross_entropy(one[None, :], torch.zeros(1, dtype=torch.long, device=one.device))
                         for one in groups]).mean()
    labels = torch.cat([torch.eye(1, len(one), device=one.device)[0] for one in groups])
    alone = functional.binary_cross_entropy_with_logits(logits, labels)
    return first + absolute * 3 * alone


def train(upper: Upper, states: States, batches: Batches, plan: Plan, state: Path) -> list[float]:
    """Train in place; `state` is written every 100 steps, and what is found there is resumed. Returns the losses."""
    new = [weight for name, weight in upper.named_parameters() if not name.startswith("layers.")]
    groups: list[dict[str, Any]] = [{"params": list(upper.layers.parameters())}, {"params": new, "lr": plan.rate * 5}]
    optimizer = torch.optim.AdamW(groups, lr=plan.rate, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: rate_at(step, plan.steps, plan.warm_up))
    device, losses = next(upper.parameters()).device.type, list[float]()
    if state.exists():
        saved = torch.load(state, weights_only=True)
        upper.load_state_dict(saved["model"])
        optimizer.load_state_dict(saved["optimizer"])
        schedule.load_state_dict(saved["schedule"])
        losses = saved["losses"]
    start, first = time.monotonic(), len(losses)
    for step in range(first, plan.steps):
        questions, passages = batches.at(step)
        sizes = [len(group) for group in passages]
        asked = [one for one, size in zip(states.read(questions, plan.question_tokens), sizes, strict=True)
                 for _ in range(size)]
        logits = judged(upper, asked, states.of([text for group in passages for text in group]), device)
        loss = loss_of(logits, sizes, plan.absolute)
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(upper.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        losses.append(loss.item())
        if step % 20 == 19:
            pace = (time.monotonic() - start) / (step + 1 - first)
            log.info("step %d/%d  loss %.3f  %.2f s/step", step + 1, plan.steps, np.mean(losses[-60:]), pace)
        if step % 100 == 99:
            torch.save({"model": upper.state_dict(), "optimizer": optimizer.state_dict(),
                        "schedule": schedule.state_dict(), "losses": losses}, state)  # fmt: skip
    return losses


def begun(base: Path, plan: Plan) -> tuple[dict[str, object], Lower, Upper]:
    """The shape for config.json and both halves, the upper one as the encoder's own upper layers."""
    bert = load_weights(base / WEIGHTS)
    config = json.loads((base / "config.json").read_text("utf-8"))
    names = ("hidden_size", "num_attention_heads", "intermediate_size", "layer_norm_eps", "vocab_size",
             "max_position_embeddings", "type_vocab_size")  # fmt: skip
    shape = {name: config[name] for name in names}
    lower, upper = Lower(shape), Upper(shape, plan.layers)
    lower.load_state_dict(lower_weights(bert))
    for number in range(plan.layers):
        upper.layers[number].load_state_dict(layer_weights(bert, LOWER + number))
    last = upper.judge[-1]
    assert isinstance(last, torch.nn.Linear)
    torch.nn.init.zeros_(last.weight)
    torch.nn.init.constant_(last.bias, START)
    more = {"layers": plan.layers, "question_tokens": plan.question_tokens_in_use,
            "passage_tokens": plan.passage_tokens}
    return shape | more, lower.eval().requires_grad_(False), upper.train()


def examples_of(data: Path, base: Path, plan: Plan, path: Path) -> list[Example]:
    """The examples kept in `path`, looked up when it is not there."""
    if not path.exists():
        corpus = data / "chinaxiv" / "corpus.jsonl"
        documents = list(benchmark_data.documents(corpus))
        with opened(corpus, encoder_of(str(base)), load().instance / "cache", []) as store:
            found = reranker_data.mined(store, data, documents, plan.made, plan.held_out, plan.seed)
        reranker_data.write(found, path)
    return reranker_data.read(path)


def main() -> None:
    """Look up, train, write weights and record."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    given = training_parser(__doc__, asdict(Plan()), SHIPPED).parse_args()
    plan = Plan(**{name: getattr(given, name) for name in asdict(Plan())})
    torch.manual_seed(plan.seed)
    torch.set_num_threads(given.threads)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    given.out.mkdir(parents=True, exist_ok=True)
    examples = examples_of(given.data, given.base, plan, given.out / "examples.jsonl")
    papers = {one.id: Passage(one.title, one.keywords, one.text).whole()
              for one in benchmark_data.documents(given.data / "chinaxiv" / "corpus.jsonl")}
    shape, lower, upper = begun(given.base, plan)
    texts, start = Texts(Tokenizer.from_file(str(given.base / TOKENIZER))), time.monotonic()
    log.info("%d questions, on %s", len(examples), device)
    states = States(lower.to(device), texts, plan.passage_tokens, device)
    losses = train(upper.to(device), states, Batches(examples, papers, plan), plan, given.out / "state.pt")
    save_file(compact(upper.state_dict()), given.out / WEIGHTS, metadata={"format": "pt"})
    (given.out / WEIGHTS).chmod(0o644)
    write_json(given.out / SHAPE, shape)
    write_json(given.out / "training.json", {
        "base": given.base.name, "plan": asdict(plan), **surroundings(device, start),
        "questions": {"benchmarks": sum(not one.passage for one in examples),
                      "made": sum(bool(one.passage) for one in examples)},
        "data": ["chinaxiv/corpus.jsonl", "chinaxiv/need (dev)", "chinaxiv/citation (dev)"],
        "loss": [round(float(np.mean(losses[at : at + 100])), 4) for at in range(0, len(losses), 100)],
    })  # fmt: skip
    write_manifest(given.out, "scripts.train_reranker")


if __name__ == "__main__":
    main()

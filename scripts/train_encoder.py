"""Adapt the text encoder to Chinese research papers by contrastive training.

    python -m scripts.encoder_base build/base
    python -m scripts.train_encoder --base build/base --data ../shared/data --out build/encoder

made the weights in `embeddings/adapted`, in half an hour on two cores with a matrix unit; a CUDA device is used when
there is one. Same seed, data and library versions give the same batches. A run that is called again with the same
folder goes on where it last saved its state.
"""

from __future__ import annotations

import argparse
import logging
import os
import platform
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer
from tokenizers.normalizers import BertNormalizer
from transformers import AutoModel

from embeddings.loading import has_matrix_unit
from embeddings.reading import mean
from scripts.encoder_folder import write_folder
from scripts.training_data import Document, Shape, batches, make_pair, read_documents, topic_vectors

LIBRARIES = ("torch", "transformers", "tokenizers", "safetensors", "numpy", "scikit-learn", "rjieba")
log = logging.getLogger("train_encoder")


@dataclass(frozen=True)
class Plan:
    """Everything that decides the result; written into `training.json`."""

    seed: int = 20240601
    held_out: int | None = 0  # the fold of papers whose questions are kept for measuring
    steps: int = 400  # the learning rate falls over these
    last_step: int = 400  # where to stop, at most `steps`
    batch: int = 64
    group: int = 32  # papers about one subject per batch: each other's hard negatives
    extra_rounds: int = 5  # how often per epoch a paper with questions comes beside the once of every paper
    rate: float = 1.0e-4
    warm_up: int = 30
    temperature: float = 0.04
    question_tokens: int = 88
    passage_tokens: int = 144
    frozen_layers: int = 0  # counted from below; the embedding table is always frozen
    pooling: str = "cls"  # the vector of a text: the state of its first token, or the `mean` over all


class Reader:
    """Texts to token ids, lower-cased, because the vocabulary holds no capitals."""

    def __init__(self, base: Path) -> None:
        self.tokenizer = Tokenizer.from_file(str(base / "tokenizer.json"))
        self.tokenizer.normalizer = BertNormalizer(lowercase=True, strip_accents=False)

    def __call__(self, texts: list[str], longest: int) -> list[torch.Tensor]:
        """The ids of every text, at most `longest`."""
        self.tokenizer.enable_truncation(longest)
        return [torch.tensor(encoding.ids) for encoding in self.tokenizer.encode_batch(texts)]


def embed(model: torch.nn.Module, texts: list[torch.Tensor], pooling: str, part: int = 16) -> torch.Tensor:
    """Unit vectors (n, dim) out of the last layer, pooled as a Plan says. Texts of similar length go together."""
    order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
    parts = [_embed_padded(model, [texts[i] for i in order[at : at + part]], pooling)
             for at in range(0, len(order), part)]  # fmt: skip
    return torch.cat(parts)[torch.argsort(torch.tensor(order))]


def _embed_padded(model: torch.nn.Module, texts: list[torch.Tensor], pooling: str) -> torch.Tensor:
    device = next(model.parameters()).device
    ids = torch.nn.utils.rnn.pad_sequence(texts, batch_first=True).to(device)
    mask = torch.nn.utils.rnn.pad_sequence([torch.ones_like(text) for text in texts], batch_first=True).to(device)
    states = model(ids, attention_mask=mask).last_hidden_state
    return torch.nn.functional.normalize(states[:, 0] if pooling == "cls" else mean(states, mask), dim=1)


def contrastive_loss(questions: torch.Tensor, passages: torch.Tensor, temperature: float) -> torch.Tensor:
    """InfoNCE in both directions: row i of one belongs to row i of the other, all other rows are wrong."""
    scores = questions @ passages.T / temperature
    right = torch.arange(len(scores), device=scores.device)
    return (torch.nn.functional.cross_entropy(scores, right) + torch.nn.functional.cross_entropy(scores.T, right)) / 2


def half_precision(device: str) -> torch.autocast:
    """Products in bfloat16 where the hardware is made for it: three times as fast on such a processor."""
    return torch.autocast(device, torch.bfloat16, enabled=device == "cuda" or has_matrix_unit())


def open_base(base: Path, plan: Plan, device: str) -> torch.nn.Module:
    """The base model without dropout, its embedding table and lowest layers frozen."""
    model: Any = AutoModel.from_pretrained(
        str(base), weights_only=True, local_files_only=True, attn_implementation="eager",
        hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0, add_pooling_layer=False,
    )  # fmt: skip
    for part in (model.embeddings, *model.encoder.layer[: plan.frozen_layers]):
        part.requires_grad_(False)
    trained: torch.nn.Module = model.to(device).train()
    return trained


def endless(documents: list[Document], plan: Plan) -> Iterator[list[int]]:
    """Batches of paper numbers, epoch after epoch, the same for the same plan."""
    topics = topic_vectors(documents, 128, plan.seed)
    shape = Shape(plan.batch, plan.group, plan.extra_rounds)
    epoch = 0
    while True:
        yield from batches(documents, topics, shape, np.random.default_rng((plan.seed, epoch)))
        epoch += 1


def rate_at(step: int, steps: int, warm_up: int) -> float:
    """The learning rate's share at a step: a linear climb, then a linear descent to a tenth."""
    if step < warm_up:
        return (step + 1) / warm_up
    return max(0.1, (steps - step) / max(1, steps - warm_up))


@dataclass
class Progress:
    """What a run leaves behind: the loss of every step, and [first step, planned steps] of every start."""

    losses: list[float] = field(default_factory=list)
    starts: list[list[int]] = field(default_factory=list)


def train(model: torch.nn.Module, reader: Reader, documents: list[Document], plan: Plan, state: Path) -> Progress:
    """Train in place; `state` is written every 25 steps, and what is found there is resumed."""
    weights = [weight for weight in model.parameters() if weight.requires_grad]
    optimizer = torch.optim.AdamW(weights, lr=plan.rate, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: rate_at(step, plan.steps, plan.warm_up))
    progress = Progress()
    if state.exists():
        saved = torch.load(state, weights_only=True)
        model.load_state_dict(saved["model"])
        optimizer.load_state_dict(saved["optimizer"])
        schedule.load_state_dict(saved["schedule"])
        progress = Progress(saved["losses"], saved["starts"])
    device = next(model.parameters()).device.type
    start, first, losses = time.monotonic(), len(progress.losses), progress.losses
    progress.starts.append([first, plan.steps])
    for step, rows in zip(range(min(plan.steps, plan.last_step)), endless(documents, plan), strict=False):
        if step < first:
            continue
        rng = np.random.default_rng((plan.seed, 1, step))
        pairs = [make_pair(documents[i], rng) for i in rows]
        with half_precision(device):
            questions = embed(model, reader([pair.question for pair in pairs], plan.question_tokens), plan.pooling)
            passages = embed(model, reader([pair.passage for pair in pairs], plan.passage_tokens), plan.pooling)
        loss = contrastive_loss(questions.float(), passages.float(), plan.temperature)
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        optimizer.step()
        schedule.step()
        losses.append(loss.item())
        if step % 5 == 4:
            pace = (time.monotonic() - start) / (step + 1 - first)
            log.info("step %d/%d  loss %.3f  %.1f s/step", step + 1, plan.steps, np.mean(losses[-20:]), pace)
        if step % 25 == 24:
            torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict(),
                        "schedule": schedule.state_dict(), **asdict(progress)}, state)  # fmt: skip
    return progress


def training_parser(said: str | None, plan: Mapping[str, Any], base: Path) -> argparse.ArgumentParser:
    """The command line of a training: folders, threads, and every part of its plan. `said`: the script's docstring."""
    parser = argparse.ArgumentParser(description=said, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = os.environ.get("MATCHMAKER_BENCHMARKS", "../shared/data")
    parser.add_argument("--base", type=Path, default=base, help="folder of the model to begin with")
    parser.add_argument("--data", type=Path, default=Path(default), help="folder of the benchmarks")
    parser.add_argument("--out", type=Path, required=True, help="folder to write; an interrupted run in it is resumed")
    parser.add_argument("--threads", type=int, default=2, help="processor threads")
    for name, value in plan.items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=type(value), default=value)
    return parser


def surroundings(device: str, start: float) -> dict[str, object]:
    """What a record of a training says beside its plan: when, how long (`start`: time.monotonic()), with what."""
    return {
        "date": datetime.now(UTC).date().isoformat(), "minutes": round((time.monotonic() - start) / 60, 1),
        "device": device, "python": platform.python_version(), "versions": {name: version(name) for name in LIBRARIES},
    }


def main() -> None:
    """Train, then write weights and record."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    parser = training_parser(__doc__, asdict(Plan()), Path("build/base"))
    parser.add_argument("--all-questions", action="store_true", help="train on the held-out fold's questions too")
    arguments = parser.parse_args()
    chosen = {name: getattr(arguments, name) for name in asdict(Plan())}
    plan = Plan(**{**chosen, "held_out": None if arguments.all_questions else arguments.held_out})
    torch.manual_seed(plan.seed)
    torch.set_num_threads(arguments.threads)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    documents = read_documents(arguments.data, plan.held_out)
    log.info("%d papers, %d questions, on %s", len(documents), sum(len(d.questions) for d in documents), device)
    arguments.out.mkdir(parents=True, exist_ok=True)
    reader, model, start = Reader(arguments.base), open_base(arguments.base, plan, device), time.monotonic()
    progress = train(model, reader, documents, plan, arguments.out / "state.pt")
    record = {
        "base": arguments.base.name, "plan": asdict(plan), **surroundings(device, start),
        "papers": len(documents), "questions": sum(len(d.questions) for d in documents),
        "data": ["chinaxiv/corpus.jsonl", "chinaxiv/need (dev)", "chinaxiv/citation (dev)", "csl/abstracts.jsonl"],
        "starts": progress.starts,
        "loss": [round(float(np.mean(progress.losses[i : i + 25])), 4) for i in range(0, len(progress.losses), 25)],
    }  # fmt: skip
    write_folder(arguments.out, arguments.base, dict(model.state_dict()), reader.tokenizer, record, plan.pooling)


if __name__ == "__main__":
    main()

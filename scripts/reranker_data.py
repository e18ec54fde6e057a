"""What the reranker is trained on: questions, the paper that answers each, and the papers that were found instead.

Questions are the benchmarks' dev queries outside the held-out fold, and sentences of abstracts, whose paper is then
read without them. The wrong papers are those that the product itself finds first.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from tqdm import tqdm

from embeddings.passage import Passage
from matchmaker.ranking.rank import Pool, weights_for
from models.vocabulary import Kind
from scripts import benchmark_data
from scripts.benchmark_data import Document
from scripts.benchmark_store import Store
from scripts.training_data import BENCHMARKS, SENTENCE, fold_of

TOGETHER = 64  # questions searched for in one step
FOUND = 40  # papers found first that may serve as wrong ones


@dataclass(frozen=True)
class Example:
    """A question, the key of the paper that answers it, the text of that paper to read (empty: the whole), and the
    keys of the others found, best first."""

    question: str
    answer: str
    passage: str
    found: list[str]


def asked(data: Path, held_out: int | None) -> Iterator[tuple[str, str, frozenset[str]]]:
    """(question, key of its paper, keys that must not count) of the benchmarks' dev splits."""
    for name in BENCHMARKS:
        benchmark = benchmark_data.load(data / "chinaxiv" / name, "dev")
        for query in benchmark.queries:
            for key in benchmark.qrels[query.id]:
                if fold_of(key) != held_out:
                    yield query.text, key, query.exclude


def made_up(documents: list[Document], count: int, seed: int) -> Iterator[tuple[str, str, str]]:
    """(question, key, passage): one or two sentences in a row of an abstract, and the paper without them."""
    rng = np.random.default_rng((seed, 7))
    for number in rng.permutation(len(documents))[:count]:
        document = documents[int(number)]
        sentences = SENTENCE.findall(document.text)
        if len(sentences) < 4:
            continue
        at, size = int(rng.integers(0, min(4, len(sentences) - 2))), int(rng.integers(1, 3))
        rest = "".join(sentences[:at] + sentences[at + size :])
        title = document.title if rng.random() < 0.8 else ""
        yield "".join(sentences[at : at + size]), document.id, Passage(title, document.keywords, rest).whole()


def mined(store: Store, data: Path, documents: list[Document], made: int, held_out: int, seed: int) -> list[Example]:
    """All examples with what the product finds for each question; `made` of them from abstracts."""
    known = {document.id for document in documents}
    wanted = [(question, key, "", barred) for question, key, barred in asked(data, held_out) if key in known]
    wanted += [(question, key, passage, frozenset[str]()) for question, key, passage in made_up(documents, made, seed)]
    examples, weights = [], weights_for(store.engine.encoder.name)
    for start in tqdm(range(0, len(wanted), TOGETHER), desc="检索"):
        part = wanted[start : start + TOGETHER]
        answers = store.engine.search_many([question for question, *_ in part], [Kind.ACHIEVEMENT], 100)
        for (question, key, passage, barred), hits in zip(part, answers[Kind.ACHIEVEMENT], strict=True):
            scores = Pool.of([hit.bm25 for hit in hits], [hit.similarity for hit in hits]).fused(weights)
            names = [store.names[hits[at].post_id] for at in np.argsort(-scores, kind="stable")]
            others = [name for name in names if name != key and name not in barred][:FOUND]
            examples.append(Example(question, key, passage, others))
    return examples


def write(examples: list[Example], path: Path) -> None:
    path.write_text("".join(json.dumps(asdict(one), ensure_ascii=False) + "\n" for one in examples), "utf-8")


def read(path: Path) -> list[Example]:
    return [Example(**json.loads(line)) for line in path.read_text("utf-8").splitlines()]

"""What the encoder is trained on: pairs of a question and the passage that answers it, made from paper records.

Three sources, all of them allowed for training: sentences of an abstract against the rest of it, titles and keywords
against the abstract, and the benchmarks' dev questions against their papers. Questions whose paper is in the held-out
fold are never trained on, so that what they measure stays honest.
"""

from __future__ import annotations

import csv
import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import rjieba
from numpy.typing import NDArray
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.preprocessing import normalize

FOLDS = 5
BENCHMARKS = ("need", "citation")
SENTENCE = re.compile(r"[^。！？!?；;.\n]{4,}[。！？!?；;.\n]?")


@dataclass
class Document:
    """A paper: its words, and the training questions that it answers."""

    key: str
    title: str
    keywords: tuple[str, ...]
    text: str
    questions: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Pair:
    """A question and a passage that answers it."""

    question: str
    passage: str


def fold_of(key: str) -> int:
    """The fold of a paper, 0 to 4, from a hash of its key: all questions about one paper share it."""
    return int(hashlib.sha256(key.encode()).hexdigest(), 16) % FOLDS


def read_lines(path: Path) -> list[dict[str, object]]:
    """The records of a JSONL file."""
    with path.open(encoding="utf-8") as stream:
        return [json.loads(line) for line in stream if line.strip()]


def read_answers(benchmark: Path) -> dict[str, str]:
    """Question id → paper id of a benchmark's dev split."""
    with (benchmark / "qrels" / "dev.tsv").open(encoding="utf-8", newline="") as stream:
        return {row["query-id"]: row["corpus-id"] for row in csv.DictReader(stream, delimiter="\t")}


def read_documents(data: Path, held_out: int | None) -> list[Document]:
    """The corpus with its dev questions outside fold `held_out` (None: all), and the CSL abstracts.

    `data` is the folder of the benchmarks (`chinaxiv/`, `csl/`). Raises OSError when a file is missing.
    """
    documents = [_document(row, "_id", "text") for row in read_lines(data / "chinaxiv" / "corpus.jsonl")]
    by_key = {document.key: document for document in documents}
    for name in BENCHMARKS:
        folder = data / "chinaxiv" / name
        answers = read_answers(folder)
        for row in read_lines(folder / "queries.jsonl"):
            key = answers.get(str(row["_id"]))
            if key in by_key and fold_of(key) != held_out:
                by_key[key].questions.append(str(row["text"]))
    documents += [_document(row, "id", "abstract") for row in read_lines(data / "csl" / "abstracts.jsonl")]
    return [document for document in documents if len(document.text) >= 20]


def _document(row: dict[str, object], key: str, text: str) -> Document:
    metadata = row.get("metadata", row)
    keywords = metadata.get("keywords", []) if isinstance(metadata, dict) else []
    return Document(str(row[key]), str(row["title"]), tuple(str(word) for word in keywords), str(row[text]))


def topic_vectors(documents: list[Document], dim: int, seed: int) -> NDArray[np.float32]:
    """Unit vectors (n, dim) of the papers' subjects by latent semantic analysis of character pairs."""
    texts = [f"{document.title}\n{document.text}" for document in documents]
    weights = TfidfVectorizer(
        analyzer="char", ngram_range=(2, 2), min_df=3, max_features=40_000, sublinear_tf=True, dtype=np.float32
    ).fit_transform(texts)
    vectors = TruncatedSVD(dim, n_iter=3, random_state=seed).fit_transform(weights)
    return np.asarray(normalize(vectors), np.float32)


@dataclass(frozen=True)
class Shape:
    """How batches are cut: papers in one, papers about one subject, and how often per epoch a paper with questions
    comes beside the once of every paper."""

    size: int
    group: int
    extra_rounds: int


def batches(
    documents: list[Document], topics: NDArray[np.float32], shape: Shape, rng: np.random.Generator
) -> Iterator[list[int]]:
    """One epoch of batches: row numbers of papers, each batch made of groups about one subject.

    The other papers of a group are the hard negatives.
    """
    asked = np.array([i for i, document in enumerate(documents) if document.questions], np.int64)
    groups = [
        members
        for pool in (np.arange(len(documents)), *[asked] * shape.extra_rounds)
        for members in _groups(pool, topics, shape.group, rng)
    ]
    order = rng.permutation(len(groups))
    per_batch = shape.size // shape.group
    for start in range(0, len(order) - per_batch + 1, per_batch):
        yield list(dict.fromkeys(i for g in order[start : start + per_batch] for i in groups[g]))


def _groups(
    pool: NDArray[np.int64], topics: NDArray[np.float32], size: int, rng: np.random.Generator
) -> Iterator[list[int]]:
    """The pool cut into groups: a random paper and the nearest that no group has yet."""
    pool = rng.permutation(pool)
    while len(pool) >= size:
        near = np.argpartition(-(topics[pool] @ topics[pool[0]]), size - 1)[:size]
        yield [int(i) for i in pool[near]]
        pool = np.delete(pool, near)


def make_pair(document: Document, rng: np.random.Generator) -> Pair:
    """A fresh view of the paper: one of its questions when it has any (two times in three), else its own words."""
    if document.questions and rng.random() < 0.67:
        question = str(rng.choice(document.questions))
        pair = Pair(excerpt(question, rng), _passage(document, _window(document.text, rng), rng, 0.9))
    else:
        pair = _own_words(document, rng)
    if rng.random() < 0.35:
        names = f"{document.title} {' '.join(document.keywords)}"
        return Pair(without_shared(pair.question, names, rng), pair.passage)
    return pair


def _own_words(document: Document, rng: np.random.Generator) -> Pair:
    """Title, keywords or one or two sentences as the question; the rest of the abstract as the passage."""
    dice = rng.random()
    if dice < 0.08:
        return Pair(document.title, document.text)
    if dice < 0.14 and document.keywords:
        return Pair(" ".join(document.keywords), _passage(document, document.text, rng, 0.5))
    sentences = SENTENCE.findall(document.text)
    if len(sentences) < 3:
        return Pair(document.title, document.text)
    weights = np.array([2.0 if i < 3 else 1.0 for i in range(len(sentences))])
    at = int(rng.choice(len(sentences), p=weights / weights.sum()))
    end = at + int(rng.integers(1, 3))
    rest = "".join(sentences[:at] + sentences[end:]) or document.title
    return Pair("".join(sentences[at:end]), _passage(document, _window(rest, rng), rng, 0.7))


def excerpt(question: str, rng: np.random.Generator) -> str:
    """Half of the time the whole question, else one to three of its sentences in a row."""
    sentences = SENTENCE.findall(question)
    if len(sentences) < 2 or rng.random() < 0.5:
        return question
    count = int(rng.integers(1, min(3, len(sentences)) + 1))
    at = int(rng.integers(0, len(sentences) - count + 1))
    return "".join(sentences[at : at + count])


def _window(text: str, rng: np.random.Generator) -> str:
    """Half of the time the text from its beginning, else from some sentence on."""
    starts = [match.start() for match in SENTENCE.finditer(text)]
    return text if len(starts) < 2 or rng.random() < 0.5 else text[int(rng.choice(starts[:-1])) :]


def _passage(document: Document, text: str, rng: np.random.Generator, with_title: float) -> str:
    """The text as the indexes are given it: title, keywords, body, where title and keywords may be missing."""
    title = [document.title] if rng.random() < with_title else []
    keywords = ["，".join(document.keywords)] if document.keywords and rng.random() < 0.5 else []
    return "\n".join([*title, *keywords, text])


def without_shared(question: str, names: str, rng: np.random.Generator) -> str:
    """The question with most words that it shares with `names` taken out, so that meaning must do."""
    named = set(rjieba.cut(names.lower()))
    words = rjieba.cut(question.lower())
    kept = "".join(word for word in words if len(word) < 2 or word not in named or rng.random() < 0.4)
    return kept if len(kept) >= 8 else question

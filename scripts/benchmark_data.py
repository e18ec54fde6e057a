"""Reads benchmarks in BEIR's layout: `corpus.jsonl`, `queries.jsonl`, `qrels/SPLIT.tsv`."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_NUMBER = re.compile(r"-?\d+(\.\d*)?")


class BadBenchmark(Exception):
    """The folder cannot be read as a benchmark; the message says what is missing."""


@dataclass(frozen=True)
class Query:
    """A question. `exclude`: documents that must not count; `groups`: what its metadata says, e.g. low_overlap."""

    id: str
    text: str
    exclude: frozenset[str]
    groups: frozenset[str]


@dataclass(frozen=True)
class Document:
    """What may be indexed of a document: title, text and keywords, nothing else."""

    id: str
    title: str
    text: str
    keywords: tuple[str, ...]


@dataclass(frozen=True)
class Benchmark:
    """`qrels`: query → document → grade (> 0 only); queries without any are left out."""

    split: str
    corpus: Path
    queries: list[Query]
    qrels: Mapping[str, Mapping[str, int]]


def load(folder: Path, split: str = "dev", corpus: Path | None = None) -> Benchmark:
    """The benchmark in `folder`; its corpus lies there, in the parent, or where `corpus` says.

    Raises BadBenchmark.
    """
    qrels = _qrels(_file(folder / "qrels" / f"{split}.tsv"))
    every = {row["_id"]: row for row in _rows(_file(folder / "queries.jsonl"))}
    if unknown := set(qrels) - set(every):
        raise BadBenchmark(f"qrels/{split}.tsv 中有 {len(unknown)} 个查询不在 queries.jsonl 中，例如 {min(unknown)}")
    queries = [_query(every[query_id]) for query_id in qrels]
    return Benchmark(split, _file(corpus) if corpus else _corpus_of(folder), queries, qrels)


def documents(corpus: Path) -> Iterator[Document]:
    """The documents of a corpus, one after the other."""
    for row in _rows(_file(corpus)):
        metadata = row.get("metadata") or {}
        keywords = row.get("keywords") or metadata.get("keywords") or ()
        words = tuple(keywords.split()) if isinstance(keywords, str) else tuple(map(str, keywords))
        yield Document(str(row["_id"]), row.get("title") or "", row.get("text") or "", words)


def _corpus_of(folder: Path) -> Path:
    places = (folder / "corpus.jsonl", folder.parent / "corpus.jsonl")
    found = next((place for place in places if place.is_file()), None)
    if found is None:
        raise BadBenchmark(f"在 {places[0]} 和 {places[1]} 都没有找到语料，请用 --corpus 指明 corpus.jsonl")
    return found


def _file(path: Path) -> Path:
    if not path.is_file():
        there = sorted(other.name for other in path.parent.glob("*")) if path.parent.is_dir() else []
        raise BadBenchmark(f"缺少文件 {path}；该文件夹中有：{'、'.join(there) or '（无）'}")
    return path


def _qrels(path: Path) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    with path.open(encoding="utf-8-sig", newline="") as lines:
        for number, row in enumerate(csv.reader(lines, delimiter="\t"), 1):
            if not row or (number == 1 and not _NUMBER.fullmatch(row[-1].strip())):
                continue
            try:
                query, document, grade = row[0], row[-2], _grade(row[-1])
            except (IndexError, ValueError):
                said = f"{path} 第 {number} 行无法读取，应为：查询、文档、分数（整数），以制表符分隔"
                raise BadBenchmark(said) from None
            if grade > 0:
                found.setdefault(query, {})[document] = grade
    return found


def _grade(text: str) -> int:
    """A whole number, also where it is written 1.0. Raises ValueError."""
    grade = float(text)
    if not grade.is_integer():
        raise ValueError(text)
    return int(grade)


def _query(row: Mapping[str, Any]) -> Query:
    metadata = row.get("metadata") or {}
    flags = {name: value for name, value in metadata.items() if isinstance(value, bool)}
    groups = frozenset(name if value else f"not {name}" for name, value in flags.items())
    exclude = metadata.get("exclude") or ()
    excluded = [exclude] if isinstance(exclude, (str, int)) else exclude
    return Query(str(row["_id"]), row["text"], frozenset(map(str, excluded)), groups)


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8-sig") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except ValueError:
                raise BadBenchmark(f"{path} 第 {number} 行不是 JSON") from None
            if not isinstance(row, dict) or "_id" not in row:
                raise BadBenchmark(f"{path} 第 {number} 行缺少 _id")
            yield row

"""JSON lines: an object per line. Nested objects are flattened (`metadata.keywords`), so BEIR corpora read as lists."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from matchmaker.services.problems import Problem
from matchmaker.services.transfer.cells import Cell
from matchmaker.services.transfer.delimited import encoding_of

LONGEST_LINE = 2_000_000
TITLE_LENGTH = 40


def rows(path: Path, most: int) -> Iterator[tuple[int, dict[str, Cell]]]:
    """Each line's object, flat, with the number of its line. Raises Problem naming the line that is none."""
    with path.open(encoding=encoding_of(path), newline="\n") as file:
        lines = iter(lambda: file.readline(LONGEST_LINE + 1), "")
        numbered = ((number, line) for number, line in enumerate(lines, 1) if line.strip())
        for number, line in islice(numbered, most or None):
            yield number, _shaped(_flat(_object(number, line)))


def _object(number: int, line: str) -> dict[str, Any]:
    if len(line) > LONGEST_LINE:
        raise Problem(f"第 {number} 行过长（超过 {LONGEST_LINE} 字）。请检查是否每行一个 JSON 对象。")
    try:
        read = json.loads(line)
    except (ValueError, RecursionError):
        read = None
    if not isinstance(read, dict):
        raise Problem(f"第 {number} 行不是 JSON 对象。请检查是否每行一个完整的 {{…}}。")
    return read


def _flat(value: dict[str, Any]) -> dict[str, Cell]:
    flat: dict[str, Cell] = {}
    for key, inner in value.items():
        nested = isinstance(inner, dict)
        flat.update({f"{key}.{name}": part for name, part in inner.items()} if nested else {key: inner})
    return flat


def _shaped(row: dict[str, Cell]) -> dict[str, Cell]:
    """A problem that a paper states (it names its authors' enterprises) has no title: it gets its first clause."""
    stated = row.get("text")
    if "author_enterprises" in row and "title" not in row and isinstance(stated, str):
        return {"title": first_clause(stated)} | row
    return row


def first_clause(text: str, longest: int = TITLE_LENGTH) -> str:
    """The beginning of a text up to the end of a clause, as a title."""
    start = text.strip()[:longest]
    if len(text.strip()) <= longest:
        return start
    ends = [found.start() for found in re.finditer(r"[，,。；;：:]", start)]
    return start[: ends[-1]] if ends and ends[-1] >= 12 else f"{start}…"

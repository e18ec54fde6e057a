"""JSON lines: an object per line. Nested objects are flattened (`metadata.keywords`), so BEIR corpora read as lists.

A line that is none becomes a row that holds the line alone, under UNREAD.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from matchmaker.services.problems import Problem
from matchmaker.services.transfer.cells import Cell
from matchmaker.services.transfer.columns import UNREAD
from matchmaker.services.transfer.delimited import encoding_of

LONGEST_LINE = 2_000_000
TITLE_LENGTH = 40


def rows(path: Path) -> Iterator[tuple[int, dict[str, Cell]]]:
    """Each line's object, flat, with the number of its line.

    Raises Problem for a line that is too long, and when no line is an object.
    """
    objects = 0
    with path.open(encoding=encoding_of(path), newline="\n") as file:
        for number, line in enumerate(iter(lambda: file.readline(LONGEST_LINE + 1), ""), 1):
            if not line.strip():
                continue
            if len(line) > LONGEST_LINE:
                raise Problem(f"第 {number} 行过长（超过 {LONGEST_LINE} 字）。请检查是否每行一个 JSON 对象。")
            read = _object(line)
            yield number, {UNREAD: line.strip()} if read is None else _shaped(_flat(read))
            objects += read is not None
    if not objects:
        raise Problem("没有哪一行是 JSON 对象。请检查是否每行一个完整的 {…}。")


def _object(line: str) -> dict[str, Any] | None:
    try:
        read = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return read if isinstance(read, dict) else None


def _flat(value: dict[str, Any]) -> dict[str, Cell]:
    flat: dict[str, Cell] = {}
    for key, inner in value.items():
        nested = isinstance(inner, dict)
        flat.update({f"{key}.{name}": part for name, part in inner.items()} if nested else {key: inner})
    return {_header(key): part for key, part in flat.items()}


def _header(key: str) -> str:
    """A key as the name of a column: without what cannot be shown, such as half a character."""
    return "".join(letter for letter in key if letter.isprintable())


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

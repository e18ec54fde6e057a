"""CSV: UTF-8 with or without BOM, GBK, UTF-16; separated by comma, semicolon or tab."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from matchmaker.services.problems import Problem
from matchmaker.services.reading.document import MOST_COLUMNS
from matchmaker.services.transfer.cells import Cell, restored

LONGEST_CELL = 1_000_000
SEPARATORS = (",", "\t", ";")
CHUNK = 1 << 20
csv.field_size_limit(LONGEST_CELL)


def rows(path: Path, most: int) -> Iterator[tuple[int, list[Cell]]]:
    """The rows that are not empty, numbered as a spreadsheet does; at most `most`, 0 means all. Raises Problem."""
    with path.open(encoding=encoding_of(path), newline="") as lines:
        separator = _separator(lines.read(64 << 10))
    with path.open(encoding=encoding_of(path), newline="") as lines:
        yield from islice(_rows(csv.reader(lines, delimiter=separator)), most or None)


def _rows(reader: Iterator[list[str]]) -> Iterator[tuple[int, list[Cell]]]:
    number = 0
    while True:
        number += 1
        try:
            values = next(reader)
        except StopIteration:
            return
        except csv.Error:
            raise Problem(f"第 {number} 行附近有过长的单元格，多半是引号没有成对。请检查后重新上传。") from None
        while values and not values[-1].strip():
            values.pop()
        if len(values) > MOST_COLUMNS:
            raise Problem(f"第 {number} 行有 {len(values)} 列，最多 {MOST_COLUMNS} 列。请检查分隔符。")
        if values:
            yield number, [restored(value) for value in values]


def _separator(start: str) -> str:
    """The separator that most divides the first line that has one, outside quotes."""
    for line in start.splitlines():
        bare = "".join(line.split('"')[::2])
        counts = {separator: bare.count(separator) for separator in SEPARATORS}
        if any(counts.values()):
            return max(counts, key=lambda separator: counts[separator])
    return ","


def encoding_of(path: Path) -> str:
    """The encoding that the whole file is written in. Raises Problem when it is none of those known."""
    with path.open("rb") as file:
        start = file.read(4)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        if (broken := _broken_at(path, "utf-16")) is None:
            return "utf-16"
        raise _unreadable(_before(path, broken).decode("utf-16", "replace").count("\n"))
    broken = _broken_at(path, "utf-8")
    if broken is None:
        return "utf-8-sig"
    before = _before(path, broken)
    if sum(byte >= 0xC0 for byte in before) < 20 and _broken_at(path, "gb18030") is None:
        return "gb18030"
    raise _unreadable(before.count(b"\n"))


def _unreadable(lines: int) -> Problem:
    return Problem(f"第 {lines + 1} 行附近有无法识别的字符。请把文件另存为 UTF-8 编码（Excel：CSV UTF-8）后重新上传。")


def _broken_at(path: Path, encoding: str) -> int | None:
    """The first byte that `encoding` cannot read, roughly; None when it reads all."""
    decoder = codecs.getincrementaldecoder(encoding)()
    at = 0
    with path.open("rb") as file:
        while True:
            chunk = file.read(CHUNK)
            try:
                decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                return at + error.start
            if not chunk:
                return None
            at += len(chunk)


def _before(path: Path, end: int) -> bytes:
    with path.open("rb") as file:
        return file.read(end)

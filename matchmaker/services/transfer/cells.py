"""The single cell: how its text is cleaned and split, and how a text is kept from running as a formula."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from contextlib import suppress
from decimal import Decimal
from typing import Any

Cell = str | int | float | bool | list[Any] | dict[str, Any] | None
ERRORS = frozenset({"#REF!", "#N/A", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!"})
LONGEST_TEXT = 100_000
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_HALF = re.compile("[\ud800-\udfff]")
_STRONG = re.compile(r"[；;|\n]")
_WEAK = re.compile(r"、|，|(?<!\d),|,(?!\d)")
_RUNS = re.compile(r"^'*[=+\-@\t\r＝＋－＠]")


class BadCell(ValueError):
    """A cell cannot be understood; `str()` says how to mend it."""


def text_of(cell: Cell) -> str:
    """The text of a cell: without control characters and surrounding space, lines ended by \\n.

    Raises BadCell for a spreadsheet's error value, for half characters, and for nested data.
    """
    if isinstance(cell, str):
        return _clean(cell)
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if isinstance(cell, int):
        return str(cell)
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else f"{Decimal(repr(cell)):f}"
    if isinstance(cell, list) and all(isinstance(part, str | int | float) for part in cell):
        return _clean("\n".join(text_of(part) for part in cell))
    raise BadCell("此处应为文字，请改为普通文本")


def _clean(text: str) -> str:
    cleaned = _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()
    if cleaned in ERRORS:
        raise BadCell(f"单元格是公式错误 {cleaned}，请改为具体内容")
    if _HALF.search(cleaned):
        raise BadCell("含有无法识别的字符，请重新输入")
    return cleaned


def parts_of(cell: Cell) -> list[str]:
    """The entries of a cell that holds a list, in order, each once.

    ；;| and line ends separate; without them 、，and commas do (not between digits, as in 1,2-二氯乙烷).
    A JSON array is taken as it is.
    """
    given = array_of(cell)
    if given is None:
        text = text_of(cell)
        given = _STRONG.split(text) if _STRONG.search(text) else _WEAK.split(text)
    return list(dict.fromkeys(part for part in map(text_of, given) if part))


def array_of(cell: Cell) -> list[Any] | None:
    """The cell as an array, if it is one or is written as one in JSON."""
    if isinstance(cell, list):
        return cell
    if isinstance(cell, str) and cell.strip().startswith("[") and cell.strip().endswith("]"):
        try:
            read = json.loads(cell)
        except (ValueError, RecursionError):
            return None
        return read if isinstance(read, list) else None
    return None


def joined(parts: Iterable[str]) -> str:
    """Entries as one text that `parts_of` takes apart again: with ；, or as JSON where that would not do."""
    entries = list(parts)
    text = "；".join(entries)
    for words in (text, text + "；"):
        with suppress(BadCell):
            if parts_of(words) == entries:
                return words
    return json.dumps(entries, ensure_ascii=False)


def defused(text: str) -> str:
    """A text that no spreadsheet takes for a formula; `restored` undoes it exactly."""
    return f"'{text}" if _RUNS.match(text) else text


def restored(text: str) -> str:
    return text[1:] if text.startswith("'") and _RUNS.match(text) else text

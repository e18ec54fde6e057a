"""Rows → files: XLSX with constant strings only, CSV with UTF-8 BOM and defused cells."""

from __future__ import annotations

import csv
import json
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import xlsxwriter

from matchmaker.services.transfer.cells import Cell, defused, text_of
from matchmaker.services.transfer.columns import MEND
from matchmaker.services.transfer.values import Shown

EXPLAINED = ("列名", "含义", "是否必填", "怎么填", "可选内容")
PART = 16_000
"""Characters in one workbook cell; Excel's own limit is 32,767 UTF-16 units. Longer texts continue in 「…（续2）」."""


def write(path: Path, columns: Sequence[str], rows: Callable[[], Iterable[Sequence[Shown]]],
          longest: Sequence[int] = ()) -> None:
    """Write a list in the format of `path`'s name (.xlsx, .csv). `longest` bounds the characters of each column."""
    if path.suffix == ".csv":
        write_csv(path, columns, rows())
    else:
        write_xlsx(path, columns, rows(), longest)


def write_csv(path: Path, columns: Sequence[str], rows: Iterable[Sequence[Shown]]) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_NONNUMERIC)
        writer.writerow([defused(name) for name in columns])
        for row in rows:
            writer.writerow([defused(value) if isinstance(value, str) else value for value in row])


def write_xlsx(
    path: Path, columns: Sequence[str], rows: Iterable[Sequence[Shown]], longest: Sequence[int] = (),
) -> None:
    parts = [-(-length // PART) for length in longest]
    spilled = [(place, part) for place, count in enumerate(parts) for part in range(2, count + 1)]
    header = [*columns, *(f"{columns[place]}（续{part}）" for place, part in spilled)]
    with _book(path) as book:
        sheet = book.add_worksheet("清单")
        _header(book, sheet, header)
        for at, row in enumerate(rows, 1):
            _line(sheet, at, [*row, *(str(row[place])[(part - 1) * PART : part * PART] for place, part in spilled)])


def template(path: Path, columns: Sequence[str], example: Sequence[Shown], help_rows: Sequence[Sequence[str]],
             say: Callable[[str], str] = str) -> None:
    """A workbook to fill in: the header, one example, and a second sheet that explains each column."""
    with _book(path) as book:
        sheet = book.add_worksheet(say("清单"))
        _header(book, sheet, columns)
        _line(sheet, 1, example)
        notes = book.add_worksheet(say("填写说明"))
        _header(book, notes, [say(head) for head in EXPLAINED])
        for at, row in enumerate(help_rows, 1):
            _line(notes, at, row)


def wrong_rows(wrong: Path, columns: Sequence[str], path: Path) -> None:
    """The wrong rows of a walk (`wrong`, JSON lines) as a list to mend, the first column saying what and how."""
    longest = [0] * (len(columns) + 1)
    for row in _wrong(wrong, len(columns)):
        longest = [max(length, len(str(value))) for length, value in zip(longest, row, strict=True)]
    write(path, [MEND, *columns], lambda: _wrong(wrong, len(columns)), longest)


def _wrong(wrong: Path, width: int) -> Iterator[list[Shown]]:
    with wrong.open(encoding="utf-8") as lines:
        for line in lines:
            _number, sentence, cells = json.loads(line)
            shown = [_as_given(cell) for cell in cells[:width]]
            yield [sentence, *shown, *[""] * (width - len(shown))]


def _as_given(cell: Cell) -> Shown:
    """A cell as it came, as far as a spreadsheet can hold it."""
    if isinstance(cell, str):
        return cell.encode("utf-8", "replace").decode()
    if isinstance(cell, list | dict):
        return json.dumps(cell, ensure_ascii=False).encode("utf-8", "replace").decode()
    return cell if isinstance(cell, int | float) and not isinstance(cell, bool) else text_of(cell)


@contextmanager
def _book(path: Path) -> Iterator[Any]:
    """A workbook whose rows wait in a folder that goes with it, also when the disk is full."""
    with tempfile.TemporaryDirectory(prefix="book-") as folder, xlsxwriter.Workbook(path, {
            "constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False,
            "strings_to_numbers": False, "nan_inf_to_errors": True, "tmpdir": folder}) as book:
        yield book


def _header(book: Any, sheet: Any, columns: Sequence[str]) -> None:
    bold = book.add_format({"bold": True, "bg_color": "#E8EEF4", "text_wrap": True, "valign": "top"})
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, max(len(columns) - 1, 0), 18)
    for place, name in enumerate(columns):
        sheet.write_string(0, place, name, bold)


def _line(sheet: Any, at: int, row: Sequence[Shown]) -> None:
    for place, value in enumerate(row):
        if isinstance(value, str):
            if value:
                sheet.write_string(at, place, value[:PART])
        else:
            sheet.write_number(at, place, value)

"""Files → rows. What the format is, how it is encoded, where its header stands; rows are staged as JSON lines.

A workbook is read by a child process (`reading/document.py`), which may die without harm.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path

from matchmaker.services import isolated
from matchmaker.services.problems import Problem, TooLarge
from matchmaker.services.reading.document import MOST_COLUMNS, MOST_ROWS
from matchmaker.services.reading.files import CHILD
from matchmaker.services.transfer import delimited, shapes
from matchmaker.services.transfer.cells import Cell
from matchmaker.services.transfer.columns import CONTINUED, recognise
from models.vocabulary import Kind

LOOK_SECONDS, READ_SECONDS = 20, 600
HEADER_WITHIN = 10
SAMPLES = 5
Numbered = tuple[int, list[Cell]]
TOO_SLOW = "工作簿内容过多，读取超时。请拆分成几个文件，或另存为 CSV 再上传。"


class Unreadable(Problem):
    """The file cannot be read as a list; the message says what to do."""


@dataclass
class Table:
    """The shape of a list: its format (csv, xlsx, jsonl), its columns, and some or all of its rows."""

    form: str
    columns: list[str] = field(default_factory=list)
    samples: list[list[Cell]] = field(default_factory=list)
    total: int = 0
    header_row: int = 0


def look(path: Path, kind: Kind) -> Table:
    """Columns and first rows, read in a moment whatever the size. Raises Unreadable, TooLarge.

    Of JSON lines all are read, for the last may bring a column.
    """
    return _gather(path, kind, most=HEADER_WITHIN + 50, each=lambda _number, _cells: None)


def stage(path: Path, kind: Kind, target: Path) -> Table:
    """Read the whole list into `target`, a JSON line `[row number, [cells]]` per row. Raises Unreadable, TooLarge."""
    with target.open("w", encoding="utf-8") as lines:
        return _gather(path, kind, most=0, each=lambda number, cells: print(json.dumps([number, cells]), file=lines))


def staged(path: Path) -> Iterator[Numbered]:
    """The rows that `stage` wrote."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            number, cells = json.loads(line)
            yield number, cells


def _gather(path: Path, kind: Kind, most: int, each: Callable[[int, list[Cell]], None]) -> Table:
    form = form_of(path)
    if form == "jsonl":
        table = Table(form)
        rows = _aligned(shapes.rows(path), table.columns)
    else:
        raw = _workbook(path, most) if form == "xlsx" else delimited.rows(path, most)
        table, rows = _below_header(form, kind, raw)
    for number, cells in rows:
        table.total += 1
        if table.total > MOST_ROWS:
            raise TooLarge(f"一次最多导入 {MOST_ROWS} 行，请拆分成几个文件。")
        if len(table.columns) > MOST_COLUMNS:
            raise Unreadable(f"文件有 {len(table.columns)} 列，最多 {MOST_COLUMNS} 列。请删除多余的列。")
        if len(table.samples) < SAMPLES:
            table.samples.append(_showable(cells))
        each(number, cells)
    if not table.total:
        raise Unreadable("文件中没有数据行。请在表头下方填写内容后重新上传。")
    return table


def _showable(cells: list[Cell]) -> list[Cell]:
    """The cells with a question mark for each half character, which no page could show."""
    shown: list[Cell] = json.loads(json.dumps(cells, ensure_ascii=False).encode("utf-8", "replace"))
    return shown


def form_of(path: Path) -> str:
    """csv, xlsx or jsonl, by what the file holds. Raises Unreadable for anything else."""
    with path.open("rb") as file:
        start = file.read(4096)
    if not start.strip():
        raise Unreadable("文件是空的，请检查后重新上传。")
    if start.startswith((b"PK", b"\xd0\xcf\x11\xe0")):
        return "xlsx"
    wide = start.startswith((b"\xff\xfe", b"\xfe\xff"))
    if (b"\x00" in start and not wide) or start.startswith((b"%PDF", b"\x89PNG")):
        raise Unreadable("无法识别的文件。请上传 CSV、XLSX 或 JSONL 格式的清单。")
    text = start.decode("utf-16" if wide else "utf-8-sig", "ignore").lstrip()
    if text.startswith("["):
        raise Unreadable("这是 JSON 数组。请改为 JSONL：每行一个 JSON 对象。")
    return "jsonl" if text.startswith("{") else "csv"


def _below_header(form: str, kind: Kind, raw: Iterator[Numbered]) -> tuple[Table, Iterator[Numbered]]:
    """The header is the one of the first rows with most known columns; what stands above it is a caption."""
    first = list(islice(raw, HEADER_WITHIN))
    if not first:
        raise Unreadable("文件是空的，请检查后重新上传。")
    known = [len(recognise(kind, names(cells))) for _number, cells in first]
    at = known.index(max(known))
    header = names(first[at][1])
    parts = {index: header.index(found[1]) for index, name in enumerate(header)
             if (found := CONTINUED.fullmatch(name)) and found[1] in header}
    table = Table(form, [name for index, name in enumerate(header) if index not in parts], header_row=first[at][0])

    def rows() -> Iterator[Numbered]:
        for number, cells in chain(first[at + 1:], raw):
            yield number, _merged(cells, parts) if parts else cells

    return table, rows()


def _merged(cells: list[Cell], parts: dict[int, int]) -> list[Cell]:
    """The cells with each continued text put together again."""
    whole = list(cells)
    for index, base in parts.items():
        if index < len(cells) and cells[index] is not None:
            whole[base] = f"{whole[base] or ''}{cells[index]}"
    return [cell for index, cell in enumerate(whole) if index not in parts]


def names(cells: list[Cell]) -> list[str]:
    """Column names from a header row: each named, each different."""
    given: list[str] = []
    for cell in cells:
        given.append(_name("" if cell is None else str(cell), given))
    return given


def _name(words: str, given: list[str]) -> str:
    name = " ".join(words.split())[:100] or f"第{len(given) + 1}列"
    while name in given:
        name += "′"
    return name


def _aligned(rows: Iterator[tuple[int, dict[str, Cell]]], columns: list[str]) -> Iterator[Numbered]:
    """Objects as rows; a key that was not seen before adds a column."""
    places: dict[str, int] = {}
    for number, values in rows:
        for key in values:
            if key not in places:
                places[key] = len(places)
                columns.append(_name(key, columns))
        yield number, [values.get(key) for key in places]


def _workbook(path: Path, most: int) -> Iterator[Numbered]:
    """The rows that the child process prints; it is killed when it takes too long."""
    seconds = LOOK_SECONDS if most else READ_SECONDS
    try:
        yield from isolated.rows(CHILD, [str(path), "list", str(seconds), str(most)], seconds, Unreadable)
    except isolated.Stopped:
        raise Unreadable(TOO_SLOW) from None

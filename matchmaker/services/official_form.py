"""The official 技术需求征集表: read into a draft by its Chinese headings, and given out blank."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import dropwhile, takewhile, zip_longest
from typing import NamedTuple

from matchmaker.services import official_words
from matchmaker.services.official_words import HEADINGS, TITLE, Raw, asked, bare, looks_asked, nearly_asked
from matchmaker.services.problems import Problem

FEWEST = 3
"""Headings side by side that make a row the head of a list."""
PREAMBLE = re.compile(r"(表|附件\s*\d*|（.{4,20}年度?）)$|^(填[报表写]|附件|注[:：])")
SECTION = re.compile(r"(情况|信息|内容|事项|部分)$")
UNKNOWN = "?"
SEVERAL = "keywords"
"""What is written into several cells side by side."""
TITLED, TURNED = "title", [""]
MOST = 50
"""Needs of one list that are offered."""
INLINE = 3
"""Inside a cell a line is a heading only when it has so many characters."""
Rows = list[list[str]]


@dataclass
class Recognised:
    """What was read. `raw`: inputs of the form; `found`: (heading, what was understood) taken over; `left`: content
    that was not understood, with its heading or ""."""

    raw: Raw = field(default_factory=dict)
    found: list[tuple[str, str]] = field(default_factory=list)
    left: list[tuple[str, str]] = field(default_factory=list)


class Piece(NamedTuple):
    """A part of a cell: a heading with what it says behind its colon, or content.

    `name`: the input of a known heading ("" for none), UNKNOWN for what stands like a heading, None for content.
    """

    name: str | None
    heading: str
    said: str


def recognise(rows: Rows) -> Recognised:
    """Read a filled-in form: a heading's content stands beside it, behind its colon, or in the rows below it."""
    told = Recognised()
    for name, heading, content in _answers(rows):
        raw = official_words.read(name, content) if name and content else None
        if raw is not None and not told.raw.keys() & raw.keys():
            told.raw |= raw
            told.found.append((heading, official_words.understood(raw, content)))
        elif content and not _needless(name, heading, content):
            told.left.append((heading, content))
    return told


def entries(rows: Rows) -> list[Recognised]:
    """What is read of each need of a list, one a row, at most MOST; of a form for one need, that alone."""
    listed = _entries(rows)
    if len(listed) < 2:
        return [recognise(rows)]
    found = (recognise([row for at, row in enumerate(rows) if at == one or at not in listed]) for one in listed[:MOST])
    return [told for told in found if told.raw.get("title")]


def taken(text: str) -> Raw:
    """Inputs as a page was given them. Raises Problem for what no page of ours was given."""
    try:
        given = json.loads(text)
        return {str(name): [str(value) for value in values] for name, values in given.items() if values}
    except (ValueError, AttributeError, TypeError):
        raise Problem("读入的内容不完整，请重新上传征集表。") from None


def blank_docx() -> bytes:
    """Our blank form as a Word document."""
    import docx  # noqa: PLC0415 — web processes stay small

    document, out = docx.Document(), io.BytesIO()
    document.add_heading(TITLE, 1)
    document.add_paragraph("填好后上传到平台，各栏会自动进入表单。请勿填写涉密内容。")
    table = document.add_table(rows=0, cols=2)
    table.style = "Table Grid"
    for names in HEADINGS.values():
        cells = table.add_row().cells
        cells[0].text, cells[1].text = names[0], ""
    document.save(out)
    return out.getvalue()


def blank_xlsx() -> bytes:
    """Our blank form as a workbook."""
    out = io.BytesIO()
    import xlsxwriter  # noqa: PLC0415 — web processes stay small

    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False}) as book:
        sheet = book.add_worksheet("征集表")
        bold, wrap = book.add_format({"bold": True, "valign": "top"}), book.add_format({"text_wrap": True, "border": 1})
        sheet.set_column(0, 0, 22)
        sheet.set_column(1, 1, 80)
        sheet.write(0, 0, TITLE, bold)
        for place, names in enumerate(HEADINGS.values(), 1):
            sheet.write(place, 0, names[0], bold)
            sheet.write_blank(place, 1, None, wrap)
    return out.getvalue()


def _needless(name: str, heading: str, content: str) -> bool:
    """Whether content is known from the account, or is the title and the instructions of the form."""
    if heading:
        return name == "" and asked(heading) == ""
    return all(PREAMBLE.search(line.strip()) for line in content.split("\n"))


def _answers(rows: Rows) -> Iterator[tuple[str, str, str]]:
    """(input or "", heading, content) of every answer, in their order.

    1. Lists are turned, so that every heading stands beside its content. 2. Cells fall into headings and content.
    3. A heading ends the answer before it; the cell behind a heading is its content, whatever it looks like.
    """
    name, heading, content = "", "", list[str]()
    for row in _turned(rows):
        waiting, here = False, ""
        for piece in _pieces(row, bool(content)):
            if piece.name is None or (piece.name == UNKNOWN and (waiting or here == SEVERAL)):
                content.append(piece.said)
                waiting = False
                continue
            yield name, heading, "\n".join(content)
            name = here = nearly_asked(piece.heading) if piece.name == UNKNOWN else piece.name
            heading, content = piece.heading, [piece.said] if piece.name != UNKNOWN and piece.said else []
            waiting = not content
    yield name, heading, "\n".join(content)


def _turned(rows: Rows) -> Iterator[list[str]]:
    """The rows without empty cells; below a head of a list its first entry beside the headings, the others as left."""
    heads: list[str] = []
    for row in rows:
        cells = [cell for cell in row if cell]
        known = [cell for cell in cells if asked(cell) is not None]
        if heads and cells and not known and (len(cells) > 1 or heads == TURNED):
            if len(heads) == len(row):
                yield from ([head, cell] for head, cell in zip(heads, row, strict=True) if head)
                heads = TURNED
            else:
                yield ["其余各行", "　".join(cells)]
            continue
        heads = list(row) if _heads_a_list(row, len(known)) else []
        if not heads:
            yield cells


def _entries(rows: Rows) -> list[int]:
    """The places of the rows that stand below a head of needs."""
    heads, found = list[str](), list[int]()
    for at, row in enumerate(rows):
        known = [name for cell in row if cell and (name := asked(cell)) is not None]
        if heads and len(heads) == len(row) and not known and sum(map(bool, row)) > 1:
            found.append(at)
        else:
            heads = list(row) if _heads_a_list(row, len(known)) and TITLED in known else []
    return found


def _heads_a_list(row: list[str], known: int) -> bool:
    """Whether headings stand side by side, none with room for its content."""
    filled = list(takewhile(bool, dropwhile(_empty, row)))
    return known >= FEWEST and len(filled) == sum(map(bool, row)) and all(map(looks_asked, filled))


def _empty(cell: str) -> bool:
    return not cell


def _pieces(cells: list[str], after_content: bool) -> Iterator[Piece]:
    section = len(cells) == 1 and after_content and SECTION.search(bare(cells[0]))
    for cell, following in zip_longest(cells, cells[1:]):
        if (name := asked(cell)) is not None:
            yield Piece(name, _shown(cell), "")
        elif looks_asked(cell) and (following or section):
            yield Piece(UNKNOWN, _shown(cell), cell)
        else:
            yield from _lines(cell)


def _lines(cell: str) -> Iterator[Piece]:
    """A cell by its lines: those that are headings, alone or before a colon, and those between them."""
    kept: list[str] = []
    lines = cell.split("\n")
    for at, line in enumerate(lines):
        before, colon, after = _parted(line)
        name = asked(before) if len(bare(before)) >= INLINE or not at else None
        if name is None or (not colon and len(lines) == 1):
            kept.append(line)
            continue
        if kept:
            yield Piece(None, "", "\n".join(kept))
        yield Piece(name, _shown(before), after.strip())
        kept = []
    if kept:
        yield Piece(None, "", "\n".join(kept))


def _parted(line: str) -> tuple[str, str, str]:
    """What stands before the first colon outside of brackets, the colon, and what stands behind it."""
    masked = re.sub(r"[（(].*?[)）]", lambda found: "（" * len(found[0]), line)
    found = re.search("[:：]", masked)
    return (line[: found.start()], found[0], line[found.end():]) if found else (line, "", "")


def _shown(heading: str) -> str:
    """A heading as it is told, in one line, without its star, note and colon."""
    return re.sub(r"\s+", "", re.split("[（(:：]", heading, maxsplit=1)[0]).strip("*＊") or heading

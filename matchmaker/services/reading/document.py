"""Read one file, alone in a process of its own: `python -I document.py FILE KIND CPU_SECONDS [MOST]`.

KIND is pdf, docx or xlsx for what a document says (a paragraph or a page's line being a row of one cell), or list for
a workbook that is imported, of which at most MOST rows are printed (0: all). Prints one JSON line per row that is not
empty, `[row number, [cells]]`, and at the end `{"end": true}`, or `{"problem": "…"}` for the person whose file it is.
Imports nothing of the service and limits itself before it opens the file: a file may be made to exhaust whoever reads
it.
"""

from __future__ import annotations

import datetime as dt
import itertools
import json
import re
import resource
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

SMALL = 2 << 20
HIGHEST_RATIO = 100
MOST_PARTS = 2000
MOST_PAGES = 60
TEXT_ROWS, TEXT_COLUMNS, TEXT_SHEETS = 3000, 60, 5
MOST_CHARACTERS = 200_000
MOST_ROWS = 200_000
MOST_COLUMNS = 200
ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")
LIST_ADVICE = "请用 Excel 或 WPS 打开后另存为新的 .xlsx 或 CSV 文件再上传"
LOCKED = "文件设有密码，请取消密码后重新上传。"
Rows = Iterator[tuple[int, list[Any]]]


class Unreadable(Exception):
    """The file cannot be read; `str()` says what to do."""


class Limits(NamedTuple):
    """How much a file may take, and what is said of one that takes more or is not what it should be."""

    memory: int
    unpacked: int
    no_archive: str
    other: str
    too_large: str
    exhausting: str
    outside: str
    broken: str


TEXT = Limits(
    512 << 20, 50 << 20,
    no_archive="文件内容与扩展名不符，或设有密码。请用 Word、Excel 或 WPS 另存后重新上传。",
    other="文件内容与扩展名不符。请用 Word、Excel 或 WPS 另存后重新上传。",
    too_large="文件展开后过大，已拒绝读取。请删除多余内容、压缩图片后重新上传。",
    exhausting="文件展开后过大，无法读取。请拆分或压缩图片后重新上传。",
    outside="文件含有不允许的外部内容，已拒绝读取。请另存一份后重新上传。",
    broken="文件已损坏、设有密码或格式不标准，无法读取。请另存一份后重新上传。")
LIST = Limits(
    1 << 30, 400 << 20,
    no_archive=f"这不是完整的 Excel 工作簿（.xlsx）。{LIST_ADVICE}。",
    other=f"这不是 Excel 工作簿（.xlsx），而是其他压缩文件。{LIST_ADVICE}。",
    too_large="工作簿展开后过大，已拒绝读取。请删除多余的工作表、格式和图片，或另存为 CSV 再上传。",
    exhausting="工作簿展开后过大，无法读取。请拆分成几个文件，或另存为 CSV 再上传。",
    outside=f"工作簿含有不允许的外部内容，已拒绝读取。{LIST_ADVICE}。",
    broken=f"工作簿已损坏或不是标准的 xlsx，无法读取。{LIST_ADVICE}。")
WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
SYMBOLS = {"52": "☑", "FE": "☑", "FD": "☒", "53": "☒", "50": "✓", "FC": "✓", "A3": "□", "A8": "□", "6F": "□", "71": "□",
           "6E": "■"}
"""Boxes and ticks of the fonts Wingdings and Wingdings 2, by the end of their codes."""
MAIN = {"docx": "word/document.xml", "xlsx": "xl/workbook.xml", "list": "xl/workbook.xml"}


def main() -> None:
    path, kind, seconds = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    most, limits = int(sys.argv[4]) if len(sys.argv) > 4 else 0, LIST if kind == "list" else TEXT
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory, limits.memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.modules["numpy"] = None  # type: ignore[assignment]  # openpyxl would load it for nothing
    try:
        if kind in MAIN:
            inspect(path, MAIN[kind], limits)
        for row in itertools.islice(READERS[kind](path), most or None):
            print(json.dumps(row, ensure_ascii=True))
        print(json.dumps({"end": True}))
    except Unreadable as problem:
        print(json.dumps({"problem": str(problem)}))
    except (MemoryError, RecursionError):
        print(json.dumps({"problem": limits.exhausting}))
    except Exception as error:
        print(json.dumps({"problem": limits.outside if refused_inside(error) else limits.broken}))


def refused_inside(error: Exception) -> bool:
    """Whether the reader of XML met a declaration that it does not take."""
    chain: BaseException | None = error
    while chain is not None and not type(chain).__module__.startswith("defusedxml"):
        chain = chain.__cause__ or chain.__context__
    return chain is not None


def inspect(path: Path, wanted: str, limits: Limits) -> None:
    """Refuse an office file that is none, that unpacks to far more than it is, or that declares entities."""
    with path.open("rb") as file:
        if file.read(4) == b"\xd0\xcf\x11\xe0":
            raise Unreadable(old(path))
    if not zipfile.is_zipfile(path):
        raise Unreadable(limits.no_archive)
    with zipfile.ZipFile(path) as archive:
        parts = archive.infolist()
        if any(part.flag_bits & 1 for part in parts):
            raise Unreadable(LOCKED)
        if wanted not in {part.filename.lstrip("/") for part in parts}:
            raise Unreadable(limits.other)
        unpacked, packed = sum(part.file_size for part in parts), sum(part.compress_size for part in parts)
        if len(parts) > MOST_PARTS or unpacked > limits.unpacked or unpacked > max(SMALL, HIGHEST_RATIO * packed):
            raise Unreadable(limits.too_large)
        for part in parts if limits is TEXT else ():
            if part.filename.endswith((".xml", ".rels")) and b"<!DOCTYPE" in archive.read(part):
                raise Unreadable(limits.outside)


def old(path: Path) -> str:
    if "EncryptedPackage".encode("utf-16-le") in path.read_bytes():
        return LOCKED
    return "这是旧版 Excel 或 Word 文件，请在 Excel、Word 或 WPS 中另存为 .xlsx 或 .docx 后重新上传。"


def bounded(rows: Iterator[list[str]]) -> Rows:
    """The rows that say something, up to the limits of a text."""
    left = MOST_CHARACTERS
    for place, row in enumerate(itertools.islice(rows, TEXT_ROWS), 1):
        cells = [cell.strip()[:left] for cell in row[:TEXT_COLUMNS]]
        left -= sum(map(len, cells))
        if any(cells):
            yield place, cells
        if left <= 0:
            return


def pdf(path: Path) -> Iterator[list[str]]:
    import pypdf  # noqa: PLC0415 - only after the limits stand

    reader = pypdf.PdfReader(path)
    for page in reader.pages[:MOST_PAGES]:
        yield from ([line] for line in (page.extract_text() or "").splitlines())


def docx(path: Path) -> Iterator[list[str]]:
    """Paragraphs and rows of tables in their order. A merged cell counts once; below its first row it is empty."""
    import docx as word  # noqa: PLC0415 - only after the limits stand

    for kind, block in blocks(word.Document(str(path)).element.body):
        if kind == "p":
            yield [written(block)]
            continue
        for row in (part for kind, part in blocks(block) if kind == "tr"):
            yield [celled(part) for kind, part in blocks(row) if kind == "tc"]


def blocks(element: Any) -> Iterator[tuple[str, Any]]:
    """(name, element) of what stands directly in an element, that in content controls included."""
    for child in element.iterchildren(f"{WORD}*"):
        name = child.tag.removeprefix(WORD)
        if name in ("sdt", "sdtContent", "ins", "customXml"):
            yield from blocks(child)
        else:
            yield name, child


def celled(cell: Any) -> str:
    merged = cell.find(f"{WORD}tcPr/{WORD}vMerge")
    if merged is not None and merged.get(f"{WORD}val", "continue") == "continue":
        return ""
    return "\n".join(written(paragraph) for paragraph in cell.iter(f"{WORD}p"))


def written(paragraph: Any) -> str:
    """What a paragraph says, with the boxes and ticks that Word draws in fonts of their own."""
    said = []
    for part in paragraph.iter(f"{WORD}*"):
        name = part.tag.removeprefix(WORD)
        if name == "t":
            said.append("" if in_fallback(part) else part.text or "")
        elif name == "sym":
            said.append(SYMBOLS.get(part.get(f"{WORD}char", "").upper()[-2:], ""))
        elif name in ("tab", "br", "cr"):
            said.append(" " if name == "tab" else "\n")
    return "".join(said)


def in_fallback(part: Any) -> bool:
    """Whether it repeats, for old readers, what stands before it already."""
    return any(above.tag.endswith("}Fallback") for above in part.iterancestors())


def xlsx(path: Path) -> Iterator[list[str]]:
    for sheet in sheets(path)[:TEXT_SHEETS]:
        for cells in sheet.iter_rows(values_only=True, max_col=TEXT_COLUMNS, max_row=TEXT_ROWS):
            yield ["" if cell is None else str(cell) for cell in cells]


def listed(path: Path) -> Rows:
    """The rows of the first sheet that has any. Raises Unreadable past the limits."""
    for sheet in sheets(path):
        found = 0
        for number, cells in enumerate(sheet.iter_rows(values_only=True), 1):
            values = trimmed(cells)
            if not values:
                continue
            found += 1
            if found > MOST_ROWS + 20 or number > 5 * MOST_ROWS:
                raise Unreadable(f"一次最多导入 {MOST_ROWS} 行，请拆分文件。若行数不多，请删除表格末尾的多余内容。")
            if len(values) > MOST_COLUMNS:
                raise Unreadable(f"第 {number} 行有 {len(values)} 列，最多 {MOST_COLUMNS} 列。请删除多余的列。")
            yield number, [plain(value) for value in values]
        if found:
            return


def sheets(path: Path) -> list[Any]:
    import openpyxl  # noqa: PLC0415 - only after the limits stand

    book = openpyxl.load_workbook(path.open("rb"), read_only=True, data_only=True, keep_links=False)
    for sheet in book.worksheets:
        sheet.reset_dimensions()
    return list(book.worksheets)


def trimmed(cells: tuple[Any, ...]) -> list[Any]:
    """The cells without the empty ones at the end."""
    last = len(cells)
    while last and (cells[last - 1] is None or cells[last - 1] == ""):
        last -= 1
    return list(cells[:last])


def plain(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat(" ", "seconds")
    if isinstance(value, str):
        return ESCAPED.sub(lambda found: chr(int(found[1], 16)), value)
    return value if value is None or isinstance(value, int | float | bool) else str(value)


READERS = {"pdf": lambda path: bounded(pdf(path)), "docx": lambda path: bounded(docx(path)),
           "xlsx": lambda path: bounded(xlsx(path)), "list": listed}

if __name__ == "__main__":
    main()

"""Read one document, alone in a process of its own: `python -I document.py FILE KIND CPU_SECONDS`.

KIND is pdf, docx or xlsx. Prints one JSON object: `{"rows": [[cell, …], …]}`, a paragraph or a page's line being a row
of one cell, or `{"problem": "…"}` for the person whose file it is. Imports nothing of the service and limits itself
before it opens the file: a document may be made to exhaust whoever reads it.
"""

from __future__ import annotations

import json
import resource
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

MEMORY = 512 << 20
LARGEST_UNPACKED = 50 << 20
SMALL = 2 << 20
HIGHEST_RATIO = 100
MOST_PARTS = 2000
MOST_PAGES = 60
MOST_ROWS = 3000
MOST_COLUMNS = 60
MOST_CHARACTERS = 200_000
MAIN = {"docx": "word/document.xml", "xlsx": "xl/workbook.xml"}
Rows = Iterator[list[str]]


class Unreadable(Exception):
    """The file cannot be read; `str()` says what to do."""


def main() -> None:
    path, kind, seconds = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.modules["numpy"] = None  # type: ignore[assignment]  # openpyxl would load it for nothing
    try:
        if kind in MAIN:
            inspect(path, MAIN[kind])
        print(json.dumps({"rows": list(bounded(READERS[kind](path)))}))
    except Unreadable as problem:
        print(json.dumps({"problem": str(problem)}))
    except (MemoryError, RecursionError):
        print(json.dumps({"problem": "文件展开后过大，无法读取。请拆分或压缩图片后重新上传。"}))
    except Exception:
        print(json.dumps({"problem": "文件已损坏、设有密码或格式不标准，无法读取。请另存一份后重新上传。"}))


def inspect(path: Path, wanted: str) -> None:
    """Refuse an office document that is none, that unpacks to far more than it is, or that declares entities."""
    if not zipfile.is_zipfile(path):
        raise Unreadable("文件内容与扩展名不符，或设有密码。请用 Word、Excel 或 WPS 另存后重新上传。")
    with zipfile.ZipFile(path) as archive:
        parts = archive.infolist()
        unpacked, packed = sum(part.file_size for part in parts), sum(part.compress_size for part in parts)
        if len(parts) > MOST_PARTS or unpacked > LARGEST_UNPACKED or unpacked > max(SMALL, HIGHEST_RATIO * packed):
            raise Unreadable("文件展开后过大，已拒绝读取。请删除多余内容、压缩图片后重新上传。")
        if any(part.flag_bits & 1 for part in parts):
            raise Unreadable("文件设有密码，请取消密码后重新上传。")
        if wanted not in {part.filename for part in parts}:
            raise Unreadable("文件内容与扩展名不符。请用 Word、Excel 或 WPS 另存后重新上传。")
        for part in parts:
            if part.filename.endswith((".xml", ".rels")) and b"<!DOCTYPE" in archive.read(part):
                raise Unreadable("文件含有不允许的外部内容，已拒绝读取。请另存一份后重新上传。")


def bounded(rows: Rows) -> Rows:
    """The rows that say something, up to the limits."""
    left = MOST_CHARACTERS
    for _place, row in zip(range(MOST_ROWS), rows, strict=False):
        cells = [cell.strip()[:left] for cell in row[:MOST_COLUMNS]]
        left -= sum(map(len, cells))
        if any(cells):
            yield cells
        if left <= 0:
            return


def pdf(path: Path) -> Rows:
    import pypdf  # noqa: PLC0415 - only after the limits stand

    reader = pypdf.PdfReader(path)
    for page in reader.pages[:MOST_PAGES]:
        yield from ([line] for line in (page.extract_text() or "").splitlines())


def docx(path: Path) -> Rows:
    """Paragraphs and rows of tables in their order; a merged cell counts once."""
    import docx as word  # noqa: PLC0415 - only after the limits stand
    from docx.table import Table  # noqa: PLC0415

    for block in word.Document(str(path)).iter_inner_content():
        if not isinstance(block, Table):
            yield [block.text]
            continue
        for row in block.rows:
            cells = {id(cell._tc): cell.text for cell in row.cells}
            yield list(cells.values())


def xlsx(path: Path) -> Rows:
    import openpyxl  # noqa: PLC0415 - only after the limits stand

    book = openpyxl.load_workbook(path.open("rb"), read_only=True, data_only=True, keep_links=False)
    for sheet in book.worksheets[:5]:
        sheet.reset_dimensions()
        rows = sheet.iter_rows(values_only=True, max_col=MOST_COLUMNS, max_row=MOST_ROWS)
        for cells in rows:
            yield ["" if cell is None else str(cell) for cell in cells]


READERS = {"pdf": pdf, "docx": docx, "xlsx": xlsx}

if __name__ == "__main__":
    main()

"""Read one workbook, alone in a process of its own: `python -I workbook.py FILE MOST CPU_SECONDS`.

Prints one JSON line per row that is not empty, `[row number, [cells]]`, and at the end `{"end": true}`, or
`{"problem": "…"}` for the person whose file it is. Imports nothing of the service and limits itself before it opens
the file: a workbook may be made to exhaust whoever reads it. At most MOST rows are printed; 0 means all.
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
from typing import Any

MEMORY = 1 << 30
LARGEST_UNPACKED = 400 << 20
SMALL = 2 << 20
HIGHEST_RATIO = 100
MOST_PARTS = 2000
MOST_ROWS = 200_000
MOST_COLUMNS = 200
ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")
ADVICE = "请用 Excel 或 WPS 打开后另存为新的 .xlsx 或 CSV 文件再上传"


class Unreadable(Exception):
    """The file cannot be read; `str()` says what to do."""


def main() -> None:
    path, most, seconds = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        inspect(path)
        for row in itertools.islice(rows(path), most or None):
            print(json.dumps(row, ensure_ascii=True))
        print(json.dumps({"end": True}))
    except Unreadable as problem:
        print(json.dumps({"problem": str(problem)}))
    except (MemoryError, RecursionError):
        print(json.dumps({"problem": "工作簿展开后过大，无法读取。请拆分成几个文件，或另存为 CSV 再上传。"}))
    except Exception as error:
        print(json.dumps({"problem": _reason(error)}))


def _reason(error: Exception) -> str:
    chain: BaseException | None = error
    while chain is not None and not type(chain).__module__.startswith("defusedxml"):
        chain = chain.__cause__ or chain.__context__
    if chain is not None:
        return f"工作簿含有不允许的外部内容，已拒绝读取。{ADVICE}。"
    return f"工作簿已损坏或不是标准的 xlsx，无法读取。{ADVICE}。"


def inspect(path: Path) -> None:
    """Refuse what is no workbook or unpacks to far more than it is. Raises Unreadable."""
    with path.open("rb") as file:
        magic = file.read(8)
    if magic.startswith(b"\xd0\xcf\x11\xe0"):
        raise Unreadable(_old(path))
    if not zipfile.is_zipfile(path):
        raise Unreadable(f"这不是完整的 Excel 工作簿（.xlsx）。{ADVICE}。")
    with zipfile.ZipFile(path) as archive:
        parts = archive.infolist()
    if any(part.flag_bits & 1 for part in parts):
        raise Unreadable("文件设有密码，请取消密码后重新上传。")
    if "xl/workbook.xml" not in {part.filename.lstrip("/") for part in parts}:
        raise Unreadable(f"这不是 Excel 工作簿（.xlsx），而是其他压缩文件。{ADVICE}。")
    unpacked, packed = sum(part.file_size for part in parts), sum(part.compress_size for part in parts)
    if len(parts) > MOST_PARTS or unpacked > LARGEST_UNPACKED or unpacked > max(SMALL, HIGHEST_RATIO * packed):
        raise Unreadable("工作簿展开后过大，已拒绝读取。请删除多余的工作表、格式和图片，或另存为 CSV 再上传。")


def _old(path: Path) -> str:
    if "EncryptedPackage".encode("utf-16-le") in path.read_bytes():
        return "文件设有密码，请取消密码后重新上传。"
    return "这是旧版 Excel 文件（.xls），请在 Excel 或 WPS 中另存为 .xlsx 后重新上传。"


def rows(path: Path) -> Iterator[tuple[int, list[Any]]]:
    """The rows of the first sheet that has any. Raises Unreadable past the limits."""
    sys.modules["numpy"] = None  # type: ignore[assignment]  # openpyxl would load it for nothing
    import openpyxl  # noqa: PLC0415 - only after the limits stand

    book = openpyxl.load_workbook(path.open("rb"), read_only=True, data_only=True, keep_links=False)
    for sheet in book.worksheets:
        sheet.reset_dimensions()
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


if __name__ == "__main__":
    main()

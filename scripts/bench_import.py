"""Rows per second of the import against a bare bulk insert of the same values: `python -m scripts.bench_import`."""

from __future__ import annotations

import argparse
import csv
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import xlsxwriter
from sqlalchemy import insert

from matchmaker.services.importing import Options, import_file
from models import Need, Sessions, make_sessions, now
from models.vocabulary import Kind
from scripts.migrate import upgrade

HEADER = ("需求名称", "企业名称", "关键词", "主要问题", "预算（万元）", "技术领域", "编号")
WORDS = "薄壁件注塑翘曲补偿激光熔覆修复轧辊寿命人参皂苷富集收率光学镀膜均匀性轴承早期失效诊断污泥干化能耗"


def rows(count: int) -> list[tuple[Any, ...]]:
    """A made-up list: titles of 12 characters, problems of about 200."""
    def words(at: int, length: int) -> str:
        return "".join(WORDS[(at * 7 + step * (at % 5 + 1)) % len(WORDS)] for step in range(length))

    return [(f"求{words(at, 10)}{at}", f"示例{at % 500}有限公司", f"{words(at, 3)}；{words(at + 1, 4)}", words(at, 200),
             at % 300, "先进制造", f"B-{at}") for at in range(count)]


def measure(count: int) -> list[dict[str, Any]]:
    """One row per way of writing `count` rows: seconds, rows/s, and the share of the bare insert's speed."""
    made = rows(count)
    with tempfile.TemporaryDirectory(prefix="bench-import-") as folder:
        place = Path(folder)
        _csv(place / "list.csv", made)
        _xlsx(place / "list.xlsx", made)
        ways: dict[str, Callable[[Sessions], object]] = {
            "bare insert": lambda sessions: _bare(sessions, made),
            "import CSV": lambda sessions: _imported(sessions, place / "list.csv"),
            "import XLSX": lambda sessions: _imported(sessions, place / "list.xlsx"),
        }
        found = [_timed(name, way, place, count) for name, way in ways.items()]
        again = make_sessions(f"sqlite:///{place / 'import CSV.db'}")
        found.append(_clock("import CSV again", lambda: _imported(again, place / "list.csv"), count))
        again.dispose()
    for row in found:
        row["of bare"] = round(row["rows/s"] / found[0]["rows/s"], 3)
    return found


def _timed(name: str, way: Callable[[Sessions], object], place: Path, count: int) -> dict[str, Any]:
    """The time of one way on an empty database of its own."""
    url = f"sqlite:///{place / name}.db"
    upgrade(url)
    sessions = make_sessions(url)
    try:
        return _clock(name, lambda: way(sessions), count)
    finally:
        sessions.dispose()


def _clock(name: str, way: Callable[[], object], count: int) -> dict[str, Any]:
    started = time.perf_counter()
    way()
    seconds = time.perf_counter() - started
    return {"way": name, "rows": count, "seconds": round(seconds, 2), "rows/s": round(count / seconds)}


def _bare(sessions: Sessions, made: list[tuple[Any, ...]]) -> None:
    """One INSERT with many parameter sets: no organisations, no index, no log, nothing compared."""
    values = [{
        "kind": "need", "state": "published", "version": 1, "source": "import", "external_id": row[6], "title": row[0],
        "keywords": row[2].split("；"), "main_problem": row[3], "budget": row[4] * 10_000, "field": "manufacturing",
        "published_at": now()} for row in made]
    with sessions.write.begin() as session:
        session.execute(insert(Need), values)


def _imported(sessions: Sessions, path: Path) -> None:
    import_file(sessions.write.begin, path, Options(Kind.NEED))


def _csv(path: Path, made: list[tuple[Any, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([HEADER, *made])


def _xlsx(path: Path, made: list[tuple[Any, ...]]) -> None:
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        for at, row in enumerate([HEADER, *made]):
            sheet.write_row(at, 0, row)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rows", type=int, default=10_000)
    arguments.add_argument("--json", type=Path, help="write the figures here")
    given = arguments.parse_args()
    found = measure(given.rows)
    print(f"{'':<18}{'rows':>8}{'seconds':>9}{'rows/s':>9}{'of bare':>9}")
    for row in found:
        print(f"{row['way']:<18}{row['rows']:>8}{row['seconds']:>9}{row['rows/s']:>9}{row['of bare']:>9}")
    if given.json:
        given.json.write_text(json.dumps(found, ensure_ascii=False, indent=1), "utf-8")


if __name__ == "__main__":
    main()

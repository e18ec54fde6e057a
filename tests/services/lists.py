"""Lists as files, made by the tests that read them."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import xlsxwriter

from matchmaker.services.importing import ImportReport, Options, import_file
from models import Sessions
from models.vocabulary import Kind

Rows = Sequence[Sequence[Any]]


def csv_file(path: Path, rows: Rows, encoding: str = "utf-8", delimiter: str = ",") -> Path:
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows(rows)
    return path


def xlsx_file(path: Path, rows: Rows) -> Path:
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        for at, row in enumerate(rows):
            sheet.write_row(at, 0, row)
    return path


def jsonl_file(path: Path, rows: Sequence[Any], encoding: str = "utf-8") -> Path:
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\n", encoding)
    return path


def load(sessions: Sessions, path: Path, kind: Kind = Kind.NEED, **options: Any) -> ImportReport:
    """Import a file as the command does."""
    dry_run, wrong_to = options.pop("dry_run", False), options.pop("wrong_to", None)
    return import_file(sessions.write.begin, path, Options(kind, **options), dry_run=dry_run, wrong_to=wrong_to)


def counts(report: ImportReport) -> tuple[int, int, int, int]:
    return report.new, report.changed, report.unchanged, report.wrong

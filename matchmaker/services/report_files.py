"""Reports as files: XLSX with constant cells only, DOCX on a landscape page whose tables repeat their heading."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import docx
import xlsxwriter
from docx.enum.section import WD_ORIENT
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt

from matchmaker.services.reports import Cell, Report, Table

FONT = "宋体"
WIDE = 5
"""More columns than this ask for smaller letters."""


def write(report: Report, path: Path) -> None:
    """Write a report in the format of `path`'s name (.xlsx, .docx)."""
    if path.suffix == ".docx":
        write_docx(report, path)
    else:
        write_xlsx(report, path)


def write_xlsx(report: Report, path: Path) -> None:
    """One sheet per table, and one of definitions."""
    with xlsxwriter.Workbook(path, {"strings_to_formulas": False, "strings_to_urls": False,
                                    "strings_to_numbers": False}) as book:
        title, head = book.add_format({"bold": True, "font_size": 14}), book.add_format(
            {"bold": True, "bg_color": "#E8EEF4", "text_wrap": True, "valign": "top", "border": 1})
        body = book.add_format({"border": 1, "text_wrap": True, "valign": "top"})
        numbers = book.add_format({"border": 1, "num_format": "#,##0.##", "valign": "top"})
        for table in report.tables:
            sheet = book.add_worksheet(table.title[:31])
            sheet.write_string(0, 0, report.title, title)
            sheet.write_string(1, 0, report.heading)
            sheet.set_landscape()
            sheet.fit_to_pages(1, 0)
            sheet.repeat_rows(3)
            sheet.freeze_panes(4, 1)
            sheet.set_column(0, len(table.columns) - 1, 16)
            for place, name in enumerate(table.columns):
                sheet.write_string(3, place, name, head)
            for at, row in enumerate(table.rows, 4):
                for place, cell in enumerate(row):
                    _cell(sheet, at, place, cell, (body, numbers))
        if report.notes:
            sheet = book.add_worksheet("统计口径")
            sheet.set_column(0, 0, 110)
            for at, note in enumerate(report.notes):
                sheet.write_string(at, 0, note)


def _cell(sheet: Any, at: int, place: int, cell: Cell, formats: tuple[Any, Any]) -> None:
    if cell.number is None:
        sheet.write_string(at, place, cell.text, formats[0])
    else:
        sheet.write_number(at, place, cell.number, formats[1])


def write_docx(report: Report, path: Path) -> None:
    """Title, period and scope, each table, then what the figures mean."""
    document = docx.Document()
    _page(document)
    document.add_heading(report.title, 0)
    document.add_paragraph(report.heading)
    for table in report.tables:
        document.add_heading(table.title, 1)
        _table(document, table)
    if report.notes:
        document.add_heading("统计口径", 1)
        for note in report.notes:
            document.add_paragraph(note, style="List Bullet")
    document.save(str(path))


def _page(document: Any) -> None:
    section = document.sections[0]
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = Cm(29.7), Cm(21)
    section.left_margin = section.right_margin = Cm(1.8)
    for name in ("Normal", "Title", "Heading 1"):
        style = document.styles[name]
        style.font.name = FONT
        style.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), FONT)


def _table(document: Any, table: Table) -> None:
    grid = document.add_table(rows=1, cols=len(table.columns), style="Table Grid")
    size = Pt(8 if len(table.columns) > WIDE else 10)
    heading = OxmlElement("w:tblHeader")
    grid.rows[0]._tr.get_or_add_trPr().append(heading)
    for place, name in enumerate(table.columns):
        _write(grid.rows[0].cells[place], name, size, bold=True)
    for row in table.rows:
        cells = grid.add_row().cells
        for place, cell in enumerate(row):
            _write(cells[place], cell.text, size)
    if not table.rows:
        document.add_paragraph("这个范围内没有记录。")


def _write(cell: Any, text: str, size: Any, *, bold: bool = False) -> None:
    run = cell.paragraphs[0].add_run(text)
    run.font.size, run.font.bold = size, bold

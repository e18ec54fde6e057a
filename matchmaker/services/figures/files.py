"""Tables of figures as files: a chart's table, and the rows behind a figure."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy.orm import Session

from matchmaker.services.clock import HERE
from matchmaker.services.figures import counting, showing
from matchmaker.services.figures.board import Chart
from matchmaker.services.figures.counting import Within
from matchmaker.services.figures.scope import Scope
from matchmaker.services.transfer import sheets
from matchmaker.services.transfer.values import Shown

NUMBER = re.compile(r"-?\d{1,15}(\.\d+)?")


def chart_table(chart: Chart, path: Path) -> None:
    """The table behind a chart; the format is that of `path`'s name (.xlsx, .csv)."""
    rows = [[bar.label, *(as_number(cell) for cell in bar.cells)] for bar in chart.rows]
    sheets.write(path, chart.headings, lambda: rows)


def figure_rows(
    session: Session, key: str, scope: Scope, within: Within, path: Path, zone: dt.tzinfo = HERE,
) -> None:
    """Every row behind a figure."""
    figure = counting.figure(key)
    found = showing.lines(session, figure, counting.every_row(session, key, scope, within), zone)
    headed = [*showing.HEADINGS[figure.subject], figure.dated]
    if named := showing.value_heading(figure):
        headed.append(named)
    rows: Sequence[Sequence[Shown]] = [
        [line.id, *line.cells, line.at, *([as_number(line.value)] if named else [])] for line in found]
    sheets.write(path, ["编号", *headed], lambda: rows)


def as_number(text: str) -> Shown:
    """A number as a number, so that a workbook can add it up; other text as it is."""
    plain = text.replace(",", "")
    if not NUMBER.fullmatch(plain):
        return text
    return float(plain) if "." in plain else int(plain)

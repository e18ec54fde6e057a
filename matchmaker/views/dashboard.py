"""How the office is doing: the dashboard, what each figure means, and the rows behind it."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

from flask import Blueprint, current_app, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from matchmaker import auth, db
from matchmaker.services.figures import board, counting, files, showing
from matchmaker.services.figures import period as periods
from matchmaker.services.figures.counting import Within
from matchmaker.services.figures.scope import DAYS, Scope, asked
from matchmaker.services.figures.table import FIGURES
from matchmaker.services.problems import NotFound
from matchmaker.views.languages import zone

pages = Blueprint("dashboard", __name__)
FORMATS = ("xlsx", "csv")
LINKS = {"post": ("posts.show", "post_id"), "case": ("cases.show", "case_id"),
         "contract": ("contracts.show", "contract_id"), "activity": ("activities.edit", "activity_id")}


@pages.get("/dashboard")
@auth.staff_only
def show() -> ResponseReturnValue:
    scope, by = scope_asked(), _by()
    found = board.build(db.session(), scope, by)
    return render_template("dashboard/show.html", board=found, by=by, groupings=showing.GROUPINGS, bys=board.BY,
                           row_link=row_link, **scope_words(scope))


@pages.get("/dashboard/charts/<name>.<form>")
@auth.staff_only
def chart(name: str, form: str) -> ResponseReturnValue:
    found = board.chart(db.session(), scope_asked(), name, _by())
    if found is None:
        raise NotFound("没有这张图表。")
    return send_table(found.title, form, lambda path: files.chart_table(found, path))


@pages.get("/figures")
@auth.staff_only
def definitions() -> ResponseReturnValue:
    scope = scope_asked()
    return render_template("dashboard/definitions.html", figures=FIGURES.values(), **scope_words(scope))


@pages.get("/figures/<key>")
@auth.staff_only
def rows(key: str) -> ResponseReturnValue:
    session, scope, within, figure = db.session(), scope_asked(), within_asked(), counting.figure(key)
    page = counting.rows(session, key, scope, within, request.args.get("after"))
    return render_template(
        "dashboard/rows.html", figure=figure, lines=showing.lines(session, figure, page.rows, zone()), after=page.after,
        first=not request.args.get("after"), total=showing.text(figure, counting.value(session, key, scope, within)),
        headings=showing.HEADINGS[figure.subject], value_heading=showing.value_heading(figure), row_link=row_link,
        within=showing.within_text(session, within), within_query=within_query(within), **scope_words(scope))


@pages.get("/figures/<key>.<form>")
@auth.staff_only
def download(key: str, form: str) -> ResponseReturnValue:
    session, scope, within, figure = db.session(), scope_asked(), within_asked(), counting.figure(key)
    return send_table(figure.name, form, lambda path: files.figure_rows(session, key, scope, within, path, zone()))


def scope_asked() -> Scope:
    return asked(db.session(), auth.person(), request.args.to_dict())


def scope_words(scope: Scope) -> dict[str, object]:
    """What templates need to show a scope and to ask for another."""
    session = db.session()
    return {"scope": scope, "query": scope.as_query(), "heading": showing.heading(session, scope),
            "kinds": periods.KINDS, "day_choices": DAYS, "scope_choices": board.choices(session, scope)}


def within_asked() -> Within:
    """The part of the rows that the address names."""
    given = request.args
    least = given.get("least", "")
    return Within(given.get("by") or None, given.get("code") or None,
                  Decimal(least) if least.isdecimal() and len(least) < 16 else None)


def within_query(within: Within) -> dict[str, str]:
    chosen = {"by": within.by, "code": within.code, "least": within.least}
    return {name: str(value) for name, value in chosen.items() if value is not None}


def send_table(
    name: str, form: str, write: Callable[[Path], None], formats: tuple[str, ...] = FORMATS,
) -> ResponseReturnValue:
    """A file that `write` fills, sent under a name."""
    if form not in formats:
        raise NotFound(f"只能导出为 {' 或 '.join(formats)}。")
    with tempfile.TemporaryDirectory(prefix="figures-") as folder:
        path = Path(folder) / f"table.{form}"
        write(path)
        return send_file(io.BytesIO(path.read_bytes()), as_attachment=True, download_name=f"{name}.{form}")


def row_link(kind: str, row_id: int) -> str:
    """The page of a row behind a figure, if there is one."""
    endpoint, argument = LINKS.get(kind, ("", ""))
    values: dict[str, Any] = {argument: row_id}
    return url_for(endpoint, **values) if endpoint in current_app.view_functions else ""


def _by() -> str:
    by = request.args.get("by", "field")
    return by if by in board.BY else "field"

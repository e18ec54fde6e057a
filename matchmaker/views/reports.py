"""Reports: choose one, look at it, take it away as a workbook or a document."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from matchmaker import auth, db
from matchmaker.services import reports
from matchmaker.views.dashboard import scope_asked, scope_words, send_table

pages = Blueprint("reports", __name__, url_prefix="/reports")


@pages.get("/")
@auth.staff_only
def start() -> ResponseReturnValue:
    return render_template("reports/start.html", reports=reports.KINDS, formats=reports.FORMATS,
                           **scope_words(scope_asked()))


@pages.get("/<name>")
@auth.staff_only
def show(name: str) -> ResponseReturnValue:
    scope = scope_asked()
    report = reports.make(db.session(), scope, name)
    return render_template("reports/show.html", report=report, name=name, formats=reports.FORMATS, **scope_words(scope))


@pages.get("/<name>.<form>")
@auth.staff_only
def download(name: str, form: str) -> ResponseReturnValue:
    scope = scope_asked()
    report = reports.make(db.session(), scope, name)
    from matchmaker.services import report_files  # noqa: PLC0415 — web processes stay small

    return send_table(f"{report.title}-{scope.period.name}", form, lambda path: report_files.write(report, path),
                      reports.FORMATS)

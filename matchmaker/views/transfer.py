"""Lists in and out, for staff: upload → columns → preview → import, templates, exports."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Blueprint, Response, current_app, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from matchmaker import auth, db
from matchmaker.config import Config
from matchmaker.services import exporting
from matchmaker.services.facets import Filters
from matchmaker.services.problems import NotFound, Problem
from matchmaker.services.transfer import desk, uploads
from matchmaker.services.transfer.columns import FIELDS, IGNORED
from matchmaker.services.transfer.readers import Table
from matchmaker.views.watching import may
from matchmaker.views.words import said
from models import Job, User
from models.vocabulary import Kind

pages = Blueprint("transfer", __name__, url_prefix="/transfer")
SAMPLES = 3
"""Rows whose cells are shown beside the choice of a column's field."""


@pages.get("/")
@auth.staff_only
def start() -> ResponseReturnValue:
    return _start("")


@pages.post("/")
@auth.staff_only
def upload() -> ResponseReturnValue:
    given = request.files.get("file")
    if given is None or not given.filename:
        return _start("请先选择一个文件。"), 400
    made = uploads.create(_root(), _kind(request.form.get("kind", "")), given.filename, _viewer().id, given.stream)
    return redirect(url_for("transfer.columns", token=made.token))


@pages.get("/uploads/<token>")
@auth.staff_only
def columns(token: str) -> ResponseReturnValue:
    return _columns(uploads.find(_root(), token), "")


@pages.post("/uploads/<token>")
@auth.staff_only
def preview(token: str) -> ResponseReturnValue:
    found = uploads.find(_root(), token)
    mapping = dict(zip(request.form.getlist("column"), request.form.getlist("field"), strict=False))
    try:
        desk.choose(found, mapping, request.form.get("source", ""))
        job = desk.ask(db.session(), _viewer(), found, preview=True)
    except Problem as problem:
        return _columns(found, str(problem), mapping)
    db.session().commit()
    return redirect(url_for("transfer.job", job_id=job.id))


@pages.post("/uploads/<token>/confirm")
@auth.staff_only
def confirm(token: str) -> ResponseReturnValue:
    found = uploads.find(_root(), token)
    job = desk.confirm(db.session(), _viewer(), found, request.form.get("version", ""))
    db.session().commit()
    return redirect(url_for("transfer.job", job_id=job.id))


@pages.get("/jobs/<int:job_id>")
@auth.staff_only
def job(job_id: int) -> ResponseReturnValue:
    """The progress of a preview or an import, then what came of it; htmx asks for the inner part alone."""
    found = desk.find_job(db.session(), job_id)
    inner = auth.partial()
    page = render_template("transfer/progress.html" if inner else "transfer/job.html", **_seen(found))
    over = found.state in ("done", "failed", "cancelled")
    return Response(page, headers={"HX-Refresh": "true"} if inner and over else None)


@pages.get("/jobs/<int:job_id>/wrong")
@auth.staff_only
def wrong(job_id: int) -> ResponseReturnValue:
    found = desk.find_job(db.session(), job_id)
    with _folder() as folder:
        path, name = desk.wrong_file(uploads.find(_root(), found.payload["upload"]), found, folder)
        return send_file(path.open("rb"), as_attachment=True, download_name=name)


@pages.get("/template/<kind>.xlsx")
@auth.staff_only
def template(kind: str) -> ResponseReturnValue:
    known = _kind(kind)
    with _folder() as folder:
        path = folder / "template.xlsx"
        exporting.template(known, path, said)
        return send_file(path.open("rb"), as_attachment=True, download_name=f"{said(known.label)}-{said('模板')}.xlsx")


@pages.get("/export/<kind>.<form>")
@auth.staff_only
def export(kind: str, form: str) -> ResponseReturnValue:
    known = _kind(kind)
    if form not in exporting.FORMATS:
        raise NotFound("只能导出为 xlsx 或 csv。")
    filters = Filters.of(request.args)
    with _folder() as folder:
        path = folder / f"export.{form}"
        exporting.write(db.session(), _viewer(), known, filters, path, may(), said)
        return send_file(path.open("rb"), as_attachment=True, download_name=f"{said(known.label)}.{form}")


def _start(problem: str) -> str:
    limit = current_app.config["SETTINGS"].count("UPLOAD_LIMIT_MB")
    return render_template("transfer/start.html", kinds=list(Kind), problem=problem, limit=limit,
                           recent=desk.recent(db.session()), chosen=request.args.get("kind", "need"))


def _columns(found: uploads.Upload, problem: str, mapping: dict[str, str] | None = None) -> tuple[str, int]:
    try:
        table = desk.look(found)
    except Problem as unreadable:
        return render_template("transfer/unreadable.html", upload=found, problem=str(unreadable)), 400
    return render_template(
        "transfer/columns.html", upload=found, table=table, samples=_samples(table), problem=problem,
        fields=FIELDS[found.kind], ignored=IGNORED,
        mapping=desk.chosen(found, table.columns) if mapping is None else mapping,
    ), 400 if problem else 200


def _samples(table: Table) -> list[list[str]]:
    """What the first rows hold in each column, objects as they are written in JSON."""
    first = [[cell if isinstance(cell, str) else "" if cell is None else json.dumps(cell, ensure_ascii=False)
              for cell in row] for row in table.samples[:SAMPLES]]
    return [[row[at] for row in first if at < len(row) and row[at]] for at in range(len(table.columns))]


def _seen(found: Job) -> dict[str, object]:
    report = found.result.get("report", {})
    fields = FIELDS[_kind(str(found.payload.get("kind")))]
    preview = found.payload.get("preview")
    return {"job": found, "report": report, "preview": preview,
            "obstacle": _obstacle(found) if preview and found.state == "done" else "",
            "labels": {name: field.label for name, field in fields.items()}}


def _obstacle(preview: Job) -> str:
    """Why a preview leads to no import any more, or ""."""
    try:
        desk.check_current(uploads.find(_root(), preview.payload["upload"]), preview.payload["version"])
    except Problem as problem:
        return str(problem)
    return ""


def _kind(name: str) -> Kind:
    try:
        return Kind(name)
    except ValueError:
        raise NotFound("没有这种清单。请从技术需求、科技成果、专家、开放实验室中选择。") from None


def _viewer() -> User:
    viewer = auth.current()
    if viewer is None:
        raise NotFound("请重新登录。")
    return viewer


def _root() -> Path:
    settings: Config = current_app.config["SETTINGS"]
    return settings.instance / "uploads"


@contextmanager
def _folder() -> Iterator[Path]:
    """A folder for one answer; an open file of it can be read after it is gone."""
    with tempfile.TemporaryDirectory(prefix="transfer-") as folder:
        yield Path(folder)

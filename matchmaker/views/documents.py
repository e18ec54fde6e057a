"""Papers of a case, and the templates that the office makes them from."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, current_app, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from matchmaker import auth, db
from matchmaker.services import brokering, contract_access, document_fields, documents, permissions, templates
from matchmaker.services.document_facts import Wanted
from matchmaker.services.file_kinds import TAKEN
from matchmaker.services.problems import Problem
from matchmaker.views.typed import row_number
from models import Document, Introduction
from models.vocabulary import AUDIENCES, DOCUMENT_KINDS

pages = Blueprint("documents", __name__)
FOLDER = "documents"
"""Under the instance folder."""


@pages.get("/cases/<int:case_id>/documents")
@auth.signed_in
def listing(case_id: int) -> ResponseReturnValue:
    return _page(_case(case_id))


@pages.post("/cases/<int:case_id>/documents")
@auth.signed_in
def upload(case_id: int) -> ResponseReturnValue:
    case, given, typed = _case(case_id), request.files.get("file"), request.form
    try:
        if given is None or not given.filename:
            raise Problem(_("请先选择一个文件。"))
        documents.upload(db.session(), auth.person(), root(), case, documents.Upload(
            given.filename, given.stream.read(documents.LARGEST + 1), typed.get("kind", ""), typed.get("title", ""),
            typed.get("audience", "parties"), typed.get("note", "")))
    except Problem as problem:
        db.session().rollback()
        return _page(_case(case_id), str(problem)), 403 if not documents.can_add(auth.current(), case) else 400
    db.session().commit()
    flash(_("文件已保存。"))
    return redirect(url_for("documents.listing", case_id=case_id))


@pages.post("/cases/<int:case_id>/documents/make")
@auth.staff_only
def make(case_id: int) -> ResponseReturnValue:
    """Generate a paper: `kind`, for a brief also `side`, for minutes `meeting`, for a contract `contract`."""
    case, kind = _case(case_id), request.form.get("kind", "")
    try:
        made = documents.generate(db.session(), auth.person(), root(), kind, _wanted(case, kind), db.session().rollback)
    except Problem as problem:
        db.session().rollback()
        return _page(_case(case_id), str(problem)), 400
    db.session().commit()
    flash(_("已生成：%(title)s 第 %(n)s 版。", title=made.title, n=made.number))
    return redirect(url_for("documents.listing", case_id=case_id))


@pages.get("/documents/<int:document_id>")
@auth.signed_in
def download(document_id: int) -> ResponseReturnValue:
    """The file itself, never shown in place: nothing in it runs here."""
    viewer = auth.person()
    found = documents.get(db.session(), viewer, document_id)
    with db.sessions().write() as writing:
        content = documents.fetch(writing, viewer, root(), found)
        writing.commit()
    return _file(content, found.name, found.media)


@pages.get("/office/templates")
@auth.staff_only
def templates_page() -> ResponseReturnValue:
    permissions.check_head(auth.current())
    kinds = {kind: templates.active(db.session(), kind) for kind in document_fields.KINDS}
    return render_template("documents/templates.html", kinds=kinds)


@pages.get("/office/templates/<kind>")
@auth.staff_only
def template(kind: str) -> ResponseReturnValue:
    permissions.check_head(auth.current())
    return _template(templates.check_kind(kind))


@pages.post("/office/templates/<kind>")
@auth.staff_only
def upload_template(kind: str) -> ResponseReturnValue:
    permissions.check_head(auth.current())
    given = request.files.get("file")
    try:
        if given is None or not given.filename:
            raise Problem(_("请先选择一个 docx 文件。"))
        uploaded = templates.Given(given.filename, given.stream.read(templates.LARGEST + 1))
        made = templates.upload(db.session(), auth.person(), root(), kind, uploaded, db.session().rollback)
    except Problem as problem:
        db.session().rollback()
        return _template(templates.check_kind(kind), str(problem)), 400
    db.session().commit()
    flash(_("第 %(n)s 版已通过试填，核对样张后点“启用”。", n=made.number))
    return redirect(url_for("documents.template", kind=kind))


@pages.post("/office/templates/<kind>/activate")
@auth.staff_only
def activate(kind: str) -> ResponseReturnValue:
    """Put a version to use; without a version the shipped template."""
    chosen = request.form.get("template", type=row_number)
    found = templates.get(db.session(), chosen) if chosen else None
    templates.activate(db.session(), auth.person(), kind, found if found and found.kind == kind else None)
    db.session().commit()
    flash(_("模板已启用。"))
    return redirect(url_for("documents.template", kind=kind))


@pages.get("/office/templates/<kind>/<int:number>.docx")
@auth.staff_only
def template_file(kind: str, number: int) -> ResponseReturnValue:
    """A version of a template to be changed in Word; 0 is the shipped one."""
    permissions.check_head(auth.current())
    return _file(templates.version(db.session(), root(), kind, number), f"{templates.label(kind)}-模板.docx")


@pages.get("/office/templates/<kind>/<int:number>/sample.docx")
@auth.staff_only
def sample(kind: str, number: int) -> ResponseReturnValue:
    permissions.check_head(auth.current())
    return _file(templates.sample(db.session(), root(), kind, number), f"{templates.label(kind)}-样张.docx")


def case_documents(case: Introduction) -> dict[str, Any]:
    """The papers of a case that this viewer may read, the newest of each, and whether they may add one."""
    viewer = auth.current()
    return {"newest": [one for one, _ in _grouped(documents.of_case(db.session(), viewer, case))],
            "can_add": documents.can_add(viewer, case)}


def root() -> Path:
    folder: Path = current_app.config["SETTINGS"].instance / FOLDER
    return folder


def _case(case_id: int) -> Introduction:
    return brokering.get(db.session(), auth.current(), case_id)


def _grouped(found: list[Document]) -> list[tuple[Document, list[Document]]]:
    """Each paper's newest version with its older ones."""
    papers: dict[tuple[str, str], list[Document]] = {}
    for one in found:
        papers.setdefault((one.kind, one.title), []).append(one)
    return sorted(((versions[0], versions[1:]) for versions in papers.values()), key=lambda two: -two[0].id)


def _wanted(case: Introduction, kind: str) -> Wanted:
    chosen = request.form.get("contract", type=row_number)
    contracts = contract_access.of_case(db.session(), auth.current(), case)
    found = next((one for one in contracts if chosen in (None, one.id)), None)
    post = {"need": case.need, "supply": case.supply}.get(request.form.get("side", "")) if kind == "brief" else None
    name = current_app.config["SETTINGS"].text("SITE_NAME")
    return Wanted(case, name, found if "contract" in document_fields.KINDS.get(kind, ()) else None, post)


def _page(case: Introduction, problem: str = "") -> str:
    viewer = auth.current()
    contracts = contract_access.of_case(db.session(), viewer, case) if permissions.is_staff(viewer) else []
    kinds = [kind for kind in documents.UPLOADED if permissions.is_staff(viewer) or kind not in documents.OFFICE_ONLY]
    return render_template(
        "documents/list.html", case=case, papers=_grouped(documents.of_case(db.session(), viewer, case)),
        can_add=documents.can_add(viewer, case), problem=problem, kinds=kinds, audiences=AUDIENCES, taken=TAKEN,
        labels_of=DOCUMENT_KINDS, typed=request.form, limit=documents.LARGEST >> 20,
        drafts=[(one, document_fields.OF_TYPE[one.type]) for one in contracts])


def _template(kind: str, problem: str = "") -> str:
    return render_template(
        "documents/template.html", kind=kind, problem=problem, versions=templates.versions(db.session(), kind),
        roots={root: document_fields.ROOTS[root] for root in document_fields.KINDS[kind]},
        lists=document_fields.LISTS)


def _file(content: bytes, name: str, media: str = documents.DOCX) -> Response:
    return send_file(io.BytesIO(content), media, as_attachment=True, download_name=name)

"""The official form of needs: uploaded filled in, it becomes a draft; downloaded blank."""

from __future__ import annotations

import secrets

from flask import Blueprint, current_app, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from matchmaker import auth, db
from matchmaker.forms import form_for
from matchmaker.services import attachments, drafts, file_kinds, official_form, posts
from matchmaker.services.drafts import Opened
from matchmaker.services.problems import NotFound, Problem
from matchmaker.services.reading import files
from models.vocabulary import Kind

pages = Blueprint("official_form", __name__)
BLANK = {"docx": official_form.blank_docx, "xlsx": official_form.blank_xlsx}


@pages.get("/needs/sheet")
@auth.signed_in
def start() -> ResponseReturnValue:
    posts.check_create(auth.current(), Kind.NEED)
    return render_template("official_form/start.html", problem="")


@pages.post("/needs/sheet")
@auth.signed_in
def upload() -> ResponseReturnValue:
    """Read the form between two transactions, then keep what it says as a draft."""
    viewer = auth.person()
    posts.check_create(viewer, Kind.NEED)
    db.session().rollback()
    try:
        told = _read()
    except Problem as problem:
        return render_template("official_form/start.html", problem=str(problem)), 400
    raw = form_for(Kind.NEED)(formdata=None).raw() | told.raw
    opened = Opened(secrets.token_urlsafe(16))
    draft = drafts.keep(db.session(), viewer, Kind.NEED, None, opened, raw)
    db.session().commit()
    return render_template("official_form/read.html", told=told, post_id=draft.post_id)


@pages.get("/needs/sheet/blank.<ending>")
def blank(ending: str) -> ResponseReturnValue:
    if ending not in BLANK:
        raise NotFound(_("空白表有 docx 和 xlsx 两种。"))
    return current_app.response_class(BLANK[ending](), mimetype=file_kinds.KINDS[ending].media, headers={
        "Content-Disposition": f"attachment; filename=blank.{ending}; filename*=UTF-8''"
                               f"%E6%8A%80%E6%9C%AF%E9%9C%80%E6%B1%82%E5%BE%81%E9%9B%86%E8%A1%A8.{ending}"})


def _read() -> official_form.Recognised:
    """Raises Problem for a file that is none of these forms."""
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        raise Problem("请选择填好的征集表（docx 或 xlsx）。")
    root = current_app.config["SETTINGS"].instance / attachments.FOLDER
    try:
        if files.kind_of(files.shown_name(sent.filename)) not in BLANK:
            raise Problem("请上传 docx 或 xlsx 格式的征集表。")
        with files.received(root, sent.filename, sent.stream) as found:
            told = official_form.recognise(found.rows)
    finally:
        sent.close()
    if not told.raw:
        raise Problem("没有认出任何栏目。请用下面的空白表，或确认表中有“需求名称”“主要问题”等栏目。")
    return told

"""The official form of needs: uploaded filled in, it becomes a draft; downloaded blank."""

from __future__ import annotations

import json
import secrets
import zlib

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from matchmaker import auth, db
from matchmaker.forms import form_for
from matchmaker.services import attachments, drafts, file_kinds, official_form, posts
from matchmaker.services.drafts import Opened
from matchmaker.services.official_words import Raw
from matchmaker.services.problems import NotFound, Problem
from matchmaker.services.reading import files
from models import Draft, User
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
    if len(told) > 1:
        return render_template("official_form/choose.html", told=told, raws=[json.dumps(one.raw) for one in told],
                               page=secrets.token_urlsafe(16))
    draft = _kept(viewer, told[0].raw, secrets.token_urlsafe(16))
    db.session().commit()
    return render_template("official_form/read.html", told=told[0], post_id=draft.post_id)


@pages.post("/needs/sheet/entries")
@auth.signed_in
def take() -> ResponseReturnValue:
    """A draft for each entry of a list that was chosen, all or none; chosen again on the same page, the same draft."""
    viewer = auth.person()
    posts.check_create(viewer, Kind.NEED)
    page = request.form.get("page", "")
    chosen = request.form.getlist("only") or request.form.getlist("entry")
    try:
        if not chosen:
            raise Problem("请先勾选要填入的需求。")
        kept = [_kept(viewer, official_form.taken(text), f"{page}-{zlib.crc32(text.encode()):08x}")
                for text in chosen[: official_form.MOST]]
    except Problem as problem:
        db.session().rollback()
        return render_template("official_form/start.html", problem=str(problem)), 400
    db.session().commit()
    if len(kept) == 1:
        return redirect(url_for("posts.edit", post_id=kept[0].post_id))
    flash(_("已建立 %(n)s 份草稿，请逐份核对；不需要的可以删除。", n=len(kept)))
    return redirect(url_for("drafts.listing"))


@pages.get("/needs/sheet/blank.<ending>")
def blank(ending: str) -> ResponseReturnValue:
    if ending not in BLANK:
        raise NotFound(_("空白表有 docx 和 xlsx 两种。"))
    return current_app.response_class(BLANK[ending](), mimetype=file_kinds.KINDS[ending].media, headers={
        "Content-Disposition": f"attachment; filename=blank.{ending}; filename*=UTF-8''"
                               f"%E6%8A%80%E6%9C%AF%E9%9C%80%E6%B1%82%E5%BE%81%E9%9B%86%E8%A1%A8.{ending}"})


def _kept(viewer: User, raw: Raw, page: str) -> Draft:
    """The draft of a page, which says what was read."""
    whole = form_for(Kind.NEED)(formdata=None).raw() | raw
    return drafts.keep(db.session(), viewer, Kind.NEED, None, Opened(page), whole)


def _read() -> list[official_form.Recognised]:
    """Raises Problem for a file that is none of these forms."""
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        raise Problem("请选择填好的征集表（docx 或 xlsx）。")
    root = current_app.config["SETTINGS"].instance / attachments.FOLDER
    try:
        if files.kind_of(files.shown_name(sent.filename)) not in BLANK:
            raise Problem("请上传 docx 或 xlsx 格式的征集表。")
        with files.received(root, sent.filename, sent.stream) as found:
            told = official_form.entries(found.rows)
    finally:
        sent.close()
    if not any(one.raw for one in told):
        raise Problem("没有认出任何栏目。请用下面的空白表，或确认表中有“需求名称”“主要问题”等栏目。")
    return told

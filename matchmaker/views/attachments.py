"""Files of posts: downloading, removing, and taking their text over into the form."""

from __future__ import annotations

import secrets
from pathlib import Path

from flask import Blueprint, current_app, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from wtforms.fields import TextAreaField

from matchmaker import auth, db
from matchmaker.forms import PostForm, form_for
from matchmaker.services import attachments, disclosure, drafts, posts
from matchmaker.services.drafts import Opened
from matchmaker.services.problems import NotFound, Problem
from matchmaker.services.reading import files
from models import Attachment, Post, User
from models.vocabulary import Kind

pages = Blueprint("attachments", __name__)
LONGEST_TEXT = 20_000
"""Characters of a file that are offered to the form."""


@pages.app_template_global()
def attachments_of(post: Post, viewer: User | None) -> list[Attachment]:
    """The files of a post that the viewer may read; of one that is not stored, none."""
    return attachments.of_post(db.session(), viewer, post) if post.id else []


@pages.app_template_filter()
def file_size(size: int) -> str:
    return f"{size / (1 << 20):.1f} MB" if size >= 1 << 20 else f"{max(1, size >> 10)} KB"


@pages.get("/attachments/<int:attachment_id>")
def download(attachment_id: int) -> ResponseReturnValue:
    found = attachments.get(db.session(), auth.current(), attachment_id)
    path = files.place(_root(), found.sha256)
    if not path.is_file():
        raise NotFound(attachments.GONE)
    _shown(found)
    answer = send_file(path, mimetype=found.media_type, as_attachment=True, download_name=found.name, max_age=0)
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


@pages.get("/attachments/<int:attachment_id>/remove")
@auth.signed_in
def ask_remove(attachment_id: int) -> ResponseReturnValue:
    return render_template("attachments/remove.html", file=_mine(attachment_id))


@pages.post("/attachments/<int:attachment_id>/remove")
@auth.signed_in
def remove(attachment_id: int) -> ResponseReturnValue:
    found = _mine(attachment_id)
    attachments.remove(db.session(), auth.person(), found)
    db.session().commit()
    attachments.sweep(db.sessions(), _root(), [found.sha256])
    flash(_("附件已删除。"))
    return redirect(url_for("posts.edit", post_id=found.post_id, step="open"))


@pages.get("/attachments/<int:attachment_id>/text")
@auth.signed_in
def ask_take(attachment_id: int) -> ResponseReturnValue:
    found = _mine(attachment_id)
    _shown(found)
    kind = files.kind_of(found.name)
    rows = files.read(files.place(_root(), found.sha256), kind) if kind in files.TEXTS else []
    fields = _texts(form_for(Kind(found.post.kind))(formdata=None))
    return render_template("attachments/take.html", file=found, text=files.text_of(rows)[:LONGEST_TEXT], fields=fields)


@pages.post("/attachments/<int:attachment_id>/text")
@auth.signed_in
def take(attachment_id: int) -> ResponseReturnValue:
    """Add the text to what is being typed into the form."""
    viewer, post = auth.person(), _mine(attachment_id).post
    kind, into = Kind(post.kind), request.form.get("into", "")
    draft = drafts.of(db.session(), viewer, post)
    form = form_for(kind).again(draft.data) if draft else form_for(kind).of(post)
    if into not in [field.name for field in _texts(form)]:
        raise Problem("请选择放到哪一栏。")
    raw = dict(draft.data) if draft else form.raw()
    there = "".join(raw.get(into, [])).strip()
    raw[into] = ["\n".join(part for part in (there, request.form.get("text", "").strip()) if part)]
    opened = Opened(secrets.token_urlsafe(16), post_version=post.version, insist=True)
    drafts.keep(db.session(), viewer, kind, post, opened, raw)
    db.session().commit()
    flash(_("文字已放进表单，请核对后保存。"))
    return redirect(url_for("posts.edit", post_id=post.id))


def _texts(form: PostForm) -> list[TextAreaField]:
    return [field for field in form if isinstance(field, TextAreaField)]


def _shown(found: Attachment) -> None:
    """Into the ledger, unless everyone may read the file."""
    if found.part != "public":
        with db.sessions().write() as ledger:
            disclosure.note(ledger, auth.current(), found.post, disclosure.ATTACHMENT, request.endpoint or "")
            ledger.commit()


def _mine(attachment_id: int) -> Attachment:
    """The file, if the viewer may change its post. Raises NotFound, NotAllowed."""
    found = attachments.get(db.session(), auth.current(), attachment_id)
    posts.check_edit(auth.current(), found.post)
    return found


def _root() -> Path:
    root: Path = current_app.config["SETTINGS"].instance / attachments.FOLDER
    return root

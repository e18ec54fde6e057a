"""What one is still writing: the list of it, giving up changes, deleting what was never submitted."""

from __future__ import annotations

from flask import Blueprint, current_app, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from matchmaker import auth, db
from matchmaker.services import attachments, drafts, posts
from models.vocabulary import Kind

pages = Blueprint("drafts", __name__)


@pages.get("/drafts")
@auth.signed_in
def listing() -> ResponseReturnValue:
    viewer = auth.person()
    kinds = [kind for kind in Kind if posts.can_create(viewer, kind)]
    return render_template("drafts/list.html", found=drafts.unfinished(db.session(), viewer), kinds=kinds)


@pages.get("/drafts/<int:post_id>/discard")
@auth.signed_in
def ask_discard(post_id: int) -> ResponseReturnValue:
    post = posts.get(db.session(), auth.current(), post_id)
    drafts.check_discard(auth.person(), post)
    return render_template("drafts/confirm.html", post=post, drop=False)


@pages.post("/drafts/<int:post_id>/discard")
@auth.signed_in
def discard(post_id: int) -> ResponseReturnValue:
    session, post = db.session(), posts.get(db.session(), auth.current(), post_id)
    hashes = [one.sha256 for one in attachments.of_post(session, auth.current(), post)]
    drafts.discard(session, auth.person(), post)
    session.commit()
    attachments.sweep(db.sessions(), current_app.config["SETTINGS"].instance / attachments.FOLDER, hashes)
    flash(_("草稿已删除。"))
    return redirect(url_for("drafts.listing"))


@pages.get("/drafts/<int:post_id>/drop")
@auth.signed_in
def ask_drop(post_id: int) -> ResponseReturnValue:
    post = posts.get(db.session(), auth.current(), post_id)
    posts.check_edit(auth.current(), post)
    return render_template("drafts/confirm.html", post=post, drop=True)


@pages.post("/drafts/<int:post_id>/drop")
@auth.signed_in
def drop(post_id: int) -> ResponseReturnValue:
    post = posts.get(db.session(), auth.current(), post_id)
    posts.check_edit(auth.current(), post)
    drafts.forget(db.session(), auth.person(), post)
    db.session().commit()
    flash(_("未保存的修改已放弃。"))
    return redirect(url_for("posts.show", post_id=post_id))

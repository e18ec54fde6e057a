"""What is told while a post is written: advice, what it would match, how outsiders will see it. Nothing is stored."""

from __future__ import annotations

from flask import current_app, render_template
from flask.typing import ResponseReturnValue

from matchmaker import auth, db
from matchmaker.forms import form_for
from matchmaker.services import posts, preview
from matchmaker.services.problems import NotFound
from matchmaker.views.posts import pages
from matchmaker.views.writing import coached
from models.vocabulary import Kind


@pages.post("/<kind:kind>/advice")
@auth.signed_in
def advise(kind: Kind) -> ResponseReturnValue:
    db.only_reads()
    if (told := coached(kind, form_for(kind)())) is None:
        raise NotFound("这类信息没有填写建议。")
    return render_template("posts/coach.html", coach=told)


@pages.post("/<kind:kind>/preview")
@auth.signed_in
def would_match(kind: Kind) -> ResponseReturnValue:
    db.only_reads()
    viewer = auth.person()
    posts.check_create(viewer, kind)
    finder = current_app.extensions["finder"]
    found = preview.would_match(db.session(), finder, viewer, kind, form_for(kind)().typed())
    return render_template("posts/would_match.html", found=found)


@pages.post("/<kind:kind>/outside")
@auth.signed_in
def outside(kind: Kind) -> ResponseReturnValue:
    """The page of the post as strangers will see it, made of what is typed."""
    db.only_reads()
    viewer = auth.person()
    posts.check_create(viewer, kind)
    post = preview.unsaved(kind, viewer, form_for(kind)().typed())
    return render_template("posts/outside.html", post=post, viewer=None, is_staff=False)

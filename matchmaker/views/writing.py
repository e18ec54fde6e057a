"""Writing a post: its form in steps, what is typed kept by itself, and saving it. Adds to the blueprint of posts."""

from __future__ import annotations

import datetime as dt
import secrets
from dataclasses import dataclass

from flask import current_app, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from matchmaker import auth, db
from matchmaker.forms import PostForm, form_for, steps, steps_for
from matchmaker.forms.taking import take
from matchmaker.services import attachments, clock, drafts, posts, supply_coaching
from matchmaker.services.coaching import Coaching, coach
from matchmaker.services.content import REQUIRED, Invalid
from matchmaker.services.drafts import Elsewhere, Opened
from matchmaker.services.problems import Conflict, Problem
from matchmaker.services.reading import files
from matchmaker.views.posts import pages
from matchmaker.views.reviews import comments_on
from matchmaker.views.typed import within
from matchmaker.views.watching import may
from models import Draft, Post, User
from models.vocabulary import Kind

VALID_DAYS = 365
COACHES = {Kind.NEED: coach} | supply_coaching.COACHES
"""Kind → what is told beside its form."""


def coached(kind: Kind, form: PostForm) -> Coaching | None:
    """What is told beside a form as it stands; None where there is nothing to tell."""
    return COACHES[kind](form.typed(), current_app.extensions["finder"]) if kind in COACHES else None


@dataclass(frozen=True)
class Sheet:
    """A form as it is shown: of what post (none yet: a new one), with what is to be said above it."""

    kind: Kind
    form: PostForm
    post: Post | None = None
    draft: Draft | None = None
    problem: str = ""

    def render(self, template: str = "posts/form.html", seek: bool = True) -> str:
        """`step` names the step that is shown; `seek`: rather the first with something wrong."""
        form, required = self.form, REQUIRED[self.kind]
        told = coached(self.kind, form)  # asks the engine, so before anything opens a transaction
        found = steps.standing(steps_for(self.kind), form, required)
        form.page.data = form.page.data or secrets.token_urlsafe(16)
        return render_template(
            template, kind=self.kind, form=form, post=self.post, draft=self.draft, problem=self.problem,
            required=required, standing=found, share=steps.share(found, required),
            current=steps.current(found, request.values.get("go") or request.values.get("step", ""), seek,
                                  comments_on(self.post)),
            coach=told, upload_limit=files.LARGEST >> 20)


@pages.get("/<kind:kind>/new")
@auth.signed_in
def new(kind: Kind) -> ResponseReturnValue:
    viewer = auth.person()
    posts.check_create(viewer, kind)
    until = clock.today() + dt.timedelta(days=VALID_DAYS)
    known = {"contact_name": viewer.name, "contact_email": viewer.email, "valid_until": until}
    return Sheet(kind, form_for(kind)(formdata=None, data=known)).render()


@pages.post("/<kind:kind>/new")
@auth.signed_in
def create(kind: Kind) -> ResponseReturnValue:
    viewer = auth.person()
    posts.check_create(viewer, kind)
    form = form_for(kind)()
    begun = drafts.of_page(db.session(), viewer, form.page.data or "")
    return _save(viewer, kind, form, posts.get(db.session(), viewer, begun.post_id) if begun else None)


@pages.get("/posts/<int:post_id>/edit")
@auth.signed_in
def edit(post_id: int) -> ResponseReturnValue:
    viewer = auth.person()
    post = posts.get(db.session(), viewer, post_id)
    posts.check_edit(viewer, post)
    kind = Kind(post.kind)
    draft = drafts.of(db.session(), viewer, post)
    form = form_for(kind).again(draft.data) if draft else form_for(kind).of(post)
    form.version.data = draft.post_version if draft else post.version
    form.base.data = draft.version if draft and draft.user_id == viewer.id else 0
    return Sheet(kind, _readable(viewer, post, form), post, draft).render()


@pages.post("/posts/<int:post_id>/edit")
@auth.signed_in
def update(post_id: int) -> ResponseReturnValue:
    viewer = auth.person()
    post = posts.get(db.session(), viewer, post_id)
    posts.check_edit(viewer, post)
    return _save(viewer, Kind(post.kind), _readable(viewer, post, form_for(Kind(post.kind))()), post)


@pages.post("/<kind:kind>/draft")
def keep_new(kind: Kind) -> ResponseReturnValue:
    """Keep what was typed into the form of a new post; from then on it has an address."""
    viewer = auth.current()
    if viewer is None:
        return render_template("posts/form_signed_out.html"), 401
    posts.check_create(viewer, kind)
    return _keep(viewer, kind, None)


@pages.post("/posts/<int:post_id>/draft")
def keep(post_id: int) -> ResponseReturnValue:
    viewer = auth.current()
    if viewer is None:
        return render_template("posts/form_signed_out.html"), 401
    post = posts.get(db.session(), viewer, post_id)
    posts.check_edit(viewer, post)
    return _keep(viewer, Kind(post.kind), post)


def _keep(viewer: User, kind: Kind, post: Post | None) -> ResponseReturnValue:
    try:
        draft = _kept(viewer, kind, post)
    except Elsewhere as elsewhere:
        return render_template("posts/form_elsewhere.html", post=post, kind=kind, problem=str(elsewhere)), 409
    db.session().commit()
    form = form_for(kind).again(draft.data)
    answer = make_response(Sheet(kind, form, post, draft).render("posts/form_saved.html", seek=False))
    if post is None:
        answer.headers["HX-Replace-Url"] = url_for("posts.edit", post_id=draft.post_id)
    return answer


def _kept(viewer: User, kind: Kind, post: Post | None) -> Draft:
    """What is taken over from the advice is asked for between two transactions. Raises what `drafts.keep` raises."""
    form = form_for(kind)()
    opened = Opened((form.page.data or "")[:64], within(form.base.data), within(form.version.data),
                    insist=request.args.get("insist") == "yes")
    raw, what = form.kept(request.form), request.form.get("take", "")
    if what:
        db.session().rollback()
        if told := coached(kind, form):
            raw = take(raw, what, told)
    return drafts.keep(db.session(), viewer, kind, post, opened, raw)


def _save(viewer: User, kind: Kind, form: PostForm, post: Post | None) -> ResponseReturnValue:
    """Save the form, or go on to another of its steps and keep what is typed."""
    if request.form.get("go") or request.form.get("take"):
        return _go(viewer, kind, form, post)
    session = db.session()
    try:
        if post is None:
            post = posts.create(session, viewer, kind, form.values())
        else:
            posts.update(session, viewer, post, _version(viewer, post, form), form.values())
    except Invalid as invalid:
        return _refused(viewer, Sheet(kind, form.refused(invalid.errors), post, problem=str(invalid))), 400
    except Conflict as conflict:
        return Sheet(kind, form, post, problem=str(conflict)).render(), 409
    drafts.forget(session, viewer, post)
    session.commit()
    if problem := _attached(viewer, post.id):
        return Sheet(kind, form_for(kind).of(post), post, problem=problem).render(), 400
    if request.form.get("then") == "submit":
        return redirect(url_for("posts.confirm", post_id=post.id, action="submit"))
    flash(_("草稿已保存。核对无误后请提交审核。") if post.state == "draft" else _("已保存。"))
    return redirect(url_for("posts.show", post_id=post.id))


def _go(viewer: User, kind: Kind, form: PostForm, post: Post | None) -> ResponseReturnValue:
    """To another step, or to the same one with a suggestion taken over."""
    step = request.form.get("go") or request.form.get("step", "")
    if post is None and form.blank():
        return Sheet(kind, form).render()
    try:
        draft = _kept(viewer, kind, post)
    except Elsewhere as elsewhere:
        return Sheet(kind, form, post, problem=str(elsewhere)).render(), 409
    if post is not None:
        draft.page = secrets.token_urlsafe(16)  # a save of the page just left that arrives late is not to win
    db.session().commit()
    if problem := _attached(viewer, draft.post_id):
        there = posts.get(db.session(), viewer, draft.post_id)
        form.page.data, form.base.data, form.version.data = "", draft.version, draft.post_version
        return Sheet(kind, form, there, problem=problem).render(seek=False), 400
    return redirect(url_for("posts.edit", post_id=draft.post_id, step=step))


def _attached(viewer: User, post_id: int) -> str:
    """Add the file that came with the form; what is wrong with it. Called between transactions: reading takes time."""
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        return ""
    root = current_app.config["SETTINGS"].instance / attachments.FOLDER
    try:
        with files.received(root, sent.filename, sent.stream) as found:
            post = posts.get(db.session(), viewer, post_id)
            attachments.add(db.session(), viewer, root, post, request.form.get("file_part", ""), found)
            db.session().commit()
    except Problem as problem:
        db.session().rollback()
        return str(problem)
    finally:
        sent.close()
    flash(_("附件已上传。"))
    return ""


def _refused(viewer: User, sheet: Sheet) -> str:
    """The form with what is wrong in it; what was typed is kept meanwhile, where that can be."""
    if sheet.post is not None or not sheet.form.blank():
        try:
            _kept(viewer, sheet.kind, sheet.post)
            db.session().commit()
        except Problem:
            db.session().rollback()
    return sheet.render()


def _version(viewer: User, post: Post, form: PostForm) -> int:
    """The version of the post that the typing began with; a page opened for a new post knows none."""
    begun = None if form.version.data else drafts.of_page(db.session(), viewer, form.page.data or "")
    return form.version.data or (begun.post_version if begun else 0)


def _readable(viewer: User, post: Post, form: PostForm) -> PostForm:
    """The form without what the viewer may not read of the post, and so does not write."""
    for name in [field.name for field in form]:
        if not may().can_read_field(viewer, post, name):
            del form[name]
    return form

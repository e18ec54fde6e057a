"""What one was told: the list, how it comes by mail, and the link that ends mails of a kind."""

from __future__ import annotations

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from matchmaker import auth, db
from matchmaker.services import notices
from matchmaker.views.typed import row_number
from models.vocabulary import CHANNELS, NOTICE_KINDS

pages = Blueprint("notices", __name__)


@pages.get("/notices")
@auth.signed_in
def listing() -> ResponseReturnValue:
    before = request.args.get("before", type=row_number)
    found = notices.page(db.session(), auth.person(), before or None)
    return render_template("notices/list.html", found=found[: notices.PAGE], more=len(found) > notices.PAGE)


@pages.post("/notices/<int:notice_id>/read")
@auth.signed_in
def read(notice_id: int) -> ResponseReturnValue:
    found = notices.read(db.session(), auth.person(), notice_id)
    db.session().commit()
    return redirect(auth.local_path(found.link) or url_for("notices.listing"))


@pages.post("/notices/read")
@auth.signed_in
def read_all() -> ResponseReturnValue:
    newest = request.form.get("newest", 0, type=row_number)
    notices.read_all(db.session(), auth.person(), newest)
    db.session().commit()
    return redirect(url_for("notices.listing"))


@pages.get("/notices/settings")
@auth.signed_in
def settings() -> ResponseReturnValue:
    chosen = notices.channels(db.session(), auth.person())
    return render_template("notices/settings.html", chosen=chosen, kinds=NOTICE_KINDS, channels=CHANNELS)


@pages.post("/notices/settings")
@auth.signed_in
def choose() -> ResponseReturnValue:
    wanted = {kind: request.form[kind] for kind in NOTICE_KINDS if kind in request.form}
    notices.choose(db.session(), auth.person(), wanted)
    db.session().commit()
    flash(_("通知方式已保存。"))
    return redirect(url_for("notices.settings"))


@pages.get("/unsubscribe/<token>")
def unsubscribe(token: str) -> ResponseReturnValue:
    _user, kind = notices.unsubscription(db.session(), current_app.config["SETTINGS"].secret(), token)
    return render_template("notices/unsubscribe.html", kind=kind, kinds=NOTICE_KINDS, done=False)


@pages.post("/unsubscribe/<token>")
def unsubscribe_post(token: str) -> ResponseReturnValue:
    """Mail programs press this button themselves, without our page's token (see `init`)."""
    user, kind = notices.unsubscription(db.session(), current_app.config["SETTINGS"].secret(), token)
    notices.unsubscribe(db.session(), user, kind)
    db.session().commit()
    return render_template("notices/unsubscribe.html", kind=kind, kinds=NOTICE_KINDS, done=True)


def init() -> None:
    """The signed address is what counts for one who unsubscribes, not that a page of ours sent the form."""
    auth.CSRF.exempt(unsubscribe_post)

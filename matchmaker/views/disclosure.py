"""The ledger as owners and staff read it: who was shown what that is not public."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from matchmaker import auth, db
from matchmaker.services import brokering, disclosure, posts
from matchmaker.views.typed import row_number
from models import Disclosure, Post

pages = Blueprint("disclosure", __name__)


@pages.get("/disclosures")
@auth.signed_in
def mine() -> ResponseReturnValue:
    return _page(disclosure.of_mine(db.session(), auth.person(), _before()), None)


@pages.get("/posts/<int:post_id>/disclosures")
@auth.signed_in
def of_post(post_id: int) -> ResponseReturnValue:
    viewer = auth.current()
    post = posts.get(db.session(), viewer, post_id)
    return _page(disclosure.of_post(db.session(), viewer, post, _before()), post)


@pages.post("/cases/<int:case_id>/nda")
@auth.signed_in
def sign(case_id: int) -> ResponseReturnValue:
    """A side signs the NDA of its case."""
    viewer, session = auth.person(), db.session()
    case = brokering.get(session, viewer, case_id)
    disclosure.sign_nda(session, viewer, case, request.form.get("side", ""))
    session.commit()
    flash(_("已签署保密协议。双方都签署后，可以互看保密附件。"))
    return redirect(url_for("cases.show", case_id=case_id))


def _before() -> int | None:
    return request.args.get("before", type=row_number)


def _page(found: list[Disclosure], post: Post | None) -> str:
    more = found[disclosure.PAGE - 1].id if len(found) > disclosure.PAGE else None
    return render_template("disclosure/ledger.html", rows=found[: disclosure.PAGE], more=more, post=post,
                           parts=disclosure.LABELS)

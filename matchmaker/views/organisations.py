"""One's organisation: founding or joining it, its members; and the office's check of organisations."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from matchmaker import auth, db
from matchmaker.forms.accounts import EmailForm, JoinForm, OrganisationForm, WhyForm
from matchmaker.services import organisations, throttle, verifying
from matchmaker.services.content import Invalid
from matchmaker.services.problems import Conflict, Problem, TooMany
from matchmaker.views.typed import row_number

pages = Blueprint("organisations", __name__)


@pages.get("/organisation")
@auth.signed_in
def mine() -> ResponseReturnValue:
    return _mine(EmailForm())


@pages.get("/organisation/new")
@auth.signed_in
def new() -> ResponseReturnValue:
    name = request.args.get("name", "")[: organisations.LONGEST_NAME]
    return render_template("organisations/new.html", form=OrganisationForm(name=name), twins=[])


@pages.post("/organisation/new")
@auth.signed_in
def create() -> ResponseReturnValue:
    form = OrganisationForm()
    try:
        organisations.create(db.session(), auth.person(), form.values(), bool(form.certain.data))
    except Invalid as invalid:
        for name, sentence in invalid.errors.items():
            form[name].errors = [sentence]
        return _again(form), 400
    except Conflict as problem:
        return _again(form, str(problem)), 409
    except Problem as problem:
        return _again(form, str(problem)), 400
    db.session().commit()
    flash(_("单位已登记，您是它的管理者。工作人员核验后会通知您。"))
    return redirect(url_for("organisations.mine"))


@pages.post("/organisation/join/<int:organisation_id>")
@auth.signed_in
def join(organisation_id: int) -> ResponseReturnValue:
    form, session = JoinForm(), db.session()
    organisation = organisations.get(session, organisation_id)
    organisations.ask_to_join(session, auth.person(), organisation, form.note.data or "")
    session.commit()
    flash(_("申请已提交，单位管理者或中心工作人员处理后会通知您。"))
    return redirect(url_for("organisations.mine"))


@pages.post("/organisation/join/cancel")
@auth.signed_in
def cancel() -> ResponseReturnValue:
    organisations.cancel(db.session(), auth.person())
    db.session().commit()
    flash(_("申请已撤回。"))
    return redirect(url_for("organisations.mine"))


@pages.post("/organisation/requests/<int:request_id>/<any(accept, refuse):answer>")
@auth.signed_in
def decide(request_id: int, answer: str) -> ResponseReturnValue:
    viewer = auth.person()
    found = organisations.decide(db.session(), viewer, request_id, answer == "accept")
    db.session().commit()
    flash(_("已同意加入。") if answer == "accept" else _("已拒绝申请。"))
    own = found.organisation_id == viewer.organisation_id
    return redirect(url_for("organisations.mine" if own else "organisations.queue"))


@pages.post("/organisation/invitations")
@auth.signed_in
def invite() -> ResponseReturnValue:
    form = EmailForm()
    if not form.validate():
        return _mine(form), 400
    try:
        throttle.spend(db.session(), auth.tries("invite-", form.email.data))
        email = organisations.invite(db.session(), auth.person(), form.email.data)
    except TooMany as problem:
        return _mine(form, str(problem)), 429
    db.session().commit()
    flash(_("邀请已发往 %(email)s。", email=email))
    return redirect(url_for("organisations.mine"))


@pages.post("/organisation/invitations/<int:link_id>/take-back")
@auth.signed_in
def take_back(link_id: int) -> ResponseReturnValue:
    organisations.take_back(db.session(), auth.person(), link_id)
    db.session().commit()
    flash(_("邀请已收回。"))
    return redirect(url_for("organisations.mine"))


@pages.post("/organisation/members/<int:user_id>/remove")
@auth.signed_in
def remove(user_id: int) -> ResponseReturnValue:
    organisations.remove(db.session(), auth.person(), user_id)
    db.session().commit()
    flash(_("成员已移除。"))
    return redirect(url_for("organisations.mine"))


@pages.post("/organisation/members/<int:user_id>/hand-over")
@auth.signed_in
def hand_over(user_id: int) -> ResponseReturnValue:
    organisations.hand_over(db.session(), auth.person(), user_id)
    db.session().commit()
    flash(_("管理者身份已移交。"))
    return redirect(url_for("organisations.mine"))


@pages.post("/organisation/leave")
@auth.signed_in
def leave() -> ResponseReturnValue:
    organisations.leave(db.session(), auth.person())
    db.session().commit()
    flash(_("您已退出单位。"))
    return redirect(url_for("organisations.mine"))


@pages.get("/desk/organisations")
@auth.staff_only
def queue() -> ResponseReturnValue:
    return _queue(WhyForm())


@pages.post("/desk/organisations/<int:organisation_id>/verify")
@auth.staff_only
def verify(organisation_id: int) -> ResponseReturnValue:
    organisation = organisations.get(db.session(), organisation_id)
    verifying.verify(db.session(), auth.person(), organisation)
    db.session().commit()
    flash(_("已核验：%(name)s。", name=organisation.name))
    return redirect(url_for("organisations.queue"))


@pages.post("/desk/organisations/<int:organisation_id>/refuse")
@auth.staff_only
def refuse(organisation_id: int) -> ResponseReturnValue:
    organisation = organisations.get(db.session(), organisation_id)
    verifying.refuse(db.session(), auth.person(), organisation, WhyForm().why.data or "")
    db.session().commit()
    flash(_("已记录未通过的原因并通知对方。"))
    return redirect(url_for("organisations.queue"))


def _mine(form: EmailForm, problem: str = "") -> str:
    """The viewer's organisation, or the ways to one."""
    session, viewer = db.session(), auth.person()
    organisation = viewer.organisation
    if organisation is None:
        text = request.args.get("q", "").strip()
        return render_template("organisations/find.html", text=text, found=organisations.named(session, text),
                               waiting=organisations.waiting_of(session, viewer), form=JoinForm(formdata=None))
    return render_template(
        "organisations/mine.html", form=form, problem=problem, organisation=organisation,
        members=organisations.members(session, organisation), requests=organisations.requests(session, organisation),
        invitations=organisations.invitations(session, organisation))


def _again(form: OrganisationForm, problem: str = "") -> str:
    """The form as it was sent, beside the organisations that may be the same."""
    code: str | None = None
    try:
        code = organisations.clean_code(form.credit_code.data or "")
    except Problem:
        code = None
    twins = organisations.twins(db.session(), form.name.data or "", code)
    return render_template("organisations/new.html", form=form, problem=problem, twins=twins,
                           join=JoinForm(formdata=None))


def _queue(form: WhyForm) -> str:
    after = request.args.get("after", 0, type=row_number)
    cases = verifying.queue(db.session(), after)
    return render_template("organisations/queue.html", form=form, cases=cases[: verifying.PAGE],
                           more=len(cases) > verifying.PAGE, requests=verifying.unowned_requests(db.session()))

"""Contracts: the list, one contract, writing and amending it, its steps, its payments."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, current_app, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from matchmaker import auth, db
from matchmaker.forms.contracts import ContractForm, ReceiptForm, RowsForm, ScheduleForm, StepForm
from matchmaker.services import (
    brokering,
    contract_access,
    contract_drafting,
    contract_history,
    contract_lists,
    contract_rules,
    contracts,
    document_facts,
    docx_filling,
    payments,
    permissions,
    sharing,
    templates,
)
from matchmaker.services import registration as forms
from matchmaker.services.content import Invalid
from matchmaker.services.contract_lists import Filters
from matchmaker.services.contracts import Given
from matchmaker.services.problems import Conflict, NotFound, Problem
from matchmaker.views import documents
from matchmaker.views.typed import row_number
from models import Contract, Introduction

pages = Blueprint("contracts", __name__, url_prefix="/contracts")


@pages.get("/")
@auth.signed_in
def listing() -> ResponseReturnValue:
    filters = Filters.of(request.args)
    page = contract_lists.page(db.session(), auth.current(), filters, request.args.get("after", type=row_number))
    return render_template("contracts/list.html", page=page, filters=filters, codes=contract_lists.CODED,
                           brokers=contract_lists.brokers(db.session()))


@pages.get("/<int:contract_id>")
@auth.signed_in
def show(contract_id: int) -> ResponseReturnValue:
    return contract_page(_contract(contract_id))


@pages.get("/new")
@auth.staff_only
def new() -> ResponseReturnValue:
    case = _case()
    values = contract_drafting.filled(db.session(), case) if case else {"plan_source": "none"}
    return _form(ContractForm.with_values(values), case=case)


@pages.post("/new")
@auth.staff_only
def create() -> ResponseReturnValue:
    case, form = _case(), ContractForm()
    try:
        contract = contracts.create(db.session(), auth.person(), _typed(form), case)
    except Invalid as invalid:
        return _form(form.refused(invalid.errors), case=case, problem=str(invalid)), 400
    except Problem as problem:
        db.session().rollback()
        return _form(form, case=_case(), problem=str(problem)), 400
    db.session().commit()
    flash(_("合同草稿已建立。核对各项并安排付款计划后，即可标为已签订。"))
    return redirect(url_for("contracts.show", contract_id=contract.id))


@pages.get("/<int:contract_id>/edit")
@auth.staff_only
def edit(contract_id: int) -> ResponseReturnValue:
    contract = _contract(contract_id)
    return _form(ContractForm.of(contract), contract)


@pages.post("/<int:contract_id>/edit")
@auth.staff_only
def update(contract_id: int) -> ResponseReturnValue:
    """A draft is changed; a signed contract is amended, for which the form asks since when and why."""
    contract, form, viewer = _contract(contract_id), ContractForm(), auth.person()
    version = form.version.data or 0
    try:
        if contract.state == "draft":
            contracts.update(db.session(), viewer, contract, version, _typed(form))
        else:
            given = Given(form.on.data, form.reason.data or "")
            contracts.amend(db.session(), viewer, contract, version, _typed(form), given)
    except Invalid as invalid:
        return _form(form.refused(invalid.errors), contract, problem=str(invalid)), 400
    except Problem as problem:
        db.session().rollback()
        return _form(form, _contract(contract_id), problem=str(problem)), 409 if isinstance(problem, Conflict) else 400
    db.session().commit()
    flash(_("已保存。"))
    return redirect(url_for("contracts.show", contract_id=contract_id))


@pages.get("/<int:contract_id>/steps/<action>")
@auth.staff_only
def confirm(contract_id: int, action: str) -> ResponseReturnValue:
    contract = _contract(contract_id)
    step = contracts.check_step(auth.current(), contract, action)
    return render_template("contracts/confirm.html", contract=contract, step=step, form=StepForm(), problem="")


@pages.post("/<int:contract_id>/steps/<action>")
@auth.staff_only
def move(contract_id: int, action: str) -> ResponseReturnValue:
    contract, form, viewer = _contract(contract_id), StepForm(), auth.person()
    step = contracts.check_step(viewer, contract, action)
    try:
        if not form.validate():
            raise Invalid({name: " ".join(map(str, said)) for name, said in form.errors.items()})
        given = Given(form.on.data, form.reason.data or "", form.registry_number.data or "")
        contracts.move(db.session(), viewer, contract, form.version.data or 0, action, given)
    except Problem as problem:
        db.session().rollback()
        for name, sentence in getattr(problem, "errors", {}).items():
            form[name].errors = [sentence]
        page = render_template("contracts/confirm.html", contract=_contract(contract_id), step=step, form=form,
                               problem=str(problem))
        return page, 409 if isinstance(problem, Conflict) else 400
    db.session().commit()
    flash(_("%(step)s：已完成。", step=step.label))
    return redirect(url_for("contracts.show", contract_id=contract_id))


@pages.get("/<int:contract_id>/versions/<int:number>")
@auth.staff_only
def version(contract_id: int, number: int) -> ResponseReturnValue:
    contract = _contract(contract_id)
    found = contract_history.version(db.session(), contract, number)
    return render_template("contracts/version.html", contract=contract, version=found, rules=contract_rules,
                           said=contract_history.said, said_party=contract_history.said_party,
                           others=contract_history.OTHERS)


@pages.get("/<int:contract_id>/schedule")
@auth.staff_only
def schedule(contract_id: int) -> ResponseReturnValue:
    contract = _contract(contract_id)
    rows = [{"milestone": one.milestone, "due_on": one.due_on, "amount": one.amount} for one in contract.payments
            if one.kind == "planned" and one.received is None]
    return _schedule(contract, ScheduleForm(formdata=None, data={"steps": rows}))


@pages.post("/<int:contract_id>/schedule")
@auth.staff_only
def save_schedule(contract_id: int) -> ResponseReturnValue:
    refused = keep_rows(contract_id, ScheduleForm(), "steps", payments.plan, _schedule)
    if refused:
        return refused
    flash(_("付款计划已保存。"))
    return redirect(url_for("contracts.show", contract_id=contract_id, _anchor="payments"))


@pages.post("/<int:contract_id>/payments/<int:payment_id>")
@auth.staff_only
def receive(contract_id: int, payment_id: int) -> ResponseReturnValue:
    return _receipt(contract_id, lambda contract, form: payments.receive(
        db.session(), auth.person(), contract, payment_id, form.on.data, form.amount.data))


@pages.post("/<int:contract_id>/royalties")
@auth.staff_only
def royalty(contract_id: int) -> ResponseReturnValue:
    return _receipt(contract_id, lambda contract, form: payments.royalty(
        db.session(), auth.person(), contract, form.on.data, form.amount.data, form.note.data or ""))


@pages.post("/<int:contract_id>/split")
@auth.staff_only
def split(contract_id: int) -> ResponseReturnValue:
    contracts.apply_split(db.session(), auth.person(), _contract(contract_id))
    db.session().commit()
    flash(_("已按现行规则分配。"))
    return redirect(url_for("contracts.show", contract_id=contract_id, _anchor="split"))


@pages.get("/<int:contract_id>/registration.<form>")
@auth.staff_only
def registration(contract_id: int, form: str) -> ResponseReturnValue:
    """The registration form to be filed, as xlsx or docx."""
    contract = _contract(contract_id)
    if form not in ("xlsx", "docx"):
        raise NotFound(_("登记表只能导出为 xlsx 或 docx。"))
    if form == "xlsx":
        content = forms.xlsx(contract)
    else:
        site = current_app.config["SETTINGS"].text("SITE_NAME")
        template = templates.content(db.session(), documents.root(), "registration")
        content = docx_filling.fill(template, document_facts.registration_facts(contract, site))
    return send_file(io.BytesIO(content), as_attachment=True, download_name=f"技术合同认定登记表-{contract.id}.{form}")


def case_contracts(case: Introduction) -> list[Contract]:
    """The contracts of a case that this viewer may see; for the page of the case."""
    return contract_access.of_case(db.session(), auth.current(), case)


def _contract(contract_id: int) -> Contract:
    return contract_access.get(db.session(), auth.current(), contract_id)


def _case() -> Introduction | None:
    case_id = request.args.get("case", type=row_number)
    return brokering.get(db.session(), auth.current(), case_id) if case_id else None


def _typed(form: ContractForm) -> dict[str, Any]:
    """What was typed. Raises Invalid, naming everything that is wrong at once."""
    unreadable = form.faults()
    typed = form.typed()
    errors = unreadable | {name: sentence for name, sentence in contract_rules.faults(typed)
                           if name not in unreadable}
    if errors:
        raise Invalid(errors)
    return typed


def _form(
    form: ContractForm, contract: Contract | None = None, case: Introduction | None = None, problem: str = "",
) -> str:
    register = contract is not None and contract.state == "registered"
    wanted = contract_rules.TO_REGISTER if register else contract_rules.TO_SIGN
    return render_template("contracts/form.html", form=form, contract=contract, case=case, problem=problem,
                           required=wanted, of_party=contract_rules.PARTY_TO_SIGN, sides=contract_rules.SIDES)


def _schedule(contract: Contract, form: ScheduleForm, problem: str = "") -> str:
    return render_template("contracts/schedule.html", contract=contract, form=form, problem=problem,
                           account=payments.account(contract))


def keep_rows(
    contract_id: int, form: RowsForm, name: str, verb: Callable[..., object], page: Callable[..., str],
) -> tuple[str, int] | None:
    """Store the rows typed into the list `name` of a form by `verb`; its page again when they cannot be taken."""
    try:
        if not form.validate():
            raise Invalid({name: " ".join(form[name].errors)})
        verb(db.session(), auth.person(), _contract(contract_id), form.version.data or 0, form[name].data)
    except Problem as problem:
        db.session().rollback()
        sentence = getattr(problem, "errors", {}).get(name) or str(problem)
        return page(_contract(contract_id), form, sentence), 409 if isinstance(problem, Conflict) else 400
    db.session().commit()
    return None


def contract_page(contract: Contract, problem: str = "") -> str:
    """One contract with all that belongs to it; `problem` says what could not be done."""
    viewer, staff = auth.current(), permissions.is_staff(auth.current())
    account = payments.account(contract)
    return render_template(
        "contracts/show.html", contract=contract, rules=contract_rules, term=contract_history.term, problem=problem,
        steps=contracts.actions(viewer, contract), account=account, people=sharing.parts(contract, account),
        receipts=sharing.receipts(contract) if staff else [],
        can_edit=contracts.can_edit(viewer, contract), can_amend=contracts.can_amend(viewer, contract),
        versions=contract_history.versions(db.session(), contract) if staff else [],
        lacking=contract_rules.missing(contract, register=contract.state == "signed")
        if staff and contract.state in ("draft", "signed") else [])


def _receipt(contract_id: int, verb: Callable[[Contract, ReceiptForm], object]) -> ResponseReturnValue:
    """Write a receipt down, or show the contract with the sentence that says why not."""
    contract, form = _contract(contract_id), ReceiptForm()
    try:
        if not form.validate():
            raise Problem(" ".join(str(said) for sentences in form.errors.values() for said in sentences))
        verb(contract, form)
    except Problem as problem:
        db.session().rollback()
        sentence = " ".join(getattr(problem, "errors", {}).values()) or str(problem)
        return Response(contract_page(_contract(contract_id), sentence), status=400)
    db.session().commit()
    flash(_("到款已登记。"))
    return redirect(url_for("contracts.show", contract_id=contract_id, _anchor="payments"))

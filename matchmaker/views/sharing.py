"""How the completers of a contract share their part: who and how much, and all shares as a file."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from matchmaker import auth, db
from matchmaker.forms.contracts import SharingForm
from matchmaker.services import contract_access, sharing
from matchmaker.views.contracts import keep_rows
from matchmaker.views.dashboard import send_table
from models import Contract

pages = Blueprint("sharing", __name__, url_prefix="/contracts")


@pages.get("/<int:contract_id>/sharing")
@auth.staff_only
def edit(contract_id: int) -> ResponseReturnValue:
    contract = _contract(contract_id)
    return _page(contract, SharingForm(formdata=None, data={"people": sharing.named(contract)}))


@pages.post("/<int:contract_id>/sharing")
@auth.staff_only
def save(contract_id: int) -> ResponseReturnValue:
    refused = keep_rows(contract_id, SharingForm(), "people", sharing.share, _page)
    if refused:
        return refused
    flash(_("完成人分配已保存。"))
    return redirect(url_for("contracts.show", contract_id=contract_id, _anchor="split"))


@pages.get("/<int:contract_id>/sharing.<form>")
@auth.staff_only
def download(contract_id: int, form: str) -> ResponseReturnValue:
    contract = _contract(contract_id)
    return send_table(f"收益分配-{contract.id}", form, lambda path: sharing.table(contract, path))


def _contract(contract_id: int) -> Contract:
    return contract_access.get(db.session(), auth.current(), contract_id)


def _page(contract: Contract, form: SharingForm, problem: str = "") -> str:
    return render_template("contracts/sharing.html", contract=contract, form=form, problem=problem)

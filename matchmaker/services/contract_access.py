"""Finding a contract, and saving it only as the person saw it."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from matchmaker.services import permissions, rows
from matchmaker.services.problems import Conflict, NotFound
from models import Contract, Introduction, User, now

STALE = "保存失败：您编辑期间，他人修改了这份合同。请在新窗口打开最新内容，核对后再保存。"
ABSENT = "没有找到这份合同，它可能不属于您或地址有误。"


def get(session: Session, viewer: User | None, contract_id: int) -> Contract:
    """Raises NotFound for a contract that is absent or not the viewer's."""
    found = rows.find(session, Contract, contract_id)
    if found is None or not permissions.can_see_contract(viewer, found):
        raise NotFound(ABSENT)
    return found


def of_case(session: Session, viewer: User | None, case: Introduction) -> list[Contract]:
    """The contracts of a case that the viewer may see, the newest first."""
    found = session.scalars(select(Contract).where(Contract.introduction_id == case.id).order_by(Contract.id.desc()))
    return [contract for contract in found if permissions.can_see_contract(viewer, contract)]


def check_version(contract: Contract, version: int) -> None:
    """Raises Conflict when the contract is not as the person saw it."""
    if contract.version != version:
        raise Conflict(STALE)


def save(session: Session, contract: Contract) -> None:
    """Write the contract as its next version, also when only its payments changed. Raises Conflict."""
    contract.updated_at = now()
    try:
        session.flush()
    except StaleDataError as error:
        raise Conflict(STALE) from error

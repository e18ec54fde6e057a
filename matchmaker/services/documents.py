"""The papers of a case: made from templates or uploaded, in versions that stay, read by whom they are for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from matchmaker.services import (
    document_facts,
    document_fields,
    docx_filling,
    events,
    file_kinds,
    filing,
    permissions,
    templates,
)
from matchmaker.services.document_facts import Wanted
from matchmaker.services.file_kinds import LARGEST
from matchmaker.services.problems import NotAllowed, NotFound, Problem
from matchmaker.services.transfer.uploads import shown_name
from models import Document, Introduction, User
from models.vocabulary import AUDIENCES, DOCUMENT_KINDS

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
UPLOADED = ("signed_contract", "nda", "minutes", "material", "internal", "other")
"""Kinds that a person may upload."""
OFFICE_ONLY = frozenset({"internal", "registration", "recommendation"})
"""Kinds that the parties are not shown, whatever was chosen."""
LONGEST_TITLE = 100
__all__ = ["LARGEST", "Upload", "Wanted"]


@dataclass(frozen=True)
class Upload:
    """A file that somebody gives to a case."""

    name: str
    content: bytes
    kind: str
    title: str
    audience: str = "parties"
    note: str = ""


def can_add(viewer: User | None, case: Introduction) -> bool:
    """The office; both sides from the accepted intent on."""
    return permissions.is_staff(viewer) or permissions.in_accepted_case(viewer, case)


def of_case(session: Session, viewer: User | None, case: Introduction) -> list[Document]:
    """What the viewer may read of a case's papers: the newest of each first, its older versions behind it."""
    if not can_add(viewer, case):
        return []
    wanted = select(Document).where(Document.introduction_id == case.id).options(joinedload(Document.maker))
    found = session.scalars(wanted.order_by(Document.kind, Document.title, Document.number.desc()))
    return [one for one in found if permissions.can_read_document(viewer, case, one)]


def get(session: Session, viewer: User | None, document_id: int) -> Document:
    """Raises NotFound for a paper that is absent or not for the viewer."""
    found = session.get(Document, document_id)
    case = session.get(Introduction, found.introduction_id) if found else None
    if found is None or case is None or not permissions.can_read_document(viewer, case, found):
        raise NotFound("没有找到这份文件，它可能不属于您或地址有误。")
    return found


def fetch(session: Session, viewer: User, root: Path, document: Document) -> bytes:
    """The content, for somebody who may read it; that it was fetched is logged. Raises NotFound."""
    content = filing.read(root, document.sha256)
    events.record(session, viewer, "document.downloaded", document, after={"case": document.introduction_id})
    return content


def generate(
    session: Session, actor: User, root: Path, kind: str, wanted: Wanted, free: Callable[[], None] = lambda: None,
) -> Document:
    """Make the next version of a paper from its template and the case's data. Raises NotAllowed, Problem.

    `free` is called when all is read and nothing is written yet: filling the template in takes a while, during which
    nobody should wait for the writer's lock.
    """
    permissions.check_staff(actor)
    _check_ready(templates.check_kind(kind), wanted)
    template, facts = templates.content(session, root, kind), document_facts.facts(kind, wanted)
    free()
    content = docx_filling.fill(template, facts)
    title = DOCUMENT_KINDS[kind] + (f"（{wanted.post.title[:60]}）" if wanted.post else "")
    if wanted.meeting:
        title = f"{DOCUMENT_KINDS[kind]}（{wanted.meeting['title'][:60]}）"
    made = Document(
        introduction_id=wanted.case.id, contract_id=wanted.contract.id if wanted.contract else None, kind=kind,
        title=title, number=_next(session, wanted.case, kind, title), name=f"{shown_name(title)}.docx",
        audience="staff" if kind in OFFICE_ONLY or kind == "brief" else "parties", sha256=filing.keep(root, content),
        size=len(content), media=DOCX, template=filing.keep(root, template), made_by=actor.id)
    return _add(session, actor, made, "document.generated")


def upload(session: Session, actor: User, root: Path, case: Introduction, given: Upload) -> Document:
    """Keep a file as the next version of the paper of its title. Raises NotAllowed, Problem."""
    if not can_add(actor, case):
        raise NotAllowed("双方接受意向之后，双方与中心才能在对接中上传文件。")
    if given.kind not in UPLOADED or given.audience not in AUDIENCES:
        raise Problem("请从列表中选择文件种类和可见范围。")
    if given.kind in OFFICE_ONLY and not permissions.is_staff(actor):
        raise Problem("内部材料只能由中心工作人员上传，请选择其他种类。")
    title = given.title.strip() or Path(given.name).stem
    if len(title) > LONGEST_TITLE:
        raise Problem(f"文件标题最多 {LONGEST_TITLE} 字，请精简。")
    media = file_kinds.check(given.name, given.content)
    inside = given.kind in OFFICE_ONLY or (given.audience == "staff" and permissions.is_staff(actor))
    made = Document(
        introduction_id=case.id, kind=given.kind, title=title, number=_next(session, case, given.kind, title),
        name=shown_name(given.name), audience="staff" if inside else "parties",
        sha256=filing.keep(root, given.content), size=len(given.content), media=media, note=given.note.strip()[:500],
        made_by=actor.id)
    _check_audience(session, made)
    return _add(session, actor, made, "document.uploaded")


def _check_ready(kind: str, wanted: Wanted) -> None:
    roots = document_fields.KINDS[kind]
    if "contract" in roots and wanted.contract is None:
        raise Problem("请先在本对接中起草合同，再生成这份文书。")
    if kind == "brief" and wanted.post is None:
        raise Problem("请选择要为哪一方生成公开简介。")
    if kind == "minutes" and not wanted.meeting:
        raise Problem("请从会议中生成会议纪要。")
    if kind == "nda" and wanted.case.accepted_at is None:
        raise Problem("双方接受意向之后才能生成保密协议：协议写有双方单位名称。")


def _check_audience(session: Session, made: Document) -> None:
    """The next version of an internal paper stays internal. Raises Problem."""
    before = session.scalar(select(Document.audience).where(
        Document.introduction_id == made.introduction_id, Document.kind == made.kind,
        Document.title == made.title).limit(1))
    if before is not None and before != made.audience:
        raise Problem("已有同名同类的文件，可见范围不同。请换一个标题，或选择与原文件相同的可见范围。")


def _next(session: Session, case: Introduction, kind: str, title: str) -> int:
    same = (Document.introduction_id == case.id, Document.kind == kind, Document.title == title)
    return (session.scalar(select(func.max(Document.number)).where(*same)) or 0) + 1


def _add(session: Session, actor: User, made: Document, action: str) -> Document:
    session.add(made)
    session.flush()
    events.record(session, actor, action, made, after={
        "case": made.introduction_id, "kind": made.kind, "number": made.number, "sha256": made.sha256})
    return made

"""The docx templates of the office: those shipped, those it uploaded in their place, tried before they are used."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from matchmaker.services import document_fields, docx_filling, events, filing, permissions
from matchmaker.services.problems import NotFound, Problem
from models import DocumentTemplate, User
from models.vocabulary import DOCUMENT_KINDS

SHIPPED = Path(__file__).resolve().parent.parent / "documents"
LARGEST = 5 << 20
NAMED = 12
"""Unknown placeholders that are named at once."""


@dataclass(frozen=True)
class Given:
    """A file as it was uploaded."""

    name: str
    content: bytes


def check_kind(kind: str) -> str:
    """Raises NotFound for a kind that is not made from a template."""
    if kind not in document_fields.KINDS:
        raise NotFound("没有这种文书模板。")
    return kind


def shipped(kind: str) -> bytes:
    return (SHIPPED / f"{check_kind(kind)}.docx").read_bytes()


def active(session: Session, kind: str) -> DocumentTemplate | None:
    """The office's own template that is in use; None: the shipped one is."""
    return session.scalar(select(DocumentTemplate).where(DocumentTemplate.kind == kind, DocumentTemplate.active))


def content(session: Session, root: Path, kind: str) -> bytes:
    """The template that is in use."""
    found = active(session, check_kind(kind))
    return filing.read(root, found.sha256) if found else shipped(kind)


def get(session: Session, template_id: int) -> DocumentTemplate:
    found = session.get(DocumentTemplate, template_id)
    if found is None:
        raise NotFound("没有找到这个模板版本。")
    return found


def versions(session: Session, kind: str) -> list[DocumentTemplate]:
    """Every template that was uploaded for a kind, the newest first."""
    wanted = select(DocumentTemplate).where(DocumentTemplate.kind == check_kind(kind))
    return list(session.scalars(wanted.options(joinedload(DocumentTemplate.maker)).order_by(
        DocumentTemplate.number.desc())))


def check(kind: str, uploaded: bytes) -> list[str]:
    """The placeholders of a template that may be used for `kind`. Raises Problem naming what is unknown in it, or
    what went wrong when it was tried with sample data."""
    if len(uploaded) > LARGEST:
        raise Problem(f"模板不能超过 {LARGEST >> 20} MB，请删除其中的大图片。")
    names = docx_filling.names(uploaded)
    if unknown := [name for name in names if name not in document_fields.allowed(check_kind(kind))]:
        more = f" 等 {len(unknown)} 个" if len(unknown) > NAMED else ""
        raise Problem(f"模板中有不认识的占位符：{'、'.join(unknown[:NAMED])}{more}。请对照占位符说明改正后重新上传。")
    docx_filling.fill(uploaded, document_fields.sample(kind))
    return names


def upload(
    session: Session, actor: User, root: Path, kind: str, given: Given, free: Callable[[], None] = lambda: None,
) -> DocumentTemplate:
    """Keep a template that passed its trial; it is not in use before `activate`. Raises NotAllowed, Problem.

    `free` is called before the trial, during which nobody should wait for the writer's lock.
    """
    permissions.check_head(actor)
    free()
    names = check(kind, given.content)
    last = session.scalar(select(func.max(DocumentTemplate.number)).where(DocumentTemplate.kind == kind)) or 0
    made = DocumentTemplate(kind=kind, number=last + 1, name=given.name[-120:],
                            sha256=filing.keep(root, given.content), size=len(given.content), placeholders=names,
                            active=False, made_by=actor.id)
    session.add(made)
    session.flush()
    events.record(session, actor, "template.uploaded", made, after={"kind": kind, "sha256": made.sha256})
    return made


def activate(session: Session, actor: User, kind: str, template: DocumentTemplate | None) -> None:
    """Put a version to use, an older one too; None puts the shipped one back. Raises NotAllowed."""
    permissions.check_head(actor)
    before = active(session, check_kind(kind))
    if before is not None:
        before.active = False
        session.flush()
    if template is not None:
        template.active = True
        session.flush()
    subject = template or before
    if subject is not None:
        events.record(session, actor, "template.activated", subject,
                      before={"kind": kind, "number": before.number if before else 0},
                      after={"kind": kind, "number": template.number if template else 0})


def version(session: Session, root: Path, kind: str, number: int) -> bytes:
    """A version of a kind's template; 0 is the shipped one. Raises NotFound."""
    if number == 0:
        return shipped(kind)
    wanted = select(DocumentTemplate).where(DocumentTemplate.kind == kind, DocumentTemplate.number == number)
    found = session.scalar(wanted)
    if found is None:
        raise NotFound("没有找到这个模板版本。")
    return filing.read(root, found.sha256)


def sample(session: Session, root: Path, kind: str, number: int) -> bytes:
    """A version filled in with sample data."""
    return docx_filling.fill(version(session, root, check_kind(kind), number), document_fields.sample(kind))


def label(kind: str) -> str:
    return DOCUMENT_KINDS.label(kind)

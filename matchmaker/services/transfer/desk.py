"""The import as staff does it: upload → columns → preview → import; the last two are jobs that the worker runs."""

from __future__ import annotations

import secrets
import tempfile
from pathlib import Path

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from matchmaker.services import importing, jobs
from matchmaker.services.importing import Bookkeeping, ImportReport, Options, StagedList
from matchmaker.services.problems import Conflict, NotFound, Problem
from matchmaker.services.rows import find
from matchmaker.services.transfer import readers, sheets, uploads
from matchmaker.services.transfer.columns import FIELDS, recognise
from matchmaker.services.transfer.uploads import Upload
from models import Event, Job, User


def look(upload: Upload) -> readers.Table:
    """The columns and first rows of an upload. Raises Problem when it cannot be read."""
    return upload.table or readers.look(upload.file, upload.kind)


def chosen(upload: Upload, columns: list[str]) -> dict[str, str]:
    """Column → field as last chosen, else as recognised."""
    return recognise(upload.kind, columns) if upload.mapping is None else upload.mapping


def choose(upload: Upload, mapping: dict[str, str], source: str) -> None:
    """Keep which column is which field. Raises Problem for a choice that cannot be."""
    fields = FIELDS[upload.kind]
    named = {column: name for column, name in mapping.items() if name}
    twice = [fields[name].label for name in fields if list(named.values()).count(name) > 1]
    if twice:
        raise Problem(f"“{'”“'.join(twice)}”被对应到了多列。每个字段只能对应一列，请修改。")
    if not set(named.values()) <= set(fields):
        raise Problem("有的列对应到了不存在的字段，请重新选择。")
    if "title" not in named.values():
        raise Problem(f"请为“{fields['title'].label}”选择一列，其余各列可以不导入。")
    upload.source = importing.list_name(upload.kind, source) or importing.DEFAULT_SOURCE
    upload.mapping = named
    upload.version = secrets.token_hex(8)
    upload.save()


def ask(session: Session, actor: User, upload: Upload, preview: bool) -> Job:
    """Queue the preview or the import; asking again for the same choice gives the same job."""
    if upload.mapping is None:
        raise Problem("请先确认各列的对应关系。")
    key = f"{upload.token}:{upload.version}:{'preview' if preview else 'import'}"
    wanted = select(Job).where(Job.kind == "import", Job.dedupe_key == key, Job.state.in_(("running", "done")))
    if known := session.scalar(wanted.order_by(Job.id.desc()).limit(1)):
        return known
    payload = {"upload": upload.token, "version": upload.version, "preview": preview, "name": upload.name,
               "kind": upload.kind.value}
    job = jobs.enqueue(session, "import", payload, dedupe_key=key, priority=0, created_by=actor.id)
    session.flush()
    return job


def check_current(upload: Upload, version: str) -> None:
    """Raises Conflict when another choice was made since this one."""
    if version != upload.version:
        raise Conflict("这次预览之后，对应关系又有改动，不能再按它导入。请返回核对列，重新预览后再导入。")


def confirm(session: Session, actor: User, upload: Upload, version: str) -> Job:
    """Queue the import of the choice that was previewed. Raises Conflict as `check_current` does."""
    check_current(upload, version)
    return ask(session, actor, upload, preview=False)


def find_job(session: Session, job_id: int) -> Job:
    """An import job. Raises NotFound."""
    job = find(session, Job, job_id)
    if job is None or job.kind != "import":
        raise NotFound("没有找到这次导入，它可能已被清理。")
    return job


def recent(session: Session, limit: int = 10) -> list[Job]:
    """The latest imports and previews."""
    return list(session.scalars(select(Job).where(Job.kind == "import").order_by(Job.id.desc()).limit(limit)))


def run_job(context: jobs.Context, root: Path, job: Job) -> None:
    """The preview or the import of one upload under `root`, as a job of the worker's."""
    upload = uploads.find(root, job.payload["upload"])
    preview = bool(job.payload["preview"])
    if upload.version != job.payload["version"]:
        raise Conflict("上传之后对应关系又有改动，此次核对已作废。请看最新的一次。")
    source = StagedList(_table(context, upload), upload.rows, upload.wrong(job.id))
    options = Options(
        upload.kind, upload.mapping, upload.source, actor_id=job.created_by, name=upload.name,
        finder=context.finder if preview and source.table.total <= importing.MOST_COMPARED else None)
    earlier = ImportReport(**job.result["report"]) if "report" in job.result else None

    def enter(session: Session, report: ImportReport) -> None:
        session.execute(update(Job).where(Job.id == job.id).values(
            done=report.done, total=report.total, message="正在核对" if preview else "正在导入",
            result={"report": report.as_dict()}))

    report = importing.walk(context.write, source, options, dry_run=preview, book=Bookkeeping(earlier, enter))
    said = {"done": report.done, "total": report.total, "message": "完成", "result": {"report": report.as_dict()}}
    with context.write(last=True, **said) as session:
        if not preview:
            session.add(Event(actor_id=job.created_by, action="import.done", subject="job", subject_id=job.id, after={
                "kind": upload.kind.value, "list": upload.name, "new": report.new, "changed": report.changed,
                "unchanged": report.unchanged, "wrong": report.wrong}))


def _table(context: jobs.Context, upload: Upload) -> readers.Table:
    """The shape of the upload's rows, read by an earlier job or now; another worker may be reading them too."""
    if (known := upload.table) is not None:
        return known
    with context.write(message="正在读取文件"):
        pass
    with tempfile.TemporaryDirectory(dir=upload.folder) as folder:
        read = importing.prepare(upload.file, upload.kind, Path(folder))
        upload.keep(read.rows, read.table)
    return read.table


def wrong_file(upload: Upload, job: Job, folder: Path) -> tuple[Path, str]:
    """The wrong rows of a job as a file in `folder`, in the format that was uploaded, and its name for people."""
    lines, table = upload.wrong(job.id), upload.table
    if table is None or not lines.exists() or not job.result.get("report", {}).get("wrong"):
        raise NotFound("这次导入没有需要修改的行。")
    suffix = ".csv" if table.form == "csv" else ".xlsx"
    path = folder / f"wrong{suffix}"
    sheets.wrong_rows(lines, table.columns, path)
    return path, f"需修改-{Path(upload.name).stem}{suffix}"

"""Bringing a list in: preview and import are the same walk over its rows, and only the latter writes.

1. The file is staged: read once, whatever its format, into JSON lines (`transfer.readers`).
2. Batch by batch, rows become drafts, are compared with what is stored, and are written in one transaction together
   with their organisations, their place in the index, an event, and how far the job is.
3. Wrong rows are kept aside with a sentence each; they come back as a file.

A list that was interrupted is imported again from the beginning, and what is stored already is found unchanged; a job
goes on behind the last batch that was committed.
"""

from __future__ import annotations

import dataclasses
import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from matchmaker.services import duplicates, indexing, posts, revisions
from matchmaker.services.ports import Finder
from matchmaker.services.problems import Problem
from matchmaker.services.transfer import batches, sheets
from matchmaker.services.transfer.cells import BadCell
from matchmaker.services.transfer.columns import FIELDS, recognise, unknown
from matchmaker.services.transfer.drafts import Draft, Speaker
from matchmaker.services.transfer.readers import Table, stage, staged
from matchmaker.services.transfer.values import Reading
from models import Event, Post, User
from models.vocabulary import Kind, State

BATCH = 500
MOST_SAMPLES = 20
MOST_COMPARED = 500
"""Rows of the longest list that is worth comparing by meaning, as each takes its time."""
COMPARED = ("title", "brief", "main_problem", "key_technique", "expected_goal", "description", "services")
DEFAULT_SOURCE = "import"
Transactions = Callable[[], AbstractContextManager[Session]]
"""Runs one transaction: commits when the block ends, rolls back when it raises. The caller's, who alone commits."""
Progress = Callable[[int, int, str], None]
"""Told (rows done, rows in all, what is being done)."""


@dataclass(frozen=True)
class Options:
    """How a list is to be understood. `mapping` None means what is recognised; `defaults` hold for every row."""

    kind: Kind
    mapping: Mapping[str, str] | None = None
    source: str = DEFAULT_SOURCE
    defaults: Mapping[str, Any] = field(default_factory=dict)
    actor_id: int | None = None
    name: str = ""
    finder: Finder | None = None
    """Finds rows that mean the same as a post; without it titles alone are compared."""


@dataclass
class ImportReport:
    """What a preview found or an import did, in rows."""

    total: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    wrong: int = 0
    unknown: list[str] = field(default_factory=list)
    samples: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    noted: int = 0
    similar: int = 0
    """New rows that may repeat a post; a warning, they are imported like the others."""

    @property
    def done(self) -> int:
        return self.new + self.changed + self.unchanged + self.wrong

    def as_dict(self) -> dict[str, Any]:
        return dataclasses.asdict(self)


@dataclass(frozen=True)
class StagedList:
    """A list that was read: its shape, where its rows lie, and where its wrong rows are put."""

    table: Table
    rows: Path
    wrong: Path


@dataclass(frozen=True)
class Bookkeeping:
    """How far an interrupted walk was (`report`), and how to note down each batch in its own transaction."""

    report: ImportReport | None
    enter: Callable[[Session, ImportReport], None]


def import_file(
    transactions: Transactions, path: Path, options: Options, progress: Progress | None = None,
    wrong_to: Path | None = None, dry_run: bool = False,
) -> ImportReport:
    """Read the file and import it, or only look (`dry_run`). Wrong rows are written to `wrong_to`, a CSV or XLSX.

    Raises Problem when the file cannot be read, no column holds the titles, the list's name cannot be kept, or the
    disk is full.
    """
    options = dataclasses.replace(options, source=list_name(options.kind, options.source))
    with tempfile.TemporaryDirectory(prefix="import-") as folder:
        staged_list = prepare(path, options.kind, Path(folder), progress)
        report = walk(transactions, staged_list, options, progress, dry_run=dry_run)
        if report.wrong and wrong_to is not None:
            sheets.wrong_rows(staged_list.wrong, staged_list.table.columns, wrong_to)
    return report


def prepare(path: Path, kind: Kind, folder: Path, progress: Progress | None = None) -> StagedList:
    """Stage a file's rows in `folder`. Raises Problem."""
    if progress:
        progress(0, 0, "正在读取文件")
    try:
        rows = folder / "rows.jsonl"
        return StagedList(stage(path, kind, rows), rows, folder / "wrong.jsonl")
    except OSError as error:
        raise _full(error) from error


def walk(
    transactions: Transactions, source: StagedList, options: Options, progress: Progress | None = None, *,
    dry_run: bool = False, book: Bookkeeping | None = None,
) -> ImportReport:
    """Go over the staged rows, judging them and, unless `dry_run`, writing. Raises Problem as `import_file` does."""
    speaker = _speaker(source.table, options)
    report = (book.report if book else None) or ImportReport()
    report.total, report.unknown = source.table.total, unknown(source.table.columns, dict(speaker.mapping))
    seen, behind = batches.Seen(), report.done
    saved = report.new + report.changed
    _keep_lines(source.wrong, report.wrong)
    try:
        with source.wrong.open("a", encoding="utf-8") as wrong:
            for drafts in _drafts(speaker, source.rows):
                if behind > 0:
                    behind -= len(drafts)
                    seen.recall(drafts)
                    continue
                near = duplicates.near_rows(options.finder, options.kind, [_compared(draft) for draft in drafts])
                with transactions() as session:
                    verdicts = batches.judge(session, speaker, drafts, seen)
                    _suspect(session, report, options.kind, verdicts, near)
                    if not dry_run:
                        _write(session, speaker, verdicts, options)
                    _keep_aside(wrong, verdicts)
                    _count(report, verdicts, drafts)
                    if book:
                        book.enter(session, report)
                saved = report.new + report.changed
                if progress:
                    progress(report.done, report.total, "正在核对" if dry_run else "正在导入")
    except (OSError, OperationalError) as error:
        raise _full(error, 0 if dry_run else saved) from error
    return report


def _suspect(
    session: Session, report: ImportReport, kind: Kind, verdicts: batches.Verdicts, near: duplicates.Near
) -> None:
    """Note the new rows that may repeat a post."""
    rows = [_compared(draft) for draft in verdicts.new]
    found = duplicates.of_rows(session, kind, rows, near)
    report.similar += len(found)
    _sample(report, "similar", [{"row": row.number, "title": row.title, "post": found[row.number].id,
                                 "like": found[row.number].title} for row in rows if row.number in found])


def _compared(draft: Draft) -> duplicates.Row:
    values = draft.values
    text = "\n".join(str(values[name]) for name in COMPARED if values.get(name))
    return duplicates.Row(draft.number, draft.title, values.get("organisation"), text)


def _keep_aside(wrong: TextIO, verdicts: batches.Verdicts) -> None:
    for draft in verdicts.wrong:
        print(json.dumps([draft.number, "；".join(draft.faults), draft.cells]), file=wrong)
    wrong.flush()


def _keep_lines(path: Path, count: int) -> None:
    """Cut a file after its first `count` lines; an interrupted batch may have written more."""
    kept = []
    if count and path.exists():
        with path.open(encoding="utf-8") as lines:
            kept = list(islice(lines, count))
    path.write_text("".join(kept), "utf-8")


def list_name(kind: Kind, name: str) -> str:
    """A list's name as its column would hold it. Raises Problem."""
    try:
        return FIELDS[kind]["source"].type.parse(name, Reading()) or ""
    except BadCell as bad:
        raise Problem(f"清单名称：{bad}。") from None


def _speaker(table: Table, options: Options) -> Speaker:
    given = recognise(options.kind, table.columns) if options.mapping is None else options.mapping
    mapping = {column: name for column, name in given.items() if column in table.columns}
    bad = [name for name in mapping.values() if name not in FIELDS[options.kind]]
    if bad or len(set(mapping.values())) < len(mapping):
        raise Problem("列的对应关系有误：每个字段只能对应一列。请检查后重试。")
    if "title" not in mapping.values():
        label = FIELDS[options.kind]["title"].label
        raise Problem(f"没有哪一列是“{label}”，无法导入。请在对应关系中为“{label}”指定一列。")
    return Speaker(options.kind, table.columns, mapping, options.source or DEFAULT_SOURCE, options.defaults)


def _drafts(speaker: Speaker, rows: Path) -> Iterator[list[Draft]]:
    numbered = staged(rows)
    while batch := [speaker.draft(number, cells) for number, cells in islice(numbered, BATCH)]:
        yield batch


def _write(session: Session, speaker: Speaker, verdicts: batches.Verdicts, options: Options) -> None:
    """Store a batch, let it be found (or reviewed, where the office wants two people), and tell the log."""
    before = {post.id: {name: _said(speaker.kind, post, name) for name in names}
              for _draft, post, names in verdicts.changed}
    reviewed = revisions.two_needed(session)
    found = batches.write(session, speaker, verdicts, reviewed=reviewed)
    if not found:
        return
    actor = session.get(User, options.actor_id) if options.actor_id else None
    for _draft, post, _names in verdicts.changed if reviewed else ():
        posts.back_to_review(session, actor, post)
    indexing.publish_many(session, [post for post in found if post.state == State.PUBLISHED])
    made = [post.id for post in found if post.id not in before]
    session.add(Event(
        actor_id=options.actor_id, action="import.batch", subject="post", subject_id=None,
        before={"changed": before}, after={"kind": options.kind.value, "list": options.name, "new": made,
                                           "state": (State.SUBMITTED if reviewed else State.PUBLISHED).value}))


def _said(kind: Kind, post: Post, name: str) -> Any:
    value = batches.stored_value(post, name)
    return None if value is None else FIELDS[kind][name].type.show(value)


def _count(report: ImportReport, verdicts: batches.Verdicts, drafts: list[Draft]) -> None:
    report.new += len(verdicts.new)
    report.changed += len(verdicts.changed)
    report.unchanged += verdicts.unchanged
    report.wrong += len(verdicts.wrong)
    _sample(report, "new", [{"row": draft.number, "title": draft.title} for draft in verdicts.new])
    _sample(report, "changed", [{"row": draft.number, "title": draft.title, "fields": names}
                                for draft, _post, names in verdicts.changed])
    _sample(report, "wrong", [{"row": draft.number, "title": draft.title, "faults": draft.faults}
                              for draft in verdicts.wrong])
    notes = [note for draft in drafts for note in draft.notes]
    report.noted += len(notes)
    report.notes = (report.notes + notes)[:MOST_SAMPLES]


def _sample(report: ImportReport, name: str, found: list[dict[str, Any]]) -> None:
    report.samples[name] = (report.samples.get(name, []) + found)[:MOST_SAMPLES]


def _full(error: OSError | OperationalError, saved: int = 0) -> Exception:
    """A sentence for a full disk, which says how many rows were committed; any other error as it is."""
    words = str(error.orig if isinstance(error, OperationalError) else error)
    if "full" not in words and "No space left" not in words and "could not extend" not in words:
        return error
    return StorageFull(f"服务器磁盘空间不足，导入已停在安全处：已保存的 {saved} 条完整无缺，其余尚未写入。"
                       "请联系管理员清理磁盘，然后重新导入同一文件即可继续。")


class StorageFull(Problem):
    """The disk took no more; what was saved is whole, and importing again goes on from there."""

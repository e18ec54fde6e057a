"""Where an uploaded list waits between two pages: a folder per upload under the instance.

`upload.json` is written by the pages alone, `rows.jsonl` with `table.json` and the wrong rows of each job by the worker
alone: neither undoes what the other wrote meanwhile.
"""

from __future__ import annotations

import dataclasses
import json
import re
import secrets
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from matchmaker.services.problems import NotFound
from matchmaker.services.transfer.readers import Table
from models.vocabulary import Kind

KEEP_DAYS = 30
TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")
GONE = "没有找到这次上传的文件，可能已过期。请重新上传。"


@dataclass
class Upload:
    """One uploaded list, and what was chosen for it; every choice has a `version` of its own."""

    folder: Path
    kind: Kind
    name: str
    user_id: int
    mapping: dict[str, str] | None = None
    source: str = ""
    version: str = ""

    @property
    def token(self) -> str:
        return self.folder.name

    @property
    def file(self) -> Path:
        return self.folder / "original"

    @property
    def rows(self) -> Path:
        return self.folder / "rows.jsonl"

    @property
    def table(self) -> Table | None:
        """The shape of the rows, once the worker has read them all."""
        path = self.folder / "table.json"
        return Table(**json.loads(path.read_text("utf-8"))) if path.exists() else None

    def wrong(self, job_id: int) -> Path:
        """Where a job keeps its wrong rows."""
        return self.folder / f"wrong-{job_id}.jsonl"

    def save(self) -> None:
        """Write what was chosen. Raises OSError."""
        self._write("upload.json", dataclasses.asdict(self) | {"folder": None})

    def keep(self, rows: Path, table: Table) -> None:
        """Take over what was read from the file. Raises OSError."""
        rows.replace(self.rows)
        self._write("table.json", dataclasses.asdict(table))

    def _write(self, name: str, known: dict[str, Any]) -> None:
        """All of it or nothing, so that no reader sees half."""
        draft = self.folder / f"{name}-{secrets.token_hex(4)}.tmp"
        try:
            draft.write_text(json.dumps(known), "utf-8")
            draft.replace(self.folder / name)
        finally:
            draft.unlink(missing_ok=True)


def create(root: Path, kind: Kind, name: str, user_id: int, stream: IO[bytes]) -> Upload:
    """Keep an uploaded file, or nothing. The name that it came with is shown, never used as a path. Raises OSError."""
    prune(root)
    folder = root / secrets.token_urlsafe(16)
    try:
        folder.mkdir(parents=True, mode=0o700)
        upload = Upload(folder, kind, shown_name(name), user_id)
        with upload.file.open("wb") as file:
            shutil.copyfileobj(stream, file, 1 << 20)
        upload.save()
    except OSError:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return upload


def find(root: Path, token: str) -> Upload:
    """Raises NotFound."""
    folder = root / token
    if not TOKEN.fullmatch(token) or not (folder / "upload.json").is_file():
        raise NotFound(GONE)
    known: dict[str, Any] = json.loads((folder / "upload.json").read_text("utf-8"))
    known.pop("table", None)  # uploads kept before it had a file of its own
    return Upload(**(known | {"folder": folder, "kind": Kind(known["kind"])}))


def prune(root: Path) -> None:
    """Forget uploads of long ago; they may hold what was never meant to be kept."""
    oldest = time.time() - KEEP_DAYS * 86_400
    for folder in root.iterdir() if root.is_dir() else ():
        if folder.stat().st_mtime < oldest:
            shutil.rmtree(folder, ignore_errors=True)


def shown_name(name: str) -> str:
    """The last part of a file name, fit to be shown and to head a download."""
    last = re.split(r"[/\\]", name)[-1]
    return "".join(letter for letter in last if letter.isprintable() and letter not in '"<>|:*?')[-100:] or "清单"

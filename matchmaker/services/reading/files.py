"""Uploaded files: what they are by their content, where they lie, and what they say."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from matchmaker.services import file_kinds, isolated
from matchmaker.services.file_kinds import KINDS, Refused
from matchmaker.services.problems import TooLarge

CHILD = Path(__file__).with_name("document.py")
CPU_SECONDS, WAIT_SECONDS = 20, 30
LARGEST = 10 << 20
"""Bytes of one file."""
PIECE = 1 << 16
TAKEN = ("pdf", "docx", "xlsx", "png", "jpg", "webp")
TEXTS = frozenset({"pdf", "docx", "xlsx"})
Rows = list[list[str]]


@dataclass(frozen=True)
class Received:
    """A file that was looked at: fit to be kept. `path` is temporary; `rows` is what it says, if it has text."""

    path: Path
    name: str
    kind: str
    size: int
    sha256: str
    rows: Rows

    @property
    def media_type(self) -> str:
        return KINDS[self.kind].media

    @property
    def text(self) -> str:
        return text_of(self.rows)


@contextmanager
def received(root: Path, name: str, stream: IO[bytes]) -> Iterator[Received]:
    """Take in an upload, look at it, and forget it unless it is kept meanwhile. Raises Refused, TooLarge."""
    shown = shown_name(name)
    kind = kind_of(shown)
    root.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, temporary = tempfile.mkstemp(dir=root, prefix="coming-")
    path = Path(temporary)
    try:
        with os.fdopen(handle, "wb") as file:
            size, digest = _copied(stream, file)
        with path.open("rb") as written:
            file_kinds.check_content(written, kind)
        yield Received(path, shown, kind, size, digest, read(path, kind) if kind in TEXTS else [])
    finally:
        path.unlink(missing_ok=True)


def keep(root: Path, found: Received) -> None:
    """Keep the file under its hash."""
    target = place(root, found.sha256)
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.link(found.path, target.with_name(f"{found.path.name}.link"))
    target.with_name(f"{found.path.name}.link").replace(target)


def place(root: Path, sha256: str) -> Path:
    """Where the file of that hash lies."""
    return root / sha256[:2] / sha256


def read(path: Path, kind: str) -> Rows:
    """What a pdf, docx or xlsx says, read by a child process that may die without harm. Raises Refused."""
    arguments = [str(path), kind, str(CPU_SECONDS)]
    try:
        return [cells for _place, cells in isolated.rows(CHILD, arguments, WAIT_SECONDS, Refused)]
    except isolated.Stopped:
        raise Refused("文件内容过多，读取超时。请拆分或另存一份后重新上传。") from None


def text_of(rows: Rows) -> str:
    """The rows as running text."""
    return "\n".join("　".join(cell for cell in row if cell) for row in rows)


def kind_of(name: str) -> str:
    """The kind that a name claims. Raises Refused for one that is not taken."""
    return file_kinds.claimed(name, TAKEN)


def shown_name(name: str) -> str:
    """The last part of a file name, fit to be shown and to head a download; its extension stays."""
    last = re.split(r"[/\\]", name)[-1]
    kept = "".join(letter for letter in last if letter.isprintable() and letter not in '"<>|:*?').strip(". ")
    stem, dot, ending = kept.rpartition(".")
    return f"{stem[:150]}{dot}{ending[:10]}" if dot else kept[:150] or "文件"


def _copied(stream: IO[bytes], file: IO[bytes]) -> tuple[int, str]:
    size, digest = 0, hashlib.sha256()
    while piece := stream.read(PIECE):
        size += len(piece)
        if size > LARGEST:
            raise TooLarge(f"文件超过 {LARGEST >> 20} MB，请压缩图片或拆分后上传。")
        digest.update(piece)
        file.write(piece)
    if not size:
        raise Refused("文件是空的，请检查后重新上传。")
    return size, digest.hexdigest()

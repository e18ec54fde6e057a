"""Uploaded files: what they are by their content, where they lie, and what they say."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import puremagic

from matchmaker.services.problems import Problem, TooLarge

CHILD = Path(__file__).with_name("document.py")
CPU_SECONDS, WAIT_SECONDS = 20, 30
LARGEST = 10 << 20
"""Bytes of one file."""
PIECE = 1 << 16
HEAD = 1 << 13
WORD = "application/vnd.openxmlformats-officedocument"
TYPES = {
    "pdf": ("application/pdf", (b"%PDF-",)),
    "docx": (f"{WORD}.wordprocessingml.document", (b"PK\x03\x04",)),
    "xlsx": (f"{WORD}.spreadsheetml.sheet", (b"PK\x03\x04",)),
    "png": ("image/png", (b"\x89PNG\r\n\x1a\n",)),
    "jpg": ("image/jpeg", (b"\xff\xd8\xff",)),
    "webp": ("image/webp", (b"RIFF",)),
}
"""Extension → (media type, how such a file begins)."""
SAME = {"jpeg": "jpg"}
TEXTS = frozenset({"pdf", "docx", "xlsx"})
NAMES = "pdf、docx、xlsx、png、jpg、webp"
Rows = list[list[str]]


class Refused(Problem):
    """The file is not taken; the message says why and what to do."""


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
        return TYPES[self.kind][0]

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
        _check_content(path, kind)
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
    command = [sys.executable, "-I", str(CHILD), str(path), kind, str(CPU_SECONDS)]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=WAIT_SECONDS, check=False,
                              env={"OPENPYXL_LXML": "False", "OPENPYXL_DEFUSEDXML": "True"})
        told: dict[str, Any] = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, ValueError):
        raise Refused("文件内容过多，读取超时。请拆分或另存一份后重新上传。") from None
    if "problem" in told:
        raise Refused(told["problem"])
    rows: Rows = told["rows"]
    return rows


def text_of(rows: Rows) -> str:
    """The rows as running text."""
    return "\n".join("　".join(cell for cell in row if cell) for row in rows)


def kind_of(name: str) -> str:
    """The kind that a name claims. Raises Refused for one that is not taken."""
    ending = name.rsplit(".", 1)[-1].lower() if "." in name else ""
    kind = SAME.get(ending, ending)
    if kind in ("doc", "xls", "wps", "et"):
        raise Refused(f"“{name}”是旧版格式，请在 Word、Excel 或 WPS 中另存为 docx 或 xlsx 后上传。")
    if kind not in TYPES:
        raise Refused(f"不能上传“{name}”这类文件。可以上传 {NAMES}。")
    return kind


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


def _check_content(path: Path, kind: str) -> None:
    """Refuse what is not of the kind that its name claims."""
    with path.open("rb") as file:
        head = file.read(HEAD)
    fits = head.startswith(TYPES[kind][1]) and (kind != "webp" or head[8:12] == b"WEBP")
    try:
        named = {found.extension.lstrip(".").lower() for found in puremagic.magic_string(head)}
    except puremagic.PureError:
        named = set()
    alike = {kind, "zip"} if kind in ("docx", "xlsx") else {kind, "jpeg", "jfif"} if kind == "jpg" else {kind}
    if not fits or (named and not named & alike):
        raise Refused(f"文件内容不是 {kind}，可能只是改了扩展名。请用原来的软件另存为 {NAMES} 之一再上传。")

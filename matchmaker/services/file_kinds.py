"""What a file is, found from its content; its name must say the same. Nothing that runs is taken."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from typing import IO

import puremagic

from matchmaker.services.problems import Problem, TooLarge

OFFICE = "application/vnd.openxmlformats-officedocument"
LARGEST = 20 << 20
"""Bytes of a case's paper."""
HEAD = 1 << 13
MOST_UNPACKED, MOST_PARTS = 200 << 20, 3000


class Refused(Problem):
    """The file is not taken; the message says why and what to do."""


@dataclass(frozen=True)
class Kind:
    """A kind of file: its media type, how it begins, the part that an office file has, what else its beginning is
    taken for."""

    media: str
    begins: bytes = b""
    part: str = ""
    alike: frozenset[str] = frozenset()


def _office(ending: str, part: str) -> Kind:
    return Kind(f"{OFFICE}.{ending}", b"PK\x03\x04", part, frozenset({"zip"}))


KINDS = {
    "pdf": Kind("application/pdf", b"%PDF-"),
    "docx": _office("wordprocessingml.document", "word/document.xml"),
    "xlsx": _office("spreadsheetml.sheet", "xl/workbook.xml"),
    "pptx": _office("presentationml.presentation", "ppt/presentation.xml"),
    "png": Kind("image/png", b"\x89PNG\r\n\x1a\n"),
    "jpg": Kind("image/jpeg", b"\xff\xd8\xff", alike=frozenset({"jpeg", "jfif"})),
    "webp": Kind("image/webp", b"RIFF"),
    "txt": Kind("text/plain; charset=utf-8"),
}
SAME = {"jpeg": "jpg"}
OLD = frozenset({"doc", "xls", "ppt", "wps", "et", "dps"})
PAPERS = ("pdf", "docx", "xlsx", "pptx", "png", "jpg", "txt")
"""What may be added to a case."""


def names(kinds: Iterable[str]) -> str:
    """Kinds in words: PDF、DOCX."""
    return "、".join(kind.upper() for kind in kinds)


TAKEN = names(PAPERS)


def claimed(name: str, taken: Iterable[str]) -> str:
    """The kind that a name claims, if it is one of `taken`. Raises Refused."""
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    kind = SAME.get(ending, ending)
    if kind in OLD:
        raise Refused(f"“{name}”是旧版格式，请在 Word、Excel、PowerPoint 或 WPS 中另存为 docx、xlsx 或 pptx 后上传。")
    if kind not in taken:
        raise Refused(f"不能上传“{name}”这类文件，只能上传 {names(taken)}。请另存为其中一种后上传。")
    return kind


def check(name: str, content: bytes) -> str:
    """The media type of a file that may be kept as a case's paper. Raises Refused, TooLarge."""
    kind = claimed(name, PAPERS)
    if not content:
        raise Refused("文件是空的，请重新选择。")
    if len(content) > LARGEST:
        raise TooLarge(f"文件不能超过 {LARGEST >> 20} MB，请压缩或拆分后上传。")
    check_content(io.BytesIO(content), kind)
    return KINDS[kind].media


def check_content(file: IO[bytes], kind: str) -> None:
    """Refuse what is not of the kind that its name claims. Raises Refused."""
    if kind == "txt":
        _check_text(file.read())
        return
    head, known = file.read(HEAD), KINDS[kind]
    fits = head.startswith(known.begins) and (kind != "webp" or head[8:12] == b"WEBP")
    try:
        found = {match.extension.lstrip(".").lower() for match in puremagic.magic_string(head)}
    except (puremagic.PureError, ValueError):
        found = set()
    if not fits or (found and not found & {kind, *known.alike}):
        raise Refused(f"文件内容不是 {kind.upper()}，可能已损坏，或只是改了扩展名。请用原来的软件另存后上传。")
    if known.part:
        _check_parts(file, kind)


def _check_parts(file: IO[bytes], kind: str) -> None:
    try:
        with zipfile.ZipFile(file) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError):
        raise Refused(f"文件内容不是有效的 {kind.upper()}，可能已损坏，请用原软件另存后上传。") from None
    held = {one.filename for one in parts}
    if KINDS[kind].part not in held:
        raise Refused(f"文件内容不是 {kind.upper()}，请核对扩展名，或用原软件另存后上传。")
    if any("vbaProject" in one for one in held):
        raise Refused("文件含有宏，不能上传。请另存为不含宏的格式。")
    if len(parts) > MOST_PARTS or sum(one.file_size for one in parts) > MOST_UNPACKED:
        raise Refused("文件展开后过大，请压缩其中的图片后上传。")


def _check_text(content: bytes) -> None:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refused("文本文件须为 UTF-8 编码，请另存为 UTF-8 后上传。") from None
    if "\x00" in text:
        raise Refused("文件内容不是文本，请核对扩展名。")

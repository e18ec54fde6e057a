"""What a file is, found from its content; its name must say the same. Nothing that runs is taken."""

from __future__ import annotations

import io
import zipfile

import puremagic

from matchmaker.services.problems import Problem, TooLarge

LARGEST = 20 << 20
PARTS = {
    ".docx": ("word/document.xml", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ".xlsx": ("xl/workbook.xml", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ".pptx": ("ppt/presentation.xml", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
}
MAGIC = {".pdf": "application/pdf", ".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg"}
TAKEN = "PDF、DOCX、XLSX、PPTX、PNG、JPG、TXT"
MOST_UNPACKED, MOST_PARTS = 200 << 20, 3000


def check(name: str, content: bytes) -> str:
    """The media type of a file that may be kept. Raises Problem, TooLarge."""
    ending = f".{name.rpartition('.')[2].lower()}" if "." in name else ""
    if not content:
        raise Problem("文件是空的，请重新选择。")
    if len(content) > LARGEST:
        raise TooLarge(f"文件不能超过 {LARGEST >> 20} MB，请压缩或拆分后上传。")
    if ending in PARTS:
        return _office(ending, content)
    if ending in MAGIC:
        return _magic(ending, content)
    if ending == ".txt":
        return _text(content)
    raise Problem(f"只能上传 {TAKEN}。请另存为其中一种后上传。")


def _office(ending: str, content: bytes) -> str:
    part, media = PARTS[ending]
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError):
        raise Problem(f"文件内容不是有效的 {ending[1:].upper()}，可能已损坏，请用原软件另存后上传。") from None
    names = {one.filename for one in parts}
    if part not in names:
        raise Problem(f"文件内容不是 {ending[1:].upper()}，请核对扩展名，或用原软件另存后上传。")
    if any("vbaProject" in one for one in names):
        raise Problem("文件含有宏，不能上传。请另存为不含宏的格式。")
    if len(parts) > MOST_PARTS or sum(one.file_size for one in parts) > MOST_UNPACKED:
        raise Problem("文件展开后过大，请压缩其中的图片后上传。")
    return media


def _magic(ending: str, content: bytes) -> str:
    try:
        found = {match.mime_type for match in puremagic.magic_string(content)}
    except (puremagic.PureError, ValueError):
        found = set()
    if MAGIC[ending] not in found or content.lstrip()[:1] == b"<":
        raise Problem(f"文件内容不是 {ending[1:].upper()}，可能已损坏或改过扩展名。请用原软件另存后上传。")
    return MAGIC[ending]


def _text(content: bytes) -> str:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Problem("文本文件须为 UTF-8 编码，请另存为 UTF-8 后上传。") from None
    if "\x00" in text:
        raise Problem("文件内容不是文本，请核对扩展名。")
    return "text/plain; charset=utf-8"

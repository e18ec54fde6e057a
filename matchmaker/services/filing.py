"""Where papers lie: a folder of files named by the SHA-256 of what is in them, never changed once written."""

from __future__ import annotations

import hashlib
import os
import secrets
from pathlib import Path

from matchmaker.services.problems import NotFound, Problem

FULL = "服务器磁盘空间不足，文件没有保存。请联系管理员清理磁盘后重试。"
LOST = "文件内容已丢失或损坏，请联系管理员从备份中恢复。"


def keep(root: Path, content: bytes) -> str:
    """Write `content` (again does nothing) and return its SHA-256. Raises Problem when the disk is full."""
    digest = hashlib.sha256(content).hexdigest()
    path = _path(root, digest)
    if path.exists():
        return digest
    draft = path.with_name(f"{digest}.{secrets.token_hex(4)}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with draft.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise Problem(FULL) from error
    return digest


def read(root: Path, digest: str) -> bytes:
    """The content under a SHA-256. Raises NotFound when it is gone or is no longer what it was."""
    try:
        content = _path(root, digest).read_bytes()
    except OSError as error:
        raise NotFound(LOST) from error
    if hashlib.sha256(content).hexdigest() != digest:
        raise NotFound(LOST)
    return content


def _path(root: Path, digest: str) -> Path:
    return root / digest[:2] / digest

"""Saved index folders: written whole or not at all, and read back only when they are what is expected."""

import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from embeddings.errors import DamagedIndex, StaleIndex

META = "meta-saved.json"
Meta = dict[str, str | int]


def save_folder(folder: Path, meta: Mapping[str, str | int], write: Callable[[Path], None]) -> None:
    """Let `write` fill a new folder, add the metadata and a checksum per file, and put it where `folder` is.

    Readers see the old folder or the new one; a crash or a full disk leaves the old one.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        write(temporary)
        files = {p.name: sha256(p) for p in sorted(temporary.iterdir()) if p.name != META}
        record = {"meta": dict(meta), "files": files}
        (temporary / META).write_text(json.dumps(record, ensure_ascii=False), "utf-8")
        replace_folder(temporary, folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def check_folder(folder: Path, expected: Mapping[str, str | int]) -> Meta:
    """The saved metadata, once every file has its checksum and every expected entry its value.

    Raises DamagedIndex (missing, truncated, altered) or StaleIndex (another revision, encoder, tokenizer …).
    """
    try:
        record: dict[str, Any] = json.loads((folder / META).read_text("utf-8"))
        meta, files = dict(record["meta"]), dict(record["files"])
    except (OSError, ValueError, KeyError, TypeError):
        raise DamagedIndex(f"索引目录 {folder} 缺失或没有有效的说明文件，将由数据库重建。") from None
    for key, value in expected.items():
        if meta.get(key) != value:
            raise StaleIndex(f"索引 {folder} 的 {key} 是 {meta.get(key)!r}，应为 {value!r}，将由数据库重建。")
    for name, checksum in files.items():
        path = folder / name
        if not path.is_file() or sha256(path) != checksum:
            raise DamagedIndex(f"索引文件 {path} 缺失或已损坏，将由数据库重建。")
    return meta


def replace_folder(new: Path, folder: Path) -> None:
    """Rename `new` to `folder`; what stood there is away only between two renames, then deleted."""
    new.chmod(0o755)
    if not folder.exists():
        new.rename(folder)
        return
    old = Path(tempfile.mkdtemp(prefix=f".{folder.name}-old-", dir=folder.parent))
    folder.rename(old / folder.name)
    new.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def sha256(path: Path) -> str:
    """The file's SHA-256 in hexadecimal digits."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()

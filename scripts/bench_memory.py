"""Resident memory of each process of a running installation: `python -m scripts.bench_memory`.

Looks at the processes below the supervisor that holds the installation's lock; start one with `make run`.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from matchmaker import config

WEB_LIMIT_MB = 150
ROLES = {"engine_server": "engine", "wsgi:app": "web", "matchmaker.worker": "worker", "scripts.run": "supervisor"}


def measure(instance: Path) -> list[dict[str, object]]:
    """Role, process number, resident and proportional memory in MB of every process of that installation."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and (role := _role(folder, instance)):
            found.append({"role": role, "pid": int(folder.name), **_memory(folder)})
    return sorted(found, key=lambda row: (str(row["role"]), int(str(row["pid"]))))


def _role(folder: Path, instance: Path) -> str | None:
    """What the process does, if its working files are those of `instance`."""
    try:
        command = (folder / "cmdline").read_bytes().decode("utf-8", "replace").replace("\0", " ")
        role = next((name for mark, name in ROLES.items() if mark in command), None)
        pairs = (folder / "environ").read_text("utf-8", "replace").split("\0")
        environ = dict(pair.partition("=")[::2] for pair in pairs)
    except OSError:
        return None
    named = config.load({"INSTANCE": environ.get("INSTANCE", "instance")}).instance
    return role if role and named == instance else None


def _memory(folder: Path) -> dict[str, float]:
    lines = (folder / "smaps_rollup").read_text("ascii").splitlines()[1:]
    sizes = {name: int(rest.split()[0]) / 1024 for name, _, rest in (line.partition(":") for line in lines)}
    return {"rss_mb": round(sizes["Rss"], 1), "pss_mb": round(sizes["Pss"], 1)}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--json", type=Path)
    given = arguments.parse_args()
    rows = measure(config.load().instance)
    if not rows:
        sys.exit("没有运行中的服务。请先用 make run 启动。")
    for row in rows:
        print(f"{row['role']:<12}{row['pid']:>8}{row['rss_mb']:>9} MB{row['pss_mb']:>9} MB shared fairly")
    if given.json:
        given.json.write_text(json.dumps(rows, indent=1), "utf-8")
    if any(row["role"] == "web" and float(str(row["rss_mb"])) > WEB_LIMIT_MB for row in rows):
        sys.exit(f"a web process takes more than {WEB_LIMIT_MB} MB")


if __name__ == "__main__":
    main()

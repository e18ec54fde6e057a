"""Running a script alone in a process of its own, which limits itself and may die without harm."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from matchmaker.services.problems import Problem

ENVIRONMENT = {"LANG": "C.UTF-8", "OPENPYXL_LXML": "False", "OPENPYXL_DEFUSEDXML": "True"}
END = {"end": True}


class Stopped(Exception):
    """It died, or was ended because it took too long."""


def rows(
    script: Path, arguments: list[str], seconds: int, refused: type[Problem], folder: Path | None = None,
) -> Iterator[Any]:
    """The JSON lines that a script prints, as they come, up to `{"end": true}`.

    `folder` is where it works. Raises `refused` with the sentence of `{"problem": "…"}`, and Stopped for a script that
    says neither in time.
    """
    child = subprocess.Popen(
        [sys.executable, "-I", str(script), *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, text=True, encoding="utf-8", env=ENVIRONMENT, cwd=folder)
    alarm = threading.Timer(seconds, child.kill)
    alarm.start()
    try:
        for line in child.stdout or ():
            row: Any = json.loads(line)
            if row == END:
                return
            if isinstance(row, dict):
                raise refused(row["problem"])
            yield row
        raise Stopped
    except ValueError:
        raise Stopped from None
    finally:
        alarm.cancel()
        child.kill()
        child.wait()
        if child.stdout:
            child.stdout.close()

"""Filling in docx templates, each in a child process that is given text and nothing else."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from matchmaker.services import isolated
from matchmaker.services.problems import Problem

CHILD = Path(__file__).with_name("docx_child.py")
SECONDS = 40
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ufffe\uffff]|[\ud800-\udfff]")
STOPPED = "模板填写时间过长或占用过大，已停止。请检查其中的循环。"


def names(content: bytes) -> list[str]:
    """The placeholders of a template, dotted. Raises Problem for what is no template."""
    return _run(content, None)[0]


def fill(content: bytes, context: Mapping[str, Any]) -> bytes:
    """The template with its placeholders filled in. Raises Problem."""
    return _run(content, plain(context))[1]


def plain(value: Any) -> Any:
    """What a template is given: dicts, lists and text without characters that no document can hold."""
    if isinstance(value, Mapping):
        return {str(name): plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    return CONTROL.sub("", "" if value is None else str(value)).replace("\r", "")


def _run(content: bytes, context: Any) -> tuple[list[str], bytes]:
    with tempfile.TemporaryDirectory(prefix="docx-") as folder:
        template, out = Path(folder) / "template.docx", Path(folder) / "out.docx"
        template.write_bytes(content)
        asked = Path(folder) / "asked.json"
        asked.write_text(json.dumps({"template": str(template), "context": context, "out": str(out)}), "utf-8")
        try:
            [found] = isolated.rows(CHILD, [str(asked)], SECONDS, Problem, Path(folder))
        except isolated.Stopped:
            raise Problem(STOPPED) from None
        return found, out.read_bytes() if context is not None else b""

"""What came by mail: the worker is let work, and its folder is read."""

from __future__ import annotations

import email
import email.policy
import re
from email.message import EmailMessage
from pathlib import Path

from matchmaker.config import Config
from matchmaker.worker import Worker
from models import Sessions


def delivered(config: Config, sessions: Sessions) -> list[EmailMessage]:
    """Every mail of this installation, after all waiting jobs were done, the oldest first."""
    worker = Worker(config, sessions)
    while worker.step():
        pass
    paths = sorted((config.instance / "mail").glob("*.eml"), key=lambda path: path.stat().st_mtime_ns)
    return [_parsed(path) for path in paths]


def text_of(letter: EmailMessage) -> str:
    return str(letter.get_content())


def path_of(letter: EmailMessage, start: str) -> str:
    """The path of the link in a mail that begins with `start`."""
    found = re.search(rf"https?://[^/\s]+({re.escape(start)}\S*)", text_of(letter))
    assert found, text_of(letter)
    return found.group(1)


def _parsed(path: Path) -> EmailMessage:
    parsed = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    assert isinstance(parsed, EmailMessage)
    return parsed

"""Sending mails: through a server, or as files into a folder. Sending the same mail again shows nowhere new.

A mail is identified by its job. In the folder it is one file, whatever happens; a server that is killed between
taking a mail and our noting so gets it twice under one Message-ID, by which mail systems recognise a copy.
"""

from __future__ import annotations

import os
import smtplib
import ssl
from collections.abc import Mapping
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import formatdate
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

TIMEOUT_SECONDS = 20
SMTP_PORT, SMTPS_PORT = 587, 465


def compose(payload: Mapping[str, Any], sender: str, identity: str) -> EmailMessage:
    """The mail of a job whose payload has `to`, `subject` and `text`. Raises ValueError for line breaks in headers."""
    message = EmailMessage()
    message["From"] = sender
    message["To"] = Address(addr_spec=payload["to"])
    message["Subject"] = payload["subject"]
    message["Date"] = formatdate()
    message["Message-ID"] = f"<{identity}@{sender.rpartition('@')[2]}>"
    message.set_content(payload["text"])
    return message


def send(url: str, folder: Path, message: EmailMessage) -> None:
    """Hand the mail to the server at `url` (smtp://user:password@host:587, smtps://…), or without one to the folder."""
    if url:
        _hand_over(url, message)
    else:
        _write(folder, message)


def _hand_over(url: str, message: EmailMessage) -> None:
    parts = urlsplit(url)
    kind, usual = (smtplib.SMTP_SSL, SMTPS_PORT) if parts.scheme == "smtps" else (smtplib.SMTP, SMTP_PORT)
    with kind(parts.hostname or "", parts.port or usual, timeout=TIMEOUT_SECONDS) as server:
        server.ehlo()
        if server.has_extn("starttls"):
            server.starttls(context=ssl.create_default_context())
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
        server.send_message(message)


def _write(folder: Path, message: EmailMessage) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{message['Message-ID'].strip('<>')}.eml"
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_bytes(message.as_bytes())
    draft.replace(path)

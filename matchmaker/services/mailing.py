"""Sending mails: through a server, or as files into a folder. Sending the same mail again shows nowhere new.

A mail is identified by what it tells. In the folder it is one file, whatever happens; a server that is killed between
taking a mail and our noting so gets it twice under one Message-ID, by which mail systems recognise a copy.
"""

from __future__ import annotations

import os
import re
import smtplib
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import formatdate
from pathlib import Path
from urllib.parse import unquote, urlsplit

from icalendar import Calendar, vCalAddress, vText
from sqlalchemy.orm import Session

from matchmaker.services import jobs

TIMEOUT_SECONDS = 20
SMTP_PORT, SMTPS_PORT = 587, 465
METHOD = re.compile(r"^METHOD:(\w+)", re.MULTILINE)


@dataclass(frozen=True)
class Letter:
    """What a mail says; `link` is a path of this site that it leads to, `calendar` an invitation (iCalendar text)."""

    to: str
    subject: str
    text: str
    link: str = ""
    calendar: str = ""


@dataclass(frozen=True)
class Sender:
    """Who sends: the address, the name that goes with it, and where the site is. No request has a say in these."""

    address: str
    name: str
    site: str


def queue(session: Session, letter: Letter) -> None:
    """Have a letter sent after this transaction; a person waits for it. Its subject becomes one line."""
    jobs.enqueue(session, "mail", {"to": letter.to, "subject": " ".join(letter.subject.split()), "text": letter.text,
                                   "link": letter.link, "calendar": letter.calendar}, priority=0)


def compose(
    letter: Letter, sender: Sender, identity: str, stop: str = "", say: Callable[[str], str] = str,
) -> EmailMessage:
    """The mail of a letter; `stop` is the address by which its reader ends mails of its kind, `say` their language.

    Raises ValueError for line breaks in headers.
    """
    message = EmailMessage()
    message["From"] = Address(sender.name, addr_spec=sender.address)
    message["To"] = Address(addr_spec=letter.to)
    message["Subject"] = letter.subject
    message["Date"] = formatdate()
    message["Message-ID"] = f"<{identity}@{sender.address.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    parts = [letter.text, f"{sender.site}{letter.link}" if letter.link else "", f"—— {sender.name}"]
    if stop:
        message["List-Unsubscribe"] = f"<{stop}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        parts.append(say(f"不想再收到此类邮件：{stop}"))
    message.set_content("\n\n".join(part for part in parts if part) + "\n", cte="base64")
    if letter.calendar:
        method = METHOD.search(letter.calendar)
        params = {"charset": "utf-8", "method": method[1] if method else "PUBLISH"}
        message.add_attachment(_organised(letter.calendar, sender), maintype="text", subtype="calendar",
                               filename="invite.ics", params=params)
    return message


def _organised(text: str, sender: Sender) -> bytes:
    """An invitation with the sender as organiser: without one, calendars do not take it as an invitation."""
    calendar = Calendar.from_ical(text)
    for event in calendar.walk("VEVENT"):
        organizer = vCalAddress(f"mailto:{sender.address}")
        organizer.params["CN"] = vText(sender.name)
        event.add("organizer", organizer, encode=False)
    return bytes(calendar.to_ical())


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

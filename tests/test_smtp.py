"""A mail server on this machine takes what the worker sends: once, in Chinese, and with no line smuggled in."""

from __future__ import annotations

import email
import email.policy
import socketserver
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path

import pytest
from sqlalchemy import select

from matchmaker.config import Config, load
from matchmaker.services import mailing, notices
from matchmaker.services.mailing import Letter
from matchmaker.worker import Worker
from models import Job, Sessions
from tests.builders import user

pytestmark = pytest.mark.real
SUBJECT = "新的对接意向：薄壁注塑件翘曲控制（吉林）"


@dataclass
class Post:
    """What the server took: envelopes and letters; `refusing` makes it answer that it has no room now."""

    port: int = 0
    refusing: bool = False
    letters: list[tuple[str, list[str], bytes]] = field(default_factory=list)

    def read(self, number: int) -> EmailMessage:
        parsed = email.message_from_bytes(self.letters[number][2], policy=email.policy.default)
        assert isinstance(parsed, EmailMessage)
        return parsed


class Talk(socketserver.StreamRequestHandler):
    """As much of RFC 5321 as a client needs to hand over a letter."""

    post: Post

    def handle(self) -> None:
        self.say("220 mail.example.com ESMTP")
        sender, readers = "", []
        for line in iter(self.rfile.readline, b""):
            verb, text = line[:4].upper(), line.decode("utf-8").strip()
            if verb == b"EHLO":
                self.say("250-mail.example.com\r\n250 8BITMIME")
            elif verb == b"MAIL":
                sender = text.partition("<")[2].partition(">")[0]
                self.say("452 no room" if self.post.refusing else "250 ok")
            elif verb == b"RCPT":
                readers.append(text.partition("<")[2].partition(">")[0])
                self.say("250 ok")
            elif verb == b"DATA":
                self.say("354 go on")
                self.post.letters.append((sender, readers, self.letter()))
                self.say("250 taken")
            else:
                self.say("221 bye" if verb == b"QUIT" else "250 ok")
                if verb == b"QUIT":
                    return

    def letter(self) -> bytes:
        lines = []
        for line in iter(self.rfile.readline, b".\r\n"):
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        return b"".join(lines)

    def say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


@pytest.fixture
def post() -> Iterator[Post]:
    found = Post()
    talk = type("TalkToThis", (Talk,), {"post": found})
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), talk) as server:
        found.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield found
        server.shutdown()
        thread.join()


@pytest.fixture
def settings(tmp_path: Path, post: Post) -> Config:
    return load({"INSTANCE": str(tmp_path), "SMTP_URL": f"smtp://127.0.0.1:{post.port}",
                 "PUBLIC_URL": "https://match.example.com", "MAIL_FROM": "office@example.com"})


def work(settings: Config, sessions: Sessions) -> None:
    worker = Worker(settings, sessions)
    while worker.step():
        pass


def tell(sessions: Sessions) -> None:
    with sessions.write() as session:
        person = user(name="王工", email="wang@example.com")
        session.add(person)
        session.flush()
        for _ in range(2):
            notices.notify(session, person, "intent", SUBJECT, "请查看。\n.\n以上。", "/posts/1", "k")
        session.commit()


@pytest.mark.parametrize("sessions", ["sqlite"], indirect=True)
def test_a_notice_arrives_once_and_in_chinese(sessions: Sessions, settings: Config, post: Post):
    tell(sessions)
    work(settings, sessions)
    work(settings, sessions)
    assert [(sender, readers) for sender, readers, _ in post.letters] == [("office@example.com", ["wang@example.com"])]
    letter = post.read(0)
    assert letter["Subject"] == SUBJECT
    assert "您好，王工" in letter.get_content()
    assert "\n.\n以上。" in letter.get_content()
    assert "https://match.example.com/posts/1" in letter.get_content()
    assert letter["List-Unsubscribe"].startswith("<https://match.example.com/unsubscribe/")
    assert post.letters[0][2].isascii()


@pytest.mark.parametrize("sessions", ["sqlite"], indirect=True)
def test_a_server_without_room_is_asked_again_under_the_same_name(sessions: Sessions, settings: Config, post: Post):
    post.refusing = True
    tell(sessions)
    work(settings, sessions)
    assert post.letters == []
    with sessions.write() as session:
        job = session.scalars(select(Job).where(Job.kind == "notice")).one()
        assert (job.state, "452" in str(job.error)) == ("queued", True)
        job.run_after = job.created_at
        session.commit()
    post.refusing = False
    work(settings, sessions)
    assert [post.read(0)["Message-ID"]] == ["<notice-1@example.com>"]
    assert len(post.letters) == 1


@pytest.mark.parametrize("to", ["wang@example.com\r\nBcc: all@example.com",
                                "wang@example.com\r\nRCPT TO:<all@example.com>", ""])
@pytest.mark.parametrize("sessions", ["sqlite"], indirect=True)
def test_no_line_is_smuggled_into_a_mail(sessions: Sessions, settings: Config, post: Post, to: str):
    with sessions.write() as session:
        mailing.queue(session, Letter(to, "通知", "请查看。"))
        session.commit()
    work(settings, sessions)
    assert post.letters == []
    with sessions.read() as session:
        assert session.scalars(select(Job)).one().error is not None


@pytest.mark.parametrize("subject", ["“翘曲\r\nBcc: all@example.com”有 1 条", "“翘曲\nBcc: all@example.com”有 1 条",
                                     "“翘曲\u2028Bcc:\u00a0all@example.com”有 1 条"])
@pytest.mark.parametrize("sessions", ["sqlite"], indirect=True)
def test_a_subject_of_several_lines_arrives_as_one(sessions: Sessions, settings: Config, post: Post, subject: str):
    with sessions.write() as session:
        mailing.queue(session, Letter("wang@example.com", subject, "请查看。"))
        session.commit()
    work(settings, sessions)
    assert [(post.read(0)["Subject"], post.read(0)["Bcc"])] == [("“翘曲 Bcc: all@example.com”有 1 条", None)]

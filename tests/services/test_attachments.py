"""A file that one person removes while another uploads the same bytes stays for the other."""

from __future__ import annotations

import hashlib
import threading
from pathlib import Path

import pytest
from sqlalchemy import select

from matchmaker.services import attachments
from matchmaker.services.reading import files
from matchmaker.services.reading.files import Received
from models import Attachment, Need, Sessions, User
from models.vocabulary import Role
from tests.builders import need, user

BYTES = b"the same bytes"
DIGEST = hashlib.sha256(BYTES).hexdigest()


def upload(sessions: Sessions, root: Path, title: str, meanwhile: threading.Event | None = None) -> None:
    """Add the file to the need; with `meanwhile`, only commit when something else has begun and had its time."""
    root.mkdir(exist_ok=True)
    (coming := root / f"coming-{title}").write_bytes(BYTES)
    received = Received(coming, "图.png", "png", len(BYTES), DIGEST, [])
    with sessions.write() as session:
        asked = session.scalars(select(Need).where(Need.title == title)).one()
        assert asked.owner is not None
        attachments.add(session, asked.owner, root, asked, "public", received)
        if meanwhile is not None:
            meanwhile.set()
            threading.Event().wait(0.3)
        session.commit()
    coming.unlink()


@pytest.fixture
def root(sessions: Sessions, tmp_path: Path) -> Path:
    """The files of 王工's two needs, of which the first has one."""
    with sessions.write() as session:
        owner = user(Role.ENTERPRISE, "王工")
        session.add_all([owner, *(need(title, owner=owner, state="draft") for title in ("甲", "乙"))])
        session.commit()
    upload(sessions, tmp_path / "attachments", "甲")
    return tmp_path / "attachments"


def remove(sessions: Sessions) -> None:
    with sessions.write() as session:
        gone = session.scalars(select(Attachment)).one()
        attachments.remove(session, session.get_one(User, gone.uploaded_by), gone)
        session.commit()


def test_the_bytes_go_when_no_row_names_them(sessions: Sessions, root: Path):
    attachments.sweep(sessions, root, [DIGEST])
    assert files.place(root, DIGEST).is_file()
    remove(sessions)
    attachments.sweep(sessions, root, [DIGEST])
    assert not files.place(root, DIGEST).exists()


def test_what_is_uploaded_again_before_the_bytes_went_stays(sessions: Sessions, root: Path):
    """The removal is committed; before its sweep comes an upload, whose row is committed while the sweep waits."""
    remove(sessions)
    begun = threading.Event()
    again = threading.Thread(target=upload, args=(sessions, root, "乙", begun))
    again.start()
    assert begun.wait(20)
    attachments.sweep(sessions, root, [DIGEST])
    again.join()
    assert files.place(root, DIGEST).read_bytes() == BYTES
    with sessions.read() as session:
        assert session.scalars(select(Attachment.sha256)).all() == [DIGEST]

"""What nobody types by hand, into every field of every form that each role finds on the pages it may open.

Wanted each time: no fault of ours, a sentence when something is refused, and nothing written then.
"""

from __future__ import annotations

import io
import itertools
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.views.doors import DOORS
from tests.views.forms import Form, forms_of
from tests.views.house import ROLES, House, furnish

HOSTILE = [
    "", "0", "-1", "2147483648", "9223372036854775808", "1e999999", "1e-400", "NaN", "-Infinity", "9" * 5000, "a\0b",
    "文" * 100_000, "😀", "<script>alert(1)</script>", "=1+1", "٣", "2026-02-30", "0001-01-01", "9999-12-31", "987654",
    "\u202e\u200b", "all:x", "../../etc/passwd",
]
TURNS = 1
"""Values that each field gets in a run; over all fields every value has its turn many times."""
SAID = re.compile(r'role="alert"|class="[^"]*(problem|error|invalid|lone)')
KEPT = frozenset({"token_bucket", "disclosure", "draft"})
"""What a refusal may write: that it was tried, that its page showed something, what was typed into the form so far."""
SAVED = frozenset({"post", "post_revision", "post_vector", "job", "event", "event_chain", "event_seal", "index_state"})
"""What is typed beside a file that is refused is saved all the same, and so is a new post's first draft."""
BEGUN = re.compile(r"^/(needs|achievements|experts|facilities)/new")
MULTIPART = "multipart/form-data"


@pytest.fixture(scope="module")
def house(empty_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    yield from furnish(empty_sqlite, tmp_path_factory.mktemp("hostile"))


def forms(house: House, role: str) -> Iterator[Form]:
    """Every form on the pages that somebody may open, each once."""
    known = set()
    for door in DOORS:
        if door.method == "GET" and door.letters[ROLES.index(role)] == "p":
            path = house.path(door.path)
            answer = house.ask(role, "GET", path)
            page = answer.text if answer.mimetype == "text/html" else ""
            answer.close()
            house.restore()
            for form in forms_of(page, path):
                mark = re.sub(r"\d+", "", form.action), tuple(sorted({re.sub(r"\d+", "", name) for name in form.names}))
                if mark not in known:
                    known.add(mark)
                    yield form


def fields(form: Form) -> list[str]:
    """Its fields, of rows alike the first alone."""
    return sorted({re.sub(r"-[1-9]\d*(?=-|$)", "-0", name) for name in form.names} - {"csrf_token"})


@pytest.mark.parametrize("role", ["stranger", "owner", "researcher", "head"])
def test_no_field_of_any_form_breaks_us(house, role):
    values = itertools.cycle(HOSTILE)
    wrong, sent = [], 0
    for form in forms(house, role):
        for name in fields(form):
            for value in itertools.islice(values, TURNS):
                data: dict[str, Any] = form.data() | {name: [value]}
                fault = _fault(house, role, form, data)
                sent += 1
                if fault:
                    wrong.append((form.action, name, value[:30], fault))
    assert sent > {"stranger": 10, "owner": 100, "researcher": 100, "head": 300}[role]
    assert not wrong, "\n".join(map(str, wrong))


def _fault(house: House, role: str, form: Form, data: dict[str, Any]) -> str:
    """What is wrong with the answer to a form, in words; empty if nothing is."""
    before = _files(house)
    answer = house.ask(role, "POST", form.action, data, content_type=MULTIPART if form.files else None)
    page, status = answer.text if answer.mimetype.startswith("text") else "", answer.status_code
    answer.close()
    written = house.restore() - KEPT
    if BEGUN.search(form.action) or (form.files and form.action.endswith("/edit")):
        written -= SAVED
    if status >= 500:
        return f"{status}"
    if status >= 400 and not SAID.search(page) and answer.mimetype != "application/json":
        return f"{status} without a word"
    if status >= 400 and _files(house) != before:
        return f"{status}, yet something of the file stayed"
    if status >= 400 and written:
        return f"{status}, yet something was written: {written}"
    return ""


def zipped(**parts: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name.replace("__", "/").replace("_xml", ".xml"), content)
    return out.getvalue()


FILES = {
    "空.docx": b"", "坏.docx": b"PK\x03\x04 broken", "坏.xlsx": b"PK\x05\x06" + bytes(18),
    "网页.pdf": b"<html>%PDF-1.4",
    "双面.pdf": b"%PDF-1.4\n" + zipped(word__document_xml=b"<a/>"), "程序.exe": b"MZ" + bytes(64),
    "表.csv": b"\xff\xfe\0\0,", "炸弹.docx": zipped(word__document_xml=b"0" * 60_000_000),
    "炸弹.xlsx": zipped(xl__workbook_xml=b"0" * 60_000_000),
    "外部.xlsx": zipped(xl__workbook_xml=b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'),
    "../../逃.docx": b"PK", "文" * 300 + ".docx": b"PK", "a\0b.docx": b"PK", ".docx": b"PK", "无扩展名": b"x",
}


@pytest.mark.parametrize("role", ["owner", "head"])
def test_no_file_of_any_kind_breaks_us(house, role):
    """Refused in words, or taken as what it is; nothing of it lies anywhere when it was refused."""
    wrong, asked = [], 0
    for form in forms(house, role):
        for field, (name, content) in itertools.product(form.files, FILES.items()):
            sent: dict[str, Any] = form.data() | {field: (io.BytesIO(content), name)}
            fault = _fault(house, role, form, sent)
            asked += 1
            if fault:
                wrong.append((form.action, field, name[:20], fault))
    assert asked > len(FILES)
    assert not wrong, "\n".join(map(str, wrong))


def _files(house: House) -> set[str]:
    return {path.name for folder in ("attachments", "documents", "uploads")
            for path in (house.folder / folder).rglob("*")}


@pytest.mark.parametrize("role", ["owner", "researcher", "head"])
def test_an_old_version_and_a_second_click_are_met_calmly(house, role):
    """A form about a row that has moved on writes nothing; the same form sent twice at once ends in no fault."""
    old, twice = [], []
    for form in forms(house, role):
        if form.data().get("version", ["0"])[0] not in ("", "0"):
            fault = _fault(house, role, form, form.data() | {"version": ["0"]})
            old += [(form.action, fault)] if fault else []
        answers = [house.ask(role, "POST", form.action, form.data(),
                             content_type=MULTIPART if form.files else None) for _time in range(2)]
        twice += [(form.action, one.status_code) for one in answers if one.status_code >= 500]
        for one in answers:
            one.close()
        house.restore()
    assert (old, twice) == ([], [])


def test_no_form_is_taken_that_no_page_of_ours_sent(house):
    """Every address that is written to, but for the one that mail programs press by themselves."""
    house.app.config["WTF_CSRF_ENABLED"] = True
    try:
        open_to_all = set()
        for door in DOORS:
            if door.method == "POST":
                answer = house.ask("admin", "POST", house.path(door.path), {"csrf_token": "made up"})
                if house.restore() or answer.status_code != 400:
                    open_to_all.add(door.endpoint)
        assert open_to_all == {"notices.unsubscribe_post"}
    finally:
        house.app.config["WTF_CSRF_ENABLED"] = False

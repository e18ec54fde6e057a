"""王工 attaches files: what is taken and what is not, who reads which, their text in the form, removing."""

from __future__ import annotations

import io
import zipfile

import docx
import pytest
from sqlalchemy import select

from matchmaker.services.reading import files
from models import Attachment, Contract, Event, Introduction, now
from tests.builders import achievement, need
from tests.views.conftest import PASSWORD, browser, words_of
from tests.views.forms import forms_of
from tests.views.test_drafts import ONE, TWO
from tests.views.test_posts import WHOLE

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89"


def word(*paragraphs: str) -> bytes:
    document, out = docx.Document(), io.BytesIO()
    for text in paragraphs:
        document.add_paragraph(text)
    document.save(out)
    return out.getvalue()


def zipped(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


def send(client, name, content, part="full", **more):
    data = WHOLE | {"page": ONE, "go": "open", "file_part": part, "file": (io.BytesIO(content), name)} | more
    return client.post("/needs/new", data=data, content_type="multipart/form-data")


def test_a_file_goes_with_what_is_typed_and_comes_back_as_it_was(app, people, session, config):
    mine = browser(app, people.enterprise)
    answer = send(mine, "../../现场说明.docx", content := word("出模后翘曲"))
    assert answer.status_code == 302
    stored = session.scalars(select(Attachment)).one()
    assert (stored.name, stored.part, stored.size) == ("现场说明.docx", "full", len(content))
    session.commit()
    page = mine.get(answer.location).text
    assert "现场说明.docx" in page
    assert "求薄壁注塑件" in page
    with mine.get("/attachments/1") as got:
        assert got.data == content
        assert got.headers["X-Content-Type-Options"] == "nosniff"
        assert got.headers["Content-Disposition"].startswith("attachment;")
        assert "no-store" in got.headers["Cache-Control"]
    kept = [path for path in (config.instance / "attachments").rglob("*") if path.is_file()]
    assert [path.name for path in kept] == [stored.sha256]
    assert "已经上传过" in words_of(send(mine, "又一次.docx", content).text)


@pytest.mark.parametrize(("name", "content", "said"), [
    ("a.exe", b"MZ", "不能上传"), ("a", b"x", "不能上传"), ("a.doc", b"x", "旧版格式"), ("a.pdf", b"", "文件是空的"),
    ("a.pdf", PNG, "文件内容不是 PDF"), ("a.png", b"%PDF-1.4", "文件内容不是 PNG"),
    ("a.jpg", b"<html>", "文件内容不是 JPG"),
    ("a.webp", b"RIFF0000AVI LIST", "文件内容不是 WEBP"), ("a.docx", zipped({"x": b"1"}), "文件内容不是 DOCX"),
    ("a.docx", zipped({"word/document.xml": b"0" * 40_000_000}), "展开后过大"),
    ("a.xlsx", zipped({"xl/workbook.xml": b'<!DOCTYPE a [<!ENTITY b "c">]>'}), "不允许的外部内容"),
    ("a.docx", zipped({"word/document.xml": b"<a/>", "word/vbaProject.bin": b"x"}), "含有宏"),
    ("a.docx", zipped({"word/document.xml": b"<broken"}), "已损坏"), ("a.pdf", b"%PDF-1.7 broken", "已损坏"),
])
def test_what_is_not_taken_is_said_and_nothing_typed_is_lost(app, people, session, name, content, said):
    answer = send(browser(app, people.enterprise), name, content)
    assert answer.status_code == 400
    assert said in words_of(answer.text)
    assert "求薄壁注塑件" in answer.text
    assert session.scalars(select(Attachment)).all() == []
    assert [path for path in (app.config["SETTINGS"].instance / "attachments").glob("**/*") if path.is_file()] == []


def test_after_a_refused_file_the_page_goes_on_keeping_and_takes_another(app, people, session):
    mine = browser(app, people.enterprise)
    mine.post("/needs/draft", data=WHOLE | {"page": ONE})
    sent = WHOLE | {"page": TWO, "base": "1", "version": "1", "go": "open", "file_part": "full"}
    refused = mine.post("/posts/1/edit", data=sent | {"file": (io.BytesIO(b"MZ"), "a.exe")},
                        content_type="multipart/form-data")
    [form] = [one for one in forms_of(refused.text, "/posts/1/edit") if one.action == "/posts/1/edit"]
    again = {name: form.data()[name] for name in ("page", "base", "version")}
    assert mine.post("/posts/1/draft", data=WHOLE | again).status_code == 200
    assert mine.post("/posts/1/edit", data=sent | again | {"file": (io.BytesIO(PNG), "图.png")},
                     content_type="multipart/form-data").status_code == 302
    assert mine.post("/posts/1/edit", data=WHOLE | again).status_code == 302


def test_a_file_that_is_too_large_is_refused_by_size(app, people, session, monkeypatch):
    monkeypatch.setattr(files, "LARGEST", 1000)
    assert "请压缩图片或拆分后上传" in send(browser(app, people.enterprise), "图.png", PNG + b"0" * 1000).text
    assert session.scalars(select(Attachment)).all() == []


def test_a_file_is_read_by_whom_its_part_is_disclosed_to(app, people, session):
    offer = achievement(owner=people.researcher, organisation=people.researcher.organisation)
    wanted = need(owner=people.enterprise, organisation=people.enterprise.organisation, disclosure="staged")
    session.add_all([offer, wanted])
    session.flush()
    session.add_all([Attachment(post_id=wanted.id, part=part, name=f"{part}.pdf", size=1, sha256=part * 8,
                                media_type="application/pdf") for part in ("public", "full", "annex")])
    case = Introduction(need=wanted, supply=offer, state="accepted", opened_side="supply")
    session.add(case)
    session.commit()

    def read(person):
        page = browser(app, person).get(f"/posts/{wanted.id}").text
        return [part for part in ("public", "full", "annex") if f"{part}.pdf" in page]

    assert read(None) == read(people.rival) == read(people.researcher) == ["public"]
    assert browser(app, people.researcher).get("/attachments/2").status_code == 404
    case.accepted_at = now()
    session.commit()
    assert read(people.researcher) == ["public", "full"]
    case.need_nda_at = case.supply_nda_at = now()
    session.commit()
    assert read(people.researcher) == ["public", "full", "annex"]
    assert read(people.rival) == ["public"]
    assert read(people.enterprise) == ["public", "full", "annex"]


def test_the_text_of_a_file_goes_into_the_form(app, people):
    mine = browser(app, people.enterprise)
    send(mine, "说明.docx", word("第一段", "第二段<b>"))
    page = mine.get("/attachments/1/text").text
    assert "第一段\n第二段&lt;b&gt;" in page
    answer = mine.post("/attachments/1/text", data={"text": "第一段", "into": "expected_goal"})
    assert answer.status_code == 302
    assert "装配合格率 98%\n第一段" in mine.get(answer.location).text
    assert mine.post("/attachments/1/text", data={"text": "x", "into": "title"}).status_code == 400
    assert browser(app, people.rival).get("/attachments/1/text").status_code == 404


def test_a_file_is_removed_after_it_was_asked_and_its_bytes_go(app, people, session, config):
    mine = browser(app, people.enterprise)
    send(mine, "图.png", PNG)
    assert "删除后不能恢复" in mine.get("/attachments/1/remove").text
    assert mine.post("/attachments/1/remove").status_code == 302
    assert mine.get("/attachments/1").status_code == 404
    assert [path for path in (config.instance / "attachments").rglob("*") if path.is_file()] == []
    assert {"attachment.added", "attachment.removed"} <= set(session.scalars(select(Event.action)))


def kept(config) -> list[str]:
    return sorted(path.name for path in (config.instance / "attachments").rglob("*") if path.is_file())


def test_what_is_withdrawn_takes_its_files_along(app, people, session):
    wanted = need(owner=people.enterprise, organisation=people.enterprise.organisation)
    session.add(wanted)
    session.commit()
    change = {"version": wanted.version, "file_part": "public", "file": (io.BytesIO(PNG), "图.png")}
    browser(app, people.broker).post(f"/posts/{wanted.id}/edit", data=WHOLE | {"page": ONE, "go": "open"} | change,
                                     content_type="multipart/form-data")
    readers = (None, people.rival, people.researcher, people.enterprise)
    assert [fetched(app, one) for one in readers] == [200] * 4
    browser(app, people.enterprise).post(f"/posts/{wanted.id}/withdraw")
    assert [fetched(app, one) for one in readers] == [404, 404, 404, 200]


def fetched(app, person) -> int:
    with browser(app, person).get("/attachments/1") as answer:
        return answer.status_code


def test_with_an_account_go_its_files_but_for_those_that_a_contract_needs(app, people, session, config):
    """李研究员 has one signed contract; another's copy of a file of hers stays with the other."""
    offers = [achievement(title, owner=people.researcher) for title in ("已转化的成果", "没有转化的成果", "另一成果")]
    asked = need(owner=people.enterprise)
    session.add_all([*offers, asked, draft := achievement("草稿", owner=people.researcher, state="draft")])
    session.flush()
    case = Introduction(need=asked, supply=offers[0], state="signed", opened_side="need", accepted_at=now())
    session.add_all([case, Contract(introduction=case, project_name="示例项目", type="commissioned", state="signed",
                                    signed_on=now().date())])
    folder = config.instance / "attachments"
    bytes_of = dict(zip("abcd", [*offers, draft], strict=True))
    for letter, post in bytes_of.items():
        keep(session, folder, post, letter)
    keep(session, folder, asked, "c")
    session.commit()
    mine = browser(app, people.researcher)
    assert "附件 1 个将保留" in words_of(mine.get("/account/data").text)
    assert mine.post("/account/erase", data={"password": PASSWORD}).status_code == 302
    assert kept(config) == ["a" * 64, "c" * 64]
    assert {(one.post_id, one.sha256[0]) for one in session.scalars(select(Attachment))} == {
        (offers[0].id, "a"), (asked.id, "c")}
    assert browser(app).get("/attachments/2").status_code == 404


def keep(session, folder, post, letter: str) -> None:
    """A file of the post whose name on disk is that letter."""
    path = files.place(folder, letter * 64)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"1")
    session.add(Attachment(post_id=post.id, part="public", name=f"{letter}.txt", size=1, sha256=letter * 64,
                           media_type="text/plain"))

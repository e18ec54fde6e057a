"""What people are told when something cannot be done, and what they are never shown."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import textwrap

import pytest
from sqlalchemy import event, func, select, text
from sqlalchemy.exc import OperationalError

from matchmaker.services import disclosure, lists
from models import Post
from tests.builders import need
from tests.views.conftest import browser, words_of

HTMX = {"HX-Request": "true"}
NARROW = textwrap.dedent("""
    import io, json, resource, sys, tempfile
    from pathlib import Path
    from matchmaker import create_app
    from matchmaker.config import load
    from models import User
    from werkzeug.test import EnvironBuilder
    from tests.views.conftest import browser

    app = create_app(load({"INSTANCE": sys.argv[1], "DATABASE_URL": sys.argv[2]}), finder=object())
    app.config["WTF_CSRF_ENABLED"] = False
    tempfile.tempdir = str(Path(sys.argv[1]) / "temporary")
    with app.extensions["sessions"].read() as session:
        client = browser(app, session.get(User, int(sys.argv[3])))

    def ask(room, method, address, size=0, **more):
        if size:
            more["data"] = {"kind": "need", "file": (io.BytesIO(b"x,y" * size), "list.csv")}
        request = EnvironBuilder(address, method=method, **more).get_request()
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, -1))
        answer = client.open(request)
        resource.setrlimit(resource.RLIMIT_FSIZE, (-1, -1))
        print(json.dumps([answer.status_code, answer.location, answer.text if answer.status_code != 200 else ""]))
        return answer.location

    big = 1 << 20
    at = ask(-1, "POST", "/transfer/", size=2)
    ask(2 * big, "POST", "/transfer/", size=big)
    ask(2 * big, "POST", "/transfer/", size=big, headers={"HX-Request": "true"})
    ask(2 * big, "POST", "/transfer/", size=big, headers={"Accept": "application/json"})
    ask(100_000, "POST", "/transfer/", size=100_000)
    ask(100, "POST", at, data={"column": ["x"], "field": ["title"], "source": "示例清单"})
    ask(2 * big, "GET", "/transfer/export/need.csv")
    ask(2 * big, "GET", "/transfer/export/need.xlsx")
    ask(2_000, "GET", "/transfer/template/need.xlsx")
""")
"""Requests of somebody's in a process that may write no file longer than so many bytes, as if the disk were full."""


def test_an_unknown_address_and_an_unknown_post_say_so(app):
    for path in ("/nowhere", "/posts/999", "/posts/99999999999999999999", "/posts/1/fly"):
        answer = browser(app).get(path)
        assert answer.status_code in (302, 404)
    assert "没有找到" in browser(app).get("/posts/999").text
    assert browser(app).get("/posts/-1").status_code == 404


@pytest.mark.parametrize(("came", "shown"), [
    ("http://localhost/needs?q=光", True), ("http://localhost/posts/999", False), ("", False),
    ("http://localhost.example/needs", False), ("javascript:alert(1)", False)])
def test_an_error_leads_back_to_the_page_of_ours_that_led_to_it(app, came, shown):
    page = browser(app).get("/posts/999", headers={"Referer": came}).text
    assert ("返回上一页" in page) is shown
    assert not came or (came in page) is shown


def test_a_body_that_is_too_large_is_refused_by_size(app, people):
    app.config["MAX_CONTENT_LENGTH"] = 1000
    answer = browser(app, people.enterprise).post("/needs/new", data={"main_problem": "x" * 5000})
    assert answer.status_code == 413
    assert "太大" in answer.text


def test_a_refused_upload_is_read_to_its_end_so_that_the_answer_is_seen(app, people):
    """A browser that is still sending when the connection ends shows its own error page instead of ours."""
    app.config["MAX_CONTENT_LENGTH"] = 1000
    upload = io.BytesIO(b"x" * 3_000_000)
    answer = browser(app, people.broker).post("/transfer/", input_stream=upload, content_length=3_000_000,
                                              content_type="multipart/form-data; boundary=a")
    assert answer.status_code == 413
    assert upload.read() == b""


def test_a_fault_of_ours_shows_a_sentence_and_no_trace(app, monkeypatch):
    def broken(*_: object) -> None:
        raise ValueError("a secret of the code")

    monkeypatch.setattr(lists, "listing", broken)
    answer = browser(app).get("/needs")
    assert answer.status_code == 500
    assert "服务出现故障" in answer.text
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text


@pytest.mark.parametrize("address", ["/needs", "/nowhere"])
@pytest.mark.parametrize("role", [None, "broker"])
def test_without_a_database_the_page_says_what_is_lost(app, people, role, address):
    """The page of the error itself asks for nothing that the database would have to answer."""
    client = browser(app, getattr(people, role) if role else None)
    with app.extensions["sessions"].engine.connect() as connection:
        connection.execute(text("ALTER TABLE login_session RENAME TO gone"))
        connection.execute(text("ALTER TABLE post RENAME TO away"))
        connection.commit()
    answer = client.get(address)
    if role is None and address == "/nowhere":
        assert answer.status_code == 404
        return
    assert answer.status_code == 503
    assert "数据库暂时不可用，您的内容尚未保存" in answer.text
    assert 'href="/"' in answer.text


def test_a_locked_database_is_said_and_nothing_is_lost(app, people, monkeypatch):
    def locked(*_: object) -> None:
        raise OperationalError("INSERT", {}, Exception("database is locked"))

    monkeypatch.setattr("matchmaker.services.posts.create", locked)
    answer = browser(app, people.enterprise).post("/needs/new", data={"title": "求助"})
    assert answer.status_code == 503
    assert "请稍后重试" in answer.text


def test_a_full_disk_is_said_and_leaves_nothing_half_written(sessions, session, people, tmp_path):
    session.add_all(need(f"求示例工艺{at}", main_problem="问题" * 50_000) for at in range(12))
    session.commit()
    sessions.dispose()
    (tmp_path / "temporary").mkdir()
    url = sessions.engine.url.render_as_string(hide_password=False)
    done = subprocess.run([sys.executable, "-c", NARROW, str(tmp_path), url, str(people.broker.id)],
                          check=True, stdout=subprocess.PIPE, text=True)
    kept, *answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [status for status, *_rest in answers] == [507] * 8
    assert all("磁盘空间不足" in text for _status, _location, text in answers)
    page, part, data, *_others = (text for _status, _location, text in answers)
    assert "<html" in page
    assert 'role="alert"' in part
    assert "<html" not in part
    assert "没有保存任何内容" in json.loads(data)["error"]
    folder, = (tmp_path / "uploads").iterdir()
    assert folder.name in kept[1]
    assert {path.name for path in folder.iterdir()} == {"original", "upload.json"}
    assert json.loads((folder / "upload.json").read_text("utf-8"))["mapping"] is None
    assert list((tmp_path / "temporary").iterdir()) == []


def test_a_full_database_is_said_and_keeps_nothing(app, people, session):
    client, opened = browser(app, people.enterprise), app.extensions["sessions"]
    room = session.scalar(text("PRAGMA page_count"))
    session.commit()

    @event.listens_for(opened.engine, "checkout")
    def narrow(connection, *_):
        connection.execute(f"PRAGMA max_page_count = {room}")

    said = dict.fromkeys(("main_problem", "tried", "key_technique", "expected_goal"), "问题" * 250)
    answer = client.post("/needs/new", data={"title": "求助"} | said)
    assert answer.status_code == 507
    assert "磁盘空间不足" in answer.text
    assert session.scalar(select(func.count()).select_from(Post)) == 0


def test_a_folder_that_cannot_be_written_is_not_called_a_full_disk(app, people, tmp_path):
    (tmp_path / "uploads").write_text("in the way", "utf-8")
    answer = browser(app, people.broker).post("/transfer/", data={"kind": "need", "file": (io.BytesIO(b"x"), "a.csv")})
    assert answer.status_code == 500
    assert "磁盘" not in answer.text


def test_a_page_whose_showing_cannot_be_written_down_does_not_leave(app, people, session, monkeypatch):
    """The ledger is written behind the view, where an error would otherwise be nobody's."""
    session.add(hidden := need(disclosure="staged", main_problem="只给对接双方看的问题"))
    session.commit()
    client, write = browser(app, people.broker), disclosure.write

    def failing(opened, *rest):
        opened.execute(text("DROP TABLE disclosure"))
        write(opened, *rest)

    monkeypatch.setattr(disclosure, "write", failing)
    answer = client.get(f"/posts/{hidden.id}")
    assert answer.status_code == 503
    assert "数据库暂时不可用" in answer.text
    assert "只给对接双方看的问题" not in answer.text
    assert answer.headers["Content-Security-Policy"]
    monkeypatch.undo()
    assert "只给对接双方看的问题" in client.get(f"/posts/{hidden.id}").text


def test_a_part_of_a_page_gets_a_part_that_says_what_is_wrong(app):
    answer = browser(app).get("/posts/999", headers=HTMX)
    assert answer.status_code == 404
    assert "<html" not in answer.text
    assert 'role="alert"' in answer.text


def test_a_part_of_a_page_for_people_who_are_signed_out_leads_to_the_sign_in(app, session, people):
    session.add(need())
    session.commit()
    answer = browser(app).get("/posts/1/progress", headers=HTMX)
    assert answer.status_code == 204
    assert answer.headers["HX-Redirect"].startswith("/sign-in")


def test_programs_get_data(app):
    answer = browser(app).get("/posts/999", headers={"Accept": "application/json"})
    assert "没有找到" in answer.get_json()["error"]


def test_wrong_bytes_in_an_address_or_a_form_are_read_as_far_as_they_go(app, people):
    assert browser(app).get("/needs?q=%ff%fe%00").status_code == 200
    answer = browser(app, people.enterprise).post(
        "/needs/new", data=b"title=%ff%fe%c4%e3", content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 302
    assert "草稿" in words_of(browser(app, people.enterprise).get(answer.location).text)

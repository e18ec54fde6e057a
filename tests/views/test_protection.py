"""What guards every page: tokens in forms, headers, addresses that lead elsewhere."""

from __future__ import annotations

import gzip
import re
from urllib.parse import quote

import pytest

from matchmaker.auth import local_path
from tests.builders import need
from tests.views.conftest import PASSWORD, browser, words_of

ELSEWHERE = [
    "//evil.cn", "///evil.cn", "/\\evil.cn", "\\\\evil.cn", "https:evil.cn", "https://evil.cn",
    "http:/evil.cn", "javascript:alert(1)", "data:text/html,x", " //evil.cn", "\t//evil.cn", "/\t/evil.cn",
    "/\n/evil.cn", "\x00//evil.cn", "evil.cn", "@evil.cn", "//user@evil.cn", "/\x0b/evil.cn", "ftp://evil.cn",
    "//[::1]", "/\\/evil.cn", "\\/evil.cn", "./evil", "?next=//evil.cn",
]
WRITES = ["/sign-in", "/sign-out", "/account/password", "/describe", "/needs/new", "/posts/1/edit", "/posts/1/publish",
          "/posts/1/match", "/desk/jobs/1/retry"]


@pytest.fixture
def guarded(app):
    app.config["WTF_CSRF_ENABLED"] = True
    return app


@pytest.mark.parametrize("target", ELSEWHERE)
def test_nothing_leads_away_from_the_site(app, people, target):
    assert local_path(target) is None
    data = {"email": people.broker.email, "password": PASSWORD, "next": target}
    assert browser(app).post("/sign-in", data=data).headers["Location"] == "/"
    there = browser(app, people.broker).get(f"/sign-in?next={quote(target)}")
    assert there.headers["Location"] == "/"


def test_paths_of_the_site_are_followed():
    assert local_path("/posts/1?partners=expert") == "/posts/1?partners=expert"


@pytest.mark.parametrize("path", WRITES)
def test_no_write_is_done_that_no_page_of_ours_sent(guarded, people, path):
    assert browser(guarded, people.admin).post(path, data={}).status_code == 400
    assert browser(guarded).post(path, data={"csrf_token": "made up"}).status_code == 400


def test_the_token_of_the_page_opens_the_form(guarded, people):
    client = browser(guarded)
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get("/sign-in").text).group(1)
    data = {"email": people.broker.email, "password": PASSWORD, "csrf_token": token}
    assert client.post("/sign-in", data=data).status_code == 302
    assert client.post("/sign-out", data={"csrf_token": token}).status_code == 400


def test_the_token_of_another_browser_opens_nothing(guarded, people):
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', browser(guarded).get("/sign-in").text).group(1)
    data = {"email": people.broker.email, "password": PASSWORD, "csrf_token": token}
    assert browser(guarded).post("/sign-in", data=data).status_code == 400


@pytest.mark.parametrize("path", ["/", "/needs", "/sign-in", "/search", "/help/reasons", "/nowhere", "/posts/999"])
def test_every_page_says_what_it_may_load(app, path):
    answer = browser(app).get(path)
    policy = answer.headers["Content-Security-Policy"]
    nonce = re.search(r"'nonce-([^']+)'", policy).group(1)
    assert "unsafe" not in policy
    assert "object-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    scripts = re.findall(r"<script[^>]*>", answer.text)
    assert scripts
    assert all(f'nonce="{nonce}"' in script for script in scripts)
    assert not re.search(r"\sstyle=|\son[a-z]+=", answer.text)


def test_the_word_for_scripts_is_new_on_every_page(app):
    client = browser(app)
    policies = {client.get("/sign-in").headers["Content-Security-Policy"] for _ in range(3)}
    assert len(policies) == 3


def test_pages_of_signed_in_people_are_not_kept(app, people):
    assert browser(app, people.broker).get("/needs").headers["Cache-Control"] == "no-store"


def test_what_people_write_is_shown_and_never_run(app, people, session):
    evil = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'><svg/onload=alert(3)>"
    session.add(need(evil, brief=evil, main_problem=evil, keywords=[evil], contact_name=evil, contact_public=["name"],
                     organisation=people.enterprise.organisation, region=None))
    session.commit()
    client = browser(app, people.broker)
    for path in ("/", "/needs", "/posts/1", "/posts/1/edit", f"/search?q={quote(evil)}", f"/needs?q={quote(evil)}"):
        page = client.get(path).text
        assert "alert(1)" in page or path == "/"
        for piece in ("<script>alert", "<img src=x", "<svg/onload"):
            assert piece not in page


def test_static_files_may_be_kept_and_change_their_name_with_their_content(app):
    page = browser(app).get("/sign-in").text
    address = re.search(r'href="(/static/app\.css\?v=[0-9a-f]{10})"', page).group(1)
    with browser(app).get(address) as answer:
        assert answer.status_code == 200
        assert "max-age=31536000" in answer.headers["Cache-Control"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize(("fetched_by", "packed"), [("same-origin", True), ("none", True), ("cross-site", False),
                                                    ("same-site", False), (None, False)])
def test_a_page_is_compressed_for_its_reader_and_for_no_other_site(app, fetched_by, packed):
    told = {"Accept-Encoding": "gzip, deflate, br"} | ({"Sec-Fetch-Site": fetched_by} if fetched_by else {})
    plain, answer = app.test_client().get("/privacy"), app.test_client().get("/privacy", headers=told)
    assert (answer.headers.get("Content-Encoding") == "gzip") is packed
    assert "Accept-Encoding" in answer.vary or not packed
    read = gzip.decompress(answer.data) if packed else answer.data
    assert words_of(read.decode()) == words_of(plain.text)
    assert len(answer.data) < len(read) or not packed

"""Every page in English, for everyone: where nobody wrote Chinese, none is left but the official lists."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from sqlalchemy import JSON, String, select

from matchmaker.services import matching
from matchmaker.speech import CHINESE, LANGUAGES
from models import Base, Event, Indicator, Post, vocabulary
from models.vocabulary import Kind, State
from scripts.translations import LONG
from tests.views.conftest import browser
from tests.views.test_doors import DOORS, ROLES, house  # noqa: F401 - a fixture

OFFICIAL = {label for thing in vars(vocabulary).values() if isinstance(thing, vocabulary.Vocabulary)
            and thing.name in LONG for label in thing.values()} | set(LANGUAGES.values())
SILENT = ("script", "style", "svg")
READ_OUT = ("title", "alt", "placeholder", "aria-label", "content", "label")
VOID = frozenset({"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"})
MORE = (
    "/search?q=warp", "/needs?q=warp", "/needs?field=nuclear", "/experts", "/facilities", "/facilities/new", "/trl",
    "/achievements/new", "/experts/new", "/dashboard?period=2026", "/figures", "/targets/", "/nowhere", "/transfer/",
    "/posts/1?partners=achievement", "/expiring?part=frozen", "/posts/5", "/posts/5/edit", "/desk/status")


class Page(HTMLParser):
    """The Chinese of a page: what is shown, and what is read out."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.chinese: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in READ_OUT:
                self._hear(value or "")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self.open:
            while self.open.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        if not set(SILENT) & set(self.open):
            self._hear(data)

    def _hear(self, text: str) -> None:
        said = " ".join(text.split())
        if CHINESE.search(said) and said not in OFFICIAL:
            self.chinese.add(said)


@pytest.fixture
def latin(house, session, finder, people):  # noqa: F811
    """The house where everybody writes English, and the needs have their matches."""
    for table in Base.metadata.sorted_tables:
        words = [column for column in table.columns if isinstance(column.type, String | JSON)
                 and not column.foreign_keys and table.name != Event.__tablename__]
        for row in session.execute(select(table.c[*[key.name for key in table.primary_key], *[w.name for w in words]])
                                   ) if words else ():
            new = {column.name: _latin(row._mapping[column.name]) for column in words}
            if new != {column.name: row._mapping[column.name] for column in words}:
                key = [table.c[one.name] == row._mapping[one.name] for one in table.primary_key]
                session.execute(table.update().where(*key).values(new))
    session.expire_all()
    session.get_one(Post, 1).indicators = [Indicator(position=0, quantity="warp", comparison="le", high=0.3, unit="mm")]
    session.commit()
    computed = matching.compute(house.extensions["sessions"], finder, 1)
    assert computed is not None
    matching.store(session, computed)
    session.commit()
    assert session.scalars(select(Post.id).where(Post.kind == Kind.NEED, Post.state == State.PUBLISHED)).all()
    for person in vars(people).values():
        session.refresh(person)
    session.expunge_all()
    session.rollback()
    return house


def test_no_chinese_is_left_where_nobody_wrote_it(latin, people):
    faults: dict[str, str] = {}
    doors = [*((method, path) for (method, _), (path, _) in DOORS.items()), *(("GET", path) for path in MORE)]
    for role in ROLES:
        for method, path in doors:
            answer = _english(latin, getattr(people, role, None)).open(path, method=method)
            if answer.mimetype == "text/html":
                faults |= dict.fromkeys(Page(answer.text).chinese, f"{role} {path}")
    assert faults == {}, "\n".join(f"{where}: {said}" for said, where in faults.items())


def test_what_stays_chinese_says_so_and_what_was_typed_stays(house, people):  # noqa: F811
    client = _english(house, people.enterprise)
    page = client.get("/posts/1").text
    assert re.search(r'<h1[^>]* lang="zh-CN">\s*求薄壁件翘曲控制', page)
    assert '<html lang="en"' in page
    assert 'value="保存"' in client.get("/search?q=保存").text


def _english(app, person):
    client = browser(app, person)
    client.set_cookie("language", "en")
    return client


def _latin(value):
    if isinstance(value, str):
        return CHINESE.sub(lambda found: chr(97 + ord(found[0]) % 26) + chr(97 + ord(found[0]) // 26 % 26), value)
    if isinstance(value, dict):
        return {key: _latin(one) for key, one in value.items()}
    return [_latin(one) for one in value] if isinstance(value, list) else value

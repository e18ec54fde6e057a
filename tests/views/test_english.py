"""Every page in English, for everyone: where nobody wrote Chinese, none is left but the official lists."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from sqlalchemy import JSON, String, select

from matchmaker.services import matching
from matchmaker.speech import CHINESE, LANGUAGES
from models import Base, Event, Indicator, Post, vocabulary
from scripts.translations import LONG
from tests.views.doors import DOORS
from tests.views.house import ROLES, House, furnish

OFFICIAL = {label for thing in vars(vocabulary).values() if isinstance(thing, vocabulary.Vocabulary)
            and thing.name in LONG for label in thing.values()} | set(LANGUAGES.values())
SILENT = ("script", "style", "svg")
READ_OUT = ("title", "alt", "placeholder", "aria-label", "content", "label")
VOID = frozenset({"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"})
MORE = (
    "/search?q=warp", "/needs?q=warp", "/needs?field=nuclear", "/experts", "/facilities", "/facilities/new", "/trl",
    "/achievements/new", "/experts/new", "/dashboard?period=2026", "/figures", "/targets/", "/nowhere", "/transfer/",
    "/posts/{need}?partners=achievement", "/expiring?part=frozen", "/desk/status")


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
def house(empty_sqlite: Path, tmp_path: Path) -> Iterator[House]:
    yield from furnish(empty_sqlite, tmp_path)


@pytest.fixture
def latin(house):
    """The house where everybody writes English, and the needs have their matches."""
    sessions, finder = (house.app.extensions[name] for name in ("sessions", "finder"))
    with sessions.write() as session:
        for table in Base.metadata.sorted_tables:
            words = [column for column in table.columns if isinstance(column.type, String | JSON)
                     and not column.foreign_keys and table.name != Event.__tablename__]
            keys = [key.name for key in table.primary_key]
            for row in session.execute(select(table.c[*keys, *[w.name for w in words]])) if words else ():
                new = {column.name: _latin(row._mapping[column.name]) for column in words}
                if new != {column.name: row._mapping[column.name] for column in words}:
                    key = [table.c[one.name] == row._mapping[one.name] for one in table.primary_key]
                    session.execute(table.update().where(*key).values(new))
        need = session.get_one(Post, house.there["need"])
        need.indicators = [Indicator(position=0, quantity="warp", comparison="le", high=0.3, unit="mm")]
        session.commit()
    computed = matching.compute(sessions, finder, house.there["need"])
    assert computed is not None
    with sessions.write() as session:
        matching.store(session, computed)
        session.commit()
    house.keep()
    return house


def test_no_chinese_is_left_where_nobody_wrote_it(latin):
    faults: dict[str, str] = {}
    doors = [*((door.method, door.path) for door in DOORS if "{upload}" not in door.path),
             *(("GET", path) for path in MORE)]
    for role in ROLES:
        for method, path in doors:
            answer = _english(latin, role, method, latin.path(path))
            if answer.mimetype == "text/html":
                faults |= dict.fromkeys(Page(answer.text).chinese, f"{role} {path}")
            answer.close()
            latin.restore()
    assert not faults, "\n".join(f"{where}: {said}" for said, where in faults.items())


def test_what_stays_chinese_says_so_and_what_was_typed_stays(house):
    page = _english(house, "owner", "GET", house.path("/posts/{need}")).text
    assert re.search(r'<h1[^>]* lang="zh-CN">', page)
    assert '<html lang="en"' in page
    assert 'value="保存"' in _english(house, "owner", "GET", "/search?q=保存").text


def test_what_people_wrote_is_never_said_in_other_words(house):
    """Also where it reads like a sentence of the product: an amount, a duration, a word of a list."""
    wrote = {"title": "求降本", "brief": "一年资金占用 300 万元", "main_problem": "陈酿需 5 个月",
             "keywords": ["生物", "材料"]}
    with house.app.extensions["sessions"].write() as session:
        need = session.get_one(Post, house.there["need"])
        for name, value in wrote.items():
            setattr(need, name, value)
        session.commit()
    page = _english(house, "owner", "GET", house.path("/posts/{need}")).text
    for text in ("求降本", "一年资金占用 300 万元", "陈酿需 5 个月", ">生物<", ">材料<"):
        assert text in page


def _english(house, role, method, path):
    return house.ask(role, method, path, headers={"Cookie": f"{house.cookies.get(role, '')}; language=en"})


def _latin(value):
    if isinstance(value, str):
        return CHINESE.sub(lambda found: chr(97 + ord(found[0]) % 26) + chr(97 + ord(found[0]) // 26 % 26), value)
    if isinstance(value, dict):
        return {key: _latin(one) for key, one in value.items()}
    return [_latin(one) for one in value] if isinstance(value, list) else value

"""Every route × method × role × what is one's own, foreign or absent: the answers compared with the table of doors."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.views.doors import DOORS, Door
from tests.views.house import ABSENT, ROLES, House, furnish

FORM = "application/x-www-form-urlencoded"
CHANGING = re.compile(r'nonce="[^"]*"|name="csrf_token"[^>]*|X-CSRFToken[^}]*|value="[\w-]{22}"')
"""What differs from one answer to the next."""


@pytest.fixture(scope="module")
def house(empty_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    yield from furnish(empty_sqlite, tmp_path_factory.mktemp("house"))


def test_every_method_of_every_address_has_a_row(house):
    known = {(door.method, door.endpoint) for door in DOORS}
    found = {(method, rule.endpoint) for rule in house.app.url_map.iter_rules() if rule.endpoint != "static"
             for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}}
    assert found == known


def test_every_row_is_an_address(house):
    """The table names each address by the endpoint that answers it, and a letter for each role; who was let go is
    like a stranger."""
    adapter = house.app.url_map.bind("localhost")
    for door in DOORS:
        path = house.path(door.path).partition("?")[0]
        assert adapter.match(path, method=door.method)[0] == door.endpoint
        assert (len(door.letters), door.letters[0]) == (len(ROLES), door.letters[-1])
        assert set(door.letters) <= set("psron")


@pytest.mark.parametrize("role", ROLES)
def test_each_door_opens_for_whom_the_table_says(house, role):
    wrong, absent = [], {}
    for door in DOORS:
        there = _answer(house, role, door, house.path(door.path))
        if (away := _absent(house, door)) is None:
            gone = None
        else:
            key = (door.method, door.endpoint)
            gone = absent[key] = absent.get(key) or _answer(house, role, door, away)
        if not _as_written(door, door.letters[ROLES.index(role)], there, gone):
            wrong.append((door.method, door.path, there[0], gone and gone[0]))
    assert wrong == []


def _as_written(door: Door, letter: str, there: tuple[int, str], gone: tuple[int, str] | None) -> bool:
    """Whether the answers for what is there and for what is absent are those of the letter."""
    if letter == "p":
        return there[0] in door.codes and (gone is None or gone[0] == 404)
    if letter == "o":
        return there[0] == 403 and (gone is None or gone[0] == 404)
    wanted = {"s": (302, 401), "r": (403,), "n": (404,)}[letter]
    return there[0] in wanted and gone in (None, there)


def _answer(house: House, role: str, door: Door, path: str) -> tuple[int, str]:
    """Status and words, without what changes with every answer, and without the address itself."""
    answer = house.ask(role, door.method, path, house.path(door.data), content_type=FORM if door.data else None)
    said = f"{answer.headers.get('Location', '')}\n{answer.text}" if answer.mimetype.startswith("text") else ""
    status = answer.status_code
    answer.close()
    house.restore()
    if status == 302 and not answer.headers["Location"].startswith("/sign-in"):
        status, said = 302, "elsewhere"
    return status, CHANGING.sub("", said).replace(path, "")


def _absent(house: House, door: Door, number: int = ABSENT) -> str | None:
    """The same address of something that is not there."""
    named = re.search(r"\{(\w+)\}", door.path)
    if named is None or "?" in door.path:
        return None
    return house.path(door.path, **{named[1]: "unknown" if isinstance(house.there[named[1]], str) else number})


@pytest.mark.parametrize("role", ["owner", "admin"])
def test_an_address_that_is_typed_gives_a_whole_page(house, role):
    """A part of a page is for a page that has the rest."""
    parts = []
    for door in DOORS:
        if door.method == "GET":
            answer = house.ask(role, "GET", house.path(door.path))
            if answer.mimetype == "text/html" and "<!doctype html>" not in answer.text[:20].lower():
                parts.append((door.path, answer.status_code))
            answer.close()
            house.restore()
    assert parts == []


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_reading_addresses_are_not_written_to(house, method):
    for path in ("/needs", house.path("/posts/{need}"), "/search", "/desk/status"):
        answer = house.ask("admin", method, path)
        assert answer.status_code == 405
        assert "GET" in answer.headers["Allow"]


@pytest.mark.parametrize("number", [0, 2**31, 2**63, 10**40])
def test_a_number_that_no_row_has_is_no_page(house, number):
    """Of every address of the table, for the administrator, to whom nothing is foreign."""
    wrong, tried = [], set()
    for door in DOORS:
        path = _absent(house, door, number)
        if path is None or str(number) not in path or (door.method, path) in tried:
            continue
        tried.add((door.method, path))
        answer = house.ask("admin", door.method, path)
        if answer.status_code not in (403, 404, 405):
            wrong.append((door.method, path, answer.status_code))
    assert len(tried) > 100
    assert wrong == []

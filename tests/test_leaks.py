"""Words planted in everything that is not public, and looked for in all that each role can fetch.

Every GET address of the service is walked, so that a new page is covered by being there. Besides, a search for a
planted word must answer like a search for a word that nobody ever wrote.
"""

from __future__ import annotations

import io
import itertools
import re
import shutil
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import quote, quote_plus

import pytest
from flask import Flask
from sqlalchemy import Text, select
from sqlalchemy.orm import Session
from werkzeug.routing import Rule

from matchmaker import create_app
from matchmaker.config import load
from matchmaker.services import matching, permissions, posts
from models import (
    CLASSES,
    Attachment,
    Disclosure,
    Introduction,
    Job,
    Notice,
    Post,
    PostRevision,
    Review,
    Sessions,
    User,
    make_sessions,
)
from models.vocabulary import Kind
from tests.builders import organisation
from tests.views.conftest import Words, browser, settled

ROLES = ("stranger", "rival", "enterprise", "researcher", "broker", "head", "admin")
STAFF = frozenset({"broker", "head", "admin"})
HEADS = frozenset({"head", "admin"})
VALUES: dict[str, tuple[object, ...]] = {
    "kind": ("needs", "achievements", "experts", "facilities", "need", "achievement", "expert", "facility"),
    "action": tuple(posts.TRANSITIONS), "form": ("csv", "xlsx", "docx"), "name": ("agency", "months", "institute"),
    "key": ("needs_published", "needs_answered"), "token": ("forged",), "filename": ("app.css",), "number": (1,),
}
"""What stands for the parts of addresses; numbers are tried one by one."""
NONSENSE = "qzznobodywrotethis"
FULL_TEXT = ("main_problem", "key_technique", "expected_goal", "tried", "description", "cases", "services")


@dataclass
class Garden:
    """The planted words: each with the roles that may read it."""

    readers: dict[str, frozenset[str]] = field(default_factory=dict)
    staged: dict[str, tuple[int, str]] = field(default_factory=dict)
    """Words of published posts: whose post, and which part of it the ledger calls it."""

    def word(self, what: str, readers: frozenset[str]) -> str:
        """A word that stands nowhere else."""
        found = f"qz{len(self.readers):03d}x{re.sub('[^a-z]', '', what)}x"
        self.readers[found] = readers
        return found


@pytest.fixture(scope="module")
def sown(empty_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleNamespace]:
    """One installation for all these tests, which read alone."""
    folder = tmp_path_factory.mktemp("leaks")
    shutil.copy(empty_sqlite, folder / "matchmaker.db")
    opened = make_sessions(f"sqlite:///{folder / 'matchmaker.db'}")
    finder = Words(opened)
    with opened.write() as session:
        people = settled(session)
        garden = _planted(session, people, finder)
    url = opened.engine.url.render_as_string(hide_password=False)
    app = create_app(load({"INSTANCE": str(folder), "DATABASE_URL": url}), finder=finder)
    app.config["WTF_CSRF_ENABLED"] = False
    yield SimpleNamespace(app=app, people=people, garden=garden, finder=finder, sessions=opened)
    app.extensions["sessions"].dispose()
    opened.dispose()


@pytest.fixture
def app(sown: SimpleNamespace) -> Flask:
    return sown.app


@pytest.fixture
def people(sown: SimpleNamespace) -> SimpleNamespace:
    return sown.people


@pytest.fixture
def garden(sown: SimpleNamespace) -> Garden:
    return sown.garden


@pytest.fixture
def finder(sown: SimpleNamespace) -> Iterator[Words]:
    yield sown.finder
    sown.finder.away = False


def _planted(session: Session, people: SimpleNamespace, finder: Words) -> Garden:
    """A staged post of every kind, a draft, one that waits, a case between two, files, and the notes of a review."""
    planted = Garden()
    owners = {Kind.NEED: "enterprise"} | dict.fromkeys((Kind.ACHIEVEMENT, Kind.EXPERT, Kind.FACILITY), "researcher")
    made: dict[str, Post] = {}
    for kind, role in owners.items():
        owner = getattr(people, role)
        made[kind] = _staged(planted, kind, owner, frozenset({role}))
        mine = frozenset({role})
        made[f"{kind} draft"] = CLASSES[kind](
            kind=kind.value, state="draft", owner_id=owner.id, title=planted.word("drafttitle", mine),
            brief=planted.word("draftbrief", mine), keywords=[planted.word("draftword", mine)])
        made[f"{kind} submitted"] = CLASSES[kind](
            kind=kind.value, state="submitted", owner_id=owner.id, title=planted.word("waitingtitle", mine | STAFF),
            brief=planted.word("waitingbrief", mine | STAFF))
    session.add_all(made.values())
    session.flush()
    for kind in owners:
        for name in ("annex", *FULL_TEXT):
            value = getattr(made[kind], name, None)
            if isinstance(value, str) and value in planted.readers:
                planted.staged[value] = (made[kind].id, "annex" if name == "annex" else "full")
    for number, part in enumerate(("public", "full", "annex")):
        readers = {"full": STAFF, "annex": HEADS}.get(part)
        if readers is not None:
            session.add(Attachment(
                post_id=made[Kind.NEED].id, part=part, size=1, sha256=str(number) * 64, media_type="text/plain",
                name=planted.word(f"file{part}", readers | {"enterprise"}) + ".txt"))
    asked, offered = made[Kind.NEED], made[Kind.ACHIEVEMENT]
    said = planted.word("internalnote", frozenset({"enterprise"}) | STAFF)
    session.add_all([
        Review(post_id=made["need submitted"].id, version=1, digest="0" * 64, reviewer_id=people.head.id,
               decision="return", note=said),
        PostRevision(post_id=asked.id, version=1, digest="0" * 64, content={
            "main_problem": planted.word("oldwords", STAFF | {"enterprise"})}),
        Introduction(need=asked, supply=offered, state="intent", opened_side="need", waiting_side="supply",
                     answers={"why": "示例", "want": "示例", "when": "示例"}),
    ])
    session.commit()
    for post in (one for one in made.values() if one.state == "published"):
        computed = matching.compute(finder.sessions, finder, post.id)
        if computed is not None:
            matching.store(session, computed)
            session.commit()
    return planted


def _staged(planted: Garden, kind: Kind, owner: User, mine: frozenset[str]) -> Post:
    """A published post that says in each field what only its readers may read; its brief is everyone's."""
    model = CLASSES[kind]
    title = "求注塑件翘曲控制" if kind == Kind.NEED else "注塑件翘曲控制技术"
    said: dict[str, object] = {"title": title, "brief": "公开简介：注塑件翘曲控制。", "keywords": ["翘曲"]}
    for column in model.__mapper__.column_attrs:
        stored = column.columns[0]
        readers = mine | (HEADS if column.key == "annex" else STAFF)
        if type(stored.type) is Text and column.key not in said and column.key not in permissions.PUBLIC:
            said[column.key] = planted.word(column.key, readers)
    for name in ("research_fields", "patents", "awards"):
        if hasattr(model, name):
            said[name] = [planted.word(name, mine | STAFF)]
    for name, part in (("completers", "name"), ("projects", "name"), ("ip", "number")):
        if hasattr(model, name):
            said[name] = [{part: planted.word(name, mine | STAFF), "kind": "invention", "state": "granted"}]
    said["elements"] = {"materials": [planted.word("elements", mine | STAFF)]}
    kind_of = "enterprise" if kind == Kind.NEED else "university"
    hidden = organisation(planted.word("organisation", mine | STAFF) + "示例单位", kind=kind_of)
    return model(kind=kind.value, **(said | {
        "state": "published", "disclosure": "staged", "hide_organisation": True, "organisation": hidden,
        "owner_id": owner.id, "contact_public": [], "source": None, "external_id": None, "title_key": None}))


def addresses(app: Flask, numbers: range) -> Iterator[tuple[Rule, str]]:
    """Every address that answers GET, with what may stand in it; of others than posts a few numbers do."""
    adapter = app.url_map.bind("localhost")
    for rule in app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or rule.endpoint == "static":
            continue
        parts = sorted(rule.arguments)
        few = tuple(numbers)[:3]
        every = tuple(numbers) if parts == ["post_id"] else few
        choices = [VALUES.get(part, every if part == "post_id" else few) for part in parts]
        for chosen in itertools.product(*choices):
            path = _built(app, rule, dict(zip(parts, chosen, strict=True)))
            if path and adapter.test(path, "GET"):
                yield rule, path


def _built(app: Flask, rule: Rule, values: dict[str, object]) -> str | None:
    """The address with these parts; None where they do not fit."""
    path = rule.rule
    for name, value in values.items():
        path = re.sub(rf"<(?:[a-z]+:)?{name}>", str(value), path)
    return None if "<" in path else path


def told(answer) -> str:
    """All that an answer says: headers, body, and the parts of workbooks and documents."""
    body = answer.data
    answer.close()
    if body[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(body)) as packed:
            body = b"\n".join(packed.read(name) for name in packed.namelist())
    return f"{answer.headers}\n{body.decode('utf-8', 'replace')}".lower()


@pytest.mark.parametrize("role", ROLES)
def test_no_page_says_what_its_reader_may_not_know(app, people, garden, role):
    visitor = browser(app, getattr(people, role, None))
    hidden = [word for word, readers in garden.readers.items() if role not in readers]
    for _rule, path in addresses(app, range(1, 14)):
        page = told(visitor.get(path))
        assert (path, [word for word in hidden if word in page]) == (path, [])


def test_what_may_be_read_is_there(app, people, garden):
    """The walk would find the words: their readers do."""
    for role in ("enterprise", "researcher", "head"):
        visitor, seen = browser(app, getattr(people, role)), ""
        for number in range(1, 14):
            seen += told(visitor.get(f"/posts/{number}")) + told(visitor.get(f"/posts/{number}/edit"))
        read = {word for word, readers in garden.readers.items() if role in readers and word in seen}
        wanted = {word for word, readers in garden.readers.items() if role in readers}
        assert len(read) > len(wanted) / 3, (role, wanted - read)


@pytest.mark.parametrize("role", ["broker", "head"])
def test_what_is_not_public_is_shown_with_a_line_in_the_ledger(sown, app, people, garden, role):
    """Whatever page it is that says a word of a full text or of an annex to the office, its owner can read who did."""
    viewer, silent, shown = browser(app, getattr(people, role)), [], set()
    for _rule, path in addresses(app, range(1, 14)):
        before = _noted(sown.sessions)
        page = told(viewer.get(path))
        seen = {what for word, what in garden.staged.items() if word in page}
        silent += [(path, what) for what in seen - (_noted(sown.sessions) - before).keys()]
        shown |= seen
    assert silent == []
    assert {part for _post, part in shown} == ({"full", "annex"} if role == "head" else {"full"})
    owner = browser(app, people.enterprise)
    assert getattr(people, role).name in owner.get("/disclosures").text


def _noted(sessions: Sessions) -> Counter[tuple[int, str]]:
    """How often which part of which post was shown so far."""
    with sessions.read() as session:
        return Counter(tuple(row) for row in session.execute(select(Disclosure.post_id, Disclosure.part)))


@pytest.mark.parametrize("role", ["stranger", "rival", "enterprise", "researcher"])
def test_asking_for_a_hidden_word_is_like_asking_for_none(app, people, garden, finder, role):
    visitor = browser(app, getattr(people, role, None))
    hidden = [word for word, readers in garden.readers.items() if role not in readers]
    asking = [path for rule, path in addresses(app, range(1, 2)) if not rule.arguments or "kind" in rule.arguments]
    asking = [path for path in dict.fromkeys(asking) if _heeds(visitor, path)]
    assert "/search" in asking
    assert "/needs" in asking
    for away in (False, True):
        finder.away = away
        for path in asking:
            for at in range(0, len(hidden), 8):
                words = hidden[at : at + 8]
                nothing = " ".join(f"{NONSENSE}{number}" for number in range(len(words)))
                assert _answer(visitor, path, " ".join(words)) == _answer(visitor, path, nothing), (path, away, words)


@pytest.mark.parametrize("role", ["stranger", "rival"])
def test_a_problem_in_hidden_words_finds_nobody(app, people, garden, role):
    visitor = browser(app, getattr(people, role, None))

    def answer(word: str) -> str:
        problem = f"本企业的问题与 {word} 有关，希望找到能够解决的单位。"
        return _plain(visitor.post("/describe", data={"problem": problem}).text, word)

    nothing = answer(NONSENSE)
    hidden = [word for word, readers in garden.readers.items() if role not in readers]
    assert [word for word in hidden if answer(word) != nothing] == []


def test_neither_notices_nor_mails_carry_what_was_hidden(sown, people, garden):
    with sown.sessions.read() as session:
        _hear(session, people, garden)


def _hear(session: Session, people: SimpleNamespace, garden: Garden) -> None:
    roles = {getattr(people, role).id: role for role in ROLES[1:]}
    for notice in session.scalars(select(Notice)):
        said = f"{notice.subject} {notice.text}"
        assert [word for word, readers in garden.readers.items()
                if roles[notice.user_id] not in readers and word in said] == []
    for job in session.scalars(select(Job)):
        assert [word for word in garden.readers if word in str(job.payload)] == []


def _heeds(visitor, path: str) -> bool:
    return _answer(visitor, path, "翘曲") != _answer(visitor, path, NONSENSE)


def _answer(visitor, path: str, word: str) -> str:
    return _plain(visitor.get(path, query_string={"q": word}).text, word)


def _plain(page: str, word: str) -> str:
    """A page without the words asked for, also where they were cut, and without what changes with each answer."""
    for one in (quote(word), quote_plus(word), *word.split()):
        page = re.sub(re.escape(one), "", page, flags=re.IGNORECASE)
    page = re.sub(r'nonce="[^"]*"|name="csrf_token"[^>]*|X-CSRFToken[^}]*|aria-label="[^"]*"', "", page)
    return re.sub(r"\s+", "", re.sub(r'(\bq\w*)|\.\.\.|…|value="[\w-]{22}"', "", page))

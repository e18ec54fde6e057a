"""The dashboard of a busy office, beside the bare SQL of the same counts.

    python -m scripts.bench_dashboard [--posts 11000] [--cases 3500] [--contracts 1000] [--rounds 15] [--json FILE]

Makes a SQLite database of its own with made-up rows of three years, asks for the page as the head of the office does
(one request after another, signed in, the first two not counted), and then runs the page's own statements on the bare
driver. Fails when the median is above 500 ms.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from statistics import median
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from pysqlite3 import dbapi2 as sqlite
from sqlalchemy import event, insert, update
from sqlalchemy.orm import Session

from matchmaker import config, create_app
from matchmaker.services import privacy
from models import Activity, Contract, Event, Introduction, Match, Organisation, Post, User, now
from models.post import CLASSES
from models.vocabulary import CONTRACT_TYPES, FIELDS, GATHERINGS, Kind, Role
from scripts import signed_in
from scripts.migrate import upgrade

LIMIT_MS = 500
PAGES = {"dashboard": "/dashboard", "by institute": "/dashboard?by=institute",
         "last year, one field": f"/dashboard?period=year&on={now().year - 1}-01-01&field=materials"}
WAY = ("proposed", "intent", "accepted", "meeting", "diagnosis", "nda", "negotiation", "drafted", "signed",
       "registered")
REGIONS = ("220100", "220104", "220200", "210100", "230100", None)
WORDS = "薄壁注塑件翘曲量在线测量与模内压力反馈补偿，" * 60
DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Sizes:
    posts: int
    cases: int
    contracts: int


class Office:
    """Made-up rows, the same for the same sizes."""

    def __init__(self, session: Session, sizes: Sizes) -> None:
        self.session, self.sizes, self.today = session, sizes, now()
        self.chance = random.Random(7)  # noqa: S311

    def fill(self) -> None:
        self._people()
        needs = self.sizes.posts // 3
        self.needs = self._posts(Kind.NEED, needs, "main_problem", self.firms)
        self.supplies = self._posts(Kind.ACHIEVEMENT, self.sizes.posts - needs, "description", self.institutes)
        self._many(Match, (self._match(need, rank) for need in self.needs for rank in range(1, 11)))
        self._cases()
        self._many(Contract, (self._contract(n) for n in range(self.sizes.contracts)))
        self._many(Activity, ({
            "version": 1, "kind": self._one(list(GATHERINGS)), "title": "示例活动", "held_on": self._at().date(),
            "participants": 40, "organiser_id": self._one(self.brokers)} for _ in range(400)))

    def _people(self) -> None:
        office = Organisation(name="示例技术转移中心", kind="transfer_agency")
        firms = [Organisation(name=f"示例企业{n}", kind="enterprise") for n in range(300)]
        institutes = [Organisation(name=f"示例大学{n}", kind="university") for n in range(40)]
        brokers = [User(email=f"broker{n}@example.com", name=f"示例经理{n}", role=Role.BROKER.value, password_hash="",
                        organisation=office) for n in range(20)]
        self.session.add_all([office, *firms, *institutes, *brokers])
        self.session.flush()
        self.firms, self.institutes, self.brokers = (
            [one.id for one in group] for group in (firms, institutes, brokers))

    def _posts(self, kind: Kind, count: int, long: str, owners: list[int]) -> list[tuple[int, dt.datetime]]:
        made = [self._at() for _ in range(count)]
        self._many(Post, ({
            "kind": kind.value, "state": "published", "version": 1, "title": f"示例{kind.label}{n}",
            "brief": WORDS[:200], "published_at": at, "created_at": at, "updated_at": at,
            "field": self._one([*FIELDS, None]), "region": self._one(REGIONS), "organisation_id": self._one(owners),
            "broker_id": self._one(self.brokers),
        } for n, at in enumerate(made)))
        self.session.execute(update(CLASSES[kind]).values({long: WORDS}))
        found = self.session.query(Post.id, Post.published_at).filter(Post.kind == kind.value)
        return [(row.id, row.published_at) for row in found]

    def _match(self, need: tuple[int, dt.datetime], rank: int) -> dict[str, Any]:
        return {"post_id": need[0], "candidate_id": self.supplies[(need[0] * 7 + rank) % len(self.supplies)][0],
                "candidate_kind": "achievement", "rank": rank, "score": 1.0, "probability": 0.5, "band": "weak",
                "passed": True, "reasons": [{"feature": "words", "detail": WORDS[:60]}] * 6, "rules": [],
                "evidence": {"need_sentence": WORDS[:200]}, "produced_by": {}, "created_at": need[1]}

    def _cases(self) -> None:
        cases, events = [], []
        for number in range(1, self.sizes.cases + 1):
            need, published = self._one(self.needs)
            at = published + self.chance.randrange(1, 60) * DAY
            supply = self.supplies[number % len(self.supplies)][0]
            row = {"id": number, "version": 1, "need_id": need, "supply_id": supply,
                   "broker_id": self._one(self.brokers), "created_at": at, "updated_at": at, "opened_side": "office",
                   "evidence": {"rank": self.chance.randrange(1, 20)}, "accepted_at": None}
            end = self._one(((), (), ("passed",), ("stalled",)))
            for state in [*WAY[:self.chance.randrange(1, len(WAY) + 1)], *end]:
                row |= {"state": state, "state_since": at}
                row["accepted_at"] = at if state == "accepted" else row["accepted_at"]
                events += [self._event(number, at, "introduction.moved", {"state": state}),
                           *(self._event(number, at, "case.message", {"text": WORDS[:80]}) for _ in range(3))]
                at += self.chance.randrange(1, 20) * DAY
            cases.append(row)
        self._many(Introduction, iter(cases))
        self._many(Event, iter(events))

    def _event(self, case: int, at: dt.datetime, action: str, after: dict[str, str]) -> dict[str, Any]:
        return {"at": at, "action": action, "subject": "introduction", "subject_id": case, "before": {}, "after": after}

    def _contract(self, number: int) -> dict[str, Any]:
        day, amount = self._at().date(), Decimal(self._one((80_000, 1_234_567, 250_000_000)))
        return {"version": 1, "state": self._one(("draft", "signed", "registered")),
                "project_name": f"示例项目{number}", "type": self._one(list(CONTRACT_TYPES)),
                "signed_on": day, "registered_on": day, "amount": amount,
                "technology_amount": amount / 2, "field": self._one([*FIELDS, None]), "region": self._one(REGIONS),
                "broker_id": self._one(self.brokers), "seller_id": self._one(self.institutes),
                "registry_number": f"{number:016}"}

    def _at(self) -> dt.datetime:
        return self.today - dt.timedelta(minutes=self.chance.randrange(3 * 365 * 1440))

    def _one(self, choices: Any) -> Any:
        return self.chance.choice(choices)

    def _many(self, model: Any, rows: Iterator[dict[str, Any]]) -> None:
        self.session.execute(insert(model.__table__), list(rows))


def measure(app: Flask, client: FlaskClient, path: str, rounds: int, file: Path) -> dict[str, Any]:
    """The page, and its own statements on the bare driver, turn by turn: medians in milliseconds. `cpu_ms` is the
    page's own time, which other work on the machine does not lengthen."""
    ours, bare, own = [], [], []
    with _said(app) as statements:
        _ask(client, path)
    for number in range(rounds + 2):
        before = time.process_time()
        page = _timed(lambda: _ask(client, path))
        used = (time.process_time() - before) * 1000
        sql = _timed(lambda: _replay(file, statements))
        if number > 1:
            own.append(used)
            ours.append(page)
            bare.append(sql)
    return {"statements": len(statements), "p50_ms": round(median(ours), 1), "cpu_ms": round(median(own), 1),
            "bare_p50_ms": round(median(bare), 1), "ratio": round(median(ours) / median(bare), 2)}


def _ask(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    if answer.status_code != 200:
        sys.exit(f"{path} answered {answer.status}")


def _replay(file: Path, statements: list[tuple[str, Any]]) -> None:
    with closing(sqlite.connect(file)) as bare:
        for text, values in statements:
            bare.execute(text, values).fetchall()


def _timed(call: Callable[[], None]) -> float:
    started = time.perf_counter()
    call()
    return (time.perf_counter() - started) * 1000


@contextmanager
def _said(app: Flask) -> Iterator[list[tuple[str, Any]]]:
    """The selects sent to the database meanwhile."""
    found: list[tuple[str, Any]] = []
    engine = app.extensions["sessions"].read.kw["bind"]

    def hear(_connection: Any, _cursor: Any, text: str, values: Any, *_rest: Any) -> None:
        if text.lstrip().upper().startswith(("SELECT", "WITH")):
            found.append((text, values))

    event.listen(engine, "before_cursor_execute", hear)
    yield found
    event.remove(engine, "before_cursor_execute", hear)


def _signed_in(app: Flask) -> FlaskClient:
    with app.extensions["sessions"].write() as session:
        head = User(email="head@example.com", name="示例主任", role=Role.HEAD.value, password_hash="",
                    privacy_version=privacy.VERSION)
        session.add(head)
        session.commit()
    return signed_in.browser(app, head)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, size in (("posts", 11_000), ("cases", 3_500), ("contracts", 1_000), ("rounds", 15)):
        arguments.add_argument(f"--{name}", type=int, default=size)
    arguments.add_argument("--json", type=Path)
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-dashboard-") as folder:
        settings = config.load({"INSTANCE": folder})
        upgrade(settings.database_url)
        app = create_app(settings)
        with app.extensions["sessions"].write() as session:
            Office(session, Sizes(given.posts, given.cases, given.contracts)).fill()
            session.commit()
        client = _signed_in(app)
        rows = {name: measure(app, client, path, given.rounds, Path(folder) / "matchmaker.db")
                for name, path in PAGES.items()}
        app.extensions["sessions"].dispose()
    print(f"{given.posts} posts, {given.cases} cases, {given.contracts} contracts")
    for name, row in rows.items():
        print(f"{name:<22} p50 {row['p50_ms']:>7} ms  CPU {row['cpu_ms']:>7} ms  bare SQL {row['bare_p50_ms']:>7} ms"
              f"  ratio {row['ratio']:>5}  {row['statements']} statements")
    if given.json:
        given.json.write_text(json.dumps(rows, indent=1, ensure_ascii=False), "utf-8")
    if max(row["p50_ms"] for row in rows.values()) > LIMIT_MS:
        sys.exit(f"a page takes more than {LIMIT_MS} ms")


if __name__ == "__main__":
    main()

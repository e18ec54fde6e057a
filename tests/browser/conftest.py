"""A real server of the service and a real browser (Debian's Chromium, or the one that CHROMIUM names)."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from sqlalchemy import delete, select
from sqlalchemy.orm import Session
from werkzeug.serving import make_server

from embeddings.hashing import HashingEncoder
from matchmaker import create_app
from matchmaker.config import Config, load
from matchmaker.engine import Engine
from matchmaker.services import accounts, indexing
from matchmaker.worker import Worker
from models import IndexState, Indicator, Match, Post, Sessions, make_sessions
from models.vocabulary import Role
from scripts.migrate import upgrade
from tests.builders import achievement, expert, facility, need, organisation, user

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"
Furnished = TypeVar("Furnished", bound="House")
PASSWORD = "a long enough pass phrase"


class House:
    """A running service with a few posts; `url` is where, `worker` does its jobs when told."""

    def __init__(self, folder: Path) -> None:
        self.settings: Config = load({"INSTANCE": str(folder)})
        upgrade(self.settings.database_url)
        self.sessions: Sessions = make_sessions(self.settings.database_url)
        engine = Engine(self.sessions, HashingEncoder)
        self.worker = Worker(self.settings, self.sessions, engine)
        self.ids = self._furnish()
        self.work()
        self.app = create_app(self.settings, finder=engine)
        self.server = make_server("127.0.0.1", 0, self.app, threaded=True)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever)

    def close(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()
        self.app.extensions["sessions"].dispose()
        self.sessions.dispose()

    def work(self) -> None:
        """Do every job that waits; the need keeps the candidates that tests look at, whatever was matched anew."""
        while self.worker.step():
            pass
        self._judge()

    def _judge(self) -> None:
        """Candidates of the need as the ranking would store them; whom it chooses is tested elsewhere."""
        with self.sessions.write() as session:
            session.execute(delete(Match).where(Match.post_id == self.ids["need"]))
            session.add_all([
                _match(self.ids["need"], self.ids["achievement"], 1, "achievement"),
                _match(self.ids["need"], self.ids["dear"], 2, "achievement", passed=False),
                _match(self.ids["need"], self.ids["expert"], 1, "expert"),
            ])
            session.commit()

    @staticmethod
    def _first_row(session: Session) -> None:
        if session.scalar(select(IndexState)) is None:
            session.add(IndexState(id=1, revision=0, encoder=""))

    def _furnish(self) -> dict[str, Any]:
        with self.sessions.write() as session:
            self._first_row(session)
            firm, university = organisation("示例精工有限公司"), organisation("示例理工大学", kind="university")
            hashed = accounts.hash_password(PASSWORD)
            for role in Role:
                whose = {"enterprise": firm, "researcher": university}.get(role)
                session.add(user(role, f"{role.label}示例", email=f"{role}@example.com", organisation=whose,
                                 password_hash=hashed))
            posts = _posts(firm, university)
            session.add_all(posts.values())
            indexing.publish_many(session, [post for post in posts.values() if post.state == "published"])
            session.commit()
            return {name: post.id for name, post in posts.items()}


def live(house: Furnished) -> Iterator[Furnished]:
    """A house that answers, until the tests are over."""
    house.thread.start()
    yield house
    house.close()


def _posts(firm: Any, university: Any) -> dict[str, Post]:
    bent = need("求薄壁注塑件翘曲控制办法", organisation=firm, field="materials", region="220100", trl=6,
                keywords=["注塑", "翘曲"], modes=["joint"], budget=500_000,
                key_technique="翘曲量不大于 0.3 mm。")
    bent.indicators = [Indicator(position=0, quantity="翘曲量", comparison="le", high=0.3, unit="mm")]
    long = need("长" * 100, organisation=firm, main_problem="这是一段很长的话。" * 550,
                keywords=["很长的关键词" * 5] * 5, field="agriculture", region="220500")
    answer = achievement(organisation=university, field="materials", region="220100", trl=6,
                         keywords=["注塑", "翘曲"], description="以模内压力反馈补偿收缩，薄壁注塑件翘曲量 0.2 mm。",
                         modes=["joint"], price=800_000)
    dear = achievement("薄壁注塑件翘曲量在线测量", organisation=university, price=9_000_000, price_negotiable=False,
                       description="薄壁注塑件翘曲量在线测量与补偿。", field="materials")
    return {"need": bent, "long": long, "achievement": answer, "dear": dear,
            "expert": expert(brief="研究薄壁注塑件翘曲。", organisation=university),
            "facility": facility(brief="薄壁注塑中试。", organisation=university),
            "waiting": need("还在审核的需求", organisation=firm, state="submitted")}


def _match(post_id: int, candidate_id: int, rank: int, kind: str, passed: bool = True) -> Match:
    return Match(
        post_id=post_id, candidate_id=candidate_id, candidate_kind=kind, rank=rank, score=2.0, probability=0.9,
        band="strong", passed=passed, produced_by={},
        reasons=[{"feature": "words", "score": 2.0, "weight": 1.0, "contribution": 2.0, "detail": "用词吻合度排第 1"}],
        rules=[{"rule": "budget", "verdict": "pass" if passed else "fail", "sentence": "预算与价格的比较。"},
               {"rule": "deadline", "verdict": "unknown", "sentence": "交付周期未说明。"}],
        evidence={"need_sentence": "翘曲量不大于 0.3 mm。", "candidate_sentence": "翘曲量 0.2 mm。",
                  "sentence_similarity": 0.9, "terms": [{"term": "翘曲", "weight": 3.0}],
                  "indicators": [{"quantity": "翘曲量", "wanted": "≤ 0.3 mm", "offered": "= 0.2 mm", "verdict": "met",
                                  "sentence": "翘曲量 0.2 mm。"}],
                  "places": {"pool": 2, "words": 1, "meaning": 1}, "summary": "用词与含义都接近。"})


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    yield from live(House(tmp_path_factory.mktemp("house")))


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


class Visitor:
    """Somebody with a browser; remembers what went wrong in it."""

    def __init__(self, house: House, context: BrowserContext) -> None:
        self.house, self.page = house, context.new_page()
        self.page.set_default_timeout(20_000)
        self.wrong: list[str] = []
        self.page.on("console", lambda said: self.wrong.append(said.text) if said.type == "error" else None)
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on("request", self._asked)

    def _asked(self, request: Any) -> None:
        if not request.url.startswith((self.house.url, "data:", "about:")):
            self.wrong.append(f"asked elsewhere: {request.url}")

    def go(self, path: str) -> Page:
        self.page.goto(self.house.url + path, wait_until="networkidle")
        return self.page

    def sign_in(self, role: str) -> None:
        self.go("/sign-in")
        self.page.fill("#email", f"{role}@example.com")
        self.page.fill("#password", PASSWORD)
        self.page.click("main button[type=submit]")
        self.page.wait_for_url(f"{self.house.url}/")


@pytest.fixture(scope="session")
def signed_in(house: House, chromium: Browser) -> dict[str, Any]:
    """What a browser keeps of each role that signed in once."""
    kept: dict[str, Any] = {"stranger": None}
    for role in ("enterprise", "researcher", "broker"):
        context = chromium.new_context()
        Visitor(house, context).sign_in(role)
        kept[role] = context.storage_state()
        context.close()
    return kept

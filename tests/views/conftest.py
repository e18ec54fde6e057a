"""People, their browsers, and an application whose engine is a small stand-in."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from types import SimpleNamespace

import numpy as np
import pytest
from flask import Flask
from flask.testing import FlaskClient
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker import create_app
from matchmaker.config import Config
from matchmaker.services import accounts
from matchmaker.services.ports import FinderUnavailable, Hit
from matchmaker.services.texts import public_passage
from models import Post, Sessions, User
from models.vocabulary import Kind, Role, State
from scripts import signed_in
from tests.builders import organisation, user
from tests.services.fakes import TOKENIZER

PASSWORD = "a long enough pass phrase"
HASH = accounts.hash_password(PASSWORD)


class Words:
    """A finder that knows nothing but shared pairs of characters; `away` makes it unreachable."""

    def __init__(self, sessions: Sessions) -> None:
        self.sessions, self.away = sessions, False

    def search(self, text: str, kind: Kind, k: int = 200, allowed: Collection[int] | None = None) -> list[Hit]:
        self._reach()
        with self.sessions.read() as session:
            wanted = select(Post).where(Post.kind == kind.value, Post.state == State.PUBLISHED.value)
            found = [Hit(post.id, self._shared(text, post), float("nan")) for post in session.scalars(wanted)
                     if allowed is None or post.id in allowed]
        return sorted((hit for hit in found if hit.bm25), key=lambda hit: -hit.bm25)[:k]

    def encode_sentences(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self._reach()
        return np.full((len(texts), 4), 0.5, np.float32)

    def read(self, pairs: Sequence[tuple[str, str]]) -> NDArray[np.float32]:
        self._reach()
        return np.full(len(pairs), np.nan, np.float32)

    def rarity(self, kind: Kind, terms: Sequence[str]) -> dict[str, float]:
        self._reach()
        return dict.fromkeys(terms, 2.0)

    def terms(self, text: str) -> list[str]:
        self._reach()
        return _pairs(text)

    def tagged(self, text: str) -> list[tuple[str, str]]:
        self._reach()
        return TOKENIZER.tagged(text)

    def status(self) -> dict[str, object]:
        self._reach()
        return {"state": "ready", "encoder": "words", "revision": 1}

    def _reach(self) -> None:
        if self.away:
            raise FinderUnavailable("the engine is away")

    @staticmethod
    def _shared(text: str, post: Post) -> float:
        passage = public_passage(post)
        words = " ".join((passage.title, *passage.keywords, passage.text))
        return float(len(set(_pairs(text)) & set(_pairs(words))))


def _pairs(text: str) -> list[str]:
    return [text[at : at + 2] for at in range(len(text) - 1)]


@pytest.fixture
def finder(sessions: Sessions) -> Words:
    return Words(sessions)


@pytest.fixture
def app(config: Config, finder: Words) -> Iterator[Flask]:
    """Forms are accepted without the token that their page holds; test_protection.py has it back."""
    application = create_app(config, finder=finder)
    application.config["WTF_CSRF_ENABLED"] = False
    yield application
    application.extensions["sessions"].dispose()


@pytest.fixture
def people(session: Session) -> SimpleNamespace:
    return settled(session)


def settled(session: Session) -> SimpleNamespace:
    """王工 of an enterprise, 李研究员 of a university, the office's staff, and an enterprise that is a rival."""
    firm, rival = organisation("示例精工有限公司"), organisation("示例同行有限公司")
    university = organisation("示例理工大学", kind="university")
    found = {
        "enterprise": user(Role.ENTERPRISE, "王工", organisation=firm, password_hash=HASH),
        "rival": user(Role.ENTERPRISE, "孙工", organisation=rival, password_hash=HASH),
        "researcher": user(Role.RESEARCHER, "李研究员", organisation=university, password_hash=HASH),
        "broker": user(Role.BROKER, "赵经理", password_hash=HASH),
        "head": user(Role.HEAD, "钱主任", password_hash=HASH),
        "admin": user(Role.ADMIN, "周管理员", password_hash=HASH),
    }
    session.add_all(found.values())
    session.commit()
    return SimpleNamespace(**found)


def browser(app: Flask, person: User | None = None) -> FlaskClient:
    """A browser, signed in as `person` if one is given."""
    return signed_in.browser(app, person) if person else app.test_client()


def words_of(page: str) -> str:
    """What a page says, without its marks."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))

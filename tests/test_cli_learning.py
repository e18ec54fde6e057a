"""`flask learn` and `flask weights`, as an operator runs them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select

from matchmaker.ranking.features import NAMES
from matchmaker.services import indexing
from models import Event, Sessions, Weights

Run = Callable[..., Result]


@pytest.fixture
def run(app: Flask) -> Run:
    return lambda *words: app.test_cli_runner().invoke(args=list(words))


def stored(sessions: Sessions, features: list[str]) -> str:
    with sessions.write() as session:
        row = Weights(
            encoder="m", features=features, data=dict.fromkeys(features, 0.5), training={"judgements": 240},
            metrics={"old": 0.61, "new": 0.7, "difference": 0.09, "low": 0.04, "high": 0.13})
        session.add(row)
        session.commit()
        return str(row.id)


@pytest.fixture
def adopted(sessions: Sessions) -> None:
    with sessions.write() as session:
        indexing.adopt(session, "m@1/512/x")
        session.commit()


def test_too_little_to_learn_from_is_a_sentence(run: Run, adopted: None) -> None:
    result = run("learn")
    assert result.exit_code == 1
    assert "判断数量不足" in result.output


def test_weights_are_shown_activated_and_rolled_back(run: Run, sessions: Sessions, adopted: None) -> None:
    assert run("weights").output == "当前使用出厂权重。\n"
    number = stored(sessions, list(NAMES))
    assert "61.0% → 70.0%" in run("weights").output
    assert f"已启用权重 {number}" in run("weights", "activate", number).output
    assert "在用" in run("weights").output
    assert "出厂权重" not in run("weights").output
    assert run("weights", "rollback").output == "已回退到出厂权重。\n"
    again = run("weights", "rollback")
    assert (again.exit_code, "没有可以回退的" in again.output) == (1, True)
    with sessions.read() as session:
        assert len(session.scalars(select(Event).where(Event.action == "weights.activated")).all()) == 2


def test_weights_of_other_features_cannot_be_activated(run: Run, sessions: Sessions, adopted: None) -> None:
    number = stored(sessions, ["words"])
    assert "不起作用" in run("weights").output
    result = run("weights", "activate", number)
    assert (result.exit_code, "不能启用" in result.output) == (1, True)
    for unknown in ("99", str(10**20)):
        assert f"没有编号为 {unknown} 的权重" in run("weights", "activate", unknown).output

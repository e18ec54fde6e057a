"""The operator's commands: each says what it did, and a failure is a sentence."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pysqlite3
import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import func, select

from embeddings.hashing import HashingEncoder
from matchmaker import create_app
from matchmaker.config import Config
from matchmaker.services import indexing, jobs
from models import Job, Post, PostVector, Sessions, User
from tests.builders import achievement, need

Run = Callable[..., Result]


@pytest.fixture
def app(config: Config) -> Flask:
    return create_app(replace(config, values=dict(config.values) | {"ENCODER_MODEL": "hashing"}))


@pytest.fixture
def run(app: Flask) -> Run:
    def run(*words: object) -> Result:
        result = app.test_cli_runner().invoke(args=[str(word) for word in words])
        app.extensions["sessions"].dispose()
        return result

    return run


@pytest.fixture
def posts(sessions: Sessions) -> list[int]:
    """A need and what answers it, published, not yet encoded."""
    with sessions.write() as session:
        made = [need("求耐高温热障涂层"), achievement("高温合金热障涂层制备"), achievement("磁力驱动离心泵")]
        session.add_all(made)
        session.flush()
        indexing.publish_many(session, made)
        session.commit()
        return [post.id for post in made]


def test_a_user_is_created_once(run: Run, sessions: Sessions) -> None:
    who = ("--email", "New@example.com", "--name", "示例", "--role", "broker", "--password", "kA9-vexing-owl")
    words = ("create-user", *who)
    assert run(*words).exit_code == 0
    again = run(*words)
    assert again.exit_code == 1
    assert "已有用户" in again.output
    with sessions.read() as session:
        assert session.scalars(select(User.email)).all() == ["new@example.com"]


def test_reindex_fills_every_vector_and_says_so(run: Run, posts: list[int], sessions: Sessions) -> None:
    result = run("reindex")
    assert result.exit_code == 0
    assert "hashing-256" in result.output
    with sessions.read() as session:
        assert session.scalar(select(func.count()).where(PostVector.data.is_not(None))) == len(posts)
        assert indexing.state(session)[1] == HashingEncoder().name


def test_match_prints_a_table_or_data(run: Run, posts: list[int]) -> None:
    run("reindex")
    shown = run("match", posts[0], "--kind", "achievement")
    assert shown.exit_code == 0, shown.output
    assert "求耐高温热障涂层" in shown.output
    data = json.loads(run("match", posts[0], "--json").output)
    assert data["post"] == posts[0]
    assert set(data["candidates"]) == {"achievement", "expert", "facility"}
    for number in (999_999, 2**31, 10**20):
        unknown = run("match", number)
        assert (unknown.exit_code, f"没有编号为 {number} 的信息" in unknown.output) == (1, True)


def test_search_shows_published_posts_only(run: Run, posts: list[int], sessions: Sessions) -> None:
    with sessions.write() as session:
        session.add(achievement("秘密热障涂层", state="draft"))
        session.commit()
    result = run("search", "热障涂层", "--kind", "achievement")
    assert "高温合金热障涂层制备" in result.output
    assert "秘密" not in result.output


def test_import_reports_and_is_repeatable(run: Run, tmp_path: Path, sessions: Sessions) -> None:
    path = tmp_path / "list.csv"
    path.write_text("编号,成果名称,成果简介\n1,示例耐磨涂层,用于轴承\n2,,没有名称\n", "utf-8")
    first = run("import", "achievement", path, "--wrong", tmp_path / "wrong.csv")
    assert first.exit_code == 0, first.output
    assert "新增 1" in first.output
    assert "有误 1" in first.output
    assert (tmp_path / "wrong.csv").exists()
    assert "未变 1" in run("import", "achievement", path).output
    with sessions.read() as session:
        assert session.scalar(select(func.count()).select_from(Post)) == 1


def test_a_backup_is_whole_and_overwrites_nothing(run: Run, posts: list[int], tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    assert run("backup", copy).exit_code == 0
    connection = pysqlite3.connect(copy)
    assert connection.execute("SELECT count(*) FROM post").fetchone() == (len(posts),)
    connection.close()
    assert "已存在" in run("backup", copy).output


def test_failed_jobs_are_listed_and_tried_again(run: Run, sessions: Sessions) -> None:
    with sessions.write() as session:
        session.add(Job(kind="mail", state="failed", error="邮件服务器没有应答"))
        session.commit()
    assert "邮件服务器没有应答" in run("jobs").output
    for number in (99, 10**20):
        assert run("jobs", "--retry", number).output == "Error: 没有这项任务。\n"
    assert "1 个任务" in run("jobs", "--retry", 0).output
    with sessions.read() as session:
        assert jobs.backlog(session)["queued"] == 1


def test_demo_data_is_loaded_once(run: Run) -> None:
    assert "achievement" in run("demo").output
    assert "achievement 0" in run("demo").output

"""What is said on the terminal while everything is indexed, and at the end."""

import threading

import pytest

from matchmaker.config import load
from scripts import run

WAITING = {"queued": 7, "running": 0, "failed": 0}
OVER = {"queued": 0, "running": 0, "failed": 0}


def engine(vectors=399, **more):
    """As /readyz has it."""
    return {"state": "ready", "error": "", "revision": 9, "database_revision": 9, "posts": {"need": 99, "expert": 300},
            "vectors": {"need": 99, "expert": vectors - 99}} | more


def followed(monkeypatch, capsys, *seen):
    """What is printed while /readyz answers so, one after the other."""
    answers = iter([{"engine": one, "jobs": jobs} for one, jobs in seen])
    monkeypatch.setattr(run, "_ready", lambda _settings: next(answers))
    monkeypatch.setattr(run, "PAUSE_SECONDS", 0.0)
    run._follow(load({}), threading.Event())
    assert next(answers, None) is None
    return [line for line in capsys.readouterr().out.splitlines() if line]


def test_all_is_well_only_when_every_post_has_its_vectors(monkeypatch, capsys):
    said = followed(monkeypatch, capsys, (engine(99), WAITING), (engine(399, revision=8), OVER), (engine(), OVER))
    assert said == ["» 语义检索已就绪，全部内容已建立索引。"]


def test_posts_without_vectors_and_failed_jobs_are_named(monkeypatch, capsys):
    index, jobs = followed(monkeypatch, capsys, (engine(120), OVER | {"failed": 5}))
    assert "279 条信息没有向量" in index
    assert "reindex" in index
    assert "5 项后台任务失败" in jobs
    assert "jobs --retry 0" in jobs


@pytest.mark.parametrize("jobs", [WAITING, OVER])
def test_a_missing_encoder_is_said_once_and_when_it_is_mended_too(monkeypatch, capsys, jobs):
    away = engine(99, state="lexical", error="缺少文件 model.safetensors。")
    if jobs is OVER:
        assert followed(monkeypatch, capsys, (away, OVER)) == ["» 语义检索不可用：缺少文件 model.safetensors。"]
        return
    waits, mended = followed(monkeypatch, capsys, (away, WAITING), (away, WAITING), (engine(), OVER))
    assert "暂不可用" in waits
    assert "缺少文件 model.safetensors。" in waits
    assert "全部内容已建立索引" in mended

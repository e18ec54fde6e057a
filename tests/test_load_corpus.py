"""Real lists are recognised by what they hold, and loading them twice changes nothing."""

import pytest
from sqlalchemy import select

from matchmaker.config import load
from matchmaker.encoders import FOR_TESTS
from models import Achievement, Job, Need
from models.vocabulary import Kind
from scripts import load_corpus
from tests.services.lists import jsonl_file

PAPER = {"_id": "p-1", "title": "示例合金的激光熔覆", "text": "研究了熔覆层的硬度。", "metadata": {
    "keywords": ["激光熔覆"], "orgs": ["示例大学"], "year": 2020, "area": "材料化工与机械", "url": "https://example.com/p"}}
STATED = {"id": "need-1", "text": "现有涂层在高湿环境下易脱落。", "author_enterprises": ["示例涂层有限公司"],
          "area": "材料化工与机械", "source_url": "https://example.com/n"}


def test_papers_and_stated_problems(sessions, tmp_path, capsys):
    files = [jsonl_file(tmp_path / "corpus.jsonl", [PAPER]), jsonl_file(tmp_path / "needs.jsonl", [STATED])]
    for said in ("新增 1，更新 0，未变 0", "新增 0，更新 0，未变 1"):
        for path in files:
            load_corpus.load(sessions, path, load_corpus.options_for(path, None, "示例清单"))
        assert capsys.readouterr().out.count(said) == 2
    with sessions.read() as session:
        assert session.scalars(select(Achievement)).one().source_note == "公开论文"
        assert session.scalars(select(Need)).one().source_note == "论文所述问题"
    assert load_corpus.backlog(sessions)[0] == 2


def test_without_a_worker_this_process_computes(sessions, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(load_corpus, "PATIENCE", 0.0)
    for path in (jsonl_file(tmp_path / "corpus.jsonl", [PAPER]), jsonl_file(tmp_path / "needs.jsonl", [STATED])):
        load_corpus.load(sessions, path, load_corpus.options_for(path, None, "示例清单"))
    settings = load({"INSTANCE": str(tmp_path), "ENCODER_MODEL": FOR_TESTS, "MATCHMAKER_TESTING": "1"})
    load_corpus.finish(settings, sessions)
    assert load_corpus.backlog(sessions) == (0, 0)
    told = capsys.readouterr()
    assert "由本程序计算" in told.out
    assert all(name in told.err for name in load_corpus.STAGES.values())


def test_while_a_worker_is_at_work_it_is_waited_for(sessions, tmp_path, monkeypatch):
    monkeypatch.setattr(load_corpus, "PATIENCE", 0.0)
    with sessions.write() as session:
        session.add(Job(kind="embed", state="running", claimed_by="other"))
        session.commit()
    looked = []

    def look(_seconds):
        looked.append(1)
        with sessions.write() as session:
            session.scalars(select(Job)).one().state = "done" if len(looked) > 2 else "running"
            session.commit()

    monkeypatch.setattr(load_corpus.time, "sleep", look)
    monkeypatch.setattr(load_corpus, "Worker", None)
    load_corpus.finish(load({"INSTANCE": str(tmp_path)}), sessions)
    assert len(looked) == 3


@pytest.mark.parametrize("content", ["title\n甲\n", "", "[1]"])
def test_other_files_are_achievements_unless_said_otherwise(tmp_path, content):
    (tmp_path / "list").write_text(content, "utf-8")
    assert load_corpus.options_for(tmp_path / "list", None, None).kind == Kind.ACHIEVEMENT
    assert load_corpus.options_for(tmp_path / "list", Kind.EXPERT, None).kind == Kind.EXPERT

"""A broker who opens the demonstration sees answers first, refused ones apart, and needs that nobody answers."""

import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from sqlalchemy import select

from embeddings.hashing import HashingEncoder
from matchmaker.engine import Engine
from matchmaker.services import demo, indexing
from matchmaker.services.shortlists import Row, shortlist
from models import Need, Sessions, make_sessions
from models.vocabulary import Kind

QRELS = Path(__file__).resolve().parent.parent / "data" / "demo_qrels.tsv"
ANSWERED = (
    "tcm-n01", "opt-n04", "pol-n02", "aut-n03", "stl-n05", "agr-n02", "med-n03", "equ-n04", "ene-n03", "env-n04",
)
UNANSWERED = ("opt-n08", "env-n07")


@pytest.fixture(scope="module")
def loaded(empty_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sessions]:
    path = tmp_path_factory.mktemp("demo") / "matchmaker.db"
    shutil.copy(empty_sqlite, path)
    sessions = make_sessions(f"sqlite:///{path}")
    encoder = HashingEncoder(256)
    with sessions.write() as session:
        indexing.adopt(session, encoder.name)
        demo.load(session)
        found = indexing.waiting(session, encoder.name, indexing.lacking(session, encoder.name))
        vectors = encoder.encode_supplies([one.passage for one in found])
        indexing.store(session, encoder.name, list(zip(found, vectors, strict=True)))
        session.commit()
    yield sessions
    sessions.dispose()


@pytest.fixture(scope="module")
def engine(loaded: Sessions) -> Engine:
    return Engine(loaded, lambda: HashingEncoder(256))


@cache
def judged() -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for line in QRELS.read_text(encoding="utf-8").splitlines():
        need, achievement, score = line.split("\t")
        found.setdefault(need, {})[achievement] = int(score)
    return found


def listed(sessions: Sessions, engine: Engine, external_id: str) -> list[Row]:
    """The achievements for a need, likeliest first, refused ones among them."""
    with sessions.read() as session:
        need = session.scalars(select(Need).where(Need.external_id == external_id)).one()
        rows = shortlist(session, engine, need, Kind.ACHIEVEMENT)
    return sorted(rows, key=lambda row: -row.ranked.probability)


@pytest.mark.parametrize("need", ANSWERED)
def test_the_answer_stands_before_all_that_answers_less(loaded: Sessions, engine: Engine, need: str):
    rows = listed(loaded, engine, need)
    best = rows[0]
    assert judged()[need][best.post.external_id or ""] == 2
    assert best.ranked.band == "strong"


@pytest.mark.parametrize("need", UNANSWERED)
def test_nothing_is_called_strong_for_a_need_that_nobody_answers(loaded: Sessions, engine: Engine, need: str):
    assert need not in judged()
    assert "strong" not in {row.ranked.band for row in listed(loaded, engine, need)}


def test_an_answer_above_the_budget_is_shown_as_refused(loaded: Sessions, engine: Engine):
    rows = {row.post.external_id: row for row in listed(loaded, engine, "pol-n06")}
    verdicts = {verdict.rule: verdict.verdict for verdict in rows["pol-a11"].ranked.rules}
    assert verdicts["budget"] == "fail"
    assert not rows["pol-a11"].ranked.passed

"""One door to encoder and indexes: it finds what the database says, and nothing else."""

from __future__ import annotations

import math
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy.orm import Session

from embeddings.errors import EncoderUnavailable
from embeddings.hashing import HashingEncoder
from matchmaker import config
from matchmaker.config import BadSetting, Config
from matchmaker.encoders import model_of, open_encoder
from matchmaker.engine import Engine
from matchmaker.services import indexing
from matchmaker.services.ports import FinderUnavailable
from models import Post, Sessions
from models.vocabulary import Kind, State
from tests.builders import achievement, expert, need

FULL_FOR_A_MOMENT = """
import resource, structlog, sys, time
from pathlib import Path
from embeddings.hashing import HashingEncoder
from matchmaker import engine as product
from matchmaker.services.ports import FinderUnavailable
from models import make_sessions
from models.vocabulary import Kind
structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
product.REST_SECONDS, work = 2.0, Path(sys.argv[2])
engine = product.Engine(make_sessions(sys.argv[1]), HashingEncoder, work=work)
limit = resource.getrlimit(resource.RLIMIT_FSIZE)
assert engine.encoder
resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 16, limit[1]))
for rest in (0.0, 0.0, 2.0):
    time.sleep(rest)
    try:
        print(len(engine.search("热障涂层", Kind.ACHIEVEMENT, 1000)), "found")
    except FinderUnavailable as error:
        print(error)
    resource.setrlimit(resource.RLIMIT_FSIZE, limit)
print(len(list(work.glob("*/*"))), "indexes on disk")
"""
COATING, PUMP, LENS = "高温合金表面热障涂层制备", "磁力驱动化工离心泵", "光学镜头杂散光抑制设计"


@pytest.fixture
def engine(sessions: Sessions) -> Engine:
    engine = Engine(sessions, HashingEncoder)
    assert engine.encoder
    return engine


def publish(sessions: Sessions, *posts: Post, embedded: bool = True) -> list[int]:
    with sessions.write() as session:
        session.add_all(posts)
        session.flush()
        indexing.publish_many(session, posts)
        ids = [post.id for post in posts]
        if embedded:
            embed(session, ids)
        session.commit()
    return ids


def embed(session: Session, ids: list[int], encoder: HashingEncoder | None = None) -> None:
    encoder = encoder or HashingEncoder()
    found = indexing.waiting(session, encoder.name, ids)
    vectors = encoder.encode_supplies([one.passage for one in found])
    indexing.store(session, encoder.name, list(zip(found, vectors, strict=True)))


def change(sessions: Sessions, post_id: int, verb: Callable[[Session, Post], None]) -> None:
    with sessions.write() as session:
        verb(session, session.get_one(Post, post_id))
        session.commit()


def withdraw(session: Session, post: Post) -> None:
    post.state = State.WITHDRAWN.value
    indexing.withdraw(session, post)


def found(engine: Engine, text: str, kind: Kind = Kind.ACHIEVEMENT) -> list[int]:
    """Ids by meaning, nearest first; without vectors by terms."""
    hits = engine.search(text, kind)
    return [hit.post_id for hit in sorted(hits, key=lambda hit: (-hit.similarity, -hit.bm25))]


def test_the_nearest_post_is_found_with_both_its_scores(engine: Engine, sessions: Sessions) -> None:
    coating, pump, _ = publish(sessions, achievement(COATING), achievement(PUMP), need(COATING))
    hits = {hit.post_id: hit for hit in engine.search("热障涂层", Kind.ACHIEVEMENT)}
    assert set(hits) == {coating, pump}
    assert hits[coating].similarity > hits[pump].similarity
    assert hits[coating].bm25 > hits[pump].bm25 == 0


def test_every_candidate_has_exact_scores_whichever_index_found_it(engine: Engine, sessions: Sessions) -> None:
    publish(sessions, *(achievement(f"{name}{n}号") for n in range(8) for name in (COATING, PUMP, LENS)))
    whole = {hit.post_id: hit for hit in engine.search("涂层与杂散光", Kind.ACHIEVEMENT, k=200)}
    for hit in engine.search("涂层与杂散光", Kind.ACHIEVEMENT, k=3):
        assert hit.bm25 == pytest.approx(whole[hit.post_id].bm25, abs=1e-5)
        assert hit.similarity == pytest.approx(whole[hit.post_id].similarity, abs=1e-5)


def test_only_allowed_posts_are_candidates(engine: Engine, sessions: Sessions) -> None:
    ids = publish(sessions, *(achievement(f"{COATING}{n}") for n in range(6)))
    assert {hit.post_id for hit in engine.search(COATING, Kind.ACHIEVEMENT, allowed=ids[2:4])} == set(ids[2:4])
    assert engine.search(COATING, Kind.ACHIEVEMENT, allowed=[]) == []


def test_what_another_process_does_is_seen_by_the_next_search(engine: Engine, sessions: Sessions) -> None:
    assert found(engine, COATING) == []
    (coating,) = publish(sessions, achievement(COATING))
    assert found(engine, COATING) == [coating]
    change(sessions, coating, lambda session, post: (setattr(post, "title", PUMP), indexing.publish(session, post))[1])
    assert engine.search("磁力离心泵", Kind.ACHIEVEMENT)[0].bm25 > 0
    change(sessions, coating, withdraw)
    assert found(engine, PUMP) == []


def test_a_post_without_vectors_yet_is_found_by_its_terms(engine: Engine, sessions: Sessions) -> None:
    old, new = publish(sessions, achievement(PUMP))[0], publish(sessions, achievement(COATING), embedded=False)[0]
    hits = {hit.post_id: hit for hit in engine.search("热障涂层", Kind.ACHIEVEMENT)}
    assert math.isnan(hits[new].similarity)
    assert hits[new].bm25 > 0
    assert not math.isnan(hits[old].similarity)


def test_batches_and_concurrent_searches_lead_to_the_same_index(
    engine: Engine, sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("matchmaker.engine.BATCH", 7)
    ids = publish(sessions, *(achievement(f"{COATING}{n}") for n in range(40)), expert("示例专家"))
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda _: found(engine, COATING), range(8)))
    assert all(set(result) == set(ids[:-1]) for result in results)
    assert engine.status()["posts"] == {"need": 0, "achievement": 40, "expert": 1, "facility": 0}


def test_following_step_by_step_equals_building_from_nothing(engine: Engine, sessions: Sessions) -> None:
    """Posts come, change and go; an engine that followed and one that starts now give the same answers."""
    ids = publish(sessions, *(achievement(f"{(COATING, PUMP, LENS)[n % 3]}{n}") for n in range(30)))
    for n, post_id in enumerate(ids):
        engine.catch_up()
        if n % 3 == 0:
            change(sessions, post_id, withdraw)
        elif n % 3 == 1:
            change(sessions, post_id, lambda session, post: (
                setattr(post, "title", f"{LENS}改{post.id}"), indexing.publish(session, post), embed(session, [post.id])
            )[1])
    fresh = Engine(sessions, HashingEncoder)
    for text in (COATING, PUMP, LENS):
        ours, theirs = (
            {hit.post_id: round(hit.similarity, 4) for hit in one.search(text, Kind.ACHIEVEMENT)}
            for one in (engine, fresh)
        )
        assert ours == theirs
        assert len(ours) == 20


def test_a_start_from_saved_indexes_sees_what_changed_since(engine: Engine, sessions: Sessions, tmp_path: Path) -> None:
    folder = tmp_path / "index"
    saving = Engine(sessions, HashingEncoder, folder)
    coating, pump = publish(sessions, achievement(COATING), achievement(PUMP))
    assert len(saving.search(COATING, Kind.ACHIEVEMENT)) == 2
    saving.save()
    change(sessions, pump, withdraw)
    (lens,) = publish(sessions, achievement(LENS))
    loading = Engine(sessions, HashingEncoder, folder)
    loading.load_saved()
    assert loading.revision == saving.revision > 0
    assert set(found(loading, COATING)) == {coating, lens}


@pytest.mark.parametrize("damage", ["truncate", "flip", "delete"])
def test_a_damaged_file_is_rebuilt_from_the_database(sessions: Sessions, tmp_path: Path, damage: str) -> None:
    folder = tmp_path / "index"
    saving = Engine(sessions, HashingEncoder, folder)
    assert saving.encoder
    ids = publish(sessions, achievement(COATING), achievement(PUMP))
    saving.search(COATING, Kind.ACHIEVEMENT)
    saving.save()
    victim = max((path for path in (folder / "achievement.vectors").iterdir()), key=lambda path: path.stat().st_size)
    content = bytearray(victim.read_bytes())
    content[len(content) // 2] ^= 0xFF
    {"truncate": lambda: victim.write_bytes(content[: len(content) // 2]), "flip": lambda: victim.write_bytes(content),
     "delete": victim.unlink}[damage]()
    loading = Engine(sessions, HashingEncoder, folder)
    loading.load_saved()
    assert loading.revision == 0
    assert set(found(loading, COATING)) == set(ids)


def test_indexes_of_another_database_are_thrown_away(sessions: Sessions, tmp_path: Path) -> None:
    """A restored database may have the revision of the saved index and other posts."""
    engine = Engine(sessions, HashingEncoder, tmp_path / "index")
    assert engine.encoder
    ids = publish(sessions, achievement(COATING), achievement(PUMP))
    engine.search(COATING, Kind.ACHIEVEMENT)
    with sessions.write() as session:
        session.delete(session.get_one(Post, ids[0]))
        session.commit()
    engine.check()
    assert found(engine, COATING) == ids[1:]


@pytest.mark.parametrize("sessions", ["sqlite"], indirect=True)
def test_a_full_disk_sends_searches_to_keywords_and_after_a_rest_everything_is_found_again(
    sessions: Sessions, config: Config
) -> None:
    """No file of the child may outgrow 64 KiB, for a moment only: a search then, soon after, and after a rest."""
    Engine(sessions, HashingEncoder).search("", Kind.NEED)
    words = "".join(chr(0x4E00 + n * 37 % 20_000) for n in range(400))
    ids = publish(sessions, *(achievement(f"{COATING}{n}", description=words[n:]) for n in range(300)))
    child = [sys.executable, "-c", FULL_FOR_A_MOMENT, config.text("DATABASE_URL"), str(config.instance / "work")]
    done = subprocess.run(child, capture_output=True, text=True, check=False)
    full, soon, later, left = done.stdout.splitlines()
    assert "检查磁盘空间" in full, done.stderr
    assert soon == full
    assert (later, left) == (f"{len(ids)} found", f"{len(Kind)} indexes on disk")


def test_served_it_answers_by_terms_while_the_encoder_loads(sessions: Sessions) -> None:
    may_load = threading.Event()

    def slowly() -> HashingEncoder:
        may_load.wait(10)
        return HashingEncoder()

    Engine(sessions, HashingEncoder).search("", Kind.NEED)
    (coating,) = publish(sessions, achievement(COATING))
    engine = Engine(sessions, slowly, patient=False)
    with ThreadPoolExecutor() as pool:
        loading = pool.submit(lambda: engine.encoder)
        (hit,) = engine.search("热障涂层", Kind.ACHIEVEMENT)
        assert (hit.post_id, math.isnan(hit.similarity)) == (coating, True)
        assert engine.status()["state"] == "loading"
        with pytest.raises(FinderUnavailable):
            engine.encode_sentences(["涂层"])
        may_load.set()
        loading.result(10)
    assert not math.isnan(engine.search("热障涂层", Kind.ACHIEVEMENT)[0].similarity)
    assert engine.status()["state"] == "ready"


def test_an_encoder_other_than_the_one_in_use_is_not_compared_with_its_vectors(sessions: Sessions) -> None:
    Engine(sessions, HashingEncoder).search("", Kind.NEED)
    publish(sessions, achievement(COATING))
    other = Engine(sessions, lambda: HashingEncoder(64))
    (hit,) = other.search("热障涂层", Kind.ACHIEVEMENT)
    assert math.isnan(hit.similarity)
    assert other.status()["state"] == "lexical"


def test_after_a_switch_the_engine_of_the_new_encoder_has_its_vectors(sessions: Sessions) -> None:
    Engine(sessions, HashingEncoder).search("", Kind.NEED)
    ids = publish(sessions, achievement(COATING))
    new = HashingEncoder(64)
    engine = Engine(sessions, lambda: new)
    engine.search("", Kind.ACHIEVEMENT)
    with sessions.write() as session:
        embed(session, ids, new)
        assert indexing.switch(session, new.name)
        session.commit()
    assert not math.isnan(engine.search("热障涂层", Kind.ACHIEVEMENT)[0].similarity)


def test_an_encoder_that_cannot_be_loaded_is_said_so(sessions: Sessions) -> None:
    def missing() -> HashingEncoder:
        raise EncoderUnavailable("编码器权重缺失")

    with pytest.raises(FinderUnavailable, match="编码器权重缺失"):
        Engine(sessions, missing).search(COATING, Kind.ACHIEVEMENT)


def test_rarity_and_terms_are_those_of_the_lexical_index(engine: Engine, sessions: Sessions) -> None:
    publish(sessions, achievement(COATING), achievement(PUMP), achievement(LENS))
    assert "涂层" in engine.terms("热障涂层")
    rarity = engine.rarity(Kind.ACHIEVEMENT, ["涂层", "不存在的词"])
    assert rarity["不存在的词"] > rarity["涂层"] > 0


def test_odd_questions_are_answered(engine: Engine, sessions: Sessions) -> None:
    publish(sessions, achievement(COATING))
    for text in ("", "   ", "😀" * 50, "涂层" * 50_000, "<b>&\x00\ud800", 'title:"x" AND (', "*?~^"):
        assert isinstance(engine.search(text, Kind.ACHIEVEMENT), list)


def test_production_refuses_the_encoder_for_tests() -> None:
    settings = config.load({"ENCODER_MODEL": "hashing"})
    with pytest.raises(BadSetting, match="测试专用"):
        open_encoder(settings, {})
    assert open_encoder(settings, {"MATCHMAKER_TESTING": "1"}).name.startswith("hashing")


def test_missing_weights_are_named_with_what_to_do(tmp_path: Path) -> None:
    settings = config.load({"INSTANCE": str(tmp_path), "ENCODER_MODEL": str(tmp_path / "nothing")})
    with pytest.raises(EncoderUnavailable, match="make run"):
        open_encoder(settings, {})
    assert str(model_of(config.load({"ENCODER_MODEL": "BAAI/bge-small-zh-v1.5"}))) == "BAAI/bge-small-zh-v1.5"


def test_a_damaged_encoder_of_the_code_is_not_silently_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("matchmaker.encoders.SHIPPED", tmp_path / "adapted")
    settings = config.load({"INSTANCE": str(tmp_path)})
    assert model_of(settings) == tmp_path / "encoder" / "m3e-small"
    (tmp_path / "adapted").mkdir()
    assert model_of(settings) == tmp_path / "adapted"


class Reads:
    """Scores a passage by the characters that it shares with the question."""

    def scores(self, pairs):
        return np.array([len(set(question) & set(passage)) for question, passage in pairs], np.float32)


def test_pairs_are_read_where_something_reads(sessions):
    pairs = [("涂层", "热障涂层"), ("泵", "镜头")]
    assert Engine(sessions, HashingEncoder, open_reranker=Reads).read(pairs).tolist() == [2.0, 0.0]
    assert np.isnan(Engine(sessions, HashingEncoder).read(pairs)).all()


def test_a_reranker_that_cannot_be_opened_is_done_without(sessions):
    def damaged():
        raise EncoderUnavailable("damaged")

    with pytest.raises(FinderUnavailable, match="damaged"):
        Engine(sessions, HashingEncoder, open_reranker=damaged).read([("涂层", "热障涂层")])

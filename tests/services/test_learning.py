"""flask learn: from stored judgements to weights that wait; activating them and going back."""

import json

import numpy as np
import pytest
from sqlalchemy import func, select

from matchmaker.ranking.features import NAMES
from matchmaker.ranking.rank import weights_for
from matchmaker.services import indexing, learning, weighing
from matchmaker.services.problems import NotFound, Problem
from models import Event, Job, Judgement, Weights
from tests.builders import achievement, need, user

ENCODER = "m@1/512/x"


@pytest.fixture
def office(session):
    """An office whose people find meaning more telling than words; six judge 36 needs with eight candidates each."""
    indexing.adopt(session, ENCODER)
    people = [user("broker", f"经理{n}") for n in range(6)]
    needs, offered = [need(f"需求{n}") for n in range(36)], [achievement(f"成果{n}") for n in range(8)]
    session.add_all([*people, *needs, *offered])
    session.flush()
    random = np.random.default_rng(3)
    for number, asked in enumerate(needs):
        scores = random.normal(size=(8, len(NAMES)))
        good = scores[:, NAMES.index("meaning")] + random.normal(scale=0.3, size=8) > 0
        good[:2] = True, False
        session.add_all(judgement(asked, other, people[number % 6], bool(fits), row)
                        for other, fits, row in zip(offered, good, scores, strict=True))
    session.flush()
    return people, needs, offered


def judgement(asked, offered, person, fits, scores, **more):
    pairs = zip(NAMES, scores, strict=True)
    reasons = [{"feature": name, "score": float(score), "detail": ""} for name, score in pairs]
    return Judgement(**{
        "post_id": asked.id, "candidate_id": offered.id, "user_id": person.id, "verdict": "fits" if fits else "unfits",
        "reason": None if fits else "off_need", "note": "", "post_version": 1, "candidate_version": 1, "rank": 1,
        "score": 0.0, "reasons": reasons, "encoder": ENCODER, "weights": "w"} | more)


def test_weights_are_learnt_stored_and_told_and_change_nothing_yet(session, office):
    before = weighing.current(session, ENCODER)
    row = learning.learn(session)
    assert (row.active, row.encoder, row.features) == (False, "m", list(NAMES))
    assert row.data["meaning"] > row.data["words"]
    assert row.metrics["low"] > 0
    assert row.training == {"judgements": 288, "pairs": 288, "posts": 36, "people": 6, "passed_over": 0,
                            "benchmark_pairs": 0}
    told = learning.told(row)
    assert f"{before.values['words']:.3f} → {row.data['words']:.3f}" in told
    assert "新权重更好" in told
    assert weighing.current(session, ENCODER) == before


def test_with_too_few_judgements_it_says_how_many_lack(session):
    indexing.adopt(session, ENCODER)
    with pytest.raises(Problem, match=r"判断数量不足.*还差 200 对.*还差 30 条"):
        learning.learn(session)
    assert session.scalar(select(func.count()).select_from(Weights)) == 0


def test_judgements_of_one_verdict_are_not_enough(session, office):
    session.execute(Judgement.__table__.update().where(Judgement.id > 20).values(verdict="fits", reason=None))
    with pytest.raises(Problem, match=r"还差 0 对.*还差 27 条"):
        learning.learn(session)


def test_other_models_other_features_and_what_was_taken_back_teach_nothing(session, office):
    people, needs, offered = office
    zeros = [0.0] * len(NAMES)
    session.add_all([
        judgement(needs[0], offered[0], people[5], True, zeros, encoder="other@1"),
        judgement(needs[0], offered[1], people[5], True, zeros, reasons=[{"feature": "luck", "score": 1.0}]),
        judgement(needs[0], offered[2], people[0], True, zeros, verdict="withdrawn"),
    ])
    session.flush()
    found = learning.taught(session, ENCODER)
    assert (len(found.judged.fits), found.passed_over, found.pairs) == (287, 2, 287)


def test_activating_and_going_back_is_explicit_logged_and_recomputes_the_needs(session, office):
    people, needs, _ = office
    shipped = weighing.current(session, ENCODER)
    first, second = learning.learn(session), learning.learn(session)
    second.data = second.data | {"words": 0.5}
    weighing.activate(session, people[0], first.id)
    weighing.activate(session, None, second.id)
    weighing.activate(session, None, second.id)
    assert weighing.current(session, ENCODER).values == second.data
    assert weighing.rollback(session, None) is first
    assert weighing.current(session, ENCODER).values == first.data
    assert weighing.rollback(session, None) is None
    assert weighing.current(session, ENCODER) == shipped
    with pytest.raises(Problem, match="出厂权重"):
        weighing.rollback(session, None)
    steps = [(event.before["weights"], event.after["weights"]) for event in session.scalars(
        select(Event).where(Event.action == "weights.activated").order_by(Event.id))]
    assert steps == [(None, first.id), (first.id, second.id), (second.id, first.id), (first.id, None)]
    jobs = session.scalars(select(Job).where(Job.kind == "shortlist")).all()
    assert {job.payload["post_id"] for job in jobs} == {post.id for post in needs}
    assert (first.activated_by, second.activated_by) == (None, None)


def test_weights_of_another_model_or_other_features_are_refused(session, office):
    row = learning.learn(session)
    for wrong in ({"encoder": "other"}, {"features": ["words"], "data": {"words": 1.0}}):
        stored = Weights(**{"encoder": "m", "features": row.features, "data": row.data, "metrics": row.metrics,
                            "training": row.training} | wrong)
        session.add(stored)
        session.flush()
        with pytest.raises(Problem, match="不一致"):
            weighing.activate(session, None, stored.id)
    with pytest.raises(NotFound):
        weighing.activate(session, None, 10_000)


def test_after_a_change_of_model_the_shipped_weights_rank(session, office):
    weighing.activate(session, None, learning.learn(session).id)
    assert weighing.current(session, "other@2") == weights_for("other@2")
    assert weighing.current(session, "m@2/256/y") != weights_for("m@2/256/y")


def test_benchmark_pairs_take_part_and_are_measured(session, office, tmp_path, monkeypatch):
    path = tmp_path / "pairs.json"
    pairs = [[1.0] + [0.0] * (len(NAMES) - 1)] * 50
    path.write_text(json.dumps({"m": {"features": list(NAMES), "pairs": pairs}, "n": {"features": ["x"], "pairs": []}}))
    alone = learning.learn(session)
    monkeypatch.setattr(learning.benchmark_pairs, "__defaults__", (path,))
    held = learning.learn(session)
    assert held.data["words"] > alone.data["words"]
    assert held.training["benchmark_pairs"] == 50
    assert (held.metrics["benchmark_old"], held.metrics["benchmark_new"]) == (1.0, 1.0)
    assert "基准样本中排序正确" in learning.told(held)
    assert learning.benchmark_pairs("n@1", path) is learning.benchmark_pairs("absent", path) is None

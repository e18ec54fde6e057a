"""New ranking weights from what people judged and from the benchmark; they rank nothing until someone says so."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.ranking.features import NAMES
from matchmaker.ranking.learn import Gain, Judged, Pairs, fitted, held_out
from matchmaker.services import indexing, judging, weighing
from matchmaker.services.problems import Problem
from models import Judgement, Post, User
from models import Weights as Learnt

Floats = NDArray[np.float64]
ENOUGH_PAIRS, ENOUGH_POSTS = 200, 30
PAIRS_FILE = Path(__file__).parent.parent / "ranking" / "benchmark_pairs.json"


@dataclass(frozen=True)
class Taught:
    """The judgements that can teach the weights in use, and how many cannot: made under another model or other
    features."""

    judged: Judged
    passed_over: int
    pairs: int
    """Different candidates of different posts."""
    posts: int
    """Posts with one that fits and one that does not: only these can be compared."""

    def check_enough(self) -> None:
        """Raises Problem that says what is missing."""
        if self.pairs >= ENOUGH_PAIRS and self.posts >= ENOUGH_POSTS:
            return
        raise Problem(
            f"判断数量不足，未拟合新权重：需要至少 {ENOUGH_PAIRS} 对判断，现有 {self.pairs} 对，"
            f"还差 {max(0, ENOUGH_PAIRS - self.pairs)} 对；需要至少 {ENOUGH_POSTS} 条信息既有“合适”也有“不合适”的候选，"
            f"现有 {self.posts} 条，还差 {max(0, ENOUGH_POSTS - self.posts)} 条。"
            + (f"另有 {self.passed_over} 条判断作于其他模型或其他匹配理由之下，未计入。" if self.passed_over else ""))


def learn(session: Session, actor: User | None = None) -> Learnt:
    """Fit weights on all judgements that count, measure them on held-out lists, and store them inactive.

    Raises Problem when there is too little to learn from.
    """
    _, encoder = indexing.state(session)
    found = taught(session, encoder)
    found.check_enough()
    old = np.array([weighing.current(session, encoder).values[name] for name in NAMES])
    benchmark = benchmark_pairs(encoder)
    new = fitted(Pairs.of(found.judged).with_benchmark(benchmark), old)
    measured = held_out(found.judged, old, benchmark)
    row = Learnt(
        purpose=weighing.PURPOSE, encoder=weighing.model_of(encoder), features=list(NAMES), data=_named(new),
        metrics=_rounded(measured) | {"weights_before": _named(old)} | _on_benchmark(benchmark, old, new),
        training={"judgements": len(found.judged.fits), "pairs": found.pairs, "posts": found.posts,
                  "people": len(set(found.judged.people.tolist())), "passed_over": found.passed_over,
                  "benchmark_pairs": 0 if benchmark is None else len(benchmark)},
        created_by=actor.id if actor else None)
    session.add(row)
    session.flush()
    return row


def taught(session: Session, encoder: str) -> Taught:
    """Everybody's newest judgements that were made with the reasons and the model now in use."""
    kinds = select(Post.id, Post.kind)
    rows = session.scalars(judging.newest()).all()
    usable = [row for row in rows if weighing.model_of(row.encoder) == weighing.model_of(encoder) and _scores(row)]
    kind_of = {row[0]: row[1] for row in session.execute(
        kinds.where(Post.id.in_(select(Judgement.candidate_id).distinct())))}
    places = [(row.post_id, kind_of[row.candidate_id]) for row in usable]
    numbers = {place: number for number, place in enumerate(dict.fromkeys(places))}
    judged = Judged(
        np.array([_scores(row) for row in usable], np.float64).reshape(len(usable), len(NAMES)),
        np.array([row.verdict == judging.FITS for row in usable], np.bool_),
        np.array([numbers[place] for place in places], np.int64),
        np.array([row.user_id for row in usable], np.int64))
    pairs = len({(row.post_id, row.candidate_id) for row in usable})
    both = {post for post, _ in _lists(places, usable, judging.FITS) & _lists(places, usable, judging.UNFITS)}
    return Taught(judged, len(rows) - len(usable), pairs, len(both))


def benchmark_pairs(encoder: str, path: Path = PAIRS_FILE) -> Floats | None:
    """Right before wrong of the benchmark, each a difference of reasons, shape (n, features): numbers, no texts.

    None when none were measured with this model and these features (scripts.simulate_judgements --write).
    """
    if not path.exists():
        return None
    row = json.loads(path.read_text(encoding="utf-8")).get(weighing.model_of(encoder))
    if row is None or row["features"] != list(NAMES):
        return None
    return np.array(row["pairs"], np.float64).reshape(-1, len(NAMES))


def told(row: Learnt) -> str:
    """What was learnt, for a terminal: old against new."""
    measured, counts, before = row.metrics, row.training, row.metrics["weights_before"]
    lines = [f"权重 {row.id}（模型 {row.encoder}），由 {counts['people']} 人对 {counts['posts']} 条信息的 "
             f"{counts['judgements']} 条判断和 {counts['benchmark_pairs']} 对基准样本拟合"]
    lines += [f"  {name:<14}{before[name]:>8.3f} → {row.data[name]:.3f}" for name in row.features]
    lines.append(f"未参与拟合的判断中排序正确的比例：{measured['old']:.1%} → {measured['new']:.1%}"
                 f"（{measured['difference']:+.1%}，95% 区间 {measured['low']:+.1%} 至 {measured['high']:+.1%}）")
    if "benchmark_old" in measured:
        lines.append(f"基准样本中排序正确的比例：{measured['benchmark_old']:.1%} → {measured['benchmark_new']:.1%}")
    better = measured["low"] > 0
    lines.append("新权重更好，差异可信。" if better else "没有证据表明新权重更好，不建议启用。")
    return "\n".join(lines)


def _scores(row: Judgement) -> list[float] | None:
    """The reasons' scores in the order of NAMES; None when the pair was judged by other reasons."""
    scores = {str(reason["feature"]): float(reason["score"]) for reason in row.reasons}
    return [scores[name] for name in NAMES] if set(scores) == set(NAMES) else None


def _lists(places: Sequence[tuple[int, str]], rows: Sequence[Judgement], verdict: str) -> set[tuple[int, str]]:
    return {place for place, row in zip(places, rows, strict=True) if row.verdict == verdict}


def _on_benchmark(benchmark: Floats | None, old: Floats, new: Floats) -> dict[str, float]:
    if benchmark is None or not len(benchmark):
        return {}
    return {f"benchmark_{name}": round(float((benchmark @ weights > 0).mean()), 4)
            for name, weights in (("old", old), ("new", new))}


def _named(weights: Floats) -> dict[str, float]:
    return {name: round(float(weight), 4) for name, weight in zip(NAMES, weights, strict=True)}


def _rounded(measured: Gain) -> dict[str, float]:
    return {name: round(value, 4) for name, value in asdict(measured).items()}

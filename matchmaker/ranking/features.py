"""The reasons for a match: one pure function per reason, `(need, supply, evidence) → Reason`.

The docstring of each is the sentence that users read on the help page (see `explain`), so it is in Chinese.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from matchmaker.ranking.indicators.unit_names import SYMBOLS
from matchmaker.ranking.subject import Coded, Subject, contains

SHOWN_TERMS = 6


class Term(NamedTuple):
    """A term of the asking post that the candidate shares; `weight` is its rarity (inverse document frequency)."""

    term: str
    weight: float


class Compared(NamedTuple):
    """One indicator of the need against the supply; `verdict` is met, unmet or unknown."""

    quantity: str
    wanted: str
    offered: str
    verdict: str
    sentence: str


@dataclass(frozen=True)
class Evidence:
    """What was measured of one pair. Standardised: mean 0 and deviation 1 over the candidates of the asking post."""

    words: float = 0.0
    meaning: float = 0.0
    bm25: float = 0.0
    similarity: float = math.nan
    """The two before they were standardised; the cosine is NaN without a vector."""
    words_place: int | None = None
    """Place among the candidates, 1 is best; None: not one word shared."""
    meaning_place: int | None = None
    """None: the candidate has no vector yet."""
    pool: int = 0
    reading: float = math.nan
    """Log-odds that the supply answers the need, by the network that reads both; NaN where none read this list."""
    reading_place: int | None = None
    """Place among those that were read; None: not read itself, and then its log-odds are the lowest of the list."""
    terms: tuple[Term, ...] = ()
    terms_total: float = 0.0
    """Sum of the weights of all terms of the asking post."""
    indicators: tuple[Compared, ...] = ()
    today: dt.date = dt.date(1970, 1, 1)


class Reason(NamedTuple):
    """`score`: how much speaks for the pair, about −1…1 or standardised; `detail`: one sentence with the facts."""

    score: float
    detail: str


Feature = Callable[[Subject, Subject, Evidence], Reason]


def words(need: Subject, supply: Subject, evidence: Evidence) -> Reason:
    """用词吻合：双方文字中相同的词越多、越少见，得分越高（BM25，与本次全部候选比较后标准化）。"""
    if evidence.words_place is None:
        return Reason(evidence.words, "没有相同的用词")
    return Reason(evidence.words, f"在 {evidence.pool} 个候选中，用词吻合度排第 {evidence.words_place}")


def meaning(need: Subject, supply: Subject, evidence: Evidence) -> Reason:
    """含义相近：由语义模型判断双方所述内容是否相近，用词不同也能识别（向量余弦，与本次全部候选比较后标准化）。"""
    if evidence.meaning_place is None:
        return Reason(0.0, "刚刚发布，尚未完成语义分析")
    return Reason(evidence.meaning, f"在 {evidence.pool} 个候选中，含义相近度排第 {evidence.meaning_place}")


def reading(need: Subject, supply: Subject, evidence: Evidence) -> Reason:
    """对读判断：排在最前的候选与需求逐对通读，由模型判断一方能否回答另一方（判断为“能”的对数几率）。"""
    if math.isnan(evidence.reading):
        return Reason(0.0, "本次未作对读")
    if evidence.reading_place is None:
        return Reason(evidence.reading, "排在对读范围之后，按其中最低者计")
    return Reason(evidence.reading, f"与需求逐对通读后，排第 {evidence.reading_place}")


def shared_terms(need: Subject, supply: Subject, evidence: Evidence) -> Reason:
    """共同术语：双方都提到的术语，按少见程度加权；数值是共同术语占提出方全部术语的比例。"""
    if not evidence.terms or evidence.terms_total <= 0:
        return Reason(0.0, "没有共同术语")
    shown = "、".join(f"“{term.term}”" for term in evidence.terms[:SHOWN_TERMS])
    return Reason(sum(term.weight for term in evidence.terms) / evidence.terms_total, f"共同提到{shown}")


def indicators(need: Subject, supply: Subject, evidence: Evidence) -> Reason:
    """指标满足：需求的每项量化指标与对方给出的数值逐项比较，满足加分，不满足减分，未说明不计。"""
    counts = dict.fromkeys(("met", "unmet", "unknown"), 0)
    for compared in evidence.indicators:
        counts[compared.verdict] += 1
    if not evidence.indicators:
        return Reason(0.0, "没有可比较的量化指标")
    score = (counts["met"] - counts["unmet"]) / len(evidence.indicators)
    return Reason(score, f"{counts['met']} 项指标满足，{counts['unmet']} 项不满足，{counts['unknown']} 项未说明")


def field(need: Subject, supply: Subject, evidence: Evidence) -> Reason:
    """技术领域：双方登记的技术领域相同则略微靠前；未登记不计。"""
    if need.field is None or supply.field is None:
        return Reason(0.0, "至少一方未登记技术领域")
    if need.field.code == supply.field.code:
        return Reason(1.0, f"同属“{need.field.label}”领域")
    return Reason(0.0, f"需求属“{need.field.label}”，对方属“{supply.field.label}”")


def region(need: Subject, supply: Subject, evidence: Evidence) -> Reason:
    """地域远近：同一市县最近，同省次之；只在其他条件相当时起作用。"""
    if need.region is None or supply.region is None:
        return Reason(0.0, "至少一方未登记地区")
    if contains(need.region, supply.region) or contains(supply.region, need.region):
        return Reason(1.0, f"双方同在{_narrower(need.region, supply.region)}")
    if need.region.code[:2] == supply.region.code[:2]:
        return Reason(0.5, f"同省：{need.region.label}与{supply.region.label}")
    return Reason(0.0, f"需求在{need.region.label}，对方在{supply.region.label}")


def freshness(need: Subject, supply: Subject, evidence: Evidence) -> Reason:
    """信息新旧：对方信息越近期更新过，越可能仍然有效；只在其他条件相当时起作用。"""
    if supply.updated_on is None:
        return Reason(0.0, "更新日期不详")
    days = max(0, (evidence.today - supply.updated_on).days)
    return Reason(0.5 ** (days / 365), f"对方信息更新于 {supply.updated_on.isoformat()}")


def _narrower(one: Coded, other: Coded) -> str:
    return other.label if contains(one, other) else one.label


FEATURES: tuple[Feature, ...] = (words, meaning, reading, shared_terms, indicators, field, region, freshness)
NAMES = tuple(feature.__name__ for feature in FEATURES)


def explain() -> list[tuple[str, str]]:
    """For the help page: (heading, sentence) of every reason, from the docstrings."""
    pairs = ((feature.__doc__ or "").split("：", 1) for feature in FEATURES)
    return [(heading, sentence) for heading, sentence in pairs]


def shared(weights: Mapping[str, float], text: str) -> tuple[Term, ...]:
    """Those of the asking post's terms that `text` contains, rarest first.

    A term in Latin letters counts only as a whole word, a bare number or a unit (mm, kg) never. Terms that are part of
    a longer shared term are left out.
    """
    lowered = text.lower()
    found = sorted((term for term in weights if _within(term, lowered)), key=lambda term: (-weights[term], term))
    return tuple(Term(term, weights[term]) for term in found if not _part_of_another(term, found))


def _within(term: str, lowered: str) -> bool:
    if term.replace(".", "").isdigit() or term in SYMBOLS:
        return False
    if not term.isascii():
        return term in lowered
    return re.search(rf"(?<![a-z0-9]){re.escape(term)}(?![a-z0-9])", lowered) is not None


def _part_of_another(term: str, others: Iterable[str]) -> bool:
    return any(term != other and term in other for other in others)

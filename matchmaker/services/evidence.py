"""What speaks for a pair, in words: the two nearest sentences, shared terms, indicators, and a summary of them."""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.ranking import features, rules
from matchmaker.ranking.features import SHOWN_TERMS, shared
from matchmaker.ranking.rank import Ranked
from matchmaker.services import permissions, texts
from matchmaker.services.ports import Finder
from matchmaker.services.subjects import public_text
from models import Match, Post, User
from models.vocabulary import Kind

ASKER_SENTENCES = 8
CANDIDATE_SENTENCES = 4
KEPT_VECTORS = 8192
SHORTEST = 6  # characters; a shorter piece says nothing
NEAR_SHARE = 40  # the summary calls a pair near when it is among the first of every so many candidates
KEPT_TERMS = 12
QUOTING = frozenset({one.__name__ for one in (features.shared_terms, features.indicators, features.region)})
PLAIN = frozenset({rules.modes.__name__, rules.validity.__name__})
"""Rules that speak of nothing but what everyone may read (`permissions.PUBLIC`)."""

Json = dict[str, Any]


class Pair(NamedTuple):
    """The nearest two sentences and their cosine."""

    asked: str
    offered: str
    similarity: float


def term_weights(finder: Finder, text: str, kind: Kind) -> dict[str, float]:
    """The terms of the asking text with their rarity among posts of `kind`, those of one character left out."""
    terms = list(dict.fromkeys(term for term in finder.terms(text) if len(term) > 1))
    return finder.rarity(kind, terms)


class SentenceVectors:
    """Vectors of sentences, the most recently used kept; shared by all threads of a process."""

    def __init__(self, limit: int = KEPT_VECTORS) -> None:
        self._limit = limit
        self._kept: OrderedDict[tuple[str, str], NDArray[np.float32]] = OrderedDict()
        self._lock = threading.Lock()

    def clear(self) -> None:
        with self._lock:
            self._kept.clear()

    def of(self, finder: Finder, encoder: str, sentences: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors of the sentences, shape (n, dim); what is not kept is encoded in one batch."""
        with self._lock:
            known = {text: self._kept[encoder, text] for text in sentences if (encoder, text) in self._kept}
        missing = [text for text in dict.fromkeys(sentences) if text not in known]
        if missing:
            known |= dict(zip(missing, finder.encode_sentences(missing), strict=True))
        with self._lock:
            for text, vector in known.items():
                self._kept[encoder, text] = vector
                self._kept.move_to_end((encoder, text))
            while len(self._kept) > self._limit:
                self._kept.popitem(last=False)
        return np.array([known[text] for text in sentences], np.float32)


VECTORS = SentenceVectors()


def nearest(
    finder: Finder, encoder: str, asked: str, offered: Sequence[str], weights: Mapping[str, float]
) -> list[Pair | None]:
    """For each offered text the nearest pair of sentences, all encoded in one batch; None where a side has none.

    Of the asking text at most ASKER_SENTENCES, of each other at most CANDIDATE_SENTENCES are looked at: those with
    the rarest terms of the asking text.
    """
    questions = _telling(asked, weights, ASKER_SENTENCES)
    answers = [_telling(text, weights, CANDIDATE_SENTENCES) for text in offered]
    everything = questions + [sentence for found in answers for sentence in found]
    if not questions or len(everything) == len(questions):
        return [None] * len(offered)
    vectors = VECTORS.of(finder, encoder, everything)
    left, start, pairs = vectors[: len(questions)], len(questions), list[Pair | None]()
    for found in answers:
        right = vectors[start : start + len(found)]
        start += len(found)
        pairs.append(_best(questions, found, left @ right.T) if found else None)
    return pairs


def known(session: Session, post: Post, kind: Kind, encoder: str) -> dict[tuple[int, int], Pair]:
    """The nearest sentences of candidates of `kind` found before, by their id and version, as far as they still hold.

    They hold while neither the asking post nor the encoder changed.
    """
    wanted = select(Match.candidate_id, Match.evidence, Match.produced_by).where(
        Match.post_id == post.id, Match.candidate_kind == kind.value)
    found = {}
    for candidate_id, shown, made in session.execute(wanted):
        same = made.get("encoder") == encoder and made.get("post_version") == post.version
        if same and shown.get("sentence_similarity") is not None:
            pair = Pair(shown["need_sentence"], shown["candidate_sentence"], shown["sentence_similarity"])
            found[candidate_id, made["candidate_version"]] = pair
    return found


def _best(questions: list[str], answers: list[str], similarities: NDArray[np.float32]) -> Pair:
    row, column = np.unravel_index(int(similarities.argmax()), similarities.shape)
    return Pair(questions[row], answers[column], float(similarities[row, column]))


def _telling(text: str, weights: Mapping[str, float], most: int) -> list[str]:
    """The sentences that share the rarest terms, in the order of the text; lists of words only where there are none."""
    every = [sentence for sentence in texts.sentences(text) if len(sentence) >= SHORTEST]
    sentences = [sentence for sentence in every if "，" in sentence or sentence[-1] in "。！？!?"] or every
    if len(sentences) <= most:
        return sentences
    told = [sum(term.weight for term in shared(weights, sentence)) for sentence in sentences]
    best = sorted(range(len(sentences)), key=lambda at: -told[at])[:most]
    return [sentences[at] for at in sorted(best)]


def compose(ranked: Ranked, pair: Pair | None) -> Json:
    """What is stored with a match. `need_sentence` is of the post that asks, `candidate_sentence` of the candidate."""
    measured = ranked.evidence
    found = {
        "need_sentence": pair.asked if pair else "",
        "candidate_sentence": pair.offered if pair else "",
        "sentence_similarity": round(pair.similarity, 4) if pair else None,
        "terms": [{"term": term.term, "weight": round(term.weight, 3)} for term in measured.terms[:KEPT_TERMS]],
        "indicators": [compared._asdict() for compared in measured.indicators],
        "places": {"pool": measured.pool, "words": measured.words_place, "meaning": measured.meaning_place},
    }
    return found | {"summary": summary(found, [verdict._asdict() for verdict in ranked.rules])}


def summary(evidence: Json, verdicts: Sequence[Mapping[str, str]]) -> str:
    """A few plain sentences made of the facts of the pair and nothing else."""
    said = [_nearness(evidence["places"])]
    if evidence["terms"]:
        said.append("共同提到" + "、".join(f"“{row['term']}”" for row in evidence["terms"][:SHOWN_TERMS]))
    if counts := Counter(row["verdict"] for row in evidence["indicators"]):
        said.append(f"量化指标：{counts['met']} 项满足，{counts['unmet']} 项不满足，{counts['unknown']} 项未说明")
    if counts := Counter(row["verdict"] for row in verdicts):
        said.append(f"条件核对：{counts['pass']} 项符合，{counts['fail']} 项不符合，{counts['unknown']} 项待确认")
    said += [row["sentence"].rstrip("。") for row in verdicts if row["verdict"] == rules.FAIL]
    return "。".join(said) + "。"


def _nearness(places: Mapping[str, int | None]) -> str:
    """In words; a match that was carried over knows no places."""
    words, meaning = places.get("words"), places.get("meaning")
    first = max(1, (places["pool"] or 0) // NEAR_SHARE)
    by_words, by_meaning = (place is not None and place <= first for place in (words, meaning))
    said = {
        (True, True): "用词与含义都接近", (True, False): "用词接近", (False, True): "含义接近，用词多有不同",
        (False, False): "部分接近",
    }[by_words, by_meaning]
    ranks = "、".join(f"{what}第 {place}" for what, place in (("用词", words), ("含义", meaning)) if place is not None)
    return f"{said}（{places['pool']} 个候选中{ranks}）" if ranks else said


def for_viewer(viewer: User | None, match: Match) -> Json:
    """The evidence of a match without anything that `viewer` may not read on the posts' own pages.

    Of a post whose full text the viewer may not read, a sentence or a term stays only where its public text has it.
    Indicators go when they may come from hidden words (see `_from_readable`), and rules as `rules_for` says.
    """
    shown = dict(match.evidence)
    for post, key in ((match.post, "need_sentence"), (match.candidate, "candidate_sentence")):
        if permissions.can_read_full(viewer, post):
            continue
        public = public_text(post)
        if shown.get(key, "") not in public:
            shown |= {key: "", "sentence_similarity": None}
        shown["terms"] = [row for row in shown["terms"] if row["term"] in public.lower()]
    if not _from_readable(viewer, match):
        shown["indicators"] = []
    return shown | {"summary": summary(shown, rules_for(viewer, match))}


def rules_for(viewer: User | None, match: Match) -> list[Json]:
    """The rules of a match; those that may tell a hidden amount, level, day, place or organisation go."""
    readable = _from_readable(viewer, match)
    return [row for row in match.rules if readable or row["rule"] in PLAIN]


def reasons_for(viewer: User | None, match: Match) -> list[Json]:
    """The reasons of a match; those that quote the posts go when they may quote hidden words."""
    readable = _from_readable(viewer, match)
    return [row for row in match.reasons if readable or row["feature"] not in QUOTING]


def _from_readable(viewer: User | None, match: Match) -> bool:
    """Whether the match was made of nothing but words that the viewer may read.

    The post that asks is compared with all its words; the candidate with its public ones, as they were then.
    """
    unchanged = match.produced_by.get("candidate_version") == match.candidate.version
    return permissions.can_read_full(viewer, match.post) and (
        unchanged or permissions.can_read_full(viewer, match.candidate))

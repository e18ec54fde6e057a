"""The list of candidates for a post or for free text, computed: candidates, judgement, evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from matchmaker.ranking.bands import Calibration, calibration_for, list_facts
from matchmaker.ranking.features import Evidence, shared
from matchmaker.ranking.rank import Pool, Question, Ranked, Weights, fold, rank, weights_for, with_readings
from matchmaker.ranking.rules import Setting
from matchmaker.ranking.spread import spread
from matchmaker.ranking.subject import Subject
from matchmaker.services import clock, comparing, evidence, permissions, subjects, weighing
from matchmaker.services.evidence import Pair
from matchmaker.services.ports import Finder, FinderUnavailable, Reader
from models import Post, User
from models.vocabulary import Kind

POOL = 200  # the best by terms and the nearest by meaning that are candidates
SHOWN = 50  # of a list
LOOKED_AT = 120  # candidates that are judged in full
READ = 20  # of these, so many from the front are read together with who asks
WITH_SENTENCES = 20  # candidates whose nearest sentences are sought
BRIDGES = 20  # facilities near the need that may close a gap in maturity


@dataclass(frozen=True)
class Judges:
    """What a list is produced with; changes with the encoder in use."""

    encoder: str
    revision: int
    weights: Weights
    calibration: Calibration
    calibration_read: Calibration
    """For lists whose first candidates were read."""

    @classmethod
    def of(cls, session: Session, finder: Finder) -> Judges:
        status = finder.status()
        encoder, revision = str(status["encoder"]), status["revision"]
        assert isinstance(revision, int)
        return cls(encoder, revision, weighing.current(session, encoder), calibration_for(encoder),
                   calibration_for(encoder, read=True))


@dataclass(frozen=True)
class Row:
    """One candidate of a list that was just computed."""

    post: Post
    ranked: Ranked
    evidence: dict[str, Any]


def shortlist(session: Session, finder: Reader, post: Post, kind: Kind, limit: int = SHOWN) -> list[Row]:
    """Compute the list of `kind` for a post: at most `limit` that pass every rule, then at most as many that fail one.

    1. Candidates from both indexes. 2. The first by words and meaning are read together with the post, and the best
    are judged in full. 3. Those that repeat a better one fold. 4. Those too unlikely to be relevant go. 5. One
    organisation lets close others pass. 6. The first get their nearest sentences. Raises FinderUnavailable.
    """
    asker = subjects.asking(post)
    asked = _Asked.of(session, finder, asker, kind, post)
    likely = [row for row in asked.rows(session, finder, asked.near(finder)) if row.ranked.band != "none"]
    passed = _spread([row for row in likely if row.ranked.passed])[:limit]
    failed = [row for row in likely if not row.ranked.passed][:limit]
    return asked.evidenced(finder, passed + failed, evidence.known(session, post, kind, asked.judges.encoder))


def free_text(
    session: Session, finder: Finder, viewer: User | None, text: str, kind: Kind, limit: int = 20
) -> list[Row]:
    """The list of `kind` for words that are not stored, as far as `viewer` may see it.

    Somebody waits for it, so nothing is read together and no sentences are sought.

    Rules that need the asking post's fields answer unknown. Raises FinderUnavailable.
    """
    asker = subjects.stranger(text, Kind.ACHIEVEMENT if kind == Kind.NEED else Kind.NEED)
    asked = _Asked.of(session, finder, asker, kind)
    rows = asked.rows(session, None, asked.near(finder))
    seen = [row for row in rows if row.ranked.band != "none" and permissions.can_see(viewer, row.post)][:limit]
    return [replace(row, evidence=evidence.compose(row.ranked, None)) for row in seen]


def _spread(rows: list[Row]) -> list[Row]:
    by_id = {row.post.id: row for row in rows}
    return [by_id[one.subject.id] for one in spread([row.ranked for row in rows])]


def likely(session: Session, finder: Finder, post: Post, kind: Kind, most: int) -> list[int]:
    """Ids of at most `most` posts of `kind` to which the post's public words come near enough to be shown, best first.

    By words and meaning alone: quicker than a list, and no rule is asked. Raises FinderUnavailable.
    """
    asker, judges = subjects.candidate(post), Judges.of(session, finder)
    total = sum(evidence.term_weights(finder, asker.text, kind).values())
    near = _Near.to(finder, asker, kind, judges.weights, total)
    if not near.ids:
        return []
    best, scores = near.order[0], near.pool.fused(near.weights)
    coverage = float(near.pool.bm25[best]) / total if total > 0 else 0.0
    facts = list_facts(scores, coverage, float(near.pool.similarity[best]))
    curve = judges.calibration.lenient()
    bands = curve.bands(curve.probability(facts))
    return [near.ids[at] for at in near.order[:most] if bands[at] != "none"]


def ordering(session: Session, finder: Reader, text: str, kind: Kind) -> tuple[list[Ranked], list[int]]:
    """For evaluation: the candidates of a text judged as those of a posted need, in order, and the ids of the rest.

    Nothing is left out. Raises FinderUnavailable.
    """
    asker = subjects.stranger(text, Kind.ACHIEVEMENT if kind == Kind.NEED else Kind.NEED)
    asked = _Asked.of(session, finder, asker, kind)
    near = asked.near(finder)
    ranked = [row.ranked for row in asked.rows(session, finder, near)]
    judged = {one.subject.id for one in ranked}
    return ranked, [near.ids[at] for at in near.order if near.ids[at] not in judged]


def _bridges(session: Session, finder: Finder, asker: Subject, kind: Kind) -> tuple[Subject, ...]:
    """Facilities near a need that names a maturity, nearest first."""
    if kind != Kind.ACHIEVEMENT or asker.trl is None:
        return ()
    near = _Near.to(finder, asker, Kind.FACILITY, weights_for(""), 0.0, BRIDGES)
    found = subjects.load(session, near.ids, Kind.FACILITY)
    return tuple(subjects.candidate(found[near.ids[at]]) for at in near.order if near.ids[at] in found)


@dataclass(frozen=True)
class _Near:
    """The candidates of a question: ids, their standings, their numbers by falling fused score, and its weights."""

    ids: list[int]
    pool: Pool
    order: list[int]
    weights: Weights

    @classmethod
    def to(cls, finder: Finder, asker: Subject, kind: Kind, weights: Weights, terms_total: float,
           k: int = POOL) -> _Near:
        hits = sorted(finder.search(asker.text, kind, k), key=lambda hit: hit.post_id)
        others = [hit for hit in hits if hit.post_id != asker.id]
        pool = Pool.of([hit.bm25 for hit in others], [hit.similarity for hit in others])
        leaning = weights.leaning(pool.coverage(terms_total))
        order = np.argsort(-pool.fused(leaning), kind="stable").tolist()
        return cls([hit.post_id for hit in others], pool, order, leaning)


@dataclass(frozen=True)
class _Asked:
    """A question while it is answered."""

    asker: Subject
    kind: Kind
    judges: Judges
    terms: dict[str, float]
    setting: Setting
    post: Post | None = None

    @classmethod
    def of(
        cls, session: Session, finder: Finder, asker: Subject, kind: Kind, post: Post | None = None,
    ) -> _Asked:
        terms = evidence.term_weights(finder, asker.text, kind)
        setting = Setting(clock.today(), _bridges(session, finder, asker, kind))
        return cls(asker, kind, Judges.of(session, finder), terms, setting, post)

    def near(self, finder: Finder) -> _Near:
        return _Near.to(finder, self.asker, self.kind, self.judges.weights, sum(self.terms.values()))

    def rows(self, session: Session, reader: Reader | None, near: _Near) -> list[Row]:
        """The best candidates, judged in full, in their final order, without evidence; `reader` reads the first."""
        best = near.order[:LOOKED_AT]
        posts = subjects.load(session, [near.ids[at] for at in best], self.kind)
        wanted = comparing.asked(self.post) if self.post else None
        found, measured = [], []
        for at in best:
            if other := posts.get(near.ids[at]):
                subject = subjects.candidate(other)
                known = self._measured(near.pool.evidence(at), subject)
                found.append(subject)
                measured.append(replace(known, indicators=wanted.against(other)) if wanted else known)
        readings = self._readings(reader, found)
        candidates = list(zip(found, with_readings(measured, readings), strict=True))
        question, curve = Question(self.asker, self.setting), self._curve(not np.isnan(readings).all())
        ranked = fold(rank(question, candidates, near.weights, curve))
        return [Row(posts[one.subject.id], one, {}) for one in ranked]

    def _readings(self, reader: Reader | None, found: Sequence[Subject]) -> NDArray[np.float64]:
        """Log-odds of the first candidates, NaN for the others; for all while nothing reads, or reads this kind.

        Only needs with achievements are read: it was never measured what reading says of other pairs.
        """
        readings = np.full(len(found), np.nan)
        if not found or reader is None or {self.asker.kind, self.kind} != {Kind.NEED, Kind.ACHIEVEMENT}:
            return readings
        asks = self.asker.kind == Kind.NEED
        pairs = [(self.asker.text, one.text) if asks else (one.text, self.asker.text) for one in found[:READ]]
        with suppress(FinderUnavailable):
            readings[: len(pairs)] = reader.read(pairs)
        return readings

    def _curve(self, read: bool) -> Calibration:
        """Only lists of achievements were ever judged; of others an empty one needs a better reason."""
        curve = self.judges.calibration_read if read else self.judges.calibration
        return curve if self.kind == Kind.ACHIEVEMENT else curve.lenient()

    def _measured(self, standing: Evidence, subject: Subject) -> Evidence:
        return replace(standing, terms=shared(self.terms, subject.text), terms_total=sum(self.terms.values()),
                       today=self.setting.today)

    def evidenced(self, finder: Finder, rows: list[Row], known: Mapping[tuple[int, int], Pair]) -> list[Row]:
        """The rows with what is stored and shown of them; sentences for the first, sought where none are `known`."""
        new = [row for row in rows[:WITH_SENTENCES] if (row.post.id, row.post.version) not in known]
        texts = [row.ranked.subject.text for row in new]
        near = evidence.nearest(finder, self.judges.encoder, self.asker.text, texts, self.terms) if new else []
        found = {row.post.id: pair for row, pair in zip(new, near, strict=True)}
        pairs = [found.get(row.post.id) or known.get((row.post.id, row.post.version)) for row in rows[:WITH_SENTENCES]]
        return [replace(row, evidence=evidence.compose(row.ranked, pair))
                for row, pair in zip_longest(rows, pairs)]

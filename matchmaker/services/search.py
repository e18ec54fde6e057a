"""Finding posts by words: through the engine, or by keywords in the database while it is away."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from sqlalchemy import ColumnElement, Text, and_, case, cast, or_, select
from sqlalchemy.orm import Session, joinedload, with_polymorphic

from matchmaker.ranking.nearness import nearness_of
from matchmaker.ranking.rank import Pool, weights_for
from matchmaker.services import clock, permissions, texts, validity
from matchmaker.services.facets import Filters
from matchmaker.services.ports import Finder, FinderUnavailable
from matchmaker.services.subjects import public_text
from matchmaker.services.weighing import model_of
from models import Post, User
from models.vocabulary import Kind, State

LONGEST = 2000  # characters of a question that are looked at
PIECES = 12  # of a question, when keywords are looked for in the database
SNIPPET = 120  # characters
STANDS_OUT = 2.0  # deviations of similarity from which a post is shown that shares no word with the question
WIDEST = 20_000  # posts up to which filters narrow the search itself; above they narrow its result

_RUN = re.compile(r"[a-z0-9]+(?:[-./+][a-z0-9]+)*|[\u3400-\u9fff]+", re.I)


class Piece(NamedTuple):
    """A stretch of a snippet; `hit` where it is a word of the question."""

    text: str
    hit: bool


@dataclass(frozen=True)
class Found:
    """One post with the place in its public words that answers the question."""

    post: Post
    score: float
    """Standardised within its kind; higher is better."""
    pieces: tuple[Piece, ...]

    @property
    def snippet(self) -> str:
        return "".join(piece.text for piece in self.pieces)


@dataclass(frozen=True)
class Wanted:
    """What is searched for: kinds, filters, and how many at most."""

    kinds: tuple[Kind, ...]
    filters: Filters = Filters()  # noqa: RUF009
    most: int = 50
    pool: int = 200
    """Of the nearest by words, and of the nearest by meaning, how many are looked at."""


@dataclass(frozen=True)
class SearchResult:
    """The posts found, best first. `degraded`: meaning-search is away and keywords stood in."""

    rows: list[Found]
    degraded: bool


def search(
    session: Session, finder: Finder, viewer: User | None, text: str, wanted: Wanted
) -> SearchResult:
    """The posts wanted that `viewer` may know of, by words and meaning.

    Without words: the newest. Posts whose time is over come last. Posts of the viewer that are not published are found
    by their title and keywords.
    """
    question = text.strip()[:LONGEST]
    narrowed = [Post.kind.in_([kind.value for kind in wanted.kinds]), *wanted.filters.conditions()]
    k = wanted.most
    if not question:
        newest = _newest(session, viewer, narrowed, k)
        return SearchResult([Found(post, 0.0, _snippet(post, [], viewer)) for post in newest], False)
    try:
        asked = _Asked.of(finder, question, wanted.kinds)
        ranked = _standing(session, viewer, asked.found(session, wanted), narrowed)
    except FinderUnavailable:
        ranked = _by_keywords(session, viewer, question, narrowed, k)
        return SearchResult(_finds(session, viewer, ranked, keywords(question)), True)
    hidden = _by_keywords(session, viewer, question, [*narrowed, Post.state != State.PUBLISHED], k)
    return SearchResult(_finds(session, viewer, (ranked + hidden)[:k], asked.marks), False)


@dataclass(frozen=True)
class Ranking:
    """What a search of one hall found: ids, best first, and the words to mark in their texts."""

    ids: list[int]
    terms: list[str]
    degraded: bool


def rank(session: Session, finder: Finder, viewer: User | None, text: str, wanted: Wanted) -> Ranking:
    """Every post that answers the words, of which `viewer` may know; those that pass the filters come first.

    Filtered posts are searched for by themselves too, so that a rare choice is not lost among better finds. Posts
    that are not published (a filter by state) are found by keywords, all while the engine is away.
    """
    question = text.strip()[:LONGEST]
    conditions = wanted.filters.conditions()
    narrowed: list[ColumnElement[bool]] = [Post.kind.in_([kind.value for kind in wanted.kinds])]
    published = wanted.filters.state in (None, State.PUBLISHED)
    if published:
        try:
            asked = _Asked.of(finder, question, wanted.kinds)
            found = asked.found(session, replace(wanted, filters=Filters()))
            near = asked.found(session, wanted) if conditions else []
            return Ranking(_ids(near + found), asked.marks, False)
        except FinderUnavailable:
            narrowed.append(permissions.published_posts(viewer))
    found = _by_keywords(session, viewer, question, narrowed, wanted.most)
    near = _by_keywords(session, viewer, question, [*narrowed, *conditions], wanted.most) if conditions else []
    return Ranking(_ids(near + found), keywords(question), published)


def near(session: Session, finder: Finder, text: str, kind: Kind) -> list[int]:
    """Ids of the published posts of a kind that are about what a text is about, best first.

    Raises FinderUnavailable.
    """
    asked = _Asked.of(finder, text[:LONGEST], (kind,))
    return [id_ for id_, _ in asked.found(session, Wanted((kind,)), nearness_of(model_of(asked.encoder)).related)]


def shown(post: Post, terms: Sequence[str], viewer: User | None) -> Found:
    """A post as a find: with the place in the words that `viewer` may read which has most to do with the terms."""
    return Found(post, 0.0, _snippet(post, terms, viewer))


@dataclass(frozen=True)
class _Asked:
    """A question to the engine, with its terms and by kind how much all of them weigh."""

    finder: Finder
    text: str
    encoder: str
    terms: list[str]
    totals: dict[Kind, float]

    @classmethod
    def of(cls, finder: Finder, text: str, kinds: Sequence[Kind]) -> _Asked:
        """Raises FinderUnavailable."""
        terms = list(dict.fromkeys(term for term in finder.terms(text) if len(term) > 1))
        totals = {kind: sum(finder.rarity(kind, terms).values()) for kind in kinds}
        return cls(finder, text, str(finder.status().get("encoder") or ""), terms, totals)

    @property
    def marks(self) -> list[str]:
        """The words to mark in what is found."""
        return keywords(self.text) + self.terms

    def found(self, session: Session, wanted: Wanted, least: float = -1.0) -> list[tuple[int, float]]:
        """Ids of published posts with their scores, best first; none whose cosine is under `least`.

        Raises FinderUnavailable.
        """
        found: list[tuple[int, float]] = []
        for kind in wanted.kinds:
            hits = self.finder.search(self.text, kind, wanted.pool, _allowed(session, kind, wanted.filters))
            pool = Pool.of([hit.bm25 for hit in hits], [hit.similarity for hit in hits])
            kept = ((pool.bm25 > 0) | (pool.meaning >= STANDS_OUT)) & ~(pool.similarity < least)
            scores = pool.fused(weights_for(self.encoder).leaning(pool.coverage(self.totals[kind])))
            found += [(hits[at].post_id, float(scores[at])) for at in np.flatnonzero(kept)]
        return sorted(found, key=lambda pair: -pair[1])


def _allowed(session: Session, kind: Kind, filters: Filters) -> list[int] | None:
    """Ids that pass the filters, when there are filters and not too many such posts."""
    conditions = filters.conditions()
    if not conditions:
        return None
    passing = select(Post.id).where(Post.kind == kind.value, Post.state == State.PUBLISHED, *conditions)
    ids = list(session.scalars(passing.limit(WIDEST + 1)))
    return ids if len(ids) <= WIDEST else None


def _ids(ranked: Sequence[tuple[int, float]]) -> list[int]:
    return list(dict.fromkeys(post_id for post_id, _ in ranked))


def _standing(
    session: Session, viewer: User | None, ranked: Sequence[tuple[int, float]], narrowed: Sequence[ColumnElement[bool]]
) -> list[tuple[int, float]]:
    """Those that `viewer` may know of; those whose time is over come last."""
    late = case((validity.stale(clock.today()), 1), else_=0).label("late")
    wanted = select(Post.id, late).where(Post.id.in_(_ids(ranked)), permissions.visible_posts(viewer), *narrowed)
    stale = {row.id: row.late for row in session.execute(wanted)}
    return sorted((pair for pair in ranked if pair[0] in stale), key=lambda pair: stale[pair[0]])


def _finds(
    session: Session, viewer: User | None, ranked: Sequence[tuple[int, float]], marks: Sequence[str]
) -> list[Found]:
    every = with_polymorphic(Post, "*")
    query = select(every).where(every.id.in_(_ids(ranked)), permissions.visible_posts(viewer))
    posts = {post.id: post for post in session.scalars(query.options(joinedload(every.organisation)))}
    return [Found(posts[post_id], score, _snippet(posts[post_id], marks, viewer))
            for post_id, score in ranked if post_id in posts]


def _newest(session: Session, viewer: User | None, narrowed: Sequence[ColumnElement[bool]], k: int) -> list[Post]:
    every = with_polymorphic(Post, "*")
    query = select(every).where(permissions.visible_posts(viewer), *narrowed).options(joinedload(every.organisation))
    return list(session.scalars(query.order_by(Post.updated_at.desc(), Post.id.desc()).limit(k)))


def _by_keywords(
    session: Session, viewer: User | None, question: str, narrowed: Sequence[ColumnElement[bool]], k: int
) -> list[tuple[int, float]]:
    """At most `k` ids of posts whose public words contain at least half of the question's pieces, each with how many
    it contains, those with the most first."""
    pieces = keywords(question)
    if not pieces:
        return []
    first, *others = (case((_contains(piece), 1), else_=0) for piece in pieces)
    score = sum(others, first)
    query = (
        select(Post.id, score).where(permissions.visible_posts(viewer), *narrowed, score * 2 >= len(pieces))
        .order_by(score.desc(), Post.updated_at.desc(), Post.id.desc()).limit(k)
    )
    return [(post_id, float(hits)) for post_id, hits in session.execute(query)]


def keywords(question: str) -> list[str]:
    """What is looked for in the database: words between spaces, longer Chinese runs in pairs of characters."""
    found: list[str] = []
    for run in _RUN.findall(question.lower()):
        short = len(run) <= 4 or run.isascii()
        found += [run] if short else [run[at : at + 2] for at in range(0, len(run) - 1, 2)]
    return list(dict.fromkeys(found))[:PIECES]


def _contains(piece: str) -> ColumnElement[bool]:
    """Whether the public words of a post contain the piece; wildcards in it are plain characters."""
    written = [cast(Post.keywords, Text).icontains(form, autoescape=True) for form in as_json(piece)]
    shown = [column.icontains(piece, autoescape=True) for column in (Post.title, Post.brief)]
    full = [column.icontains(piece, autoescape=True) for column in _full_columns()]
    return or_(*shown, *written, and_(Post.disclosure == "open", or_(*full)))


def as_json(piece: str) -> set[str]:
    """The piece as it may be written inside a JSON column: plain, or with escapes."""
    return {json.dumps(piece, ensure_ascii=ascii_only)[1:-1] for ascii_only in (True, False)}


def _full_columns() -> list[ColumnElement[str]]:
    """The columns of any kind that hold the words of `texts.full_text`.

    Taken from the table: naming them through a kind's class would restrict the query to that kind.
    """
    names = ("main_problem", "key_technique", "expected_goal", "description", "cases", "capacity", "services")
    return [Post.__table__.c[name] for name in names]


def _snippet(post: Post, terms: Sequence[str], viewer: User | None) -> tuple[Piece, ...]:
    """About SNIPPET characters around the first term, the terms marked.

    Of the viewer's own posts from all words; of others from the public ones, as a list of finds discloses nothing.
    """
    mine = permissions.owns(viewer, post)
    body = (texts.full_text(post) if mine else texts.public_passage(post).text) or public_text(post)
    body = " ".join(body.split())
    pattern = re.compile("|".join(re.escape(term) for term in sorted(terms, key=len, reverse=True)) or r"(?!)", re.I)
    first = pattern.search(body)
    start = max(0, first.start() - SNIPPET // 4) if first else 0
    cut = body[start : start + SNIPPET]
    pieces, end = [Piece("…", False)] if start else [], 0
    for match in pattern.finditer(cut):
        pieces += [Piece(cut[end : match.start()], False), Piece(match.group(), True)]
        end = match.end()
    tail = "…" if start + SNIPPET < len(body) else ""
    return tuple(piece for piece in (*pieces, Piece(cut[end:] + tail, False)) if piece.text)

"""Posts that say what another says already: found when one is posted and when a list is imported. Nothing is blocked.

The same title always counts (of experts and facilities, whose titles are names, only within one organisation); beside
it a text that is all but the same in meaning, where the engine answers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from matchmaker.ranking.nearness import nearness_of
from matchmaker.services import permissions, subjects, texts
from matchmaker.services.ports import Finder, FinderUnavailable
from matchmaker.services.weighing import model_of
from models import Post, User, title_key
from models.vocabulary import Kind, State

SOUGHT = 10
SHOWN = 5
NAMES = frozenset({Kind.EXPERT, Kind.FACILITY})
Near = Mapping[int, Mapping[int, float]]
"""Number of a row → post → cosine."""
GONE = (State.WITHDRAWN.value, State.REFUSED.value)


@dataclass(frozen=True)
class Twin:
    """A post that may be the same. `similarity`: cosine, None where the titles tell."""

    post: Post
    same_title: bool
    similarity: float | None = None


@dataclass(frozen=True)
class Row:
    """A row of a list as far as it is compared."""

    number: int
    title: str
    organisation: str | None
    text: str = ""


def of_post(session: Session, finder: Finder | None, viewer: User | None, post: Post) -> list[Twin]:
    """Other posts of the same kind that `viewer` may know of and that may be the same, same titles first."""
    named = [Twin(other, same_title=True) for other in _namesakes(session, viewer, post)]
    known = {twin.post.id for twin in named} | {post.id}
    near = [twin for twin in _near(session, finder, viewer, post) if twin.post.id not in known]
    return (named + near)[:SHOWN]


def near_rows(finder: Finder | None, kind: Kind, rows: Sequence[Row]) -> Near:
    """What lies near each row in meaning; takes its time, so ask before a transaction. Nothing without a finder."""
    limit = _limit(finder)
    return {row.number: hits for row in rows if (hits := _hits(finder, kind, row.text, limit))}


def of_rows(session: Session, kind: Kind, rows: Sequence[Row], near: Near) -> dict[int, Post]:
    """Number of a row → a stored post that is not gone and that it may repeat. `near`: from `near_rows`."""
    held: dict[tuple[str, str | None], Post] = {}
    keys = {title_key(row.title) for row in rows} - {""}
    wanted = select(Post).where(Post.kind == kind.value, Post.title_key.in_(keys), Post.state.not_in(GONE))
    for post in session.scalars(wanted.options(joinedload(Post.organisation)).order_by(Post.id.desc())):
        held[_key(kind, post.title, post.organisation.name if post.organisation else None)] = post
    found = {row.number: held[key] for row in rows if (key := _key(kind, row.title, row.organisation)) in held}
    for row in rows:
        hits = near.get(row.number, {})
        there = subjects.load(session, list(hits), kind) if hits and row.number not in found else {}
        if there:
            found[row.number] = there[max(there, key=hits.__getitem__)]
    return found


def _key(kind: Kind, title: str, organisation: str | None) -> tuple[str, str | None]:
    return title_key(title), organisation if kind in NAMES else None


def _namesakes(session: Session, viewer: User | None, post: Post) -> Iterable[Post]:
    key = title_key(post.title)
    wanted = select(Post).where(
        Post.kind == post.kind, Post.title_key == key, Post.id != post.id, Post.state.not_in(GONE),
        permissions.visible_posts(viewer)).options(joinedload(Post.organisation))
    if post.kind in NAMES:
        wanted = wanted.where(Post.organisation_id == post.organisation_id)
    return session.scalars(wanted.order_by(Post.id.desc()).limit(SHOWN)) if key else ()


def _near(session: Session, finder: Finder | None, viewer: User | None, post: Post) -> list[Twin]:
    """Published posts whose public words all but mean the same, nearest first; none while the engine is away."""
    hits = _hits(finder, Kind(post.kind), texts.query_text(post), _limit(finder))
    found = subjects.load(session, list(hits), Kind(post.kind))
    twins = [Twin(other, same_title=False, similarity=hits[other.id]) for other in found.values()
             if permissions.can_see(viewer, other)]
    return sorted(twins, key=lambda twin: -(twin.similarity or 0.0))


def _limit(finder: Finder | None) -> float:
    """The cosine that counts under the encoder in use."""
    try:
        encoder = str(finder.status()["encoder"]) if finder else ""
    except FinderUnavailable:
        encoder = ""
    return nearness_of(model_of(encoder)).same


def _hits(finder: Finder | None, kind: Kind, text: str, limit: float) -> dict[int, float]:
    """Cosines of the posts near enough."""
    if finder is None or not text.strip():
        return {}
    try:
        return {hit.post_id: hit.similarity for hit in finder.search(text, kind, SOUGHT) if hit.similarity >= limit}
    except FinderUnavailable:
        return {}

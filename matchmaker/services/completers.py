"""Who completed an achievement, as experts of the pool: found by name, linked, and asked from both sides."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import delete, select
from sqlalchemy.orm import Session, joinedload

from models import Achievement, Authorship, Expert, Post
from models.vocabulary import Kind, State

MOST = 8


def named(session: Session, text: str) -> list[Expert]:
    """At most MOST published experts whose name contains the text, the shortest names first."""
    wanted = select(Expert).where(Expert.state == State.PUBLISHED.value, Expert.title.icontains(text, autoescape=True))
    found = session.scalars(wanted.options(joinedload(Expert.organisation)).order_by(Expert.id).limit(MOST * 5))
    return sorted(found, key=lambda expert: (len(expert.title), expert.id))[:MOST]


def known(session: Session, ids: Collection[int]) -> set[int]:
    """Those of the ids that are experts who were published once."""
    wanted = select(Post.id).where(Post.id.in_(ids), Post.kind == Kind.EXPERT.value,
                                   Post.state.in_((State.PUBLISHED.value, State.FROZEN.value)))
    return set(session.scalars(wanted))


def relink(session: Session, post: Post) -> None:
    """Let an achievement's links follow from its completers; a number that is no expert's is taken from its row."""
    if not isinstance(post, Achievement):
        return
    rows = post.completers or []
    there = known(session, [row["expert_id"] for row in rows if row.get("expert_id")])
    clean = [row if row.get("expert_id") in there else {name: row[name] for name in row if name != "expert_id"}
             for row in rows]
    if clean != rows:
        post.completers = clean
    session.execute(delete(Authorship).where(Authorship.achievement_id == post.id))
    linked = dict.fromkeys(row["expert_id"] for row in clean if row.get("expert_id"))
    session.add_all(Authorship(achievement_id=post.id, expert_id=expert_id) for expert_id in linked)


def achievements(session: Session, expert: Post) -> list[Post]:
    """Published achievements that the expert completed and whose organisation is not hidden, the newest first."""
    linked = select(Authorship.achievement_id).where(Authorship.expert_id == expert.id)
    wanted = select(Post).where(Post.id.in_(linked), Post.state == State.PUBLISHED.value,
                                Post.hide_organisation.is_(False))
    return list(session.scalars(wanted.order_by(Post.published_at.desc(), Post.id.desc())))


def experts(session: Session, achievement: Post) -> list[Post]:
    """The published experts among an achievement's completers."""
    linked = select(Authorship.expert_id).where(Authorship.achievement_id == achievement.id)
    wanted = select(Post).where(Post.id.in_(linked), Post.state == State.PUBLISHED.value)
    return list(session.scalars(wanted.options(joinedload(Post.organisation)).order_by(Post.id)))

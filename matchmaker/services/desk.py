"""What waits at the office's desk: reviews, needs that nobody answers yet, jobs that failed."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, exists, func, select
from sqlalchemy.orm import Session, aliased, joinedload

from matchmaker.services.matching import ACTION
from models import Event, Job, Match, Post
from models.vocabulary import Kind, State


def counts(session: Session) -> dict[Kind, dict[str, int]]:
    """How many posts of each kind are in each state that the office looks after."""
    counted = select(Post.kind, Post.state, func.count()).where(Post.state != State.DRAFT.value)
    found: dict[Kind, dict[str, int]] = {kind: {} for kind in Kind}
    for kind, state, n in session.execute(counted.group_by(Post.kind, Post.state)):
        found[Kind(kind)][state] = n
    return found


def waiting(session: Session, most: int = 10) -> list[Post]:
    """Posts that wait for the office's review, the longest waiting first."""
    wanted = select(Post).where(Post.state == State.SUBMITTED.value).options(joinedload(Post.organisation))
    return list(session.scalars(wanted.order_by(Post.updated_at, Post.id).limit(most)))


def unanswered_needs() -> ColumnElement[bool]:
    """The condition of published needs that were matched and have no strong candidate."""
    matched = exists().where(Event.subject == "post", Event.subject_id == Post.id, Event.action == ACTION)
    offered = aliased(Post)
    strong = exists(select(Match.id).join(offered, offered.id == Match.candidate_id).where(
        Match.post_id == Post.id, Match.band == "strong", Match.passed.is_(True),
        offered.state == State.PUBLISHED.value))
    return and_(Post.kind == Kind.NEED.value, Post.state == State.PUBLISHED.value, matched, ~strong)


def without_partners(session: Session, most: int = 10) -> list[Post]:
    """Published needs that were matched and have no strong candidate, the newest first."""
    wanted = select(Post).where(unanswered_needs())
    newest = wanted.order_by(Post.updated_at.desc(), Post.id.desc()).limit(most)
    return list(session.scalars(newest.options(joinedload(Post.organisation))))


def published(session: Session) -> dict[Kind, int]:
    """How many posts of each kind anyone may see."""
    counted = select(Post.kind, func.count()).where(Post.state == State.PUBLISHED.value).group_by(Post.kind)
    found = {row[0]: row[1] for row in session.execute(counted)}
    return {kind: found.get(kind.value, 0) for kind in Kind}


def jobs_in(session: Session, state: ColumnElement[bool], most: int) -> list[Job]:
    """The newest jobs that are in a state."""
    return list(session.scalars(select(Job).where(state).order_by(Job.id.desc()).limit(most)))

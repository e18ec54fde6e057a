"""Which published needs fit what a person offers: candidates of their own supplies, the best of each need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session, aliased, joinedload

from matchmaker.services import clock, permissions, validity
from matchmaker.services.lists import own
from matchmaker.services.matching import Partner
from models import Job, Match, Post, User
from models.vocabulary import SUPPLIES, Kind, State

MOST = 60
LOOKED_AT = 400


@dataclass(frozen=True)
class Opening:
    """A need and the supply of the viewer's that fits it best."""

    supply: Post
    partner: Partner

    @property
    def need(self) -> Post:
        return self.partner.post


def supplies(session: Session, viewer: User) -> list[Post]:
    """What the viewer offers and has published, the newest first."""
    kinds = [kind.value for kind in SUPPLIES]
    wanted = select(Post).where(own(viewer), Post.kind.in_(kinds), Post.state == State.PUBLISHED.value)
    return list(session.scalars(wanted.order_by(Post.updated_at.desc(), Post.id.desc())))


def openings(session: Session, viewer: User, offered: Sequence[Post]) -> list[Opening]:
    """At most MOST needs that pass every rule for one of the posts offered, the likeliest first.

    Made of what the supply's own list says: the need's public words, never its hidden ones.
    """
    mine = [post.id for post in offered if permissions.can_match(viewer, post)]
    need = aliased(Post)
    wanted = (
        select(Match).join(need, Match.candidate_id == need.id)
        .where(Match.post_id.in_(mine), Match.candidate_kind == Kind.NEED.value, Match.passed.is_(True),
               need.state == State.PUBLISHED.value)
        .order_by(Match.probability.desc(), Match.id).limit(LOOKED_AT)
        .options(joinedload(Match.candidate).joinedload(Post.organisation), joinedload(Match.post))
    )
    day, best = clock.today(), dict[int, Opening]()
    for match in session.scalars(wanted):
        if match.candidate_id not in best and not validity.is_stale(match.candidate, day):
            best[match.candidate_id] = Opening(match.post, Partner.of(viewer, match))
    return list(best.values())[:MOST]


def computing(session: Session, offered: Sequence[Post]) -> bool:
    """Whether a list of one of the posts is being computed, or will be: new texts are matched once they are encoded."""
    keys = [str(post.id) for post in offered]
    own_list = and_(Job.kind == "shortlist", Job.dedupe_key.in_(keys))
    busy = select(Job.id).where(or_(own_list, Job.kind.in_(("embed", "rematch"))), Job.state.in_(("queued", "running")))
    return session.scalar(busy.limit(1)) is not None

"""What is new among a post's candidates since a person last looked at them.

A visit is a row of looks less than VISIT apart; during one, what it found new stays marked as new.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from sqlalchemy import Select, and_, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, joinedload

from matchmaker.services import clock, permissions, validity
from models import Match, Post, Seen, User, now
from models.vocabulary import Kind, State

VISIT = dt.timedelta(minutes=30)


def look(session: Session, viewer: User, post: Post) -> None:
    """Note that the viewer looks at the post's candidates now. Raises NotAllowed."""
    permissions.check_match(viewer, post)
    moment = now()
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    first = dialect.insert(Seen).values(user_id=viewer.id, post_id=post.id, at=moment).on_conflict_do_nothing()
    if session.scalar(first.returning(Seen.post_id)) is None:
        mark = session.get_one(Seen, (viewer.id, post.id), with_for_update=True)
        mark.before, mark.at = _since(mark, moment), moment


def since(session: Session, viewer: User, post: Post) -> dt.datetime | None:
    """The viewer's last look before this visit; None when there was none."""
    mark = session.get(Seen, (viewer.id, post.id))
    return _since(mark, now()) if mark else None


def news(session: Session, viewer: User | None, posts: Iterable[Post]) -> dict[int, int]:
    """How many candidates each post has got since the viewer's last look, by id; only posts looked at before, and
    only where there are any."""
    ids = [post.id for post in posts if permissions.can_match(viewer, post)]
    if viewer is None or not ids:
        return {}
    return {row[0]: row[1] for row in session.execute(_counted(viewer).where(Match.post_id.in_(ids)))}


def fresh(session: Session, viewer: User, most: int = 10) -> list[tuple[Post, int]]:
    """Needs at which the viewer has looked and which got candidates since, those with most first, with how many."""
    counted = _counted(viewer).subquery()
    wanted = select(Post, counted.c.n).join(counted, counted.c.post_id == Post.id).where(
        Post.kind == Kind.NEED.value, Post.state == State.PUBLISHED.value)
    first = wanted.order_by(counted.c.n.desc(), Post.id.desc()).options(joinedload(Post.organisation))
    rows = session.execute(first.limit(most))
    return [(post, n) for post, n in rows if permissions.can_match(viewer, post)]


def _counted(viewer: User) -> Select[int, int]:
    """Post, and how many of its candidates that anyone may see, and that still hold, came after the viewer's last look.
    """
    newer = and_(Seen.post_id == Match.post_id, Seen.user_id == viewer.id, Match.first_at > Seen.at)
    counted = select(Match.post_id, func.count().label("n")).join(Seen, newer).join(Match.candidate)
    holding = and_(Match.passed.is_(True), Post.state == State.PUBLISHED.value, ~validity.stale(clock.today()))
    return counted.where(holding).group_by(Match.post_id)


def _since(mark: Seen, moment: dt.datetime) -> dt.datetime | None:
    return mark.before if moment - mark.at < VISIT else mark.at

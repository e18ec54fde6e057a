"""How many open cases a person carries at once, and how many the office lets them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from matchmaker.services import office, permissions
from matchmaker.services.problems import Problem
from models import Introduction, Post, User
from models.introduction import ENDED
from models.vocabulary import STAFF, Kind, Role


class OverCap(Problem):
    """Somebody would carry more cases than the office allows; a head may override it with a reason."""


def carried_by_broker(session: Session, user_id: int, but: int | None = None) -> int:
    """Open cases that the broker works; `but` leaves one out."""
    mine = _open().where(Introduction.broker_id == user_id, Introduction.id != (but or 0))
    return session.scalar(mine) or 0


def carried_by_supply(session: Session, supply: Post, but: int | None = None) -> int:
    """Open cases of the person behind a supply, whichever of that person's posts they are about."""
    theirs = Post.owner_id == supply.owner_id if supply.owner_id else Post.id == supply.id
    of = people(session, theirs)
    person = of.get(supply.id, -supply.id)
    return sum(count for post, count in _by_supply(session, theirs, Introduction.id != (but or 0))
               if of[post] == person)


def carried(session: Session, of: Mapping[int, int]) -> Counter[int]:
    """Person → open cases, of those in `of`."""
    found: Counter[int] = Counter()
    for post, count in _by_supply(session):
        if post in of:
            found[of[post]] += count
    return found


def people(session: Session, which: ColumnElement[bool]) -> dict[int, int]:
    """Supply → the person whose time it takes: its owner, or the post itself (its number below zero) where the owner
    is somebody else: the office, an account that entered several experts, or nobody."""
    several = select(Post.owner_id).where(Post.kind == Kind.EXPERT.value, Post.owner_id.is_not(None)).group_by(
        Post.owner_id).having(func.count() > 1)
    enters = set(session.scalars(several))
    wanted = select(Post.id, Post.kind, Post.owner_id, User.role).outerjoin(User, User.id == Post.owner_id)
    return {row.id: -row.id if row.role is None or Role(row.role) in STAFF
            or (row.kind == Kind.EXPERT.value and row.owner_id in enters) else row.owner_id
            for row in session.execute(wanted.where(which))}


def loads(session: Session) -> dict[int, int]:
    """Broker's user id → open cases."""
    counted = select(Introduction.broker_id, func.count()).where(Introduction.state.not_in(ENDED))
    rows = session.execute(counted.group_by(Introduction.broker_id))
    return {row[0]: row[1] for row in rows if row[0] is not None}


def check(session: Session, actor: User, case: Introduction, override: str) -> None:
    """Raises OverCap when the expert or the broker of a new case would carry too many."""
    most = office.get(session, "case.cap_expert")
    with session.no_autoflush:
        carried = carried_by_supply(session, case.supply, case.id)
    if carried >= most and not _overridden(actor, override):
        raise OverCap(f"“{case.supply.title}”已有 {carried} 项进行中的对接，达到中心设定的上限 {most} 项。"
                      "请先结束其中一项、推荐其他候选，或由中心负责人写明理由后放行。")
    check_broker(session, actor, case, override)


def check_broker(session: Session, actor: User, case: Introduction, override: str) -> None:
    """Raises OverCap when the case's broker would carry too many."""
    if case.broker_id is None:
        return
    most = office.get(session, "case.cap_broker")
    with session.no_autoflush:
        carried = carried_by_broker(session, case.broker_id, case.id)
    if carried >= most and not _overridden(actor, override):
        raise OverCap(f"负责的技术经理人已有 {carried} 项进行中的对接，达到中心设定的上限 {most} 项。"
                      "请改由他人负责，或由中心负责人写明理由后放行。")


def _overridden(actor: User, override: str) -> bool:
    return bool(override.strip()) and permissions.is_head(actor)


def _by_supply(session: Session, *which: ColumnElement[bool]) -> list[tuple[int, int]]:
    """Supply and its open cases."""
    counted = select(Introduction.supply_id, func.count()).join(Post, Post.id == Introduction.supply_id).where(
        Introduction.state.not_in(ENDED), *which).group_by(Introduction.supply_id)
    return [(row[0], row[1]) for row in session.execute(counted)]


def _open() -> Select[int]:
    return select(func.count(Introduction.id)).where(Introduction.state.not_in(ENDED))

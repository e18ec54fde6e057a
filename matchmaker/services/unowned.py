"""What nobody of its own keeps: posts that were imported, or whose poster has left. The office is asked instead.

A post concerns its broker; where no broker is in charge, the heads of the office, and without them the administrators.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session, joinedload

from matchmaker.services import notices, permissions
from matchmaker.speech import own
from models import Post, User
from models.vocabulary import STAFF, Role, State

SHOWN = 50
NAMED = 10
ALIVE = (State.PUBLISHED.value, State.FROZEN.value)


def waiting(session: Session, person: User) -> list[Post]:
    """What the person was asked about and nobody confirmed yet, what ends first at the top; SHOWN at most."""
    wanted = select(Post).where(*_concerns(person)).options(joinedload(Post.organisation))
    return list(session.scalars(wanted.order_by(Post.valid_until, Post.id).limit(SHOWN)))


def count(session: Session, person: User) -> int:
    """How many posts wait for the person's word."""
    return session.scalar(select(func.count()).select_from(Post).where(*_concerns(person))) or 0


def ask(session: Session, day: dt.date, link: Callable[[User], str]) -> None:
    """Tell everyone of the office whom something that was asked about on `day` concerns; once, in one notice."""
    for person in _keepers(session, day):
        found = waiting(session, person)
        if not found:
            continue
        several = count(session, person)
        titles = "\n".join(f"· {own(post.title)}" for post in found[:NAMED])
        more = f"\n…… 另有 {several - NAMED} 条" if several > NAMED else ""
        notices.notify(
            session, person, "expiry", f"请确认是否仍然有效：{several} 条没有发布者的信息",
            f"以下信息没有发布者，请中心确认。仍然有效的，点开链接按一次“仍然有效”；没有确认的到时将被冻结。\n{titles}{more}",
            link(person), f"expiry:office:{day}")


def _keepers(session: Session, day: dt.date) -> list[User]:
    asked = (Post.asked_on == day, Post.state.in_(ALIVE), _left())
    brokers = session.scalars(select(User).where(User.id.in_(select(Post.broker_id).where(*asked)), _serving()))
    found = {person.id: person for person in brokers}
    if session.scalar(select(Post.id).where(*asked, _unbrokered()).limit(1)) is not None:
        found |= {person.id: person for person in _heads(session)}
    return list(found.values())


def _heads(session: Session) -> list[User]:
    for role in (Role.HEAD, Role.ADMIN):
        if found := list(session.scalars(select(User).where(User.role == role.value, User.active))):
            return found
    return []


def _concerns(person: User) -> tuple[ColumnElement[bool], ...]:
    mine = Post.broker_id == person.id
    whose = or_(mine, _unbrokered()) if permissions.is_head(person) else mine
    return Post.asked_on.is_not(None), Post.state.in_(ALIVE), _left(), whose


def _left() -> ColumnElement[bool]:
    """No poster, or one who no longer uses the service."""
    return or_(Post.owner_id.is_(None), Post.owner_id.in_(select(User.id).where(User.active.is_(False))))


def _unbrokered() -> ColumnElement[bool]:
    return or_(Post.broker_id.is_(None), Post.broker_id.not_in(select(User.id).where(_serving())))


def _serving() -> ColumnElement[bool]:
    return User.active & User.role.in_([role.value for role in STAFF])

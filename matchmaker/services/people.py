"""The administrator's view of users: finding them, changing their role, switching accounts off and on."""

from __future__ import annotations

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload

from matchmaker.services import accounts, events, permissions
from matchmaker.services.problems import NotFound, Problem
from models import User
from models.vocabulary import Role

PAGE = 50


def listing(session: Session, text: str = "", role: str = "", after: int = 0) -> list[User]:
    """Users whose name or e-mail holds `text`, by id, from the one after `after` on; one more than PAGE if more."""
    wanted = select(User).where(User.id > after, User.erased_at.is_(None)).options(joinedload(User.organisation))
    if text.strip():
        part = text.strip().lower()
        wanted = wanted.where(or_(User.email.contains(part, autoescape=True),
                                  User.name.icontains(text.strip(), autoescape=True)))
    if role:
        wanted = wanted.where(User.role == role)
    return list(session.scalars(wanted.order_by(User.id).limit(PAGE + 1)))


def change_role(session: Session, actor: User, user_id: int, role: str) -> User:
    """Give a user another role. Raises NotAllowed, NotFound, and Problem for oneself."""
    user = _other(session, actor, user_id)
    if role not in list(Role):
        raise Problem("身份：请从列表中选择。")
    before, user.role = user.role, role
    if before != role:
        events.record(session, actor, "user.role_changed", user, before={"role": before}, after={"role": role})
    return user


def switch(session: Session, actor: User, user_id: int, active: bool) -> User:
    """Switch an account off, which ends its browsers at once, or on again. Raises NotAllowed, NotFound, Problem."""
    user = _other(session, actor, user_id)
    if user.active != active:
        user.active = active
        accounts.end_all(session, user)
        events.record(session, actor, "user.activated" if active else "user.deactivated", user)
    return user


def _other(session: Session, actor: User, user_id: int) -> User:
    """Somebody else's account: whoever administers cannot lock the last administrator out."""
    permissions.check_admin(actor)
    user = session.get(User, user_id)
    if user is None or user.erased_at is not None:
        raise NotFound("没有找到这个用户。")
    if user.id == actor.id:
        raise Problem("不能更改自己的身份或停用自己的账号，请由另一位管理员操作。")
    return user

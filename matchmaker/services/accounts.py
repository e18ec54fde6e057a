"""Signing in and out: passwords and signed-in browsers."""

from __future__ import annotations

import datetime as dt
import secrets
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, select
from sqlalchemy.orm import Session, joinedload

from matchmaker.services import events, mailing, throttle
from matchmaker.services.problems import Problem
from models import LoginSession, User, now

HASHER = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
SHORTEST, LONGEST = 12, 256
WRONG = "邮箱或密码不正确。请检查后重试；忘记密码可点“忘记密码”重设。"
CHANGED = "您的密码刚刚被更改，所有设备均已退出登录。如非本人操作，请立即重设密码并联系中心工作人员。"


def hash_password(password: str) -> str:
    """argon2id hash of a password."""
    return HASHER.hash(password)


def verify(session: Session, email: str, password: str, keys: list[str]) -> User | None:
    """The active user whose password it is, or None; takes as long for an e-mail that nobody has.

    Only reads, so that no lock is held while the hash is computed. Raises TooMany when a bucket of `keys` is empty.
    """
    throttle.check(session, keys)
    user = session.scalar(select(User).where(User.email == email.strip().lower()))
    right = _matches(user.password_hash if user else _nobody(), password)
    return user if user and user.active and right else None


def sign_in(session: Session, user: User | None, keys: list[str], lifetime: dt.timedelta) -> str | None:
    """Count a try against the buckets of `keys`; a verified user gets the token of a new signed-in browser.

    Raises TooMany.
    """
    buckets = throttle.locked(session, keys)
    _tidy(session)
    if user is None:
        throttle.count(buckets)
        return None
    token = secrets.token_urlsafe(32)
    session.add(LoginSession(token_hash=throttle.digest(token), user_id=user.id, expires_at=now() + lifetime))
    events.record(session, user, "user.signed_in", user)
    return token


def signed_in(session: Session, token: str) -> User | None:
    """The active user behind a token that was neither signed out nor has run out."""
    found = select(LoginSession).options(joinedload(LoginSession.user).joinedload(User.organisation))
    row = session.scalar(found.where(LoginSession.token_hash == throttle.digest(token),
                                     LoginSession.expires_at > now()))
    return row.user if row and row.user.active else None


def sign_out(session: Session, token: str) -> None:
    session.execute(delete(LoginSession).where(LoginSession.token_hash == throttle.digest(token)))


def change_password(session: Session, user: User, old: str, new: str) -> None:
    """Set a new password and end every signed-in browser of the user. Raises Problem."""
    check_password(new)
    check_own(user, old)
    set_password(session, session.merge(user), new)


def set_password(session: Session, user: User, new: str) -> None:
    """Store a password that was checked; every signed-in browser of the user ends, and a mail tells of it."""
    user.password_hash = hash_password(new)
    end_all(session, user)
    events.record(session, user, "user.password_changed", user)
    mailing.queue(session, mailing.Letter(user.email, "密码已更改", f"{user.name}，您好：\n\n{CHANGED}", "/reset"))


def end_all(session: Session, user: User) -> None:
    """End every signed-in browser of the user."""
    session.execute(delete(LoginSession).where(LoginSession.user_id == user.id))


def check_own(user: User, password: str) -> None:
    """Raises Problem when it is not the user's password."""
    if not _matches(user.password_hash, password):
        raise Problem("当前密码不正确。")


def check_password(password: str) -> None:
    """Raises Problem for a password that is too short, too long or too plain."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise Problem(f"新密码需为 {SHORTEST}–{LONGEST} 个字符。")
    if len(set(password)) < 5:
        raise Problem("新密码过于简单，请使用更多不同的字符。")


def _matches(stored: str, password: str) -> bool:
    try:
        return HASHER.verify(stored, password.encode("utf-8", "surrogatepass"))
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobody() -> str:
    """What is compared with when nobody has the e-mail, so that the answer takes as long."""
    return HASHER.hash(secrets.token_urlsafe(16))


def _tidy(session: Session) -> None:
    """Drop what time has made meaningless: refilled buckets and sessions that ran out."""
    throttle.tidy(session)
    session.execute(delete(LoginSession).where(LoginSession.expires_at < now()))

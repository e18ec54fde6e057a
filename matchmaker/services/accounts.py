"""Signing in and out: passwords, signed-in browsers, and the slowing down of those who guess."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, joinedload

from matchmaker.services import events
from matchmaker.services.problems import Problem, TooMany
from models import LoginSession, TokenBucket, User, now

HASHER = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
TRIES = 5
"""Tries at once; as many grow back in REFILL, so that no five minutes see more than twice as many."""
REFILL = dt.timedelta(minutes=5)
SHORTEST, LONGEST = 12, 256
WRONG = "邮箱或密码不正确。请检查后重试；忘记密码请联系中心工作人员重置。"
WAIT = "尝试次数过多，请 5 分钟后再试；忘记密码请联系中心工作人员重置。"


def hash_password(password: str) -> str:
    """argon2id hash of a password."""
    return HASHER.hash(password)


def verify(session: Session, email: str, password: str, keys: list[str]) -> User | None:
    """The active user whose password it is, or None; takes as long for an e-mail that nobody has.

    Only reads, so that no lock is held while the hash is computed. Raises TooMany when a bucket of `keys` is empty.
    """
    found = [bucket for key in keys if (bucket := session.get(TokenBucket, key))]
    if any(_left(bucket) < 1 for bucket in found):
        raise TooMany(WAIT)
    user = session.scalar(select(User).where(User.email == email.strip().lower()))
    right = _matches(user.password_hash if user else _nobody(), password)
    return user if user and user.active and right else None


def sign_in(session: Session, user: User | None, keys: list[str], lifetime: dt.timedelta) -> str | None:
    """Count a try against the buckets of `keys`; a verified user gets the token of a new signed-in browser.

    Counted under a lock, so that tries made at the same time cannot slip through together. Raises TooMany.
    """
    buckets = [_locked(session, key) for key in sorted(keys)]
    if any(_left(bucket) < 1 for bucket in buckets):
        raise TooMany(WAIT)
    _tidy(session)
    if user is None:
        for bucket in buckets:
            bucket.tokens, bucket.updated_at = _left(bucket) - 1, now()
        return None
    token = secrets.token_urlsafe(32)
    session.add(LoginSession(token_hash=_digest(token), user_id=user.id, expires_at=now() + lifetime))
    events.record(session, user, "user.signed_in", user)
    return token


def signed_in(session: Session, token: str) -> User | None:
    """The active user behind a token that was neither signed out nor has run out."""
    found = select(LoginSession).options(joinedload(LoginSession.user).joinedload(User.organisation))
    row = session.scalar(found.where(LoginSession.token_hash == _digest(token), LoginSession.expires_at > now()))
    return row.user if row and row.user.active else None


def sign_out(session: Session, token: str) -> None:
    session.execute(delete(LoginSession).where(LoginSession.token_hash == _digest(token)))


def change_password(session: Session, user: User, old: str, new: str) -> None:
    """Set a new password and end every signed-in browser of the user. Raises Problem."""
    check_password(new)
    if not _matches(user.password_hash, old):
        raise Problem("当前密码不正确。")
    session.merge(user).password_hash = hash_password(new)
    session.execute(delete(LoginSession).where(LoginSession.user_id == user.id))
    events.record(session, user, "user.password_changed", user)


def check_password(password: str) -> None:
    """Raises Problem for a password that is too short, too long or too plain."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise Problem(f"新密码需为 {SHORTEST}–{LONGEST} 个字符。")
    if len(set(password)) < 5:
        raise Problem("新密码过于简单，请使用更多不同的字符。")


def bucket_key(what: str, value: str) -> str:
    """The bucket of an e-mail, an address or a known browser; the value itself is not stored."""
    return f"{what}:{_digest(value.strip().lower())}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _matches(stored: str, password: str) -> bool:
    try:
        return HASHER.verify(stored, password.encode("utf-8", "surrogatepass"))
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobody() -> str:
    """What is compared with when nobody has the e-mail, so that the answer takes as long."""
    return HASHER.hash(secrets.token_urlsafe(16))


def _left(bucket: TokenBucket) -> float:
    return min(TRIES, bucket.tokens + TRIES * ((now() - bucket.updated_at) / REFILL))


def _locked(session: Session, key: str) -> TokenBucket:
    """The bucket, made full when there is none, locked until the transaction ends."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    full = dialect.insert(TokenBucket).values(key=key, tokens=float(TRIES), updated_at=now())
    session.execute(full.on_conflict_do_nothing())
    return session.execute(select(TokenBucket).where(TokenBucket.key == key).with_for_update()).scalar_one()


def _tidy(session: Session) -> None:
    """Drop what time has made meaningless: refilled buckets and sessions that ran out."""
    session.execute(delete(TokenBucket).where(TokenBucket.updated_at < now() - REFILL - REFILL),
                    execution_options={"synchronize_session": False})
    session.execute(delete(LoginSession).where(LoginSession.expires_at < now()))

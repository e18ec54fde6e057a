"""Buckets of tries: whoever guesses, or asks for mails again and again, is slowed down, over all web processes."""

from __future__ import annotations

import datetime as dt
import hashlib

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from matchmaker.services.problems import TooMany
from models import TokenBucket, now

TRIES = 5
"""Tries at once; as many grow back in REFILL, so that no five minutes see more than twice as many."""
REFILL = dt.timedelta(minutes=5)
WAIT = "尝试次数过多，请 5 分钟后再试。"


def bucket_key(what: str, value: str) -> str:
    """The bucket of an e-mail, an address or a known browser; the value itself is not stored."""
    return f"{what}:{digest(value.strip().lower())}"


def digest(text: str) -> str:
    """SHA-256, hexadecimal: how tokens and bucket names are stored."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def check(session: Session, keys: list[str]) -> None:
    """Raises TooMany when a bucket is empty; reads only, so that no lock is held."""
    if any(_left(bucket) < 1 for key in keys if (bucket := session.get(TokenBucket, key))):
        raise TooMany(WAIT)


def locked(session: Session, keys: list[str]) -> list[TokenBucket]:
    """The buckets, locked until the transaction ends, so that tries made at the same time cannot slip through
    together. Raises TooMany when one is empty."""
    buckets = [_locked(session, key) for key in sorted(keys)]
    if any(_left(bucket) < 1 for bucket in buckets):
        raise TooMany(WAIT)
    return buckets


def count(buckets: list[TokenBucket]) -> None:
    """Take one try out of each locked bucket."""
    for bucket in buckets:
        bucket.tokens, bucket.updated_at = _left(bucket) - 1, now()


def spend(session: Session, keys: list[str]) -> None:
    """Count one try against each bucket. Raises TooMany when one is empty."""
    count(locked(session, keys))


def tidy(session: Session) -> None:
    """Drop the buckets that time has filled again."""
    session.execute(delete(TokenBucket).where(TokenBucket.updated_at < now() - REFILL - REFILL),
                    execution_options={"synchronize_session": False})


def _left(bucket: TokenBucket) -> float:
    return min(TRIES, bucket.tokens + TRIES * ((now() - bucket.updated_at) / REFILL))


def _locked(session: Session, key: str) -> TokenBucket:
    """The bucket, made full when there is none, locked until the transaction ends."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    full = dialect.insert(TokenBucket).values(key=key, tokens=float(TRIES), updated_at=now())
    session.execute(full.on_conflict_do_nothing())
    return session.execute(select(TokenBucket).where(TokenBucket.key == key).with_for_update()).scalar_one()

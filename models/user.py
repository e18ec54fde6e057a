"""Users, their signed-in sessions, and the buckets that slow guessing down."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Id, Moment, now
from models.organisation import Organisation
from models.vocabulary import Role


class User(Base):
    __tablename__ = "user_account"
    __table_args__ = (CheckConstraint(f"role IN {tuple(role.value for role in Role)}", name="role"),)

    id: Mapped[Id]
    email: Mapped[str] = mapped_column(String(254), unique=True, comment="lower case")
    name: Mapped[str] = mapped_column(String(100))
    role: Mapped[str] = mapped_column(String(16), comment="value of Role")
    password_hash: Mapped[str] = mapped_column(comment="argon2id")
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"))
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[Moment] = mapped_column(default=now)

    organisation: Mapped[Organisation | None] = relationship()


class LoginSession(Base):
    """One signed-in browser. Signing out or changing the password deletes the row, so an old cookie is worthless."""

    __tablename__ = "login_session"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True, comment="SHA-256 of the cookie's token")
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[Moment] = mapped_column(default=now)
    expires_at: Mapped[Moment]

    user: Mapped[User] = relationship()


class TokenBucket(Base):
    """How many tries a key (an address, an e-mail) has left; shared by every web worker."""

    __tablename__ = "token_bucket"

    key: Mapped[str] = mapped_column(String(128), primary_key=True)
    tokens: Mapped[float]
    updated_at: Mapped[Moment]

"""Users, their signed-in sessions, the links mailed to them, and the buckets that slow guessing down."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Id, Moment, now
from models.organisation import Organisation
from models.vocabulary import Role


class User(Base):
    __tablename__ = "user_account"
    __table_args__ = (
        CheckConstraint(f"role IN {tuple(role.value for role in Role)}", name="role"),
        CheckConstraint("position IS NULL OR position IN ('owner', 'member')", name="position"),
    )

    id: Mapped[Id]
    email: Mapped[str] = mapped_column(String(254), unique=True, comment="lower case")
    name: Mapped[str] = mapped_column(String(100))
    role: Mapped[str] = mapped_column(String(16), comment="value of Role")
    password_hash: Mapped[str] = mapped_column(comment="argon2id")
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"))
    position: Mapped[str | None] = mapped_column(String(8), comment="inside the organisation: owner or member")
    language: Mapped[str | None] = mapped_column(String(8), comment="chosen for pages and mails; none: Chinese")
    zone: Mapped[str | None] = mapped_column(
        String(40), comment="time zone chosen for pages and mails; none: Beijing's")
    active: Mapped[bool] = mapped_column(default=True)
    privacy_version: Mapped[str | None] = mapped_column(String(16), comment="privacy notice last consented to")
    privacy_at: Mapped[dt.datetime | None]
    erased_at: Mapped[dt.datetime | None] = mapped_column(comment="since when nothing personal is kept here")
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


class MailLink(Base):
    """A link sent by mail that works once: to register, to choose a new password, to join an organisation."""

    __tablename__ = "mail_link"
    __table_args__ = (CheckConstraint("purpose IN ('register', 'reset', 'invite')", name="purpose"),)

    id: Mapped[Id]
    token_hash: Mapped[str] = mapped_column(String(64), unique=True, comment="SHA-256 of the token in the link")
    purpose: Mapped[str] = mapped_column(String(16))
    email: Mapped[str] = mapped_column(String(254), index=True, comment="lower case; to whom it was sent")
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"), index=True)
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"), index=True)
    created_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    created_at: Mapped[Moment] = mapped_column(default=now)
    expires_at: Mapped[Moment]
    used_at: Mapped[dt.datetime | None] = mapped_column(comment="when it was used or taken back")

    organisation: Mapped[Organisation | None] = relationship()


class JoinRequest(Base):
    """Somebody asks to become a member of an organisation; an owner, or without one the office, answers."""

    __tablename__ = "join_request"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'accepted', 'refused', 'cancelled')", name="state"),
        Index("uq_join_request_waiting", "user_id", unique=True, sqlite_where=text("state = 'waiting'"),
              postgresql_where=text("state = 'waiting'")),
        Index("ix_join_request_organisation_id", "organisation_id", "state"),
    )

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    state: Mapped[str] = mapped_column(String(16), default="waiting")
    note: Mapped[str] = mapped_column(default="", comment="who one is, in one's own words")
    created_at: Mapped[Moment] = mapped_column(default=now)
    decided_at: Mapped[dt.datetime | None]
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))

    user: Mapped[User] = relationship(foreign_keys=[user_id])
    organisation: Mapped[Organisation] = relationship()

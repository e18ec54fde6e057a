"""What people are told: one row per notice and person, and how each person wants each kind to arrive by mail."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Id, Moment, now
from models.user import User
from models.vocabulary import CHANNELS, NOTICE_KINDS


class Notice(Base):
    """A notice in the app; `channel` says how it goes by mail, as its reader wished when it was written."""

    __tablename__ = "notice"
    __table_args__ = (
        CheckConstraint(f"kind IN {tuple(NOTICE_KINDS)}", name="kind"),
        CheckConstraint(f"channel IN {tuple(CHANNELS)}", name="channel"),
        UniqueConstraint("user_id", "key"),
        Index("ix_notice_user_id", "user_id", "id"),
        Index("ix_notice_unread", "user_id", sqlite_where=text("read_at IS NULL"),
              postgresql_where=text("read_at IS NULL")),
        Index("ix_notice_waiting", "channel", "user_id", "id", sqlite_where=text("mailed_at IS NULL"),
              postgresql_where=text("mailed_at IS NULL")),
    )

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(16), comment="code of NOTICE_KINDS")
    subject: Mapped[str] = mapped_column(String(200))
    text: Mapped[str] = mapped_column(default="")
    link: Mapped[str] = mapped_column(default="", comment="path on this site; empty for none")
    key: Mapped[str] = mapped_column(String(128), comment="what it is about; a person is told of it once")
    channel: Mapped[str] = mapped_column(String(8), default="off", comment="code of CHANNELS")
    created_at: Mapped[Moment] = mapped_column(default=now)
    read_at: Mapped[dt.datetime | None]
    mailed_at: Mapped[dt.datetime | None]

    user: Mapped[User] = relationship()


class NoticePreference(Base):
    """How a person wants one kind of notice by mail; without a row, as `services.notices.DEFAULTS` says."""

    __tablename__ = "notice_preference"
    __table_args__ = (
        CheckConstraint(f"kind IN {tuple(NOTICE_KINDS)}", name="kind"),
        CheckConstraint(f"channel IN {tuple(CHANNELS)}", name="channel"),
    )

    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    channel: Mapped[str] = mapped_column(String(8))

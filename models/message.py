"""What the parties of a case write to each other, what the office notes for itself, and who has read what."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Id, Moment, now
from models.introduction import SIDES
from models.user import User


class Message(Base):
    __tablename__ = "message"
    __table_args__ = (
        CheckConstraint(f"side IN {SIDES}", name="side"),
        CheckConstraint("NOT internal OR side = 'office'", name="internal"),
        Index("ix_message_case", "introduction_id", "id"),
    )

    id: Mapped[Id]
    introduction_id: Mapped[int] = mapped_column(ForeignKey("introduction.id", ondelete="CASCADE"))
    author_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    side: Mapped[str] = mapped_column(String(8), comment="for whom the author wrote: need, supply, office")
    internal: Mapped[bool] = mapped_column(default=False, comment="a note that only the office reads")
    text: Mapped[str]
    created_at: Mapped[Moment] = mapped_column(default=now)

    author: Mapped[User] = relationship()


class Reading(Base):
    """One person to whom a message was sent. The token in the mail leads that person, signed in, to the message."""

    __tablename__ = "message_reading"
    __table_args__ = (Index("ix_message_reading_user", "user_id", "read_at"),)

    message_id: Mapped[int] = mapped_column(ForeignKey("message.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"), primary_key=True)
    token: Mapped[str] = mapped_column(String(43), unique=True)
    read_at: Mapped[dt.datetime | None]

    message: Mapped[Message] = relationship()
    user: Mapped[User] = relationship()

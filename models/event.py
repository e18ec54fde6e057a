"""What happened, to what, by whom. Rows are only ever added."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Id, Json, Moment, now
from models.user import User


class Event(Base):
    __tablename__ = "event"
    __table_args__ = (Index("ix_event_subject", "subject", "subject_id", "id"),)

    id: Mapped[Id]
    at: Mapped[Moment] = mapped_column(default=now, index=True)
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"), comment="none: the system")
    action: Mapped[str] = mapped_column(String(64), comment="e.g. post.published")
    subject: Mapped[str] = mapped_column(String(32), comment="the table")
    subject_id: Mapped[int | None]
    before: Mapped[Json] = mapped_column(default=dict)
    after: Mapped[Json] = mapped_column(default=dict)

    actor: Mapped[User | None] = relationship()

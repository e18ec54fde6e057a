"""Searches that a person keeps, and of which a digest may tell what is new."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import JSON, CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Id, Moment, now
from models.user import User
from models.vocabulary import FREQUENCIES, Kind


class SavedSearch(Base):
    __tablename__ = "saved_search"
    __table_args__ = (
        CheckConstraint(f"kind IN {tuple(kind.value for kind in Kind)}", name="kind"),
        CheckConstraint(f"frequency IN {tuple(FREQUENCIES)}", name="frequency"),
    )

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(100))
    kind: Mapped[str] = mapped_column(String(16), comment="the hall it looks in")
    query: Mapped[str] = mapped_column(comment="words and filters, as they stand in the hall's address")
    frequency: Mapped[str] = mapped_column(String(8), default="none", comment="code of FREQUENCIES")
    token: Mapped[str] = mapped_column(String(64), unique=True, comment="opens the page that ends its mails")
    last_run: Mapped[dt.datetime | None] = mapped_column(comment="when a digest last looked")
    seen: Mapped[list[int]] = mapped_column(JSON, default=list, comment="ids of posts that a digest told of")
    created_at: Mapped[Moment] = mapped_column(default=now)

    user: Mapped[User] = relationship()

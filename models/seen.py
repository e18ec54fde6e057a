"""When a person last looked at the candidates of a post."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Moment


class Seen(Base):
    __tablename__ = "seen"

    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"), primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id", ondelete="CASCADE"), primary_key=True, index=True)
    at: Mapped[Moment] = mapped_column(comment="the latest look")
    before: Mapped[dt.datetime | None] = mapped_column(comment="the last look of the visit before")

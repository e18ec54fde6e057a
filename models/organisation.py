"""Organisations: the enterprises, universities, institutes and offices that users and posts belong to."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Id, Moment, Strings, now
from models.vocabulary import ORGANISATION_KINDS


class Organisation(Base):
    __tablename__ = "organisation"
    __table_args__ = (CheckConstraint(f"kind IN {tuple(ORGANISATION_KINDS)}", name="kind"),)

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(200), unique=True, comment="legal name as registered")
    kind: Mapped[str] = mapped_column(String(32), comment="code of ORGANISATION_KINDS")
    credit_code: Mapped[str | None] = mapped_column(String(18), unique=True, comment="统一社会信用代码")
    region: Mapped[str | None] = mapped_column(String(6), comment="GB/T 2260 code")
    address: Mapped[str | None]
    website: Mapped[str | None]
    tiers: Mapped[Strings] = mapped_column(default=list, comment="codes of TIERS")
    verified_at: Mapped[dt.datetime | None] = mapped_column(comment="when staff checked it")
    demo: Mapped[bool] = mapped_column(default=False, comment="belongs to the demonstration data")
    source_url: Mapped[str | None] = mapped_column(comment="public source of what is said about it")
    created_at: Mapped[Moment] = mapped_column(default=now)

"""Organisations: the enterprises, universities, institutes and offices that users and posts belong to."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata

from sqlalchemy import CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column, validates

from models.base import Base, Id, Moment, Strings, now
from models.vocabulary import ORGANISATION_KINDS

LEGAL_FORM = re.compile(r"(股份有限公司|有限责任公司|有限公司|总公司|公司)$")


def name_key(name: str) -> str:
    """A name as it is compared: letters and digits alone, one width, lower case, without the legal form at its end."""
    plain = unicodedata.normalize("NFKC", name).casefold()
    bare = "".join(character for character in plain if character.isalnum())
    return LEGAL_FORM.sub("", bare) or bare


class Organisation(Base):
    __tablename__ = "organisation"
    __table_args__ = (CheckConstraint(f"kind IN {tuple(ORGANISATION_KINDS)}", name="kind"),)

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(200), unique=True, comment="legal name as registered")
    name_key: Mapped[str] = mapped_column(
        String(200), index=True, server_default="", comment="the name as it is compared")
    kind: Mapped[str] = mapped_column(String(32), comment="code of ORGANISATION_KINDS")
    credit_code: Mapped[str | None] = mapped_column(String(18), unique=True, comment="统一社会信用代码")
    region: Mapped[str | None] = mapped_column(String(6), comment="GB/T 2260 code")
    address: Mapped[str | None]
    website: Mapped[str | None]
    tiers: Mapped[Strings] = mapped_column(default=list, comment="codes of TIERS")
    verified_at: Mapped[dt.datetime | None] = mapped_column(comment="when staff checked it")
    refused_at: Mapped[dt.datetime | None] = mapped_column(comment="when staff could not confirm it")
    refused_why: Mapped[str] = mapped_column(default="", server_default="")
    created_by: Mapped[int | None] = mapped_column(comment="the user who entered it")
    demo: Mapped[bool] = mapped_column(default=False, comment="belongs to the demonstration data")
    source_url: Mapped[str | None] = mapped_column(comment="public source of what is said about it")
    created_at: Mapped[Moment] = mapped_column(default=now)

    @validates("name")
    def _keyed(self, _attribute: str, name: str) -> str:
        self.name_key = name_key(name)
        return name

"""After the signing: the office asks at set intervals, both parties rate, and what came of it may be told."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Id, Moment, now
from models.contract import Contract
from models.user import User
from models.vocabulary import OUTCOMES, STORY_STATES


class FollowUp(Base):
    """One time that the office asks how the contract fares."""

    __tablename__ = "follow_up"
    __table_args__ = (
        CheckConstraint(f"outcome IS NULL OR outcome IN {tuple(OUTCOMES)}", name="outcome"),
        CheckConstraint("(done_on IS NULL) = (outcome IS NULL)", name="done"),
        UniqueConstraint("contract_id", "days"),
        Index("ix_follow_up_due_on", "done_on", "due_on", "id"),
    )

    id: Mapped[Id]
    contract_id: Mapped[int] = mapped_column(ForeignKey("contract.id"))
    days: Mapped[int] = mapped_column(comment="after the signing")
    due_on: Mapped[dt.date]
    done_on: Mapped[dt.date | None]
    outcome: Mapped[str | None] = mapped_column(String(16), comment="code of OUTCOMES")
    note: Mapped[str] = mapped_column(default="", comment="what was said; for a failure, why")
    done_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    created_at: Mapped[Moment] = mapped_column(default=now)

    contract: Mapped[Contract] = relationship()
    doer: Mapped[User | None] = relationship()


class Rating(Base):
    """What one side thinks of the office and of the result."""

    __tablename__ = "rating"
    __table_args__ = (
        CheckConstraint("side IN ('buyer', 'seller')", name="side"),
        CheckConstraint("office BETWEEN 1 AND 5 AND result BETWEEN 1 AND 5", name="stars"),
        UniqueConstraint("contract_id", "side"),
    )

    id: Mapped[Id]
    contract_id: Mapped[int] = mapped_column(ForeignKey("contract.id"))
    side: Mapped[str] = mapped_column(String(8), comment="buyer or seller")
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    office: Mapped[int] = mapped_column(comment="1–5: the service of the office")
    result: Mapped[int] = mapped_column(comment="1–5: what came of it")
    words: Mapped[str] = mapped_column(default="")
    at: Mapped[Moment] = mapped_column(default=now)

    user: Mapped[User] = relationship()


class Story(Base):
    """A success story. It is public only while both sides agree to the text as it is."""

    __tablename__ = "story"
    __table_args__ = (
        CheckConstraint(f"state IN {tuple(STORY_STATES)}", name="state"),
        CheckConstraint("state <> 'published' OR (buyer_consent_at IS NOT NULL AND seller_consent_at IS NOT NULL)",
                        name="consent"),
        Index("ix_story_published", "state", "published_at", "id"),
    )

    id: Mapped[Id]
    version: Mapped[int] = mapped_column(comment="counts saves; a save of an old version is refused")
    contract_id: Mapped[int] = mapped_column(ForeignKey("contract.id"), unique=True)
    state: Mapped[str] = mapped_column(String(16), default="draft", comment="code of STORY_STATES")
    title: Mapped[str]
    text: Mapped[str]
    buyer_consent_at: Mapped[dt.datetime | None]
    buyer_consent_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    seller_consent_at: Mapped[dt.datetime | None]
    seller_consent_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    published_at: Mapped[dt.datetime | None]
    created_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    created_at: Mapped[Moment] = mapped_column(default=now)
    updated_at: Mapped[Moment] = mapped_column(default=now, onupdate=now)

    contract: Mapped[Contract] = relationship()

    __mapper_args__ = {"version_id_col": version}

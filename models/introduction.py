"""A brokered case: one need, one supply, and what becomes of the two."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Id, Json, Moment, now
from models.post import Post
from models.user import User
from models.vocabulary import CASE_STATES, PASSING_REASONS

ENDED = ("passed", "closed")
"""States of a case on which nobody works any more; of one pair at most one case stands elsewhere."""
SIDES = ("need", "supply", "office")


class Introduction(Base):
    __tablename__ = "introduction"
    __table_args__ = (
        CheckConstraint(f"state IN {tuple(CASE_STATES)}", name="state"),
        CheckConstraint(f"opened_side IN {SIDES}", name="opened_side"),
        CheckConstraint(f"reason IS NULL OR reason IN {tuple(PASSING_REASONS)}", name="reason"),
        CheckConstraint("need_id <> supply_id", name="two_posts"),
        Index("ix_introduction_state_since", "state", "state_since", "id"),
        Index("uq_introduction_open_pair", "need_id", "supply_id", unique=True,
              sqlite_where=text(f"state NOT IN {ENDED}"), postgresql_where=text(f"state NOT IN {ENDED}")),
    )

    id: Mapped[Id]
    version: Mapped[int] = mapped_column(comment="counts saves; a save of an old version is refused")
    need_id: Mapped[int] = mapped_column(ForeignKey("post.id"), index=True)
    supply_id: Mapped[int] = mapped_column(ForeignKey("post.id"), index=True)
    broker_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"), index=True)
    state: Mapped[str] = mapped_column(String(16), comment="code of CASE_STATES")
    state_since: Mapped[Moment] = mapped_column(default=now)
    opened_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    opened_side: Mapped[str] = mapped_column(String(8), comment="whose move opened it: need, supply or office")
    answers: Mapped[Json] = mapped_column(default=dict, comment="the intent: why, want, when")
    intent_side: Mapped[str | None] = mapped_column(String(8), comment="whose intent it is: need or supply")
    waiting_side: Mapped[str | None] = mapped_column(String(8), comment="who is to answer next: need, supply, office")
    paused_state: Mapped[str | None] = mapped_column(
        String(16), comment="where it stood before it was stalled, passed or closed")
    ended_side: Mapped[str | None] = mapped_column(String(8), comment="who passed or withdrew it")
    reason: Mapped[str | None] = mapped_column(String(16), comment="why it was passed; code of PASSING_REASONS")
    note: Mapped[str] = mapped_column(default="", comment="what was said with the reason")
    evidence: Mapped[Json] = mapped_column(
        default=dict, comment="the match as it was: rank, score, band, reasons, evidence, weights")
    next_step: Mapped[str] = mapped_column(default="")
    next_due: Mapped[dt.date | None] = mapped_column(index=True)
    accepted_at: Mapped[dt.datetime | None] = mapped_column(comment="since when both sides read each other's full text")
    need_nda_at: Mapped[dt.datetime | None] = mapped_column(comment="when the need's side signed the NDA")
    supply_nda_at: Mapped[dt.datetime | None] = mapped_column(comment="when the supply's side signed the NDA")
    need_contact_id: Mapped[int | None] = mapped_column(
        ForeignKey("user_account.id"), comment="who speaks for the need's side; none: the need's owner")
    supply_contact_id: Mapped[int | None] = mapped_column(
        ForeignKey("user_account.id"), comment="who speaks for the supply's side; none: the supply's owner")
    created_at: Mapped[Moment] = mapped_column(default=now)
    updated_at: Mapped[Moment] = mapped_column(default=now, onupdate=now)

    need: Mapped[Post] = relationship(foreign_keys=[need_id])
    supply: Mapped[Post] = relationship(foreign_keys=[supply_id])
    broker: Mapped[User | None] = relationship(foreign_keys=[broker_id])
    need_contact: Mapped[User | None] = relationship(foreign_keys=[need_contact_id])
    supply_contact: Mapped[User | None] = relationship(foreign_keys=[supply_contact_id])
    participants: Mapped[list[Participant]] = relationship(passive_deletes=True)

    __mapper_args__ = {"version_id_col": version}


class Participant(Base):
    """A person who takes part in a case besides the two contacts and the broker."""

    __tablename__ = "participant"
    __table_args__ = (CheckConstraint(f"side IN {SIDES}", name="side"),)

    introduction_id: Mapped[int] = mapped_column(
        ForeignKey("introduction.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[int] = mapped_column(
        ForeignKey("user_account.id", ondelete="CASCADE"), primary_key=True, index=True)
    side: Mapped[str] = mapped_column(String(8))
    added_at: Mapped[Moment] = mapped_column(default=now)

    user: Mapped[User] = relationship()

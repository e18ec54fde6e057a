"""Meetings and visits of a case: the times proposed, what was agreed, what came of it; and calendars of them."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Id, Json, Moment, Rows, Strings, now
from models.introduction import SIDES, Introduction
from models.user import User
from models.vocabulary import MEETING_KINDS, MEETING_STATES


class Meeting(Base):
    __tablename__ = "meeting"
    __table_args__ = (
        CheckConstraint(f"kind IN {tuple(MEETING_KINDS)}", name="kind"),
        CheckConstraint(f"state IN {tuple(MEETING_STATES)}", name="state"),
        CheckConstraint(f"side IN {SIDES}", name="side"),
        CheckConstraint("starts_at IS NULL OR ends_at > starts_at", name="times"),
        CheckConstraint("state NOT IN ('agreed', 'held') OR starts_at IS NOT NULL", name="agreed"),
        Index("ix_meeting_case", "introduction_id", "id"),
    )

    id: Mapped[Id]
    version: Mapped[int] = mapped_column(comment="counts saves; also the sequence of its invitation")
    uid: Mapped[str] = mapped_column(String(64), unique=True, comment="identifies it in every calendar")
    introduction_id: Mapped[int] = mapped_column(ForeignKey("introduction.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(16), comment="code of MEETING_KINDS")
    state: Mapped[str] = mapped_column(String(16), default="proposed", comment="code of MEETING_STATES")
    title: Mapped[str] = mapped_column(String(100))
    place: Mapped[str] = mapped_column(String(200), default="")
    link: Mapped[str | None] = mapped_column(String(500), comment="where it is held online")
    side: Mapped[str] = mapped_column(String(8), comment="who proposed the times that stand: need, supply, office")
    options: Mapped[Rows] = mapped_column(default=list, comment="times proposed: start and end, UTC, ISO 8601")
    starts_at: Mapped[dt.datetime | None] = mapped_column(index=True)
    ends_at: Mapped[dt.datetime | None]
    minutes: Mapped[str] = mapped_column(default="")
    decisions: Mapped[Strings] = mapped_column(default=list)
    findings: Mapped[Json] = mapped_column(default=dict, comment="what a diagnosis visit found, by FINDINGS")
    need_id: Mapped[int | None] = mapped_column(ForeignKey("post.id"), comment="the draft need made of the findings")
    created_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    created_at: Mapped[Moment] = mapped_column(default=now)
    updated_at: Mapped[Moment] = mapped_column(default=now, onupdate=now)

    introduction: Mapped[Introduction] = relationship()

    __mapper_args__ = {"version_id_col": version}


class CaseTask(Base):
    """Something that a person said they would do, by when; most come out of a meeting."""

    __tablename__ = "case_task"
    __table_args__ = (Index("ix_case_task_who", "who_id", "done_at", "due"),)

    id: Mapped[Id]
    introduction_id: Mapped[int] = mapped_column(ForeignKey("introduction.id", ondelete="CASCADE"), index=True)
    meeting_id: Mapped[int | None] = mapped_column(ForeignKey("meeting.id", ondelete="CASCADE"), index=True)
    text: Mapped[str] = mapped_column(String(200))
    who_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    due: Mapped[dt.date | None]
    done_at: Mapped[dt.datetime | None]
    created_at: Mapped[Moment] = mapped_column(default=now)

    introduction: Mapped[Introduction] = relationship()
    who: Mapped[User] = relationship()


class CalendarFeed(Base):
    """A person's calendar under a secret address; a new address makes the old one worthless."""

    __tablename__ = "calendar_feed"

    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"), primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True, comment="SHA-256 of the address's token")
    created_at: Mapped[Moment] = mapped_column(default=now)

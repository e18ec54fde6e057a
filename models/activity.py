"""What an office holds: training, promotion, meetings of industry and academia."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Id, Moment, now
from models.organisation import Organisation
from models.user import User
from models.vocabulary import GATHERINGS


class Activity(Base):
    __tablename__ = "activity"
    __table_args__ = (
        CheckConstraint(f"kind IN {tuple(GATHERINGS)}", name="kind"),
        CheckConstraint("participants >= 0", name="participants"),
        Index("ix_activity_held_on", "held_on", "id"),
    )

    id: Mapped[Id]
    version: Mapped[int] = mapped_column(comment="counts saves; a save of an old version is refused")
    kind: Mapped[str] = mapped_column(String(16), comment="code of GATHERINGS")
    title: Mapped[str] = mapped_column(String(200))
    held_on: Mapped[dt.date]
    participants: Mapped[int] = mapped_column(default=0, comment="people who came")
    place: Mapped[str] = mapped_column(String(200), default="")
    field: Mapped[str | None] = mapped_column(String(32), comment="code of FIELDS; none: all of them")
    region: Mapped[str | None] = mapped_column(String(6), comment="code of REGIONS: where it was held")
    organiser_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"), index=True)
    institute_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"), comment="held together with")
    note: Mapped[str] = mapped_column(default="")
    demo: Mapped[bool] = mapped_column(default=False)
    created_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    created_at: Mapped[Moment] = mapped_column(default=now)
    updated_at: Mapped[Moment] = mapped_column(default=now, onupdate=now)

    organiser: Mapped[User | None] = relationship(foreign_keys=[organiser_id])
    institute: Mapped[Organisation | None] = relationship()

    __mapper_args__ = {"version_id_col": version}

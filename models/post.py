"""What people post: needs of enterprises, and what may answer them (achievements, experts, facilities).

One table, one class per kind. Columns follow the provincial forms; a coded column holds a code of the closed list
named in its comment, and `services.posts` enforces the lists of codes (JSON columns) and the limits of length.
"""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Iterable
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from models.base import Base, Id, Json, Moment, Rows, Strings, now
from models.indicator import Indicator
from models.organisation import Organisation
from models.user import User
from models.vocabulary import Kind, State

LONGEST_KEY = 64
LONGEST_MODES = 255


def title_key(title: str) -> str:
    """A title as it is compared: letters and digits alone, one width, lower case, its first LONGEST_KEY characters."""
    plain = unicodedata.normalize("NFKC", title).casefold()
    return "".join(character for character in plain if character.isalnum())[:LONGEST_KEY]


def modes_key(modes: Iterable[str] | None) -> str | None:
    """Codes of modes as they are counted and looked for: ",joint,transfer,"; None for none."""
    return f",{','.join(sorted(set(modes)))}," if modes else None


class Post(Base):
    __tablename__ = "post"
    __table_args__ = (
        CheckConstraint(f"kind IN {tuple(kind.value for kind in Kind)}", name="kind"),
        CheckConstraint(f"state IN {tuple(state.value for state in State)}", name="state"),
        CheckConstraint("trl IS NULL OR trl BETWEEN 1 AND 9", name="trl"),
        CheckConstraint("trl_low IS NULL OR trl_high IS NULL OR trl_low <= trl_high", name="trl_range"),
        UniqueConstraint("kind", "source", "external_id"),
        Index("ix_post_kind_state_updated", "kind", "state", "updated_at", "id"),
        Index("ix_post_title_key", "title_key"),
        Index("ix_post_state_submitted_at", "state", "submitted_at", "id"),
        Index("ix_post_state_valid_until", "state", "valid_until", "id"),
        Index("ix_post_kind_published", "kind", "published_at", "id", "field", "region", "demo", "broker_id",
              "organisation_id"),
    )

    id: Mapped[Id]
    kind: Mapped[str] = mapped_column(String(16))
    state: Mapped[str] = mapped_column(String(16), default=State.DRAFT.value)
    version: Mapped[int] = mapped_column(comment="counts saves; a save of an old version is refused")
    source: Mapped[str | None] = mapped_column(String(64), comment="the list it was imported from")
    external_id: Mapped[str | None] = mapped_column(String(128), comment="its identifier in that list")
    source_url: Mapped[str | None] = mapped_column(comment="public page it was taken from")
    source_note: Mapped[str | None] = mapped_column(comment="what it is when nobody posted it, e.g. 论文所述问题")
    demo: Mapped[bool] = mapped_column(default=False)

    title: Mapped[str] = mapped_column(comment="a need's or achievement's title; an expert's or facility's name")
    title_key: Mapped[str | None] = mapped_column(String(LONGEST_KEY), comment="the title as it is compared")
    keywords: Mapped[Strings] = mapped_column(default=list)
    brief: Mapped[str] = mapped_column(default="", comment="the part that everyone may read")
    field: Mapped[str | None] = mapped_column(String(32), index=True, comment="code of FIELDS")
    industry: Mapped[str | None] = mapped_column(String(8), comment="code of INDUSTRIES")
    region: Mapped[str | None] = mapped_column(String(6), index=True, comment="code of REGIONS")
    elements: Mapped[Json] = mapped_column(
        default=dict, comment="materials, methods, efficacy, products, applications → short phrases")
    modes: Mapped[Strings] = mapped_column(default=list, comment="codes of MODES accepted or offered")
    modes_key: Mapped[str | None] = mapped_column(String(LONGEST_MODES), comment="the modes as they are counted")
    secrecy: Mapped[str] = mapped_column(String(16), default="public", comment="code of SECRECY")
    disclosure: Mapped[str] = mapped_column(String(16), default="open", comment="code of DISCLOSURE")
    hide_organisation: Mapped[bool] = mapped_column(default=False)
    annex: Mapped[str] = mapped_column(default="", comment="confidential; after both signed the NDA")

    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"), index=True)
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"), index=True)
    broker_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    contact_name: Mapped[str | None]
    contact_phone: Mapped[str | None]
    contact_email: Mapped[str | None]
    contact_public: Mapped[Strings] = mapped_column(default=list, comment="which of name, phone, email anyone sees")

    valid_until: Mapped[dt.date | None]
    confirmed_on: Mapped[dt.date | None] = mapped_column(comment="when its owner last said it still holds")
    asked_on: Mapped[dt.date | None] = mapped_column(comment="when its owner was last asked whether it still holds")
    created_at: Mapped[Moment] = mapped_column(default=now)
    updated_at: Mapped[Moment] = mapped_column(default=now, onupdate=now)
    submitted_at: Mapped[dt.datetime | None] = mapped_column(comment="since when it waits for review, or last did")
    published_at: Mapped[dt.datetime | None]

    # shared by two kinds or more
    trl: Mapped[int | None] = mapped_column(comment="a need: the least maturity wanted; an achievement: its level")
    trl_low: Mapped[int | None] = mapped_column(comment="facility: lowest level served")
    trl_high: Mapped[int | None] = mapped_column(comment="facility: highest level served")

    organisation: Mapped[Organisation | None] = relationship()
    owner: Mapped[User | None] = relationship(foreign_keys=[owner_id])
    broker: Mapped[User | None] = relationship(foreign_keys=[broker_id])
    indicators: Mapped[list[Indicator]] = relationship(
        order_by=Indicator.position, cascade="all, delete-orphan", passive_deletes=True)

    __mapper_args__ = {"polymorphic_on": "kind", "version_id_col": version}

    @validates("title")
    def _keyed(self, _name: str, title: str) -> str:
        self.title_key = title_key(title)
        return title

    @validates("modes")
    def _counted(self, _name: str, modes: list[str]) -> list[str]:
        self.modes_key = modes_key(modes)
        return modes


class Need(Post):
    """A technology need of an enterprise (技术需求)."""

    main_problem: Mapped[str] = mapped_column(default="", nullable=True, comment="主要问题, ≤500 字")
    key_technique: Mapped[str] = mapped_column(default="", nullable=True, comment="技术关键、主要指标, ≤500 字")
    expected_goal: Mapped[str] = mapped_column(default="", nullable=True, comment="预期目标, ≤500 字")
    tried: Mapped[str] = mapped_column(default="", nullable=True, comment="已尝试的办法与已探询单位")
    activity: Mapped[str | None] = mapped_column(String(16), comment="code of ACTIVITIES")
    clarity: Mapped[str | None] = mapped_column(String(16), comment="code of CLARITY")
    chain_node: Mapped[str | None] = mapped_column(comment="industry-chain node")
    from_year: Mapped[int | None]
    to_year: Mapped[int | None]
    budget: Mapped[Decimal | None] = mapped_column(comment="total, yuan")
    wanted_partner: Mapped[str | None]
    regions_accepted: Mapped[Strings] = mapped_column(default=list, nullable=True, comment="codes of REGIONS; [] = any")

    __mapper_args__ = {"polymorphic_identity": Kind.NEED.value}


class Achievement(Post):
    """A scientific or technological achievement (科技成果)."""

    description: Mapped[str] = mapped_column(default="", nullable=True)
    registration_number: Mapped[str | None] = mapped_column(String(12), comment="成果登记号")
    completers: Mapped[Rows] = mapped_column(
        default=list, nullable=True, comment="name, organisation, expert_id; the first is the contact")
    discipline: Mapped[str | None] = mapped_column(String(8), comment="code of DISCIPLINES")
    research_from: Mapped[dt.date | None]
    research_to: Mapped[dt.date | None]
    funding: Mapped[str | None]
    stage: Mapped[str | None] = mapped_column(String(16), comment="code of STAGES")
    level: Mapped[str | None] = mapped_column(String(32), comment="code of LEVELS")
    application_state: Mapped[str | None] = mapped_column(String(16), comment="code of APPLICATION_STATES")
    category: Mapped[str | None] = mapped_column(String(16), comment="code of CATEGORIES")
    attribute: Mapped[str | None] = mapped_column(String(16), comment="code of ATTRIBUTES")
    form: Mapped[str | None] = mapped_column(String(16), comment="code of FORMS")
    evaluation: Mapped[str | None] = mapped_column(String(16), comment="code of EVALUATIONS")
    ip: Mapped[Rows] = mapped_column(
        default=list, nullable=True, comment="kind (IP_KINDS), number, state (IP_STATES), owner")
    price: Mapped[Decimal | None] = mapped_column(comment="expected, yuan; none with price_negotiable = 面议")
    price_negotiable: Mapped[bool | None] = mapped_column(default=True)
    months_to_deliver: Mapped[int | None] = mapped_column(comment="from contract to delivery")
    cases: Mapped[str | None] = mapped_column(comment="cases of use")

    __mapper_args__ = {"polymorphic_identity": Kind.ACHIEVEMENT.value}


class Expert(Post):
    """A person who can help (专家). `title` is the name, `brief` the short biography."""

    name_en: Mapped[str | None]
    department: Mapped[str | None]
    job_title: Mapped[str | None]
    research_fields: Mapped[Strings] = mapped_column(default=list, nullable=True)
    offers: Mapped[Strings] = mapped_column(default=list, nullable=True, comment="codes of OFFERS")
    days_per_year: Mapped[int | None]
    regions_served: Mapped[Strings] = mapped_column(default=list, nullable=True, comment="codes of REGIONS; [] = any")
    patents: Mapped[Strings] = mapped_column(default=list, nullable=True)
    projects: Mapped[Rows] = mapped_column(default=list, nullable=True, comment="name, field, years")
    awards: Mapped[Strings] = mapped_column(default=list, nullable=True)
    orcid: Mapped[str | None] = mapped_column(String(19))
    homepage: Mapped[str | None]
    consented_at: Mapped[dt.datetime | None] = mapped_column(comment="when the person agreed to be listed")

    __mapper_args__ = {"polymorphic_identity": Kind.EXPERT.value}


class Facility(Post):
    """Equipment, an open laboratory or a pilot plant that others may use. `title` is its name."""

    facility_kind: Mapped[str | None] = mapped_column(String(16), comment="code of FACILITY_KINDS")
    capacity: Mapped[str | None]
    services: Mapped[str] = mapped_column(default="", nullable=True)
    price_note: Mapped[str | None] = mapped_column(comment="what the services cost, in words")

    __mapper_args__ = {"polymorphic_identity": Kind.FACILITY.value}


CLASSES: dict[Kind, type[Post]] = {
    Kind.NEED: Need, Kind.ACHIEVEMENT: Achievement, Kind.EXPERT: Expert, Kind.FACILITY: Facility,
}
COUNTED = ("kind", "state", "field", "region", "industry", "trl", "organisation_id", "hide_organisation", "disclosure",
           "budget", "price", "modes_key", "owner_id", "valid_until", "updated_at", "id")
"""All that halls are counted and sorted by: read from one index, without the long rows of the table."""
Index("ix_post_hall", *(Post.__table__.c[name] for name in COUNTED))

"""Technology contracts, with what the national registration asks."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Id, Json, Moment, Rows, now
from models.introduction import Introduction
from models.office import SplitRule
from models.organisation import Organisation
from models.payment import Payment
from models.user import User
from models.vocabulary import CONTRACT_STATES, CONTRACT_TYPES, CONTRACT_VERSIONS, PAYMENTS


class Contract(Base):
    __tablename__ = "contract"
    __table_args__ = (
        CheckConstraint(f"state IN {tuple(CONTRACT_STATES)}", name="state"),
        CheckConstraint(f"type IN {tuple(CONTRACT_TYPES)}", name="type"),
        CheckConstraint(f"payment IS NULL OR payment IN {tuple(PAYMENTS)}", name="payment"),
        CheckConstraint("technology_amount IS NULL OR amount IS NULL OR technology_amount <= amount",
                        name="technology_amount"),
        CheckConstraint("registry_number IS NULL OR length(registry_number) = 16", name="registry_number"),
        CheckConstraint("from_on IS NULL OR to_on IS NULL OR from_on <= to_on", name="term"),
        Index("ix_contract_signed_on", "signed_on", "id"),
    )

    id: Mapped[Id]
    version: Mapped[int] = mapped_column(comment="counts saves; a save of an old version is refused")
    introduction_id: Mapped[int | None] = mapped_column(
        ForeignKey("introduction.id"), index=True, comment="none: entered without a case")
    broker_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"), index=True)
    state: Mapped[str] = mapped_column(String(16), default="draft", comment="code of CONTRACT_STATES")
    project_name: Mapped[str]
    type: Mapped[str] = mapped_column(String(24), comment="code of CONTRACT_TYPES")
    signed_on: Mapped[dt.date | None]
    from_on: Mapped[dt.date | None]
    to_on: Mapped[dt.date | None]
    amount: Mapped[Decimal | None] = mapped_column(comment="contract amount, yuan")
    technology_amount: Mapped[Decimal | None] = mapped_column(comment="技术交易额, yuan; never above the amount")
    payment: Mapped[str | None] = mapped_column(String(16), comment="code of PAYMENTS")
    payment_terms: Mapped[Json] = mapped_column(default=dict, comment="royalty and equity: percent, base, cap, years")
    related_party: Mapped[bool] = mapped_column(default=False)
    plan_source: Mapped[str | None] = mapped_column(comment="code of PLAN_SOURCES")
    plan_name: Mapped[str] = mapped_column(
        default="", server_default="", comment="name and number of the project of that plan")
    ip_kind: Mapped[str | None] = mapped_column(String(16), comment="code of IP_KINDS")
    field: Mapped[str | None] = mapped_column(String(32), comment="code of FIELDS")
    objective: Mapped[str | None] = mapped_column(String(64), comment="social-economic goal; code of GOALS")
    region: Mapped[str | None] = mapped_column(String(6), comment="code of REGIONS: where the buyer is")
    seller_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"), index=True)
    buyer_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"), index=True)
    seller: Mapped[Json] = mapped_column(default=dict, comment="the party as the form asks it")
    buyer: Mapped[Json] = mapped_column(default=dict)
    content: Mapped[str] = mapped_column(default="", server_default="", comment="what is done, delivered and accepted")
    split: Mapped[Rows] = mapped_column(default=list, comment="who gets which share: party (SHARERS), percent")
    completers: Mapped[Rows] = mapped_column(
        default=list, server_default="[]",
        comment="who shares the completers' part: name, percent; without percents all get the same")
    split_rule_id: Mapped[int | None] = mapped_column(ForeignKey("split_rule.id"), comment="the rule it was taken from")
    registry_number: Mapped[str | None] = mapped_column(String(16), unique=True)
    registered_on: Mapped[dt.date | None]
    ended_on: Mapped[dt.date | None]
    end_reason: Mapped[str] = mapped_column(default="", server_default="", comment="why it was terminated")
    demo: Mapped[bool] = mapped_column(default=False)
    created_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    created_at: Mapped[Moment] = mapped_column(default=now)
    updated_at: Mapped[Moment] = mapped_column(default=now, onupdate=now)

    introduction: Mapped[Introduction | None] = relationship()
    broker: Mapped[User | None] = relationship(foreign_keys=[broker_id])
    selling: Mapped[Organisation | None] = relationship(foreign_keys=[seller_id])
    buying: Mapped[Organisation | None] = relationship(foreign_keys=[buyer_id])

    split_rule: Mapped[SplitRule | None] = relationship()
    payments: Mapped[list[Payment]] = relationship(
        order_by=Payment.position, cascade="all, delete-orphan", passive_deletes=True)

    __mapper_args__ = {"version_id_col": version}


class ContractVersion(Base):
    """The contract as it stood after something that counts: its signing, an amendment, its registration, its end."""

    __tablename__ = "contract_version"
    __table_args__ = (
        CheckConstraint(f"kind IN {tuple(CONTRACT_VERSIONS)}", name="kind"),
        UniqueConstraint("contract_id", "number"),
    )

    id: Mapped[Id]
    contract_id: Mapped[int] = mapped_column(ForeignKey("contract.id"))
    number: Mapped[int] = mapped_column(comment="1, 2, 3 …")
    kind: Mapped[str] = mapped_column(String(16), comment="code of CONTRACT_VERSIONS")
    on: Mapped[dt.date] = mapped_column(comment="since when it holds")
    reason: Mapped[str] = mapped_column(default="", comment="why, and which supplementary agreement")
    changed: Mapped[Rows] = mapped_column(default=list, comment="field, before, after: as they read")
    snapshot: Mapped[Json] = mapped_column(default=dict, comment="every field and the payments, as then")
    made_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[Moment] = mapped_column(default=now)

    maker: Mapped[User | None] = relationship()

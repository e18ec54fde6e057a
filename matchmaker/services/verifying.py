"""The office checks organisations: against the register of legal persons, and against those it has already."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import exists, select
from sqlalchemy.orm import Session, joinedload

from matchmaker.services import events, notices, organisations
from matchmaker.services.problems import Problem
from matchmaker.speech import own
from models import JoinRequest, Organisation, User, now

PAGE = 20


@dataclass(frozen=True)
class Case:
    """An organisation to be checked, who entered it, and which stored ones it may repeat."""

    organisation: Organisation
    people: list[User]
    twins: list[Organisation]


def queue(session: Session, after: int = 0) -> list[Case]:
    """Organisations with members that nobody checked yet, the longest waiting first; one more than PAGE if more."""
    peopled = exists().where(User.organisation_id == Organisation.id, User.active)
    wanted = select(Organisation).where(
        Organisation.verified_at.is_(None), Organisation.refused_at.is_(None), Organisation.demo.is_(False), peopled,
        Organisation.id > after)
    found = session.scalars(wanted.order_by(Organisation.id).limit(PAGE + 1)).all()
    return [Case(one, organisations.members(session, one),
                 organisations.twins(session, one.name, one.credit_code, one.id)) for one in found]


def unowned_requests(session: Session) -> list[JoinRequest]:
    """Requests to join an organisation that has no owner who could answer."""
    owned = exists().where(User.organisation_id == JoinRequest.organisation_id, User.position == "owner", User.active)
    wanted = select(JoinRequest).where(JoinRequest.state == "waiting", ~owned).order_by(JoinRequest.id)
    return list(session.scalars(wanted.options(joinedload(JoinRequest.user), joinedload(JoinRequest.organisation))))


def verify(session: Session, actor: User, organisation: Organisation) -> None:
    """Note that the organisation is what it says; its members are told."""
    organisation.verified_at, organisation.refused_at, organisation.refused_why = now(), None, ""
    events.record(session, actor, "organisation.verified", organisation)
    _tell(session, organisation, f"{own(organisation.name)}已通过核验", "现在可以以单位名义发布信息。", "verified")


def refuse(session: Session, actor: User, organisation: Organisation, why: str) -> None:
    """Note that the organisation could not be confirmed, and why; its members are told. Raises Problem."""
    if not why.strip():
        raise Problem("请写明未通过的原因，以便对方补正。")
    organisation.verified_at, organisation.refused_at, organisation.refused_why = None, now(), why.strip()
    events.record(session, actor, "organisation.refused", organisation, after={"why": why.strip()})
    _tell(session, organisation, f"{own(organisation.name)}未通过核验", own(why.strip()), "refused")


def _tell(session: Session, organisation: Organisation, subject: str, said: str, what: str) -> None:
    for person in organisations.members(session, organisation):
        notices.notify(session, person, "account", subject, said, "/organisation",
                       f"{what}:{organisation.id}:{now():%Y%m%d%H%M%S}")

"""Whom a case concerns, and telling them of it; the one who acts is never told."""

from __future__ import annotations

from sqlalchemy.orm import Session

from matchmaker.services import notices
from matchmaker.services.casesteps import Transition
from matchmaker.speech import own
from models import Introduction, Meeting, User
from models.vocabulary import CASE_STATES


def address(case_id: int) -> str:
    """The path of a case's page."""
    return f"/cases/{case_id}"


def contact(case: Introduction, side: str) -> User | None:
    """Who speaks for a side (need, supply; office: the broker), gone or not; None when nobody does."""
    if side == "office":
        return case.broker
    named = case.need_contact if side == "need" else case.supply_contact
    return named or (case.need if side == "need" else case.supply).owner


def left(case: Introduction, side: str) -> bool:
    """Whether the side had somebody who speaks for it and no longer uses the service."""
    person = contact(case, side)
    return person is not None and not person.active


def people(case: Introduction, side: str) -> list[User]:
    """Everyone of a side who uses the service, the contact first."""
    found = [contact(case, side), *(one.user for one in case.participants if one.side == side)]
    return list({one.id: one for one in found if one is not None and one.active}.values())


def everyone(case: Introduction) -> list[User]:
    """Everyone of both sides and the office who takes part and uses the service."""
    found = [one for side in ("need", "supply", "office") for one in people(case, side)]
    return list({one.id: one for one in found}.values())


def person(session: Session, actor: User | None, case: Introduction, whom: User, kind: str, subject: str) -> None:
    """Tell one person, unless it is the one who acts."""
    if actor is None or whom.id != actor.id:
        notices.notify(session, whom, kind, subject, _about(case), address(case.id),
                       f"case:{case.id}:{case.version}:{subject}")


def side(session: Session, actor: User | None, case: Introduction, which: str, kind: str, subject: str) -> None:
    """Tell everyone of a side; when nobody is left there, the broker."""
    for one in people(case, which) or people(case, "office"):
        person(session, actor, case, one, kind, subject)


def both(session: Session, actor: User | None, case: Introduction, kind: str, subject: str) -> None:
    side(session, actor, case, "need", kind, subject)
    side(session, actor, case, "supply", kind, subject)


def of_meeting(session: Session, actor: User, meeting: Meeting, whom: User, subject: str) -> None:
    """Tell one person of a change of a meeting, unless it is the one who acts."""
    if whom.id != actor.id:
        notices.notify(session, whom, "intent", f"{subject}：{own(meeting.title)}", _about(meeting.introduction),
                       f"/meetings/{meeting.id}", f"meeting:{meeting.id}:{meeting.version}:{meeting.state}")


def moved(session: Session, actor: User | None, case: Introduction, step: Transition) -> None:
    """Tell both sides and the broker where the case stands now. A stalled case concerns the office alone."""
    subject = f"对接进展：{CASE_STATES[case.state]}"
    told = ("office",) if "stalled" in (case.state, *step.before) and step.action in ("stall", "reopen") else (
        "need", "supply", "office")
    whom = {one.id: one for which in told for one in people(case, which)}
    for one in whom.values():
        person(session, actor, case, one, "intent", subject)


def _about(case: Introduction) -> str:
    """The two titles, which anyone may read."""
    return f"需求：{own(case.need.title)}\n供给：{own(case.supply.title)}\n请登录查看详情并答复。"

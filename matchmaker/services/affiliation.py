"""Whose post it is when the office writes it: staff name the organisation, which is found or entered unverified."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.services import events, permissions
from matchmaker.services.transfer.naming import organisation_kind
from models import Organisation, Post, User, name_key
from models.vocabulary import Kind

SHORTEST = 4


def affiliate(session: Session, actor: User, post: Post, name: str) -> bool:
    """Let the post be of the organisation that staff named; whether it changed. What others say of it counts nothing.

    An organisation of that name, or the only one whose name differs in nothing but its legal form, is taken.
    """
    wanted = " ".join(name.split())
    if not permissions.is_staff(actor) or len(wanted) < SHORTEST:
        return False
    found = _stored(session, wanted) or _entered(session, actor, post, wanted)
    if post.organisation_id == found.id:
        return False
    before, post.organisation = post.organisation_id, found
    session.flush()
    events.record(session, actor, "post.affiliated", post, before={"organisation": before},
                  after={"organisation": found.id})
    return True


def _stored(session: Session, name: str) -> Organisation | None:
    same = select(Organisation).where(Organisation.name_key == name_key(name))
    found = list(session.scalars(same.order_by(Organisation.id).limit(2)))
    exact = session.scalar(select(Organisation).where(Organisation.name == name))
    return exact or (found[0] if len(found) == 1 else None)


def _entered(session: Session, actor: User, post: Post, name: str) -> Organisation:
    organisation = Organisation(name=name, kind=organisation_kind(name, Kind(post.kind)), created_by=actor.id)
    session.add(organisation)
    session.flush()
    events.record(session, actor, "organisation.entered", organisation)
    return organisation

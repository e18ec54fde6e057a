"""Intents from a party's side: between which two posts, on whose behalf; and what was said of a post without names."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from matchmaker.services import permissions, posts
from matchmaker.services.brokering import Pair
from matchmaker.services.problems import NotAllowed, Problem
from models import Introduction, Post, User
from models.vocabulary import SUPPLIES, Kind, State

HIDDEN = "对方"


@dataclass(frozen=True)
class Said:
    """Why a side passed, as the owner of the other post reads it: no names."""

    reason: str
    note: str
    at: dt.datetime


def pair(session: Session, viewer: User, need_id: int, supply_id: int) -> Pair:
    """The two posts as the viewer may know of them. Raises NotFound, Problem."""
    return Pair.of(posts.get(session, viewer, need_id), posts.get(session, viewer, supply_id))


def side_for(viewer: User, both: Pair, asked: str) -> str:
    """For which side the viewer asks: the own one, or as the office the one that it chose (else the need's).

    Raises NotAllowed for somebody to whom neither post belongs, Problem when both do.
    """
    if permissions.is_staff(viewer):
        return asked if asked in ("need", "supply") else "need"
    owned = [side for side, post in (("need", both.need), ("supply", both.supply)) if permissions.owns(viewer, post)]
    if len(owned) == 2:
        raise Problem("需求与供给都属于您的单位，无需通过平台对接。")
    if not owned:
        raise NotAllowed("只能为自己发布的信息提出对接意向；如需代办，请联系中心工作人员。")
    return owned[0]


def own_posts(session: Session, viewer: User, other: Post) -> list[Post]:
    """The viewer's published posts that could meet the other post: needs for a supply, supplies for a need."""
    kinds = SUPPLIES if other.kind == Kind.NEED else (Kind.NEED,)
    wanted = select(Post).where(permissions.owned_posts(viewer), Post.state == State.PUBLISHED.value,
                                Post.kind.in_([kind.value for kind in kinds]))
    return list(session.scalars(wanted.order_by(Post.updated_at.desc(), Post.id.desc()).limit(50)))


def can_ask(viewer: User | None, post: Post) -> bool:
    """Whether a page shows the viewer the way to an intent about somebody else's post."""
    if viewer is None or not viewer.active or post.state != State.PUBLISHED or permissions.owns(viewer, post):
        return False
    return Kind(post.kind) in (Kind.NEED, *SUPPLIES) and not permissions.is_staff(viewer)


def feedback(session: Session, viewer: User | None, post: Post, most: int = 20) -> list[Said]:
    """Why the other sides passed, the newest first, for the post's owner and the office; without names."""
    if not (permissions.owns(viewer, post) or permissions.is_staff(viewer)):
        return []
    theirs = or_((Introduction.need_id == post.id) & (Introduction.ended_side == "supply"),
                 (Introduction.supply_id == post.id) & (Introduction.ended_side == "need"))
    wanted = select(Introduction).where(theirs, Introduction.state == "passed", Introduction.reason.is_not(None))
    found = session.scalars(wanted.order_by(Introduction.state_since.desc(), Introduction.id.desc()).limit(most))
    return [Said(case.reason or "", nameless(case, post), case.state_since) for case in found]


def nameless(case: Introduction, post: Post) -> str:
    """The words that go with a reason, without the names of the side that passed."""
    other = case.supply if post.id == case.need_id else case.need
    contact = case.supply_contact if post.id == case.need_id else case.need_contact
    people = [one for one in (other.owner, contact) if one is not None]
    names = {other.title, other.contact_name, other.contact_phone, other.contact_email,
             other.organisation.name if other.organisation else None,
             *(one.name for one in people), *(one.email for one in people)}
    text = case.note
    for name in sorted((name for name in names if name), key=len, reverse=True):
        text = text.replace(name, HIDDEN)
    return text

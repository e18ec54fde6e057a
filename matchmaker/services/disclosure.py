"""The ledger of what was not public and was shown to somebody else, and the signatures that open the annex.

Templates ask a `Watched` in the place of `permissions`: what it allows is shown, so it keeps what it allowed, and the
request writes that down before the page leaves. What leaves in another way (a file, a document) is noted with `note`.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session, joinedload

from matchmaker.services import events, permissions
from matchmaker.services.problems import NotAllowed, Problem
from matchmaker.services.subjects import public_text
from models import Disclosure, Introduction, Post, User, now

PAGE = 50
FULL, ANNEX, CONTACT, ATTACHMENT, ORGANISATION = "full", "annex", "contact", "attachment", "organisation"
LABELS = {FULL: "全文", ANNEX: "保密附件", CONTACT: "联系方式", ATTACHMENT: "附件文件", ORGANISATION: "单位名称"}
SIGNED = {permissions.NEED: "need_nda_at", permissions.SUPPLY: "supply_nda_at"}


@dataclass
class Watched:
    """`permissions`, remembering which parts that are not public it allowed to somebody else than the post's side."""

    shown: dict[tuple[int, str], int | None] = field(default_factory=dict)
    """Post and part → the case that allowed it."""

    def __getattr__(self, name: str) -> Any:
        return getattr(permissions, name)

    def can_read_full(self, viewer: User | None, post: Post) -> bool:
        return self._keep(viewer, post, FULL, permissions.can_read_full(viewer, post))

    def can_read_annex(self, viewer: User | None, post: Post) -> bool:
        return self._keep(viewer, post, ANNEX, permissions.can_read_annex(viewer, post))

    def can_read_organisation(self, viewer: User | None, post: Post) -> bool:
        return self._keep(viewer, post, ORGANISATION, permissions.can_read_organisation(viewer, post))

    def can_read_contact(self, viewer: User | None, post: Post, part: str) -> bool:
        allowed = permissions.can_read_contact(viewer, post, part)
        return allowed if part in post.contact_public else self._keep(viewer, post, CONTACT, allowed)

    def can_read_field(self, viewer: User | None, post: Post, name: str) -> bool:
        if name in permissions.CONTACTS:
            return self.can_read_contact(viewer, post, permissions.CONTACTS[name])
        allowed = permissions.can_read_field(viewer, post, name)
        return allowed if name in permissions.PUBLIC else self._keep(viewer, post, part_of(name), allowed)

    def can_quote(self, viewer: User | None, post: Post, sentence: str) -> bool:
        """Whether a sentence of the post may be shown: one of its public text, or to somebody who reads it in full."""
        return sentence in public_text(post) or self.can_read_full(viewer, post)

    def _keep(self, viewer: User | None, post: Post, part: str, allowed: bool) -> bool:
        if allowed and withheld(viewer, post, part):
            found = permissions.standing(viewer, post)
            self.shown[post.id, part] = found.case_id if found else None
        return allowed


def part_of(name: str) -> str:
    """The part of a post that a column which is no contact belongs to."""
    if name == "annex":
        return ANNEX
    return ORGANISATION if name in ("organisation", "source_url") else FULL


def withheld(viewer: User | None, post: Post, part: str) -> bool:
    """Whether a part is kept from strangers, there to be read, and not the viewer's own."""
    if viewer is None or permissions.owns(viewer, post):
        return False
    there = {
        FULL: post.disclosure != "open", ANNEX: bool(post.annex), ATTACHMENT: True,
        ORGANISATION: post.hide_organisation and post.organisation_id is not None,
        CONTACT: any(getattr(post, name) for name, public in permissions.CONTACTS.items()
                     if public not in post.contact_public),
    }
    return bool(there[part])


def note(session: Session, viewer: User | None, post: Post, part: str, how: str = "") -> None:
    """Write down that a part is shown now, by a session that writes; nothing for what is public or the viewer's own."""
    if viewer is not None and withheld(viewer, post, part):
        found = permissions.standing(viewer, post)
        write(session, viewer, {(post.id, part): found.case_id if found else None}, how)


def write(session: Session, viewer: User, shown: dict[tuple[int, str], int | None], how: str) -> None:
    session.add_all(Disclosure(post_id=post_id, part=part, viewer_id=viewer.id, introduction_id=case_id, how=how)
                    for (post_id, part), case_id in shown.items())
    session.flush()


def of_post(session: Session, viewer: User | None, post: Post, before: int | None = None) -> list[Disclosure]:
    """Who was shown what of a post, the newest first; one more than PAGE when there are more. Raises NotAllowed."""
    if not permissions.owns(viewer, post) and not permissions.is_staff(viewer):
        raise NotAllowed("查看记录仅供发布者与中心工作人员查看。")
    return _page(session, before, Disclosure.post_id == post.id)


def of_mine(session: Session, viewer: User, before: int | None = None) -> list[Disclosure]:
    """The same of all the viewer's posts."""
    return _page(session, before, permissions.owned_posts(viewer))


def _page(session: Session, before: int | None, *only: ColumnElement[bool]) -> list[Disclosure]:
    older = [] if before is None else [Disclosure.id < before]
    wanted = select(Disclosure).join(Disclosure.post).where(*only, *older).order_by(Disclosure.id.desc())
    loaded = wanted.options(joinedload(Disclosure.post), joinedload(Disclosure.viewer).joinedload(User.organisation))
    return list(session.scalars(loaded.limit(PAGE + 1)))


def sign_nda(session: Session, actor: User, case: Introduction, side: str = "") -> dt.datetime:
    """Sign the NDA of a case for a side (`need`, `supply`; by default the actor's own), and when that was.

    Signed twice it keeps the first time. With both signatures each side reads the other's annex. Staff names the side
    whose signature on paper it records. Raises NotAllowed, or Problem while the intent is not accepted.
    """
    stands = permissions.sides(actor, case)
    chosen = side or (next(iter(stands)) if len(stands) == 1 else "")
    if chosen not in SIGNED:
        raise Problem("请说明代表哪一方签署保密协议。")
    if chosen not in stands and not permissions.is_staff(actor):
        raise NotAllowed("只有对接双方及中心工作人员可以签署保密协议。")
    if case.accepted_at is None or case.state == permissions.PASSED:
        raise Problem("双方接受对接意向之后才能签署保密协议。")
    column = SIGNED[chosen]
    signed: dt.datetime | None = getattr(case, column)
    if signed is None:
        signed = now()
        setattr(case, column, signed)
        session.flush()
        events.record(session, actor, "introduction.nda_signed", case, before={column: None},
                      after={column: signed.isoformat(), "own": chosen in stands})
    return signed


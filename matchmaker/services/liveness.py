"""Keeping what is posted alive: its owner is asked by mail and confirms by one click; what is abandoned freezes.

Confirming extends a post's time and brings a frozen one back. The rules about days are in `validity`; who is asked
about what has no owner is in `unowned`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from itsdangerous import BadSignature, URLSafeTimedSerializer
from sqlalchemy import select, update
from sqlalchemy.orm import Session, joinedload
from sqlalchemy.orm.attributes import set_committed_value

from matchmaker.services import events, indexing, mailing, notices, permissions, posts, unowned
from matchmaker.services.problems import NotFound, Problem
from matchmaker.services.validity import Counts, Terms, asks, due, ends, freezes, is_stale
from matchmaker.speech import own
from models import Post, User
from models.vocabulary import Kind, State

BATCH = 200
LINK_SECONDS = 400 * 24 * 3600
POST, OFFICE = "liveness", "liveness-office"
"""What a link asks about: one post, or all that concerns somebody of the office."""
BROKEN = "链接无效或已过期。请登录后在“即将到期”中确认，或联系中心工作人员。"


class Settings(Counts, Protocol):
    """What an installation says of itself."""

    def secret(self) -> str: ...


@dataclass(frozen=True)
class Office:
    """What letters need beside their words: the terms, and the key that signs links."""

    terms: Terms
    secret: str

    @classmethod
    def of(cls, settings: Settings) -> Office:
        return cls(Terms.of(settings), settings.secret())


@dataclass(frozen=True)
class Swept:
    """What one step of a sweep did; `after` is the id to go on from, None at the end."""

    asked: int
    frozen: int
    after: int | None


@dataclass(frozen=True)
class Asked:
    """What a signed link asks about."""

    post: Post
    person: User | None
    """Who was asked; none: whoever reads the post's own address."""
    on: dt.date

    @property
    def done(self) -> bool:
        """Whether the post was confirmed since."""
        said = self.post.confirmed_on is not None and self.post.confirmed_on >= self.on
        return said and self.post.asked_on is None and self.post.state == State.PUBLISHED


def renew(session: Session, actor: User | None, post: Post, terms: Terms, day: dt.date) -> None:
    """The post holds from now on for one renewal at least; a frozen one is published again.

    `actor` None: whoever was asked at the post's own address. Raises NotAllowed or Problem.
    """
    if actor is not None:
        posts.check_step(actor, post, "renew")
    elif not _renewable(post):
        raise Problem(f"当前状态为“{State(post.state).label}”，无需确认。")
    before, sunk, until = _days(post), is_stale(post, day), day + dt.timedelta(terms.renewal)
    _note(session, post, valid_until=max(post.valid_until or until, until), confirmed_on=day, asked_on=None)
    if post.state == State.FROZEN:
        posts.move(session, actor, post, "renew") if actor else posts.move_by_itself(session, post, "renew")
    elif sunk:
        indexing.publish(session, post)
    events.record(session, actor, "post.renewed", post, before=before, after=_days(post))


def link(office: Office, post: Post, person: User | None, day: dt.date) -> str:
    """The path of the page on which whoever has the link confirms the post by one click."""
    return f"/confirm/{_signer(office.secret).dumps([post.id, person.id if person else 0, day.isoformat()])}"


def asked(session: Session, secret: str, token: str) -> Asked:
    """What a link asks about. Raises NotFound for one that is forged, too old, or whose post is in other hands."""
    try:
        post_id, person_id, day = _signer(secret).loads(token, max_age=LINK_SECONDS)
    except (BadSignature, ValueError, TypeError):
        raise NotFound(BROKEN) from None
    post = session.get(Post, post_id)
    person = session.get(User, person_id) if person_id else None
    if post is None or not _renewable(post) or (person_id and not permissions.owns(person, post)):
        raise NotFound("这条信息已撤回或已不在您名下，无需确认。")
    return Asked(post, person, dt.date.fromisoformat(day))


def office_link(office: Office, person: User) -> str:
    """The path of the page on which somebody of the office confirms what has no owner."""
    return f"/confirm/office/{_signer(office.secret, OFFICE).dumps(person.id)}"


def asked_office(session: Session, secret: str, token: str) -> User:
    """Who of the office was asked by a link. Raises NotFound for one that is forged, too old, or of who has left."""
    try:
        person_id = _signer(secret, OFFICE).loads(token, max_age=LINK_SECONDS)
    except BadSignature:
        raise NotFound(BROKEN) from None
    person = session.get(User, person_id)
    if person is None or not permissions.is_staff(person):
        raise NotFound(BROKEN)
    return person


def renew_all(session: Session, actor: User, found: Sequence[Post], terms: Terms, day: dt.date) -> dict[Post, str]:
    """Confirm several posts; for each that could not be, why."""
    left = {}
    for post in found:
        try:
            with session.begin_nested():
                renew(session, actor, post, terms, day)
        except Problem as problem:
            left[post] = str(problem)
    return left


def sweep(session: Session, office: Office, day: dt.date, after: int = 0) -> Swept:
    """Freeze what is abandoned and ask about what ends, for some published posts whose id is above `after`.

    Doing it twice on a day changes nothing.
    """
    wanted = select(Post).where(Post.state == State.PUBLISHED.value, Post.id > after, due(office.terms, day))
    found = list(session.scalars(wanted.options(joinedload(Post.owner)).order_by(Post.id).limit(BATCH)))
    asking = frozen = 0
    for post in found:
        if post.valid_until is None:
            _note(session, post, valid_until=ends(post, office.terms))
        if freezes(post, office.terms) <= day:
            posts.move_by_itself(session, post, "freeze")
            _tell(session, office, post, day, f"已冻结：{own(post.title)}",
                  f"“{post.title}”长期未确认，已冻结：他人不再看到，匹配也随之停止。仍然有效的，点开链接确认即可恢复。")
            frozen += 1
        elif asks(post, office.terms, day):
            _tell(session, office, post, day, f"请确认是否仍然有效：{own(post.title)}",
                  _question(post, office.terms, day))
            asking += 1
    if len(found) == BATCH:
        return Swept(asking, frozen, found[-1].id)
    unowned.ask(session, day, lambda person: office_link(office, person))
    return Swept(asking, frozen, None)


def _question(post: Post, terms: Terms, day: dt.date) -> str:
    over = ends(post, terms)
    held = f"有效期至 {over}" if over >= day else f"已于 {over} 到期，排序靠后"
    return (f"“{own(post.title)}”{held}。仍然有效的，请点开链接，按一次“仍然有效”；"
            f"{freezes(post, terms)} 之前没有确认的，将被冻结，他人不再看到。")


def _tell(session: Session, office: Office, post: Post, day: dt.date, subject: str, said: str) -> None:
    """To its owner, and to an expert whose profile somebody else keeps at the address given there."""
    _note(session, post, asked_on=day)
    owner = post.owner if post.owner and post.owner.active else None
    key = f"expiry:{post.id}:{day}:{post.state}"
    if owner is not None:
        notices.notify(session, owner, "expiry", subject, said, link(office, post, owner, day), key)
    address = (post.contact_email or "").lower()
    if post.kind == Kind.EXPERT and address and (owner is None or owner.email != address):
        mailing.queue(session, mailing.Letter(address, subject, said, link(office, post, None, day)))


def _note(session: Session, post: Post, **days: dt.date | None) -> None:
    """Write days of a post; its words are the same, so neither its version nor its place among the newest changes."""
    session.flush()
    written = update(Post).where(Post.id == post.id).values(updated_at=Post.updated_at, **days)
    session.execute(written, execution_options={"synchronize_session": False})
    for name, value in days.items():
        set_committed_value(post, name, value)


def _renewable(post: Post) -> bool:
    return State(post.state) in posts.TRANSITIONS["renew"].before


def _days(post: Post) -> dict[str, str | None]:
    return {name: str(value) if (value := getattr(post, name)) else None for name in ("valid_until", "confirmed_on")}


def _signer(secret: str, purpose: str = POST) -> URLSafeTimedSerializer:
    """A link of one purpose is worthless for the other."""
    return URLSafeTimedSerializer(secret, salt=purpose)

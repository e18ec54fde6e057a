"""What the parties of a case write to each other through it, and what the office notes for itself.

A mail says that there is a message and leads to it by an address of the reader's own; what was written stays here.
"""

from __future__ import annotations

import secrets

from sqlalchemy import Select, func, select, update
from sqlalchemy.orm import Session, joinedload

from matchmaker.services import brokering, events, notices, permissions, telling
from matchmaker.services.problems import NotAllowed, NotFound, Problem
from matchmaker.speech import own
from models import Introduction, Message, Reading, User, now
from models.introduction import ENDED

LONGEST = 2000
PAGE = 50
SIDES = {"need": "需求方", "supply": "供给方", "office": "中心"}


def send(session: Session, actor: User, case: Introduction, text: str, internal: bool = False) -> Message:
    """Write to everyone in the case, or (`internal`) to the office alone. Raises NotAllowed, Problem."""
    side = permissions.side_of(actor, case)
    written = text.strip()
    if side is None or (internal and side != "office"):
        raise NotAllowed("只有对接双方与中心工作人员可以在这里留言。")
    if not written:
        raise Problem("请写下要说的内容。")
    if len(written) > LONGEST:
        raise Problem(f"一条留言最多 {LONGEST} 字，现有 {len(written)} 字，请分开发送。")
    if case.state in ENDED and not internal:
        raise Problem("这项对接已经结束，不能再留言。需要继续时，请联系中心重新开启。")
    message = Message(introduction_id=case.id, author_id=actor.id, author=actor, side=side, internal=internal,
                      text=written)
    session.add(message)
    session.flush()
    events.record(session, actor, "message.sent", message, after={"case": case.id, "internal": internal})
    if not internal:
        _deliver(session, actor, case, message)
        brokering.answered(session, case, side)
    return message


def ask_back(session: Session, actor: User, case: Introduction, version: int, text: str) -> Message:
    """Instead of yes or no, a question to the side that asked. Raises Conflict, NotAllowed, Problem."""
    brokering.ask_back(session, actor, case, version)
    return send(session, actor, case, text)


def thread(session: Session, viewer: User, case: Introduction, before: int | None = None) -> list[Message]:
    """The newest messages that the viewer may read, oldest first; those older than the one with the id `before`."""
    wanted = _readable(viewer, case).order_by(Message.id.desc()).limit(PAGE + 1)
    if before is not None:
        wanted = wanted.where(Message.id < before)
    return list(session.scalars(wanted.options(joinedload(Message.author))))[::-1]


def read(session: Session, viewer: User, case: Introduction) -> None:
    """Note that the viewer has now read the case's messages."""
    of_case = select(Message.id).where(Message.introduction_id == case.id)
    session.execute(update(Reading).where(
        Reading.user_id == viewer.id, Reading.read_at.is_(None), Reading.message_id.in_(of_case)).values(read_at=now()))


def unread(session: Session, viewer: User) -> dict[int, int]:
    """Case → how many messages the viewer has not read, where there are any."""
    counted = select(Message.introduction_id, func.count()).join(Reading, Reading.message_id == Message.id)
    mine = counted.where(Reading.user_id == viewer.id, Reading.read_at.is_(None))
    return {row[0]: row[1] for row in session.execute(mine.group_by(Message.introduction_id))}


def readers(session: Session, messages: list[Message]) -> dict[int, list[Reading]]:
    """Message → to whom it went, and who has read it."""
    found: dict[int, list[Reading]] = {message.id: [] for message in messages}
    wanted = select(Reading).where(Reading.message_id.in_(found)).options(joinedload(Reading.user))
    for row in session.scalars(wanted.order_by(Reading.user_id)):
        found[row.message_id].append(row)
    return found


def by_token(session: Session, viewer: User, token: str) -> Message:
    """The message to which the address in a mail leads. Raises NotFound, also for somebody else's mail."""
    row = session.scalar(select(Reading).where(Reading.token == token).options(joinedload(Reading.message)))
    if row is None or row.user_id != viewer.id:
        raise NotFound("没有找到这条留言：链接没有复制完整，或是发给另一个账号的。"
                       "请用收到邮件的账号登录，在“我的对接”中查看。")
    return row.message


def name_for(viewer: User, case: Introduction, message: Message) -> str:
    """Who wrote it, as the viewer may know: the parties learn each other's names once the intent is accepted."""
    side = permissions.side_of(viewer, case)
    known = case.accepted_at is not None or side in ("office", message.side) or message.side == "office"
    return f"{message.author.name}（{SIDES[message.side]}）" if known else SIDES[message.side]


def _deliver(session: Session, actor: User, case: Introduction, message: Message) -> None:
    """Tell everyone else in the case; each reader has an address of their own that leads to the message."""
    for person in telling.everyone(case):
        if person.id == actor.id:
            continue
        row = Reading(message_id=message.id, user_id=person.id, token=secrets.token_urlsafe(24))
        session.add(row)
        notices.notify(session, person, "message", f"对接“{own(case.need.title)}”有新留言",
                       f"{SIDES[message.side]}在对接中给您留言。打开下面的链接查看并回复：", f"/messages/{row.token}",
                       f"message:{message.id}")
    session.flush()


def _readable(viewer: User, case: Introduction) -> Select[Message]:
    wanted = select(Message).where(Message.introduction_id == case.id)
    return wanted if permissions.is_staff(viewer) else wanted.where(Message.internal.is_(False))

"""Telling people: a notice in the app, and by mail as each person wishes (at once, in a digest, or not at all).

`notify` is the one verb that others call. It writes rows only; mails are jobs that run after the commit, and a person
is told of one thing (`key`) once, however often the verb is called.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import ColumnElement, and_, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, joinedload

from matchmaker.services import jobs
from matchmaker.services.mailing import Letter
from matchmaker.services.problems import NotFound, Problem
from matchmaker.speech import own
from models import Notice, NoticePreference, User, now
from models.vocabulary import CHANNELS, NOTICE_KINDS

DEFAULTS = dict.fromkeys(NOTICE_KINDS, "now") | {"match": "daily"}
"""How each kind goes by mail for who never chose."""
LONGEST_SUBJECT = 200
PAGE = 30
GREETING = "您好，{name}：\n\n"


def notify(  # noqa: PLR0913, PLR0917 - a notice has these parts, and each is given
    session: Session, user: User, kind: str, subject: str, text: str, link: str, key: str,
) -> Notice | None:
    """Tell `user` of something, once per `key`; None when they were told before or are no longer there.

    `kind` is a code of NOTICE_KINDS, `link` a path of this site or empty. Subject and text may hold only what this
    user may read; people's own words in them are marked (`speech.own`). Raises ValueError for another kind or a link
    elsewhere.
    """
    if kind not in NOTICE_KINDS or (link and not link.startswith("/")) or link.startswith("//"):
        raise ValueError(f"{kind!r}, {link!r}: not a kind of notice, or not a path")
    if not user.active:
        return None
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    insert = dialect.insert(Notice).values(
        user_id=user.id, kind=kind, subject=_line(subject), text=text, link=link, key=key,
        channel=channels(session, user)[kind])
    written: Notice | None = session.scalar(insert.on_conflict_do_nothing().returning(Notice))
    if written is not None and written.channel == "now":
        jobs.enqueue(session, "notice", {"notice_id": written.id}, priority=5)
    return written


def channels(session: Session, user: User) -> dict[str, str]:
    """How each kind of notice goes to the user by mail: code of NOTICE_KINDS → code of CHANNELS."""
    chosen = select(NoticePreference).where(NoticePreference.user_id == user.id)
    return DEFAULTS | {row.kind: row.channel for row in session.scalars(chosen)}


def choose(session: Session, user: User, wanted: Mapping[str, str]) -> None:
    """Keep how the user wants each kind by mail; what waits for a digest follows. Raises Problem."""
    if any(kind not in NOTICE_KINDS or channel not in CHANNELS for kind, channel in wanted.items()):
        raise Problem("通知方式：请从列表中选择。")
    for kind, channel in wanted.items():
        session.merge(NoticePreference(user_id=user.id, kind=kind, channel=channel))
        waits = (Notice.user_id == user.id, Notice.kind == kind, Notice.mailed_at.is_(None))
        follow = update(Notice).where(*waits, Notice.channel.in_(("daily", "weekly")))
        session.execute(follow.values(channel="off" if channel == "now" else channel))


def page(session: Session, user: User, before: int | None = None) -> list[Notice]:
    """The user's newest notices older than the one with the id `before`: one more than PAGE when there are more."""
    wanted = select(Notice).where(Notice.user_id == user.id)
    older = wanted if before is None else wanted.where(Notice.id < before)
    return list(session.scalars(older.order_by(Notice.id.desc()).limit(PAGE + 1)))


def unread(session: Session, user: User) -> int:
    """How many notices the user has not read."""
    counted = select(func.count()).select_from(Notice).where(Notice.user_id == user.id, Notice.read_at.is_(None))
    return session.scalar(counted) or 0


def read(session: Session, user: User, notice_id: int) -> Notice:
    """Note that the user has read a notice of theirs. Raises NotFound."""
    found = session.get(Notice, notice_id)
    if found is None or found.user_id != user.id:
        raise NotFound("没有找到这条通知。")
    found.read_at = found.read_at or now()
    return found


def read_all(session: Session, user: User, newest: int) -> None:
    """Note that the user has read everything up to the notice with the id `newest`."""
    mine = update(Notice).where(Notice.user_id == user.id, Notice.read_at.is_(None), Notice.id <= newest)
    session.execute(mine.values(read_at=now()))


def unsent(session: Session, notice_id: int) -> Notice | None:
    """The notice if it is still to be mailed at once."""
    found = session.get(Notice, notice_id, options=[joinedload(Notice.user)])
    if found is None or found.mailed_at or found.read_at or not found.user.active:
        return None
    return found if channels(session, found.user)[found.kind] == "now" else None


def readers_waiting(session: Session, channel: str) -> list[int]:
    """The ids of the people for whom unread notices wait for a digest."""
    wanted = select(Notice.user_id).distinct().join(Notice.user).where(_waits(channel), User.active)
    return list(session.scalars(wanted.order_by(Notice.user_id)))


def waiting(session: Session, user_id: int, channel: str) -> list[Notice]:
    """What is to be in a person's next digest, the oldest first."""
    wanted = select(Notice).where(_waits(channel), Notice.user_id == user_id).join(Notice.user).where(User.active)
    return list(session.scalars(wanted.options(joinedload(Notice.user)).order_by(Notice.id)))


def sent(session: Session, notice_ids: Collection[int]) -> None:
    """Note that notices were mailed."""
    session.execute(update(Notice).where(Notice.id.in_(notice_ids)).values(mailed_at=now()))


def letter(notice: Notice) -> Letter:
    """The mail of one notice."""
    greeting = GREETING.format(name=own(notice.user.name))
    return Letter(notice.user.email, notice.subject, greeting + (notice.text or notice.subject), notice.link)


def digest(found: Sequence[Notice]) -> Letter:
    """One mail of several notices of one person (at least one), kind by kind."""
    parts = [GREETING.format(name=own(found[0].user.name)) + f"您有 {len(found)} 条未读通知。"]
    for kind, heading in NOTICE_KINDS.items():
        lines = [f"· {one.subject}" for one in found if one.kind == kind]
        if lines:
            parts.append("\n".join([f"【{heading}】", *lines]))
    return Letter(found[0].user.email, f"通知汇总：{len(found)} 条未读通知", "\n\n".join(parts), "/notices")


def unsubscribe_token(key: str, user_id: int, kind: str) -> str:
    """What the link at the end of a mail carries; `kind` is a code of NOTICE_KINDS, or digest for all digests."""
    return str(URLSafeSerializer(key, salt="unsubscribe").dumps([user_id, kind]))


def unsubscription(session: Session, key: str, token: str) -> tuple[User, str]:
    """Who no longer wants which kind of mail, by the link's token. Raises NotFound."""
    try:
        user_id, kind = URLSafeSerializer(key, salt="unsubscribe").loads(token)
    except (BadSignature, ValueError, TypeError):
        raise NotFound("退订链接不完整，请从邮件中重新打开，或登录后在“通知设置”中更改。") from None
    user = session.get(User, user_id)
    if user is None or not user.active:
        raise NotFound("该账号已停用，不会再收到邮件。")
    return user, str(kind)


def unsubscribe(session: Session, user: User, kind: str) -> None:
    """No more mails of the kind; of `digest`, no more digests at all."""
    if kind == "digest":
        ended = [name for name, channel in channels(session, user).items() if channel in ("daily", "weekly")]
    else:
        ended = [kind]
    choose(session, user, dict.fromkeys(ended, "off"))


def _waits(channel: str) -> ColumnElement[bool]:
    return and_(Notice.channel == channel, Notice.mailed_at.is_(None), Notice.read_at.is_(None))


def _line(text: str) -> str:
    return " ".join(text.split())[:LONGEST_SUBJECT]

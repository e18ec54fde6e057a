"""Links sent by mail that work once: to register, to choose a new password, to join an organisation.

Whoever asks for one sees the same answer whether or not somebody has the e-mail, and the same is done: one link is
written, one mail is queued. Only who reads the mailbox learns which it was.
"""

from __future__ import annotations

import datetime as dt
import secrets
from email.errors import MessageError
from email.headerregistry import Address

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

from matchmaker.services import accounts, events, mailing, privacy, throttle
from matchmaker.services.problems import Conflict, NotFound, Problem
from models import MailLink, Organisation, User, now
from models.vocabulary import Role

LIFETIMES = {"register": dt.timedelta(hours=24), "reset": dt.timedelta(hours=1), "invite": dt.timedelta(days=14)}
KEEP = dt.timedelta(days=30)
OPEN_ROLES = (Role.ENTERPRISE, Role.RESEARCHER)
"""Who may register; staff are appointed by an administrator."""
LONGEST_NAME = 100
GONE = "链接无效、已使用或已过期。已设置过密码的请直接登录，否则请重新申请一封邮件。"
IGNORE = "如果不是您本人操作，请忽略此邮件，您的账号不会有任何变化。"


def clean_email(typed: str) -> str:
    """The e-mail as it is stored. Raises Problem for what is none."""
    email = typed.strip().lower()
    try:
        parsed = Address(addr_spec=email)
    except (MessageError, ValueError, IndexError):
        parsed = Address()
    if not email.isascii() or len(email) > 254 or not parsed.username or "." not in parsed.domain.strip("."):
        raise Problem("邮箱：请填写完整的邮箱地址，例如 wang@example.com。")
    return email


def user_of(session: Session, email: str) -> User | None:
    return session.scalar(select(User).where(User.email == email))


def ask_to_register(session: Session, typed: str) -> None:
    """Mail a link to register with; who has an account already gets one to choose a new password. Raises Problem."""
    email = clean_email(typed)
    user = user_of(session, email)
    token = issue(session, "reset" if user else "register", email, user)
    mailing.queue(session, _known_letter(user, token) if user else mailing.Letter(
        email, "完成注册", f"您好：\n\n请在 24 小时内打开以下链接，设置密码并完成注册。{IGNORE}", f"/register/{token}"))


def ask_to_reset(session: Session, typed: str) -> None:
    """Mail a link to choose a new password with; who has no account gets one to register with. Raises Problem."""
    email = clean_email(typed)
    user = user_of(session, email)
    token = issue(session, "reset" if user else "register", email, user)
    if user is None:
        said = f"您好：\n\n有人以此邮箱申请重设密码，但此邮箱尚未注册。如需注册，请在 24 小时内打开以下链接。{IGNORE}"
        mailing.queue(session, mailing.Letter(email, "此邮箱尚未注册", said, f"/register/{token}"))
    elif user.active:
        said = f"{user.name}，您好：\n\n请在 1 小时内打开以下链接，设置新密码。{IGNORE}"
        mailing.queue(session, mailing.Letter(email, "重设密码", said, f"/reset/{token}"))
    else:
        mailing.queue(session, _known_letter(user, token))


def issue(
    session: Session, purpose: str, email: str, user: User | None = None, organisation: Organisation | None = None,
    by: User | None = None,
) -> str:
    """The token of a new link; only its hash is stored."""
    session.execute(delete(MailLink).where(MailLink.expires_at < now() - KEEP))
    token = secrets.token_urlsafe(32)
    session.add(MailLink(
        token_hash=throttle.digest(token), purpose=purpose, email=email, user_id=user.id if user else None,
        organisation_id=organisation.id if organisation else None, created_by=by.id if by else None,
        expires_at=now() + LIFETIMES[purpose]))
    return token


def find(session: Session, purpose: str, token: str) -> MailLink:
    """The link behind a token that was neither used nor has run out. Raises NotFound."""
    wanted = select(MailLink).where(MailLink.token_hash == throttle.digest(token), MailLink.purpose == purpose,
                                    MailLink.used_at.is_(None), MailLink.expires_at > now())
    found = session.scalar(wanted.options(joinedload(MailLink.organisation)))
    if found is None:
        raise NotFound(GONE)
    return found


def use(session: Session, link: MailLink) -> None:
    """Use a link up, and every other one of its purpose that its reader holds. Raises Conflict if it was used."""
    once = update(MailLink).where(MailLink.id == link.id, MailLink.used_at.is_(None)).values(used_at=now())
    if session.scalar(once.returning(MailLink.id)) is None:
        raise Conflict(GONE)
    if link.purpose != "invite":
        others = update(MailLink).where(MailLink.email == link.email, MailLink.purpose == link.purpose)
        session.execute(others.where(MailLink.used_at.is_(None)).values(used_at=now()))


def register(session: Session, link: MailLink, name: str, role: str, password: str) -> User:
    """The new account of who holds a link to register. Raises Problem, Conflict."""
    user = newcomer(session, link.email, name, role, password)
    use(session, link)
    return user


def newcomer(session: Session, email: str, name: str, role: str, password: str) -> User:
    """A new account for who showed that the e-mail is theirs and consented to the present privacy notice.

    Raises Problem for what cannot be used, Conflict when somebody has the e-mail by now.
    """
    named = " ".join(name.split())
    if not 1 <= len(named) <= LONGEST_NAME:
        raise Problem(f"姓名：请填写 1–{LONGEST_NAME} 个字。")
    if role not in OPEN_ROLES:
        raise Problem("身份：请选择企业或科研人员。")
    accounts.check_password(password)
    user = User(email=email, name=named, role=role, password_hash=accounts.hash_password(password))
    try:
        with session.begin_nested():
            session.add(user)
            session.flush()
    except IntegrityError:
        raise Conflict("此邮箱已经注册，请直接登录；忘记密码可点“忘记密码”重设。") from None
    events.record(session, user, "user.registered", user, after={"role": role})
    privacy.consent(session, user)
    return user


def reset(session: Session, link: MailLink, password: str) -> User:
    """Give who holds the link a new password. Raises Problem, Conflict."""
    accounts.check_password(password)
    use(session, link)
    user = session.get(User, link.user_id)
    if user is None or not user.active:
        raise Problem("该账号已停用。如需恢复，请联系中心工作人员。")
    accounts.set_password(session, user, password)
    return user


def _known_letter(user: User, token: str) -> mailing.Letter:
    """What somebody reads who asked for an account though there is one."""
    if not user.active:
        said = f"{user.name}，您好：\n\n此邮箱的账号已停用。如需恢复，请联系中心工作人员。"
        return mailing.Letter(user.email, "您的账号已停用", said)
    said = (f"{user.name}，您好：\n\n有人以此邮箱申请注册，而您已有账号，可以直接登录。"
            f"如忘记密码，请在 1 小时内打开以下链接重设。{IGNORE}")
    return mailing.Letter(user.email, "您已有账号", said, f"/reset/{token}")

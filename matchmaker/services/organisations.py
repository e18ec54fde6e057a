"""Organisations and their members: found once, joined with an owner's leave, never left without an owner.

The first member of a new organisation owns it. Where an organisation that staff entered has no owner yet, the office
answers who asks to join, and the first one accepted becomes its owner.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import func, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload
from stdnum.cn import uscc
from stdnum.exceptions import ValidationError

from matchmaker.services import events, mailing, notices, permissions, registering
from matchmaker.services.content import Invalid
from matchmaker.services.problems import Conflict, NotFound, Problem
from matchmaker.speech import own
from models import Contract, JoinRequest, MailLink, Organisation, Post, User, name_key, now
from models.vocabulary import ORGANISATION_KINDS, REGIONS, STAFF, Role

LONGEST_NAME, LONGEST_NOTE = 200, 300
SHORTEST_KEY = 4
"""Characters of a name's key from which on one name that holds another is taken for a possible duplicate."""
SHOWN = 20
OFFERED = 200
"""Most institutes of a list to choose from; after an import there may be thousands."""
OWNER, MEMBER = "owner", "member"
WRONG_CODE = "应为 18 位，且末位校验码须正确。请对照营业执照或法人证书核对。"


def clean_code(typed: str) -> str:
    """The 统一社会信用代码 as it is stored. Raises Problem when its length, characters or check digit are wrong."""
    code = "".join(typed.split()).replace("-", "").upper()
    try:
        valid: str = uscc.validate(code)
    except ValidationError:
        raise Problem(f"统一社会信用代码：{WRONG_CODE}") from None
    return valid


def institutes(session: Session, chosen: int | None = None) -> list[Organisation]:
    """Universities and institutes to choose from, by name: those that sold or posted most, and the one chosen."""
    posted = select(Post.organisation_id, func.count().label("n")).group_by(Post.organisation_id).subquery()
    sold = select(Contract.seller_id, func.count().label("n")).group_by(Contract.seller_id).subquery()
    wanted = select(Organisation).where(Organisation.kind.in_(("university", "institute")))
    most = (wanted.outerjoin(posted, posted.c.organisation_id == Organisation.id)
            .outerjoin(sold, sold.c.seller_id == Organisation.id)
            .order_by(func.coalesce(sold.c.n, 0).desc(), func.coalesce(posted.c.n, 0).desc(), Organisation.id))
    found = list(session.scalars(most.limit(OFFERED)))
    if chosen is not None and chosen not in {one.id for one in found}:
        found += session.scalars(wanted.where(Organisation.id == chosen))
    return sorted(found, key=lambda one: one.name)


def twins(session: Session, name: str, code: str | None, other_than: int | None = None) -> list[Organisation]:
    """Stored organisations that may be the same: of the same code, the same name but for its legal form, or a name
    that holds the other."""
    key = name_key(name[:LONGEST_NAME])
    same = [Organisation.name_key == key]
    if code:
        same.append(Organisation.credit_code == code)
    if len(key) >= SHORTEST_KEY:
        same.append(Organisation.name_key.contains(key, autoescape=True))
    wanted = select(Organisation).where(or_(*same), Organisation.id != (other_than or 0), Organisation.name_key != "")
    return list(session.scalars(wanted.order_by(Organisation.id).limit(SHOWN)))


def named(session: Session, typed: str) -> list[Organisation]:
    """Organisations that somebody may mean who types part of a name, or a whole code."""
    key = name_key(typed)
    if not key:
        return []
    code = "".join(typed.split()).upper()
    wanted = select(Organisation).where(
        or_(Organisation.name_key.contains(key, autoescape=True), Organisation.credit_code == code))
    return list(session.scalars(wanted.order_by(func.length(Organisation.name), Organisation.id).limit(SHOWN)))


def get(session: Session, organisation_id: int) -> Organisation:
    """Raises NotFound."""
    found = session.get(Organisation, organisation_id)
    if found is None:
        raise NotFound("没有找到这个单位。")
    return found


def create(session: Session, actor: User, values: Mapping[str, str], certain: bool = False) -> Organisation:
    """Found an organisation, whose owner the actor becomes; staff verify it later.

    `values`: name, kind, credit_code, region, address, website as typed. Raises Problem for who has an organisation,
    Invalid naming each field, and, unless the actor is `certain` that it is another, Conflict where one is near.
    """
    _check_free(actor)
    clean = check(values)
    near = twins(session, str(clean["name"]), clean["credit_code"])
    for name in ("credit_code", "name"):
        if clean[name] and any(getattr(other, name) == clean[name] for other in near):
            raise Invalid({name: "该单位已在平台登记，请从上方列表申请加入。"})
    if near and not certain:
        raise Conflict("已有名称相近的单位，请先核对；确认不是同一单位后再创建。")
    organisation = Organisation(**clean, created_by=actor.id)
    try:
        with session.begin_nested():
            session.add(organisation)
            session.flush()
    except IntegrityError:
        raise Conflict("该单位刚刚已由他人登记，请从列表申请加入。") from None
    events.record(session, actor, "organisation.created", organisation)
    _admit(session, actor, actor, organisation, OWNER)
    return organisation


def check(values: Mapping[str, str]) -> dict[str, str | None]:
    """The columns of an organisation as typed. Raises Invalid naming each field that cannot be used."""
    errors, name = {}, " ".join(values.get("name", "").split())
    code: str | None = None
    if not 2 <= len(name) <= LONGEST_NAME:
        errors["name"] = f"请填写营业执照或法人证书上的全称，2–{LONGEST_NAME} 个字。"
    if values.get("kind") not in ORGANISATION_KINDS:
        errors["kind"] = "请选择单位性质。"
    if values.get("region") and values["region"] not in REGIONS:
        errors["region"] = "请从列表中选择地区。"
    website = values.get("website", "")
    if website and not website.startswith(("http://", "https://")):
        errors["website"] = "请填写以 http:// 或 https:// 开头的网址。"
    try:
        code = clean_code(values.get("credit_code", ""))
    except Problem:
        errors["credit_code"] = WRONG_CODE
    if errors:
        raise Invalid(errors)
    return {"name": name, "kind": values["kind"], "credit_code": code, "region": values.get("region") or None,
            "address": values.get("address") or None, "website": website or None}


def ask_to_join(session: Session, actor: User, organisation: Organisation, note: str) -> JoinRequest:
    """Ask an organisation's owners, or the office where there is none, to be let in. Raises Problem."""
    _check_free(actor)
    if waiting_of(session, actor):
        raise Problem("您已有一份待处理的加入申请，可先撤回再申请其他单位。")
    if len(note) > LONGEST_NOTE:
        raise Problem(f"说明：最多 {LONGEST_NOTE} 字。")
    request = JoinRequest(user_id=actor.id, organisation_id=organisation.id, note=note)
    session.add(request)
    session.flush()
    events.record(session, actor, "join.asked", request)
    owners = owners_of(session, organisation)
    for person in owners or _office(session):
        notices.notify(session, person, "account", f"{own(actor.name)}申请加入{own(organisation.name)}",
                       f"{own(actor.name)}（{actor.email}）申请加入{own(organisation.name)}。请核对身份后同意或拒绝。",
                       "/organisation" if owners else "/desk/organisations", f"join:{request.id}")
    return request


def waiting_of(session: Session, user: User) -> JoinRequest | None:
    """The user's own request that was not answered yet."""
    wanted = select(JoinRequest).where(JoinRequest.user_id == user.id, JoinRequest.state == "waiting")
    return session.scalar(wanted.options(joinedload(JoinRequest.organisation)))


def cancel(session: Session, actor: User) -> None:
    """Take the actor's own request back."""
    if request := waiting_of(session, actor):
        request.state, request.decided_at, request.decided_by = "cancelled", now(), actor.id
        events.record(session, actor, "join.cancelled", request)


def decide(session: Session, actor: User, request_id: int, accept: bool) -> JoinRequest:
    """Answer a request to join. Raises NotFound (also for another organisation's), NotAllowed, Conflict when it was
    answered before."""
    request = session.get(JoinRequest, request_id)
    if request is None or not (permissions.is_staff(actor) or request.organisation_id == actor.organisation_id):
        raise NotFound("没有找到这份申请。")
    organisation = request.organisation
    permissions.check_admit(actor, organisation, bool(owners_of(session, organisation)))
    state = "accepted" if accept else "refused"
    once = update(JoinRequest).where(JoinRequest.id == request.id, JoinRequest.state == "waiting").values(
        state=state, decided_at=now(), decided_by=actor.id)
    if session.scalar(once.returning(JoinRequest.id)) is None:
        raise Conflict("这份申请已经处理。")
    session.refresh(request)
    events.record(session, actor, f"join.{state}", request)
    if accept:
        _check_free(request.user)
        _admit(session, actor, request.user, organisation,
               MEMBER if owners_of(session, organisation) else OWNER)
    said = f"您已加入{own(organisation.name)}。" if accept else f"您加入{own(organisation.name)}的申请未获同意。"
    notices.notify(session, request.user, "account", said, said, "/organisation", f"join:{request.id}:{state}")
    return request


def invite(session: Session, actor: User, typed: str) -> str:
    """Mail somebody an invitation into the actor's organisation; returns the e-mail. Raises NotAllowed, Problem."""
    organisation = permissions.check_own_organisation(actor)
    email = registering.clean_email(typed)
    if any(member.email == email for member in members(session, organisation)):
        raise Problem("邮箱：此人已是本单位成员。")
    token = registering.issue(session, "invite", email, organisation=organisation, by=actor)
    events.record(session, actor, "organisation.invited", organisation)
    said = (f"您好：\n\n{actor.name}邀请您加入{organisation.name}。请在 14 天内打开以下链接接受邀请；"
            f"没有账号的，可由此注册。如不认识邀请人，请忽略此邮件。")
    mailing.queue(session, mailing.Letter(email, f"邀请您加入{organisation.name}", said, f"/invite/{token}"))
    return email


def invitations(session: Session, organisation: Organisation) -> list[MailLink]:
    """The organisation's invitations that were neither accepted nor taken back nor ran out."""
    wanted = select(MailLink).where(MailLink.organisation_id == organisation.id, MailLink.purpose == "invite",
                                    MailLink.used_at.is_(None), MailLink.expires_at > now())
    return list(session.scalars(wanted.order_by(MailLink.id)))


def take_back(session: Session, actor: User, link_id: int) -> None:
    """Make an invitation of the actor's organisation worthless. Raises NotAllowed, NotFound."""
    organisation = permissions.check_own_organisation(actor)
    link = next((one for one in invitations(session, organisation) if one.id == link_id), None)
    if link is None:
        raise NotFound("没有找到这份邀请，它可能已被接受或已过期。")
    registering.use(session, link)
    events.record(session, actor, "organisation.invitation_taken_back", organisation)


def accept(session: Session, actor: User, link: MailLink) -> None:
    """Follow an invitation. Raises Problem for another person than the invited one, or one who has an organisation."""
    if link.email != actor.email or link.organisation is None:
        raise Problem(f"这份邀请发给 {link.email}，请用该邮箱的账号登录后接受。")
    _check_free(actor)
    registering.use(session, link)
    cancel(session, actor)
    inviter = session.get(User, link.created_by)
    _admit(session, actor, actor, link.organisation, MEMBER)
    if inviter is not None:
        notices.notify(session, inviter, "account",
                       f"{own(actor.name)}已接受邀请，加入{own(link.organisation.name)}", "", "/organisation",
                       f"invite:{link.id}")


def members(session: Session, organisation: Organisation) -> list[User]:
    """Who belongs to the organisation, owners first."""
    wanted = select(User).where(User.organisation_id == organisation.id, User.active)
    return sorted(session.scalars(wanted), key=lambda user: (user.position != OWNER, user.id))


def owners_of(session: Session, organisation: Organisation) -> list[User]:
    return [user for user in members(session, organisation) if user.position == OWNER]


def requests(session: Session, organisation: Organisation) -> list[JoinRequest]:
    """Who waits to be let in."""
    wanted = select(JoinRequest).where(JoinRequest.organisation_id == organisation.id, JoinRequest.state == "waiting")
    return list(session.scalars(wanted.options(joinedload(JoinRequest.user)).order_by(JoinRequest.id)))


def remove(session: Session, actor: User, user_id: int) -> None:
    """Put a member out. Raises NotAllowed, NotFound, and Problem for oneself."""
    organisation = permissions.check_own_organisation(actor)
    user = _member(session, organisation, user_id)
    if user.id == actor.id:
        raise Problem("不能移除自己，请使用“退出单位”。")
    _part(session, actor, user, organisation)
    notices.notify(session, user, "account", f"您已被移出{own(organisation.name)}", "如有疑问，请联系单位管理者。",
                   "/organisation", f"removed:{organisation.id}:{now():%Y%m%d%H%M%S}")


def hand_over(session: Session, actor: User, user_id: int) -> None:
    """Make another member the owner in the actor's place. Raises NotAllowed, NotFound, Problem."""
    organisation = permissions.check_own_organisation(actor)
    user = _member(session, organisation, user_id)
    if user.id == actor.id:
        raise Problem("请选择另一位成员。")
    actor.position, user.position = MEMBER, OWNER
    events.record(session, actor, "organisation.handed_over", organisation, before={"owner": actor.id},
                  after={"owner": user.id})
    notices.notify(session, user, "account", f"您已成为{own(organisation.name)}的管理者",
                   f"{own(actor.name)}将管理者身份移交给您。", "/organisation",
                   f"owner:{organisation.id}:{now():%Y%m%d%H%M%S}")


def leave(session: Session, actor: User) -> None:
    """Leave one's organisation. Raises Problem for its only owner while others are members."""
    organisation = actor.organisation
    if organisation is None:
        raise Problem("您当前不属于任何单位。")
    check_may_leave(session, actor)
    _part(session, actor, actor, organisation)


def check_may_leave(session: Session, user: User) -> None:
    """Raises Problem while leaving would leave members without an owner."""
    if user.organisation is None or user.position != OWNER:
        return
    others = [other for other in members(session, user.organisation) if other.id != user.id]
    if others and not any(other.position == OWNER for other in others):
        raise Problem("您是本单位唯一的管理者，请先把管理者身份移交给另一位成员。")


def _part(session: Session, actor: User, user: User, organisation: Organisation) -> None:
    """End a membership; what an enterprise posted stays with it as long as somebody is there."""
    heirs: Sequence[User] = [other for other in members(session, organisation) if other.id != user.id]
    if heirs and user.role == Role.ENTERPRISE:
        theirs = select(Post).where(Post.owner_id == user.id, Post.organisation_id == organisation.id)
        for post in session.scalars(theirs):
            post.owner_id = heirs[0].id
    user.organisation_id, user.organisation, user.position = None, None, None
    events.record(session, actor, "organisation.member_left", organisation, before={"user": user.id})


def _admit(session: Session, actor: User, user: User, organisation: Organisation, position: str) -> None:
    """Make somebody a member; what they wrote before on their own goes with them."""
    user.organisation_id, user.organisation, user.position = organisation.id, organisation, position
    alone = select(Post).where(Post.owner_id == user.id, Post.organisation_id.is_(None))
    for post in session.scalars(alone):
        post.organisation_id = organisation.id
    events.record(session, actor, "organisation.member_joined", organisation,
                  after={"user": user.id, "position": position})


def _check_free(user: User) -> None:
    if user.organisation_id is not None:
        raise Problem("每个账号只属于一个单位。请先退出现在的单位。")


def _member(session: Session, organisation: Organisation, user_id: int) -> User:
    found = session.get(User, user_id)
    if found is None or not found.active or found.organisation_id != organisation.id:
        raise NotFound("没有找到这位成员。")
    return found


def _office(session: Session) -> list[User]:
    """Who at the office answers where an organisation has no owner."""
    heads = select(User).where(User.active, User.role.in_([role.value for role in STAFF - {Role.BROKER}]))
    return list(session.scalars(heads.order_by(User.id)))

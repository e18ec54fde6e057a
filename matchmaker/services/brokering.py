"""The verbs of a brokered case: propose, ask, accept, pass, move, assign, plan. `casesteps` says where it may go."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from matchmaker.services import caps, casesteps, events, judging, permissions, requirements, rows, snapshots, telling
from matchmaker.services.casesteps import TRANSITIONS, Transition
from matchmaker.services.problems import Conflict, NotAllowed, NotFound, Problem
from matchmaker.services.requirements import Given
from models import Introduction, Participant, Post, User, now
from models.introduction import ENDED
from models.vocabulary import CASE_STATES, SUPPLIES, Kind, Role, State

__all__ = ["TRANSITIONS", "Given", "Pair", "Transition"]
LONGEST_STEP = 100
OTHER = {"need": "supply", "supply": "need"}


class Duplicate(Conflict):
    """The two posts already have an open case; `case_id` is that one."""

    def __init__(self, case_id: int) -> None:
        super().__init__("这两条信息已有进行中的对接，请在原有的对接中继续。")
        self.case_id = case_id


@dataclass(frozen=True)
class Pair:
    """A published need and what may answer it."""

    need: Post
    supply: Post

    @classmethod
    def of(cls, one: Post, other: Post) -> Pair:
        """The two, whichever comes first. Raises Problem when they are not a need and a supply, both published."""
        need, supply = (one, other) if one.kind == Kind.NEED else (other, one)
        if need.kind != Kind.NEED or Kind(supply.kind) not in SUPPLIES:
            raise Problem("对接须在一条技术需求与一项成果、专家或开放实验室之间进行。")
        for post in (need, supply):
            if post.state != State.PUBLISHED:
                raise Problem(f"“{post.title}”当前未发布，不能对接。请等它发布后再试。")
        return cls(need, supply)


def get(session: Session, viewer: User | None, case_id: int) -> Introduction:
    """A case with its two posts. Raises NotFound for one that is absent or not the viewer's."""
    found = rows.find(session, Introduction, case_id)
    return permissions.check_see_case(viewer, found)


def open_case(session: Session, pair: Pair) -> Introduction | None:
    """The case of the two that has not ended; there is at most one."""
    both = (Introduction.need_id == pair.need.id, Introduction.supply_id == pair.supply.id)
    return session.scalar(select(Introduction).where(*both, Introduction.state.not_in(ENDED)))


def propose(session: Session, actor: User, pair: Pair, override: str = "") -> Introduction:
    """The office brings two posts together. Raises NotAllowed, Duplicate, or OverCap unless a head overrides."""
    permissions.check_staff(actor)
    case = _begin(session, actor, pair, "proposed")
    caps.check(session, actor, case, override)
    _save(session, case)
    events.record(session, actor, "introduction.proposed", case, after=_after(case) | _reason(override))
    telling.both(session, actor, case, "match", "中心为您推荐了一个合作对象")
    return case


def express_intent(session: Session, actor: User, pair: Pair, side: str, answers: dict[str, str]) -> Introduction:
    """`side` (need or supply) asks the other: why it fits, what is wanted, when to talk.

    A proposal of the office becomes the intent. Raises NotAllowed, Duplicate, or Problem for an answer that is missing.
    """
    requirements.check_speaks_for(actor, pair.need if side == "need" else pair.supply, side)
    said = requirements.answers(answers)
    case = open_case(session, pair)
    if case is not None and case.state != "proposed":
        raise Duplicate(case.id)
    if case is None:
        case = _begin(session, actor, pair, "intent")
        before = {}
    else:
        before = {"state": case.state}
        case.state, case.state_since = "intent", now()
    case.answers, case.intent_side, case.waiting_side = dict(said), side, OTHER[side]
    _save(session, case)
    events.record(session, actor, "introduction.ask", case, before=before, after=_after(case) | {"side": side})
    telling.side(session, actor, case, OTHER[side], "intent", "您收到一项对接意向")
    return case


def check_step(actor: User | None, case: Introduction, action: str) -> Transition:
    """The transition, if `actor` may take it now. Raises NotAllowed."""
    step = TRANSITIONS.get(action)
    if step is None or step not in casesteps.allowed(actor, case):
        where = CASE_STATES[case.state]
        raise NotAllowed(f"对接当前为“{where}”，您不能进行此操作。请刷新页面查看最新状态。")
    return step


def move(
    session: Session, actor: User | None, case: Introduction, version: int, action: str, given: Given | None = None,
) -> Transition:
    """Take a case one step on. `version` is the one that the actor saw; `actor` None is the system.

    Raises NotAllowed, Conflict when somebody was faster, Problem for what the step asks for and lacks.
    """
    check_version(case, version)
    step, more = check_step(actor, case, action), given or Given()
    requirements.check(session, actor, case, step, more)
    before, side = case.state, permissions.side_of(actor, case) if actor else "office"
    if step.after == casesteps.BACK:
        _check_no_other(session, case)
    _enter(case, step, side)
    requirements.keep(case, step, more)
    _save(session, case)
    events.record(session, actor, f"introduction.{action}", case, before={"state": before}, after=_after(case))
    if action == "pass" and actor is not None:
        judging.passed(session, actor, case, side or "office")
    telling.moved(session, actor, case, step)
    return step


def accept(session: Session, actor: User, case: Introduction, version: int, note: str = "") -> None:
    """The side that was asked says yes; the office may say so for it, writing who agreed and how."""
    move(session, actor, case, version, "accept", Given(note=note))


def pass_(session: Session, actor: User, case: Introduction, version: int, reason: str, note: str = "") -> None:
    """Say no, with a code of PASSING_REASONS (and a note for other)."""
    move(session, actor, case, version, "pass", Given(reason=reason, note=note))


def ask_back(session: Session, actor: User, case: Introduction, version: int) -> None:
    """The side that was asked has a question first (sent as a message by the caller): the asker is to answer."""
    check_version(case, version)
    check_step(actor, case, "accept")
    case.waiting_side = case.intent_side
    _save(session, case)
    events.record(session, actor, "introduction.asked_back", case, after={"waiting": case.waiting_side})


def answered(session: Session, case: Introduction, side: str) -> None:
    """`side` wrote a message: if it was to answer about an intent, the other side is to decide again."""
    if case.state == "intent" and case.waiting_side == side == case.intent_side:
        case.waiting_side = OTHER[side]
        _save(session, case)


def assign(
    session: Session, actor: User, case: Introduction, version: int, broker: User, override: str = "",
) -> None:
    """Make `broker` the one who works the case: brokers take or hand over what is theirs or nobody's, heads any."""
    check_version(case, version)
    permissions.check_staff(actor)
    if not permissions.is_head(actor) and case.broker_id not in (None, actor.id):
        raise NotAllowed("这项对接由其他技术经理人负责，请由其本人或中心负责人转交。")
    if not permissions.is_staff(broker):
        raise Problem("请选择一位在岗的技术经理人。")
    before, case.broker, case.broker_id = case.broker_id, broker, broker.id
    caps.check_broker(session, actor, case, override)
    _save(session, case)
    events.record(session, actor, "introduction.assigned", case, before={"broker": before},
                  after={"broker": broker.id} | _reason(override))
    telling.person(session, actor, case, broker, "task", "一项对接转由您负责")


def set_next_step(
    session: Session, actor: User, case: Introduction, version: int, step: tuple[str, dt.date | None],
) -> None:
    """What is to be done next, and by when; both empty takes it away."""
    check_version(case, version)
    permissions.check_staff(actor)
    text, due = step[0].strip(), step[1]
    if len(text) > LONGEST_STEP:
        raise Problem(f"下一步最多 {LONGEST_STEP} 字，现有 {len(text)} 字，请缩短。")
    if due and not text:
        raise Problem("填写了期限，请同时写明下一步做什么。")
    before = {"next_step": case.next_step, "next_due": str(case.next_due or "")}
    case.next_step, case.next_due = text, due
    _save(session, case)
    events.record(session, actor, "introduction.planned", case, before=before,
                  after={"next_step": text, "next_due": str(due or "")})


def set_contact(
    session: Session, actor: User, case: Introduction, version: int, side: str, contact: User,
) -> None:
    """Let another person speak for a side, as when the one who did has left. Raises NotAllowed, Problem."""
    check_version(case, version)
    permissions.check_staff(actor)
    if side not in OTHER or not contact.active or Role(contact.role) not in (Role.ENTERPRISE, Role.RESEARCHER):
        raise Problem("请选择一位在用的企业或科研人员账号作为联系人。")
    if permissions.side_of(contact, case) == OTHER[side]:
        raise Problem("此人已是另一方的成员，不能同时代表双方。")
    before = getattr(case, f"{side}_contact_id")
    setattr(case, f"{side}_contact", contact)
    _save(session, case)
    events.record(session, actor, "introduction.contact", case, before={side: before}, after={side: contact.id})
    telling.person(session, actor, case, contact, "intent", "您成为一项对接的联系人")


def add_person(session: Session, actor: User, case: Introduction, side: str, person: User) -> None:
    """Let one more person take part for a side: the office for both, a side for itself. Raises NotAllowed, Problem."""
    if permissions.side_of(actor, case) not in ("office", side) or case.state in ENDED:
        raise NotAllowed("只有中心工作人员和本方成员可以为一方增加参与人。")
    post = case.need if side == "need" else case.supply
    if side not in OTHER or not person.active or permissions.is_staff(person) or (
            person.organisation_id is None or person.organisation_id != post.organisation_id):
        raise Problem("请选择本方单位的在用账号。")
    if person.id in [one.user_id for one in case.participants]:
        return
    case.participants.append(Participant(user_id=person.id, user=person, side=side))
    session.flush()
    events.record(session, actor, "introduction.joined", case, after={"person": person.id, "side": side})
    telling.person(session, actor, case, person, "intent", "您已加入一项对接")


def check_version(case: Introduction, version: int) -> None:
    """Raises Conflict when the case is not as the person saw it."""
    if case.version != version:
        raise Conflict("操作未完成：他人刚刚更新了这项对接。以下是最新状态，请核对后重试。")


def _begin(session: Session, actor: User, pair: Pair, state: str) -> Introduction:
    """A new case of the two, not yet stored."""
    if twin := open_case(session, pair):
        raise Duplicate(twin.id)
    side = "office" if permissions.is_staff(actor) else "need" if permissions.owns(actor, pair.need) else "supply"
    broker = actor.id if actor.role == Role.BROKER else pair.need.broker_id or pair.supply.broker_id
    case = Introduction(
        need=pair.need, supply=pair.supply, need_id=pair.need.id, supply_id=pair.supply.id, state=state,
        broker_id=broker, opened_by=actor.id, opened_side=side, waiting_side="office",
        evidence=snapshots.of(session, pair.need, pair.supply))
    session.add(case)
    return case


def _enter(case: Introduction, step: Transition, side: str | None) -> None:
    """Write the state and what follows from it."""
    after = casesteps.target(step, case)
    if after in (*ENDED, "stalled") and case.state != "stalled":
        case.paused_state = case.state
    case.ended_side = side if after in ENDED else None
    if step.after == casesteps.BACK:
        case.paused_state, case.reason, case.note = None, None, ""
    case.state, case.state_since = after, now()
    case.waiting_side = None if after in ENDED else OTHER.get(case.intent_side or "") if after == "intent" else "office"


def _check_no_other(session: Session, case: Introduction) -> None:
    twin = open_case(session, Pair(case.need, case.supply))
    if twin is not None and twin.id != case.id:
        raise Duplicate(twin.id)


def _save(session: Session, case: Introduction) -> None:
    """Write the case. Raises Conflict when another transaction was faster."""
    try:
        session.flush()
    except StaleDataError as error:
        raise Conflict("操作未完成：他人刚刚更新了这项对接。请刷新页面，核对后重试。") from error
    except IntegrityError as error:
        raise Conflict("操作未完成：这两条信息刚刚由他人建立了对接。请刷新页面后在其中继续。") from error


def _after(case: Introduction) -> dict[str, Any]:
    """What the log keeps; what people wrote in words stays out of it."""
    kept = {"state": case.state, "need": case.need_id, "supply": case.supply_id, "reason": case.reason}
    return {name: value for name, value in kept.items() if value is not None}


def _reason(override: str) -> dict[str, str]:
    return {"override": override.strip()} if override.strip() else {}


def check_found(user: User | None) -> User:
    """A person that a form named. Raises NotFound."""
    if user is None:
        raise NotFound("没有找到这个账号。")
    return user

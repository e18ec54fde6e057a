"""What a step of a case asks for besides the right to take it: checked, and kept with the case."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from matchmaker.services import clock, permissions
from matchmaker.services.casesteps import DECIDER, Transition
from matchmaker.services.judging import LONGEST_NOTE, OTHER
from matchmaker.services.problems import NotAllowed, Problem
from models import Contract, Introduction, Post, User, now
from models.vocabulary import PASSING_REASONS

QUESTIONS = {"why": "为什么合适", "want": "想了解或得到什么", "when": "怎样、何时可以沟通"}
LONGEST_ANSWER = 500
SIGNED = ("signed", "registered", "performed")
GOING_ON = ("signed", "registered")


@dataclass(frozen=True)
class Given:
    """What a person gave with a step."""

    reason: str | None = None
    note: str = ""
    need_nda_on: dt.date | None = None
    supply_nda_on: dt.date | None = None


def answers(typed: Mapping[str, str]) -> dict[str, str]:
    """The three answers as they are stored. Raises Problem naming the first that is missing or too long."""
    said = {name: typed.get(name, "").strip() for name in QUESTIONS}
    for name, text in said.items():
        if not text:
            raise Problem(f"请回答“{QUESTIONS[name]}”。一两句话即可。")
        if len(text) > LONGEST_ANSWER:
            raise Problem(f"“{QUESTIONS[name]}”最多 {LONGEST_ANSWER} 字，现有 {len(text)} 字，请缩短。")
    return said


def check_speaks_for(actor: User, post: Post, side: str) -> None:
    """Raises NotAllowed unless the post is the actor's (or the actor is of the office and acts for its owner)."""
    if side not in ("need", "supply") or not (permissions.is_staff(actor) or permissions.owns(actor, post)):
        raise NotAllowed("只能为自己发布的信息提出对接意向；如需代办，请联系中心工作人员。")


def check(session: Session, actor: User | None, case: Introduction, step: Transition, given: Given) -> None:
    """Raises Problem for the first thing that the step asks for and that is missing."""
    if len(given.note) > LONGEST_NOTE:
        raise Problem(f"说明最多 {LONGEST_NOTE} 字，现有 {len(given.note)} 字，请缩短。")
    for name in step.needs:
        if name in CHECKS:
            CHECKS[name](session, case, given)
    if DECIDER in step.needs and permissions.is_staff(actor) and not given.note.strip():
        raise Problem("代为接受时，请在说明中写明对方由谁、何时、以何种方式同意。")


def keep(case: Introduction, step: Transition, given: Given) -> None:
    """Store with the case what was given for the step."""
    if step.action == "accept":
        case.accepted_at = case.accepted_at or now()
    if step.action in ("pass", "accept"):
        case.note = given.note.strip()
    if step.action == "pass":
        case.reason = given.reason
    if step.action == "nda":
        case.need_nda_at = case.need_nda_at or _moment(given.need_nda_on)
        case.supply_nda_at = case.supply_nda_at or _moment(given.supply_nda_on)


def lacking(session: Session, case: Introduction, step: Transition) -> list[str]:
    """What a person must give or prepare before the step, beyond pressing the button; codes of REQUIREMENTS."""
    found = []
    for name in step.needs:
        try:
            CHECKS.get(name, _nothing)(session, case, Given())
        except Problem:
            found.append(name)
    return found


def _moment(day: dt.date | None) -> dt.datetime | None:
    return dt.datetime.combine(day, dt.time(4), dt.UTC) if day else None


def _nothing(_session: Session, _case: Introduction, _given: Given) -> None:
    return


def _answers(_session: Session, case: Introduction, _given: Given) -> None:
    answers(case.answers)


def _reason(_session: Session, _case: Introduction, given: Given) -> None:
    if given.reason not in PASSING_REASONS:
        raise Problem("请选择谢绝的原因。")
    if given.reason == OTHER and not given.note.strip():
        raise Problem("选择“其他”时，请在说明中写明原因。")


def _nda(_session: Session, case: Introduction, given: Given) -> None:
    days = {"需求方": case.need_nda_at or given.need_nda_on, "供给方": case.supply_nda_at or given.supply_nda_on}
    if missing := [name for name, day in days.items() if day is None]:
        raise Problem(f"请填写{'、'.join(missing)}签署保密协议的日期；尚未签署的请先签署。")
    if any(day and day > clock.today() for day in (given.need_nda_on, given.supply_nda_on)):
        raise Problem("保密协议的签署日期不能晚于今天。")


def _draft(session: Session, case: Introduction, _given: Given) -> None:
    if not session.scalar(_contracts(case)):
        raise Problem("还没有合同草稿。请先在本对接的“合同”中建立草稿，再移到“合同起草”。")


def _contract(session: Session, case: Introduction, _given: Given) -> None:
    if not session.scalar(_contracts(case).where(Contract.state.in_(SIGNED))):
        raise Problem("还没有已签订的合同。请先在合同中填写签订日期并标为“已签订”，再移到“已签约”。")


def _registry(session: Session, case: Introduction, _given: Given) -> None:
    if not session.scalar(_contracts(case).where(Contract.registry_number.is_not(None))):
        raise Problem("合同还没有登记编号。请先在合同中填写认定登记的编号，再移到“已登记”。")


def _over(session: Session, case: Introduction, _given: Given) -> None:
    if case.state != "performed" and session.scalar(_contracts(case).where(Contract.state.in_(GOING_ON))):
        raise Problem("本对接还有履行中的合同。请先在合同中标为“履行完毕”或“终止”，再结案。")


def _contracts(case: Introduction) -> Select[int]:
    return select(Contract.id).where(Contract.introduction_id == case.id).limit(1)


CHECKS: dict[str, Callable[[Session, Introduction, Given], None]] = {
    "answers": _answers, "reason": _reason, "nda": _nda, "draft": _draft, "contract": _contract,
    "registry": _registry, "over": _over,
}

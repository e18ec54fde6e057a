"""Where a case may stand and who takes it where: one table, from which the diagram in docs is drawn.

A case begins as `proposed` (by the office, from a shortlist) or as `intent` (one side asks). `BACK` leads to where
the case stood before it was stalled, passed or closed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from matchmaker.services import permissions
from models import Introduction, User
from models.introduction import ENDED
from models.vocabulary import CASE_STATES, Role

NEED, SUPPLY, BROKER, HEAD, SYSTEM = "need", "supply", "broker", "head", "system"
PARTIES = frozenset({NEED, SUPPLY, BROKER, HEAD, SYSTEM})
BACK = "back"
STARTS = ("proposed", "intent")
ASKER, DECIDER = "asker", "decider"
REQUIREMENTS = {
    "answers": "三个问题的回答", ASKER: "由提出意向的一方（或中心代办）",
    DECIDER: "由收到意向的一方（或中心代办并写明经过）",
    "reason": "原因", "nda": "双方签署保密协议的日期", "draft": "一份合同草稿", "contract": "一份已签订的合同",
    "registry": "合同登记编号", "over": "没有仍在履行的合同",
}
"""What a step may ask for → how a person reads it; `services.brokering` checks each."""
OFFICE = frozenset({BROKER, HEAD})
SIDES_AND_OFFICE = OFFICE | {NEED, SUPPLY}
TALKING = frozenset({"accepted", "meeting", "diagnosis", "nda", "negotiation", "drafted"})


@dataclass(frozen=True)
class Transition:
    """One way from a state to another: who may take it and what it asks for."""

    action: str
    label: str
    before: frozenset[str]
    after: str
    by: frozenset[str]
    needs: tuple[str, ...] = ()
    warning: str = ""


def _step(
    action: str, label: str, before: Iterable[str], after: str, more: tuple[frozenset[str], str, str],
) -> Transition:
    by, needs, warning = more
    return Transition(action, label, frozenset(before), after, by, tuple(needs.split()), warning)


TRANSITIONS = {step.action: step for step in (
    _step("ask", "提出意向", {"proposed"}, "intent", (SIDES_AND_OFFICE, "answers", "对方会看到三个问题的回答。")),
    _step("accept", "接受意向", {"intent"}, "accepted", (
        SIDES_AND_OFFICE, DECIDER, "接受后双方可以看到对方的全文与联系方式，中心会安排首次会谈。")),
    _step("withdraw", "撤回意向", {"intent"}, "passed", (
        SIDES_AND_OFFICE, ASKER, "撤回后对方不再处理这项意向；以后可以重新提出。")),
    _step("meet", "首次会谈", TALKING - {"meeting"}, "meeting", (OFFICE, "", "双方进入会谈。")),
    _step("diagnose", "诊断走访", TALKING - {"diagnosis"}, "diagnosis", (OFFICE, "", "到现场了解情况。")),
    _step("nda", "签保密协议", TALKING - {"nda", "drafted"}, "nda", (
        OFFICE, "nda", "双方都签署后，可以互看保密附件。")),
    _step("negotiate", "商务谈判", TALKING - {"negotiation"}, "negotiation", (OFFICE, "", "双方商谈条件。")),
    _step("draft", "起草合同", {"nda", "negotiation"}, "drafted", (OFFICE, "draft", "先在本对接中建立合同草稿。")),
    _step("sign", "签约", {"drafted"}, "signed", (OFFICE, "contract", "合同须已登记为签订。")),
    _step("register", "完成登记", {"signed"}, "registered", (OFFICE, "registry", "合同须有登记编号。")),
    _step("perform", "履行完毕", {"signed", "registered"}, "performed", (OFFICE, "", "合同约定的事项均已完成。")),
    _step("close", "结案", {"signed", "registered", "performed"}, "closed", (
        OFFICE, "over", "合同履行完毕或终止后结案；结案后不再出现在看板上。")),
    _step("pass", "谢绝", TALKING | {"proposed", "intent", "stalled"}, "passed", (
        SIDES_AND_OFFICE, "reason", "原因会用于改进匹配，并不具名地告知对方。")),
    _step("stall", "标为停滞", TALKING | {"proposed", "intent", "signed", "registered"}, "stalled", (
        OFFICE | {SYSTEM}, "", "停滞的对接会列入每日提醒，直到重新开启。")),
    _step("reopen", "重新开启", {"stalled", *ENDED}, BACK, (OFFICE, "", "回到停滞或结束之前的状态。")),
)}


def parties(actor: User | None, case: Introduction) -> frozenset[str]:
    """As what `actor` (None: the system) may move the case."""
    if actor is None:
        return frozenset({SYSTEM})
    side = permissions.side_of(actor, case)
    if side == "office":
        return frozenset({BROKER if actor.role == Role.BROKER else HEAD})
    return frozenset({side}) if side else frozenset()


def allowed(actor: User | None, case: Introduction) -> list[Transition]:
    """What `actor` may do with the case as it stands; what a step asks for besides is not looked at."""
    who = parties(actor, case)
    return [step for step in TRANSITIONS.values()
            if case.state in step.before and step.by & who and _turn(step, who, case)]


def target(step: Transition, case: Introduction) -> str:
    """The state in which the case stands after the step."""
    return (case.paused_state or STARTS[0]) if step.after == BACK else step.after


def _turn(step: Transition, who: frozenset[str], case: Introduction) -> bool:
    """An intent is decided by the side that did not ask, withdrawn by the one that did; a side never passes its own."""
    if who & {BROKER, HEAD, SYSTEM} or case.state != "intent":
        return True
    asked = case.intent_side in who
    return asked if ASKER in step.needs else not asked


def diagram() -> str:
    """The table as a mermaid diagram."""
    starts = [f"    [*] --> {state}" for state in STARTS]
    lines = [f"    {before} --> {step.after}: {step.action}" for step in TRANSITIONS.values() if step.after != BACK
             for before in CASE_STATES if before in step.before]
    back = TRANSITIONS["reopen"]
    lines += [f"    {before} --> {after}: reopen" for before in CASE_STATES if before in back.before
              for after in stood_before(before)]
    return "\n".join(["stateDiagram-v2", *starts, *lines])


def stood_before(state: str) -> list[str]:
    """Where a case that now stands in `state` may have stood when it was stalled, passed or closed."""
    found = {before for step in TRANSITIONS.values() if step.after == state for before in step.before}
    return [code for code in CASE_STATES if code in found and code != "stalled"]

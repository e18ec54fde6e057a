"""Limits that the office sets for itself: whole numbers with a name, a default and bounds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from matchmaker.services import office, permissions
from matchmaker.services.problems import Problem
from models import User
from models.vocabulary import CASE_STATES

STALLING = {
    "proposed": 7, "intent": 7, "accepted": 10, "meeting": 21, "diagnosis": 21, "nda": 21, "negotiation": 30,
    "drafted": 30, "signed": 45, "registered": 180,
}
"""State → days without anything done after which a case counts as stalled."""


@dataclass(frozen=True)
class Limit:
    default: int
    label: str
    low: int = 1
    high: int = 3650


LIMITS: Mapping[str, Limit] = {
    "cap.expert": Limit(5, "每位专家（或成果负责人）同时进行的对接，最多（项）", high=999),
    "cap.broker": Limit(30, "每位技术经理人同时进行的对接，最多（项）", high=999),
} | {f"stall.{state}": Limit(days, f"“{CASE_STATES[state]}”多少天没有进展算停滞（天）")
     for state, days in STALLING.items()}


def limit(session: Session, name: str) -> int:
    """What holds now: what the office set, else the default."""
    return int(office.get(session, name, LIMITS[name].default))


def limits(session: Session) -> dict[str, int]:
    """Every limit as it holds now."""
    return {name: limit(session, name) for name in LIMITS}


def set_limits(session: Session, actor: User, typed: Mapping[str, str]) -> None:
    """Set limits by name. Raises NotAllowed, or Problem naming the first that cannot be used; then none is set."""
    permissions.check_head(actor)
    wanted = {name: _number(LIMITS[name], text) for name, text in typed.items() if name in LIMITS}
    for name, value in wanted.items():
        if limit(session, name) != value:
            office.put(session, actor, name, value)


def _number(one: Limit, text: str) -> int:
    typed = text.strip()
    if not (typed.isascii() and typed.isdecimal() and one.low <= int(typed[:9]) <= one.high):
        raise Problem(f"“{one.label}”请填写 {one.low} 到 {one.high} 之间的整数。")
    return int(typed)

"""What the office decides for itself: every setting is a row of one table here, with its default and its help."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.services import events, permissions
from matchmaker.services.content import Invalid
from models import OfficeSetting, User
from models.vocabulary import CASE_STATES, Vocabulary

BETWEEN = re.compile(r"[、,，;；\s]+")
MOST = 20
"""Numbers that one list may have."""


@dataclass(frozen=True)
class Option:
    """One setting. `default` says its type: a flag, a number, a list of numbers, a text, or a number per code of
    `codes` (where 0 means: no limit)."""

    name: str
    default: Any
    label: str
    help: str
    low: int = 0
    high: int = 3650
    codes: Vocabulary | None = None


FOUR_EYES = "review.four_eyes"
OPTIONS: dict[str, Option] = {option.name: option for option in (
    Option(FOUR_EYES, False, "双人审核", "开启后，一人审核通过的内容须由另一人复核才会发布，工作人员自己写的也一样。"),
    Option("follow_up.days", [30, 90, 180, 365], "回访时间（签约后天数）",
           "合同签订后第几天安排一次回访，用顿号分开。已经安排的回访不受影响。", 1),
    Option("payment.remind_days", 7, "到款提醒（提前天数）", "付款节点到期前几天提醒负责的技术经理人。", 0, 90),
    Option("case.cap_expert", 5, "每位专家的对接上限（项）",
           "一位专家（或成果负责人）同时进行的对接最多几项；超过时由中心负责人写明理由后放行。", 1, 999),
    Option("case.cap_broker", 30, "每位技术经理人的对接上限（项）",
           "一位技术经理人同时负责的对接最多几项；超过时由中心负责人写明理由后放行。", 1, 999),
    Option("case.stalled_days", {
        "proposed": 14, "intent": 14, "accepted": 21, "meeting": 30, "diagnosis": 30, "nda": 30, "negotiation": 60,
        "drafted": 60, "signed": 60, "registered": 400, "performed": 90,
    }, "停滞时限（天）", "事项在某一状态停留超过这些天，就列入停滞。0 表示不限。", 0, 3650, CASE_STATES),
)}


def get(session: Session, name: str) -> Any:
    """What the office set, or the default. Raises KeyError for a name that is not in OPTIONS."""
    option = OPTIONS[name]
    row = _row(session, name)
    if row is None:
        return option.default
    return option.default | row.value if isinstance(option.default, dict) else row.value


def every(session: Session) -> dict[str, Any]:
    """Every setting as it holds now."""
    found = {row.name: row for row in session.scalars(select(OfficeSetting))}
    return {name: option.default | found[name].value if name in found and isinstance(option.default, dict)
            else found[name].value if name in found else option.default for name, option in OPTIONS.items()}


def put(session: Session, actor: User, name: str, value: Any) -> bool:
    """Set a value that `read` made; whether it differs from before. Raises NotAllowed."""
    permissions.check_head(actor)
    before = get(session, name)
    if before == value:
        return False
    row = _row(session, name)
    if row is None:
        row = OfficeSetting(name=name)
        session.add(row)
    row.value, row.updated_by = value, actor.id
    session.flush()
    events.record(session, actor, "office.set", row, before={name: before}, after={name: value})
    return True


def change(session: Session, actor: User, typed: Mapping[str, str]) -> list[str]:
    """Take what was typed on the page of settings; the labels of what changed. Raises NotAllowed, Invalid."""
    permissions.check_head(actor)
    values, errors = {}, {}
    for option in OPTIONS.values():
        try:
            values[option.name] = read(option, typed)
        except ValueError as wrong:
            errors[option.name] = str(wrong)
    if errors:
        raise Invalid(errors)
    return [OPTIONS[name].label for name, value in values.items() if put(session, actor, name, value)]


def read(option: Option, typed: Mapping[str, str]) -> Any:
    """The value that was typed for an option. Raises ValueError with a sentence."""
    text = typed.get(option.name, "").strip()
    if isinstance(option.default, bool):
        return bool(text)
    if isinstance(option.default, dict):
        return {code: _number(option, typed.get(f"{option.name}.{code}", "")) for code in option.default}
    if isinstance(option.default, list):
        return _numbers(option, text)
    if isinstance(option.default, int):
        return _number(option, text)
    if len(text) > 500:
        raise ValueError(f"{option.label}最多 500 字。")
    return text


def shown(value: Any) -> str:
    """A value as its input holds it."""
    return "、".join(map(str, value)) if isinstance(value, list) else str(value)


def _row(session: Session, name: str) -> OfficeSetting | None:
    return session.scalar(select(OfficeSetting).where(OfficeSetting.name == name))


def _number(option: Option, text: str) -> int:
    if not re.fullmatch(r"\d{1,6}", text.strip(), re.ASCII) or not option.low <= int(text) <= option.high:
        raise ValueError(f"{option.label}：请填写 {option.low}–{option.high} 之间的整数。")
    return int(text)


def _numbers(option: Option, text: str) -> list[int]:
    found = sorted({_number(option, part) for part in BETWEEN.split(text) if part})
    if not 1 <= len(found) <= MOST:
        raise ValueError(f"{option.label}：请填写 1–{MOST} 个数字，用顿号分开，例如 30、90、180。")
    return found

"""What the log kept, for a person to read: each field by its name, each code by its label, times on the reader's clock.

The log itself keeps names and codes, and is never rewritten; older entries kept the labels themselves.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from matchmaker.services import contract_history, contract_rules, office, reviews, supply_content
from matchmaker.services.audit_words import WHO, action, subject
from matchmaker.services.content import CODES as POST_CODES
from matchmaker.services.content import EDITABLE
from matchmaker.services.targets import GATHERED
from models import Event
from models import vocabulary as lists

LONGEST = 200
CONTRACT = frozenset((*contract_rules.LABELS, *contract_history.OTHERS, *(
    f"{side}.{part}" for side in contract_rules.SIDES for part in contract_rules.PARTY)))
SPOKEN = frozenset((*contract_history.SAYS, *(
    f"{side}.{part}" for side in contract_rules.SIDES for part in contract_rules.PARTY_CODES)))
"""Fields of a contract whose values the product words."""
NOTHING = "（空）"
YES_NO = {True: "是", False: "否"}
SIDES = {"need": "需求方", "supply": "供给方"}
PEOPLE = frozenset({"broker", "broker_id", "person", "who", "owner", "user"})
"""Fields that keep the number of an account."""
Known = Mapping[str, str]

NAMES: Known = {
    "state": "状态", "reason": "原因", "need": "需求", "supply": "供给", "override": "放行理由", "side": "哪一方",
    "waiting": "等待答复的一方", "broker": "负责人", "broker_id": "技术经理人", "next_step": "下一步",
    "next_due": "期限", "person": "人员", "who": "负责人", "due": "期限", "need_nda_at": "需求方签署时间",
    "supply_nda_at": "供给方签署时间", "own": "本人代表", "case": "对接", "contract": "合同", "post": "信息",
    "post_id": "信息", "candidate": "候选", "facility": "开放实验室", "fields": "栏目", "part": "公开范围",
    "sha256": "校验值", "name": "名称", "number": "编号", "kind": "类别", "type": "类别", "role": "角色",
    "version": "版本", "organisation": "单位", "owner": "管理者", "user": "成员", "position": "身份", "why": "原因",
    "title": "名称", "source": "来源", "list": "清单", "new": "新增", "changed": "更改", "unchanged": "未变",
    "wrong": "有误", "verdict": "判断", "decision": "决定", "outcome": "结果", "office": "对中心的评价",
    "result": "对成果的评价", "options": "可选时间", "start": "开始", "end": "结束", "steps": "付款计划",
    "received": "到款金额", "on": "日期", "shares": "收益分配", "party": "分配对象", "percent": "比例（%）",
    "goal": "指标", "year": "年份", "area": "范围", "amount": "数值", "entry": "填报编号", "value": "数值",
    "weights": "匹配权重", "held_on": "日期", "participants": "人数", "place": "地点", "region": "地区",
    "field": "技术领域", "institute_id": "单位", "note": "备注", "unit": "单位", "figure": "统计项",
    "gathered": "汇总方式", "active": "启用", "served_on": "日期", "client": "服务对象", "mode": "服务方式",
    "fee": "收费", "rating": "评分", "valid_until": "有效期至", "confirmed_on": "确认日期", "action": "操作",
    "subject": "对象", "since": "从", "until": "到（含）", "encoder": "编码器", "revision": "索引版本",
    "calibration": "校准", "calibration_read": "校准（对读）", "internal": "仅中心可见", "achievement": "科技成果",
    "expert": "专家",
}
OWN: Mapping[str, Known] = {
    "post": {name: label for known in EDITABLE.values() for name, label in known.items()} | {
        "facility": "开放实验室", "need": "技术需求", "state": "状态", "new": "新增", "changed": "更改"},
    "activity": {"title": "名称", "kind": "类别", "unit": "单位"},
    "goal": {"unit": "计量单位"},
    "service_record": {"amount": "数量", "unit": "计量单位"},
    "office_setting": {option.name: option.label for option in office.OPTIONS.values()},
    "introduction.contact": {"need": "需求方联系人", "supply": "供给方联系人"},
    "audit.exported": {"number": "对象编号", "who": "谁的操作"},
}
"""Table or action → fields with a name of their own there."""
CODES: Mapping[str, Mapping[str, Known]] = {
    "post": POST_CODES | supply_content.CODES | {
        "state": lists.STATES, "kind": {kind.value: kind.label for kind in lists.Kind}},
    "introduction": {"state": lists.CASE_STATES, "reason": lists.PASSING_REASONS, "side": SIDES, "waiting": SIDES},
    "judgement": {"reason": lists.PASSING_REASONS,
                  "verdict": {"fits": "合适", "unfits": "不合适", "withdrawn": "已收回"}},
    "meeting": {"state": lists.MEETING_STATES},
    "story": {"state": lists.STORY_STATES, "side": SIDES},
    "rating": {"side": SIDES},
    "follow_up": {"outcome": lists.OUTCOMES},
    "document": {"kind": lists.DOCUMENT_KINDS},
    "document_template": {"kind": lists.DOCUMENT_KINDS},
    "attachment": {"part": lists.ATTACHMENT_PARTS},
    "activity": {"kind": lists.GATHERINGS, "field": lists.FIELDS, "region": lists.REGIONS},
    "goal": {"gathered": GATHERED},
    "service_record": {"mode": lists.SERVICE_MODES},
    "review": {"decision": reviews.LABELS},
    "split_rule": {"party": lists.SHARERS},
    "job": {"kind": {kind.value: kind.label for kind in lists.Kind}},
    "user_account": {"role": {role.value: role.label for role in lists.Role}},
}
"""Table → field → its closed list."""
EXPORTED: Mapping[str, Callable[[str], str]] = {
    "who": lambda code: WHO.get(code, code), "action": action, "subject": subject}
"""What the log was narrowed to when it was taken out, in words."""


@dataclass(frozen=True)
class Reader:
    """Who reads: how the product speaks to them, their clock, and the accounts whose names they are told."""

    say: Callable[[str], str] = str
    zone: dt.tzinfo = dt.UTC
    people: Mapping[int, str] = field(default_factory=dict)


def told(event: Event, kept: Mapping[str, Any], reader: Reader) -> list[tuple[str, str]]:
    """Name and value of each field of `event.before` or `event.after`, in the reader's language."""
    return [(reader.say(_name(event, name)), _cut(_value(event, name, value, reader)))
            for name, value in kept.items()]


def accounts(events: Iterable[Event]) -> set[int]:
    """The numbers of the accounts that entries name."""
    kept = ((event, name, value) for event in events for values in (event.before, event.after)
            for name, value in values.items())
    return {value for event, name, value in kept if _is_person(event, name) and isinstance(value, int)}


def _is_person(event: Event, name: str) -> bool:
    return name in PEOPLE or event.action == "introduction.contact"


def _name(event: Event, name: str) -> str:
    if event.subject == "contract" and name in CONTRACT:
        return contract_history.title(name)
    for known in (OWN.get(event.action, {}), OWN.get(event.subject, {}), NAMES):
        if name in known:
            return known[name]
    return name


def _value(event: Event, name: str, value: Any, reader: Reader) -> str:
    if value in (None, "", [], {}) or isinstance(value, bool):
        return reader.say(YES_NO[value] if isinstance(value, bool) else NOTHING)
    if event.subject == "contract" and name in CONTRACT:
        return _of_contract(name, value, reader)
    if isinstance(value, list | Mapping):
        return (", " if reader.say(YES_NO[True]).isascii() else "、").join(_several(event, name, value, reader))
    if _is_person(event, name) and isinstance(value, int):
        return reader.people.get(value, f"#{value}")
    return _coded(event, name, str(value), reader)


def _several(
    event: Event, name: str, values: list[Any] | Mapping[str, Any], reader: Reader,
) -> Iterable[str]:
    if isinstance(values, Mapping):
        return (f"{reader.say(_name(event, part))} {_value(event, part, one, reader)}" for part, one in values.items())
    if name == "fields":
        return (reader.say(_name(event, one)) for one in values)
    return (_value(event, name, one, reader) for one in values)


def _of_contract(name: str, value: Any, reader: Reader) -> str:
    """As the history of the contract says it; what was typed stays as it is."""
    said = contract_history.said(name, value)
    return reader.say(said) if name in SPOKEN else said


def _coded(event: Event, name: str, text: str, reader: Reader) -> str:
    if event.action == "audit.exported" and name in EXPORTED:
        return reader.say(EXPORTED[name](text))
    known = CODES.get(event.subject, {}).get(name, {})
    return reader.say(known[text]) if text in known else _timed(text, reader.zone)


def _timed(text: str, zone: dt.tzinfo) -> str:
    """An instant as the reader's clock shows it; anything else as it is."""
    try:
        at = dt.datetime.fromisoformat(text) if "T" in text else None
    except ValueError:
        return text
    return at.astimezone(zone).strftime("%Y-%m-%d %H:%M") if at and at.tzinfo else text


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"

"""What a docx template may name: every placeholder with its meaning and a sample, and which kinds may use it."""

from __future__ import annotations

from typing import Any

from matchmaker.services import contract_rules, registration

Fields = dict[str, tuple[str, str]]
"""Placeholder below its root → meaning, sample."""

OFFICE: Fields = {"name": ("中心名称", "示例区技术转移中心"), "today": ("今天的日期", "2026 年 11 月 22 日")}
CASE: Fields = {
    "number": ("对接编号", "示例-000001"), "broker": ("负责的技术经理人", "示例经理人"),
    "accepted_on": ("双方接受意向的日期", "2026 年 10 月 8 日"), "score": ("匹配程度", "强"),
    "reasons": ("匹配理由，一行一条", "用词吻合：都谈到翘曲补偿。\n指标：翘曲量 0.2 mm，满足不大于 0.3 mm。"),
}
POST: Fields = {
    "title": ("名称", "薄壁注塑件翘曲 & 补偿 <示例>"), "kind": ("种类", "技术需求"),
    "organisation": ("单位", "示例精工有限公司"),
    "brief": ("公开简介", "薄壁件出模后翘曲，求控制办法。"), "keywords": ("关键词", "注塑、翘曲"),
    "field": ("技术领域", "先进制造"),
    "industry": ("所属行业", "橡胶和塑料制品业"), "region": ("所在地区", "长春市"), "modes": ("合作方式", "合作开发"),
    "maturity": ("技术成熟度", "TRL 6"), "text": ("正文（读者可读的部分）", "出模后翘曲 0.8 mm，装配超差。"),
    "contact": ("联系人（读者可读时）", "示例联系人"),
}
MEETING: Fields = {
    "title": ("会议名称", "首次会谈"), "held_on": ("时间", "2026 年 10 月 12 日 14:00"),
    "place": ("地点", "示例会议室"), "people": ("参加人员", "示例联系人、示例经理人"),
    "minutes": ("会议内容", "双方介绍情况。\n约定走访。"),
    "decisions": ("议定事项，可循环", ""), "tasks": ("任务，可循环：text、who、due", ""),
}
PARTY: Fields = {name: (label, f"示例{label}") for name, label in contract_rules.PARTY.items()}
CONTRACT: Fields = {name: (label, f"示例{label}") for name, label in registration.CONTRACT.items()} | {
    "amount_yuan": ("合同金额（元）", "1,000,000.00"),
    "payments": ("付款各期，可循环：number、milestone、due_on、amount", ""),
}
ROOTS: dict[str, tuple[str, Fields]] = {
    "office": ("中心", OFFICE), "case": ("对接", CASE), "need": ("技术需求", POST),
    "supply": ("成果、专家或开放实验室", POST),
    "post": ("简介所写的信息", POST), "meeting": ("会议", MEETING), "contract": ("合同", CONTRACT),
    "seller": ("卖方（技术提供方）", PARTY), "buyer": ("买方（技术接受方）", PARTY),
}
LISTS: dict[str, list[Any]] = {
    "meeting.decisions": ["三周内提供样件", "下次在现场开"],
    "meeting.tasks": [{"text": "寄出样件", "who": "示例联系人", "due": "2026 年 11 月 2 日"}],
    "contract.payments": [{"number": "1", "milestone": "合同生效", "due_on": "2026-10-20", "amount": "30"},
                          {"number": "2", "milestone": "样机验收", "due_on": "2027-03-20", "amount": "70"}],
}
BOTH = ("office", "case", "need", "supply")
SIGNING = (*BOTH, "contract", "seller", "buyer")
KINDS: dict[str, tuple[str, ...]] = {
    "nda": (*BOTH, "seller", "buyer"), "recommendation": BOTH, "minutes": (*BOTH, "meeting"),
    "brief": ("office", "post"), "contract_development": SIGNING, "contract_transfer": SIGNING,
    "contract_licence": SIGNING, "contract_consulting": SIGNING, "contract_service": SIGNING,
    "registration": ("office", "contract", "seller", "buyer"),
}
"""Kind of document that is generated → what its template may name."""
OF_TYPE = {
    "commissioned": "contract_development", "joint": "contract_development", "transfer": "contract_transfer",
    "licence_exclusive": "contract_licence", "licence_sole": "contract_licence", "licence_plain": "contract_licence",
    "consulting": "contract_consulting", "service": "contract_service", "training": "contract_service",
    "intermediary": "contract_service",
}
"""Type of contract → kind of draft."""


def allowed(kind: str) -> set[str]:
    """Every placeholder that a template of the kind may use, the roots among them."""
    return {*KINDS[kind], *(f"{root}.{name}" for root in KINDS[kind] for name in ROOTS[root][1])}


def sample(kind: str) -> dict[str, dict[str, Any]]:
    """What a template of the kind is tried with: every placeholder filled in."""
    return {root: {name: LISTS.get(f"{root}.{name}", text) for name, (_, text) in ROOTS[root][1].items()}
            for root in KINDS[kind]}

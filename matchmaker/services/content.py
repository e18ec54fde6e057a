"""What a post may say: which fields a person fills in, how long each may be, what is needed before publishing."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from matchmaker.services import clock, supply_content, validity
from matchmaker.services.problems import Problem
from models import Need, Post
from models.vocabulary import (
    ACTIVITIES,
    CLARITY,
    COMPARISONS,
    DISCLOSURE,
    FIELDS,
    INDUSTRIES,
    MODES,
    REGIONS,
    TRL,
    Kind,
    Vocabulary,
)

COMMON = {
    "title": "名称", "keywords": "关键词", "brief": "公开简介", "field": "技术领域", "industry": "所属行业",
    "region": "所在地区", "modes": "合作方式", "disclosure": "公开范围", "hide_organisation": "隐藏单位名称",
    "annex": "保密附件",
    "contact_name": "联系人", "contact_phone": "联系电话", "contact_email": "联系邮箱", "valid_until": "有效期至",
    "trl": "技术成熟度", "organisation_name": "所属单位",
}
EDITABLE: dict[Kind, dict[str, str]] = {
    Kind.NEED: COMMON | {
        "main_problem": "主要问题", "key_technique": "技术关键与主要指标", "expected_goal": "预期目标",
        "tried": "已尝试的办法", "budget": "预算", "from_year": "起始年份", "to_year": "截止年份",
        "wanted_partner": "期望的合作方", "indicators": "量化指标", "elements": "五要素", "activity": "科技活动类型",
        "clarity": "需求类型", "chain_node": "产业链环节", "regions_accepted": "接受的地区",
    },
    Kind.ACHIEVEMENT: COMMON | supply_content.ACHIEVEMENT, Kind.EXPERT: supply_content.EXPERT,
    Kind.FACILITY: supply_content.FACILITY,
}
REQUIRED: dict[Kind, tuple[str, ...]] = {
    Kind.NEED: ("title", "keywords", "field", "industry", "main_problem", "key_technique", "expected_goal", "modes",
                "from_year", "to_year", "contact_name", "contact_phone", "contact_email", "valid_until"),
    Kind.ACHIEVEMENT: ("title", "keywords", "brief", "description", "completers", "field", "industry", "stage", "trl",
                       "modes", "valid_until"),
    Kind.EXPERT: ("title", "brief", "research_fields", "offers", "consented_at"),
    Kind.FACILITY: ("title", "field"),
}
LONGEST = supply_content.LONGEST | {
    "organisation_name": 200,
    "title": 100, "main_problem": 500, "key_technique": 500, "expected_goal": 500, "tried": 1000, "annex": 20_000,
    "description": 20_000, "cases": 5000, "wanted_partner": 200, "contact_name": 50, "contact_phone": 40,
    "contact_email": 254, "chain_node": 100,
}
BRIEF = {Kind.NEED: 500, Kind.ACHIEVEMENT: 140, Kind.EXPERT: 1000, Kind.FACILITY: 500}
MOST_KEYWORDS, LONGEST_KEYWORD = 5, 30
ELEMENTS = {"materials": "材料", "methods": "方法", "efficacy": "功效", "products": "产品", "applications": "应用"}
MOST_PHRASES, LONGEST_PHRASE = 10, 50
MOST_INDICATORS = 30
LONGEST_MEASURE = {"quantity": ("指标名称", 100), "unit": ("单位", 32), "condition": ("条件", 100)}
YEARS = range(2000, 2101)
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
CODES: dict[str, Vocabulary] = supply_content.CODES | {
    "field": FIELDS, "industry": INDUSTRIES, "region": REGIONS, "modes": MODES, "disclosure": DISCLOSURE,
    "activity": ACTIVITIES, "clarity": CLARITY, "regions_accepted": REGIONS,
}


class Invalid(Problem):
    """Some fields cannot be used; `errors` has the sentence for each."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__("有几处内容需要修改，请看各栏下方的说明。")
        self.errors = dict(errors)


def check(kind: Kind, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values that a post of `kind` may take; other names are left out. Raises Invalid."""
    clean = {name: value for name, value in values.items() if name in EDITABLE[kind]}
    errors: dict[str, str] = {}
    for name, sentence in _faults(kind, clean):
        errors.setdefault(name, sentence)
    if errors:
        raise Invalid(errors)
    return clean


def missing(post: Post) -> list[str]:
    """Labels of what the post still lacks before it may be published."""
    kind = Kind(post.kind)
    lacking = [EDITABLE[kind][name] for name in REQUIRED.get(kind, ()) if getattr(post, name) in (None, "", [])]
    public = isinstance(post, Need) and post.secrecy != "public"
    owner = [] if post.organisation_id is not None else ["所属单位（请联系中心工作人员登记）"]
    over = ["有效期至（已经过去，请改为今天或以后的日期）"] if validity.is_stale(post, clock.today()) else []
    return lacking + owner + over + (["密级（需求须为公开）"] if public else [])


def _faults(kind: Kind, values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if not _seen(values.get("title") or ""):
        yield "title", "请填写名称。"
    for name, most in (LONGEST | {"brief": BRIEF[kind]}).items():
        if (length := len(values.get(name) or "")) > most:
            yield name, f"最多 {most} 字，现在是 {length} 字，请精简。"
    for name, vocabulary in CODES.items():
        given = values.get(name) or []
        if any(code not in vocabulary for code in ([given] if isinstance(given, str) else given)):
            yield name, "请从列表中选择。"
    if (email := values.get("contact_email")) and not EMAIL.fullmatch(email):
        yield "contact_email", "请填写完整的邮箱，例如 name@example.com。"
    yield from _keyword_faults(values.get("keywords") or [])
    yield from _number_faults(values)
    yield from supply_content.faults(values)
    yield from (("elements", sentence) for sentence in _element_faults(values.get("elements") or {}))
    yield from (("indicators", sentence) for sentence in _indicator_faults(values.get("indicators") or []))


def _seen(text: str) -> bool:
    """Whether anything of a text is to be seen: not only spaces, controls and joiners."""
    return any(unicodedata.category(letter)[0] not in "CZ" for letter in text)


def _keyword_faults(keywords: list[str]) -> Iterator[tuple[str, str]]:
    if len(keywords) > MOST_KEYWORDS:
        yield "keywords", f"最多 {MOST_KEYWORDS} 个关键词，现在是 {len(keywords)} 个。"
    if any(len(word) > LONGEST_KEYWORD for word in keywords):
        yield "keywords", f"每个关键词最多 {LONGEST_KEYWORD} 字，词与词之间请用顿号、逗号或空格分开。"


def _number_faults(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    first, last = values.get("from_year"), values.get("to_year")
    for name, year in (("from_year", first), ("to_year", last)):
        if year is not None and year not in YEARS:
            yield name, "请填写四位年份，例如 2026。"
    if first and last and first > last:
        yield "to_year", "截止年份不能早于起始年份。"
    for name in ("budget", "price"):
        if (amount := values.get(name)) is not None and not Decimal(0) <= amount < Decimal(10) ** 13:
            yield name, "请填写 0 以上、10 亿万元以内的金额。"
    if (trl := values.get("trl")) is not None and str(trl) not in TRL:
        yield "trl", "技术成熟度为 1–9 级。"
    if (months := values.get("months_to_deliver")) is not None and not 0 < months <= 600:
        yield "months_to_deliver", "请填写 1–600 个月。"
    until = values.get("valid_until")
    if until is not None and not dt.date(2000, 1, 1) <= until <= dt.date(2100, 12, 31):
        yield "valid_until", "请填写 2000–2100 年之间的日期。"


def _element_faults(elements: Mapping[str, list[str]]) -> Iterator[str]:
    for name, phrases in elements.items():
        if len(phrases) > MOST_PHRASES:
            yield f"“{ELEMENTS[name]}”最多 {MOST_PHRASES} 个短语，现在是 {len(phrases)} 个。"
        if any(len(phrase) > LONGEST_PHRASE for phrase in phrases):
            yield f"“{ELEMENTS[name]}”的每个短语最多 {LONGEST_PHRASE} 字，短语之间请用顿号隔开。"


def _indicator_faults(rows: list[dict[str, Any]]) -> Iterator[str]:
    if len(rows) > MOST_INDICATORS:
        yield f"最多 {MOST_INDICATORS} 项指标，现在是 {len(rows)} 项。"
    for place, row in enumerate(rows, 1):
        low, high = row["low"], row["high"]
        long = next((label for name, (label, most) in LONGEST_MEASURE.items() if len(row[name]) > most), "")
        if not row["quantity"]:
            yield f"第 {place} 行：请写明是什么指标，例如“抗拉强度”。"
        elif row["comparison"] not in COMPARISONS:
            yield f"第 {place} 行：请选择≥、≤等关系。"
        elif long:
            yield f"第 {place} 行：{long}过长，请缩短。"
        elif low is None and high is None:
            yield f"第 {place} 行：请填写“{row['quantity'][:20]}”的数值。"
        elif row["comparison"] == "range" and (low is None or high is None or low > high):
            yield f"第 {place} 行：“介于”要填写两个数值，且前一个不大于后一个。"

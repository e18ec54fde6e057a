"""What achievements, expert profiles and facilities may say; `services.content` joins it with what all posts may."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from stdnum import isni

from matchmaker.services import clock
from models.vocabulary import (
    APPLICATION_STATES,
    ATTRIBUTES,
    CATEGORIES,
    DISCIPLINES,
    EVALUATIONS,
    FACILITY_KINDS,
    FORMS,
    IP_KINDS,
    IP_STATES,
    LEVELS,
    OFFERS,
    REGIONS,
    SECRECY,
    STAGES,
    Vocabulary,
)

WHO = {"contact_name": "联系人", "contact_phone": "联系电话", "contact_email": "联系邮箱",
       "contact_public": "公开的联系方式"}
WHAT = {"title": "名称", "keywords": "关键词", "brief": "公开简介", "field": "技术领域", "industry": "所属行业",
        "region": "所在地区", "organisation_name": "所属单位"}
ACHIEVEMENT = {
    "contact_public": "公开的联系方式", "description": "成果介绍", "completers": "完成人", "stage": "所处阶段",
    "secrecy": "密级", "price": "期望价格", "price_negotiable": "价格面议", "months_to_deliver": "交付周期",
    "cases": "应用案例", "indicators": "量化指标", "elements": "五要素", "registration_number": "成果登记号",
    "discipline": "学科", "research_from": "研究开始日期", "research_to": "研究结束日期", "funding": "经费来源",
    "level": "技术水平", "application_state": "应用状态", "category": "成果类别", "attribute": "成果属性",
    "form": "体现形式", "evaluation": "评价方式", "ip": "知识产权",
}
EXPERT = WHAT | WHO | {
    "title": "姓名", "brief": "个人简介", "name_en": "英文名", "department": "院系部门", "job_title": "职务职称",
    "research_fields": "研究方向", "offers": "可提供的服务", "days_per_year": "每年可投入天数",
    "regions_served": "服务地区", "patents": "专利", "projects": "企业项目", "awards": "奖励", "orcid": "ORCID",
    "homepage": "个人主页", "consented_at": "本人同意公开",
}
FACILITY = WHAT | WHO | {
    "title": "名称", "facility_kind": "类型", "capacity": "能力与规模", "trl_low": "服务的最低成熟度",
    "trl_high": "服务的最高成熟度", "services": "服务内容", "price_note": "收费说明", "modes": "合作方式",
    "valid_until": "有效期至",
}
LONGEST = {
    "funding": 200, "name_en": 100, "department": 100, "job_title": 100, "homepage": 500, "capacity": 5000,
    "services": 5000, "price_note": 1000,
}
CONTACTS = Vocabulary("contact_part", {"name": "联系人", "phone": "电话", "email": "邮箱"})
CODES: dict[str, Vocabulary] = {
    "stage": STAGES, "secrecy": SECRECY, "level": LEVELS, "application_state": APPLICATION_STATES,
    "category": CATEGORIES, "attribute": ATTRIBUTES, "form": FORMS, "evaluation": EVALUATIONS,
    "discipline": DISCIPLINES, "offers": OFFERS, "regions_served": REGIONS, "facility_kind": FACILITY_KINDS,
    "contact_public": CONTACTS,
}
LINES = {"research_fields": ("研究方向", 20, 60), "patents": ("专利", 50, 200), "awards": ("奖励", 50, 200)}
ROWS: dict[str, dict[str, tuple[str, int]]] = {
    "ip": {"number": ("编号", 60), "owner": ("权利人", 100)},
    "completers": {"name": ("姓名", 50), "organisation": ("单位", 100)},
    "projects": {"name": ("项目名称", 100), "field": ("领域", 60), "years": ("年份", 30)},
}
MOST_ROWS = 50
REGISTRATION = re.compile(r"[0-9A-Z]{3}(19|20)[0-9]{2}Y[0-9]{4}")
ORCID = re.compile(r"[0-9]{4}-[0-9]{4}-[0-9]{4}-[0-9]{3}[0-9X]")


def faults(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What cannot be used, each with the field and the sentence at it."""
    if (number := values.get("registration_number")) and not REGISTRATION.fullmatch(number):
        yield "registration_number", "成果登记号为 12 位：3 位部门、4 位年份、字母 Y、4 位顺序号，例如 9992026Y0042。"
    if (orcid := values.get("orcid")) and not (ORCID.fullmatch(orcid) and isni.is_valid(orcid)):
        yield "orcid", "ORCID 的格式或校验位不对，请对照 orcid.org 上的号码，例如 0000-0002-1825-0097。"
    if (page := values.get("homepage")) and not _address(page):
        yield "homepage", "请填写完整网址，以 https:// 或 http:// 开头。"
    yield from _number_faults(values)
    for name, (label, most, longest) in LINES.items():
        rows = values.get(name) or []
        if len(rows) > most:
            yield name, f"“{label}”最多 {most} 项，现在是 {len(rows)} 项。"
        if any(len(row) > longest for row in rows):
            yield name, f"“{label}”每行一项，每项最多 {longest} 字。"
    for name, parts in ROWS.items():
        yield from ((name, sentence) for sentence in _row_faults(name, values.get(name) or [], parts))


def _number_faults(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    today = clock.today()
    start, end = values.get("research_from"), values.get("research_to")
    for name, day in (("research_from", start), ("research_to", end)):
        if day is not None and not dt.date(1950, 1, 1) <= day <= today:
            yield name, "请填写 1950 年以后、不晚于今天的日期。"
    if start and end and start > end:
        yield "research_to", "研究结束日期不能早于开始日期。"
    if (days := values.get("days_per_year")) is not None and not 1 <= days <= 366:
        yield "days_per_year", "请填写 1–366 天。"
    for name in ("trl_low", "trl_high"):
        if (level := values.get(name)) is not None and level not in range(1, 10):
            yield name, "成熟度为 1–9 级。"
    low, high = values.get("trl_low"), values.get("trl_high")
    if low and high and low > high:
        yield "trl_high", "最高成熟度不能低于最低成熟度。"
    agreed = values.get("consented_at")
    if agreed is not None and agreed.astimezone(clock.HERE).date() > today:
        yield "consented_at", "同意日期不能晚于今天。"


def _row_faults(name: str, rows: list[dict[str, Any]], parts: Mapping[str, tuple[str, int]]) -> Iterator[str]:
    if len(rows) > MOST_ROWS:
        yield f"最多 {MOST_ROWS} 行，现在是 {len(rows)} 行。"
    for place, row in enumerate(rows, 1):
        for part, (label, most) in parts.items():
            if len(row.get(part) or "") > most:
                yield f"第 {place} 行：{label}最多 {most} 字。"
        if name == "ip" and (row.get("kind") not in IP_KINDS or row.get("state") not in (None, *IP_STATES)):
            yield f"第 {place} 行：请选择知识产权的类型和状态。"
        if name != "ip" and not row.get("name"):
            yield f"第 {place} 行：请填写{parts['name'][0]}。"


def _address(text: str) -> bool:
    parts = urlsplit(text)
    return parts.scheme in ("http", "https") and "." in parts.netloc and " " not in text

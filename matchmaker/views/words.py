"""How values read on a page: dates, amounts, codes, verdicts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from markupsafe import Markup

from matchmaker import speech
from matchmaker.ranking import features
from matchmaker.services import casesteps, clock, facets, validity
from matchmaker.services.texts import public_passage
from matchmaker.views.languages import language, zone
from matchmaker.views.watching import may
from models import Achievement, Expert, Facility, Indicator, Need, Post, User, vocabulary
from models.vocabulary import COMPARISONS, TRL, Kind, Role, State

BANDS = {"strong": "强", "medium": "中", "weak": "弱"}
VERDICTS = {"pass": "通过", "fail": "不通过", "unknown": "待确认", "met": "满足", "unmet": "未满足"}
JOBS = {
    "embed": "语义编码", "reindex": "更换编码器", "shortlist": "匹配", "rematch": "找出受影响的需求",
    "rematch_all": "重新匹配全部需求", "import": "导入", "mail": "邮件", "notice": "通知邮件", "digest": "汇总邮件",
    "digest_daily": "安排每日汇总", "digest_weekly": "安排每周汇总", "liveness": "核对有效期",
    "searches_daily": "查看每日订阅的搜索", "searches_weekly": "查看每周订阅的搜索",
    "search_news": "保存的搜索有新结果", "after_signing": "签约后回访与提醒",
    "stall": "标出停滞的对接",
}
JOB_STATES = {"queued": "排队", "running": "进行中", "done": "完成", "failed": "失败", "cancelled": "已取消"}
FEATURES = dict(zip(features.NAMES, (heading for heading, _ in features.explain()), strict=True))
CASE_ACTIONS = {
    "proposed": "中心推荐", "assigned": "更改负责人", "planned": "更改下一步", "contact": "更换联系人",
    "joined": "增加参与人", "asked_back": "追问", "nda_signed": "签署保密协议",
}
UNNAMED = {"hidden": "单位保密", "none": "单位未登记"}
"""How a post reads whose organisation is not told, or not known."""
GIST = 140
VOCABULARIES = {thing.name: thing for thing in vars(vocabulary).values() if isinstance(thing, vocabulary.Vocabulary)}


def day(value: dt.date | dt.datetime | None) -> str:
    """2026-11-22, as it is on the viewer's wall."""
    if value is None:
        return ""
    return (value.astimezone(zone()) if isinstance(value, dt.datetime) else value).strftime("%Y-%m-%d")


def moment(value: dt.datetime | None) -> str:
    """2026-11-22 14:05, as it is on the viewer's wall."""
    return value.astimezone(zone()).strftime("%Y-%m-%d %H:%M") if value else ""


def wan(value: Decimal | None) -> str:
    """An amount in yuan, said in 万元."""
    if value is None:
        return ""
    return said(f"{(value / 10000).quantize(Decimal('0.01')).normalize():f} 万元")


def money(value: Decimal | None) -> str:
    """An amount in yuan, said in 万元 to the cent: 12.345678 万元."""
    return "" if value is None else said(f"{(value / 10000).normalize():,f} 万元")


def said(sentence: object) -> str:
    """What the product says (a label, a state, a step, a sentence of a service) in the viewer's language."""
    return speech.say(str(sentence), language()) if sentence else ""


def label(code: object, name: str) -> str:
    """How a code of the closed list `name` reads."""
    return said(VOCABULARIES[name].label(str(code))) if code else ""


def days_since(value: dt.datetime) -> str:
    """How many nights an instant lies back, as a number."""
    return str((dt.datetime.now(zone()).date() - value.astimezone(zone()).date()).days)


def case_action(action: str) -> str:
    """How the log of a case says what was done."""
    name = action.removeprefix("introduction.")
    return said(casesteps.TRANSITIONS[name].label if name in casesteps.TRANSITIONS else CASE_ACTIONS.get(name, name))


def labels(codes: list[str] | None, name: str) -> str:
    return listed(label(code, name) for code in codes or [])


def listed(words: Iterable[str]) -> str:
    """Words one after the other."""
    return (", " if language() == "en" else "、").join(words)


def number(value: float | None) -> str:
    """A measured value without superfluous zeros."""
    return "" if value is None else f"{value:.10g}"


def gist(post: Post) -> str:
    """The first words of what anyone may read of a post."""
    text = public_passage(post).text.strip()
    return text if len(text) <= GIST else f"{text[:GIST]}…"


def organisation_for(post: Post, viewer: User | None) -> str:
    """Whose post it is, as far as the viewer may know."""
    if not may().can_read_organisation(viewer, post):
        return said(UNNAMED["hidden"])
    return Markup.escape(post.organisation.name) if post.organisation else said(UNNAMED["none"])


def measure(row: Indicator | SimpleNamespace) -> str:
    """≥ 800 MPa"""
    if row.comparison == "range":
        value = f"{number(row.low)}–{number(row.high)}"
    else:
        value = f"{COMPARISONS[row.comparison]} {number(row.low if row.low is not None else row.high)}"
    return f"{value} {row.unit}".strip()


def indicator(one: Indicator | Mapping[str, Any]) -> str:
    """抗拉强度 ≥ 800 MPa（室温）"""
    row = SimpleNamespace(**one) if isinstance(one, Mapping) else one
    return _noted(f"{row.quantity} {measure(row)}".strip(), row.condition)


def years(need: Need) -> str:
    if need.from_year is None and need.to_year is None:
        return ""
    return said(f"{need.from_year or ''}–{need.to_year or ''} 年")


def trl(level: int | None) -> str:
    return _noted(f"TRL {level}", label(level, TRL.name)) if level else ""


def trl_range(facility: Facility) -> str:
    low, high = facility.trl_low, facility.trl_high
    return f"TRL {low or 1}–{high or 9}" if low or high else ""


def price(achievement: Achievement) -> str:
    parts = [wan(achievement.price), said("面议") if achievement.price_negotiable else ""]
    return listed(part for part in parts if part)


def research_time(achievement: Achievement) -> str:
    start, end = achievement.research_from, achievement.research_to
    return said(f"{day(start)} 至 {day(end)}") if start or end else ""


def rights(achievement: Achievement, viewer: User | None) -> str:
    """Each right in words: 发明（已授权）CN…; its number, which names the owner, goes with the organisation."""
    named = may().can_read_organisation(viewer, achievement)
    rows = ((label(row.get("kind"), "ip_kind"), label(row.get("state"), "ip_state"),
             (row.get("number") or "") if named else "") for row in achievement.ip or [])
    return "；".join(f"{_noted(kind, state)}{number}" for kind, state, number in rows)


def projects(expert: Expert) -> str:
    parts = ("name", "field", "years")
    rows = (" ".join(str(row[part]) for part in parts if row.get(part)) for row in expert.projects or [])
    return "；".join(row for row in rows if row)


def _noted(text: str, note: str | None) -> str:
    if not note:
        return text
    return f"{text} ({note})" if language() == "en" else f"{text}（{note}）"


def _named(names: Mapping[str, str]) -> Callable[[str], str]:
    return lambda code: said(names.get(code, code))


def part_title(part: str, kind: Kind) -> str:
    """How a part of a hall's filters is called."""
    found = facets.PARTS[part]
    return (found.titles or {}).get(kind, found.title)


def part_label(code: str, part: str) -> str:
    """How a choice of a part reads."""
    return facets.PARTS[part].label(code)


def stale(post: Post) -> bool:
    """Whether a post's date is past."""
    return validity.is_stale(post, clock.today())


TESTS: dict[str, Callable[..., bool]] = {"stale": stale}
FILTERS: dict[str, Callable[..., str]] = {
    "days_since": days_since, "case_action": case_action,
    "day": day, "moment": moment, "wan": wan, "money": money, "label": label, "labels": labels, "number": number,
    "gist": gist, "organisation_for": organisation_for, "indicator": indicator, "measure": measure, "years": years,
    "trl": trl, "trl_range": trl_range,
    "price": price, "research_time": research_time, "rights": rights, "projects": projects,
    "kind_label": lambda kind: said(Kind(kind).label), "state_label": lambda state: said(State(state).label),
    "role_label": lambda role: said(Role(role).label), "said": said,
    "part_title": part_title, "part_label": part_label,
    "verdict_label": _named(VERDICTS), "band_label": _named(BANDS), "feature_label": _named(FEATURES),
    "job_label": _named(JOBS), "job_state_label": _named(JOB_STATES),
}

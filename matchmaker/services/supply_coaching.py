"""What makes an achievement, a profile or a facility findable, told while it is written. Nothing is stored."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from matchmaker.services import elements, measures
from matchmaker.services.coaching import Advice, Coaching
from matchmaker.services.coaching_words import BY_FIELD
from matchmaker.services.content import REQUIRED
from matchmaker.services.ports import Finder
from models.vocabulary import Kind

Values = Mapping[str, Any]
ENOUGH = 60
"""Characters from which a description describes."""
WORDS: dict[Kind, dict[str, tuple[str, str, str, str]]] = {
    Kind.ACHIEVEMENT: {
        "description": ("能解决什么问题", "企业按问题找成果，先写问题和效果，再写原理。",
                        "本成果属于先进成型领域。",
            "薄壁注塑件出模后翘曲、装配超差；以模内压力反馈补偿收缩，翘曲减小六成。"),
        "indicators": ("实测指标", "有实测值才能与需求逐项比对。", "翘曲明显减小。",
            "翘曲量 ≤ 0.2 mm（23℃，壁厚 1.2 mm）。"),
        "cases": ("应用案例", "在哪里用过最能让企业放心。", "已有应用。",
            "2025 年在示例精工的储能外壳产线试用三个月，废品率由 6% 降到 2%。"),
        "ip": ("知识产权", "写明类型与状态，企业才知道能怎么合作。", "有专利。",
            "发明专利 1 项已授权，专有技术 1 项自有。"),
        "price": ("价格或面议", "写个价格，预算相差太远的需求不会来打扰您。", "价格好商量。",
            "普通许可 30 万元，独占另议。"),
        "elements": ("五要素", "材料、方法、功效、产品、应用各写几个词，用词不同的需求也能找到。", "一种新方法。",
                     "材料：聚丙烯；方法：压力反馈；功效：减小翘曲；产品：薄壁壳体；应用：储能电池。"),
    },
    Kind.EXPERT: {
        "brief": ("帮企业解决过什么", "企业看重解决过的问题，而不只是头衔。", "长期从事材料研究。",
                  "长期研究薄壁注塑翘曲，为三家企业改进过模具和工艺，平均减少废品四成。"),
        "research_fields": ("具体的研究方向", "方向越具体，越能与需求对上。", "材料学。",
            "高分子成型加工；模内传感与反馈控制。"),
        "projects": ("企业项目", "写明领域和年份，说明您熟悉现场。", "承担过多个项目。",
            "储能外壳翘曲控制，注塑，2023–2024。"),
        "days_per_year": ("可投入的时间", "企业据此判断是咨询还是长期合作。", "时间灵活。", "每年 30 天。"),
        "keywords": ("关键词", "用企业的说法写几个词。", "新材料。", "注塑、翘曲、模具、收缩。"),
    },
    Kind.FACILITY: {
        "capacity": ("能力与参数", "写明型号和参数，企业才知道能不能做。", "设备齐全。",
            "两条中试线，锁模力 2500 kN，最大注射量 800 g。"),
        "services": ("服务内容", "能做什么、交付什么。", "提供中试服务。",
            "注塑中试、翘曲检测，出具检测报告，五个工作日交付。"),
        "price_note": ("收费", "写明计费方式，省去来回询价。", "价格面议。", "200 元/机时，检测 80 元/样。"),
        "trl": ("服务的成熟度", "用来在成果与需求之间搭桥。", "各阶段均可。", "4–7 级：从小试放大到现场试用。"),
        "keywords": ("关键词", "用企业的说法写几个词。", "中试。", "注塑、中试、检测、试模。"),
    },
}
"""Kind → name → (label, why it matters, how it often reads, how a better one reads); all examples are invented."""


def coach_achievement(values: Values, finder: Finder) -> Coaching:
    """Advice on an achievement; indicators and elements are read from its description and cases."""
    text = "\n".join(str(values.get(name) or "") for name in ("description", "cases"))
    rows = list(values.get("indicators") or [])
    known = {(row.get("quantity"), row.get("low"), row.get("high")) for row in rows}
    found = [row for row in measures.read(text) if (row["quantity"], row["low"], row["high"]) not in known]
    chosen = values.get("elements") or {}
    there = {
        "description": len(str(values.get("description") or "")) >= ENOUGH, "indicators": bool(rows or found),
        "cases": bool(values.get("cases")), "ip": bool(values.get("ip")), "elements": bool(chosen),
        "price": values.get("price") is not None or bool(values.get("price_negotiable")),
    }
    suggested = elements.suggest(finder, f"{values.get('title') or ''}。{text}") if text.strip() else {}
    return Coaching(
        found=found, listed=len(rows), advice=_advice(Kind.ACHIEVEMENT, values, there),
        elements={name: phrases for name, phrases in suggested.items() if not chosen.get(name)},
        clarity="", share=_share(Kind.ACHIEVEMENT, values, there))


def coach_expert(values: Values, _finder: Finder) -> Coaching:
    """Advice on a profile."""
    there = {name: bool(values.get(name)) for name in WORDS[Kind.EXPERT]}
    return _plain(Kind.EXPERT, values, there | {"brief": len(str(values.get("brief") or "")) >= ENOUGH})


def coach_facility(values: Values, _finder: Finder) -> Coaching:
    """Advice on a facility."""
    there = {name: bool(values.get(name)) for name in WORDS[Kind.FACILITY]}
    return _plain(Kind.FACILITY, values, there | {"trl": bool(values.get("trl_low") and values.get("trl_high"))})


COACHES: dict[Kind, Callable[[Values, Finder], Coaching]] = {
    Kind.ACHIEVEMENT: coach_achievement, Kind.EXPERT: coach_expert, Kind.FACILITY: coach_facility,
}


def _plain(kind: Kind, values: Values, there: Mapping[str, bool]) -> Coaching:
    return Coaching(found=[], listed=0, advice=_advice(kind, values, there), elements={}, clarity="",
                    share=_share(kind, values, there))


def _advice(kind: Kind, values: Values, there: Mapping[str, bool]) -> list[Advice]:
    """Examples of indicators are of the technology field where there are some for it."""
    found = []
    for name, (label, why, weak, better) in WORDS[kind].items():
        plain = (weak, better)
        shown = BY_FIELD.get(str(values.get("field") or ""), plain) if name == "indicators" else plain
        found.append(Advice(name, label, there[name], why, *shown))
    return found


def _share(kind: Kind, values: Values, there: Mapping[str, bool]) -> int:
    filled = [values.get(name) not in (None, "", [], {}) for name in REQUIRED[kind]] + list(there.values())
    return round(100 * sum(filled) / len(filled))

"""What rules a pair out, whatever its score: one pure function per rule, `(need, supply, setting) → Verdict`.

Each answers pass, fail or unknown with one sentence that names both values. A pair that fails one rule is folded
away, never dropped. The docstrings are read by users on the help page (see `explain`).
"""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, NamedTuple

from matchmaker.ranking.subject import Coded, Subject, inside

Answer = Literal["pass", "fail", "unknown"]
PASS: Answer = "pass"  # noqa: S105
FAIL: Answer = "fail"
UNKNOWN: Answer = "unknown"
DEVELOPMENT = ("commissioned", "joint")
MATURITY = {1: "正在研发", 2: "正在研发", 3: "正在研发", 4: "已通过小试", 5: "已通过中试", 6: "已通过中试",
            7: "可以量产", 8: "可以量产", 9: "可以量产"}


class Verdict(NamedTuple):
    rule: str
    verdict: Answer
    sentence: str


@dataclass(frozen=True)
class Setting:
    """What rules need beside the pair: the date, and the facilities near the need that could bridge a gap."""

    today: dt.date
    facilities: tuple[Subject, ...] = ()


Rule = Callable[[Subject, Subject, Setting], Verdict]


def budget(need: Subject, supply: Subject, setting: Setting) -> Verdict:
    """预算与报价：成果期望价格高于需求预算的不列入；任一方未填写或面议的标为“未知”。"""
    if need.budget is None or supply.price is None:
        known = f"需求预算 {_yuan(need.budget)}" if need.budget is not None else "需求未填写预算"
        offer = f"对方报价 {_yuan(supply.price)}" if supply.price is not None else "对方报价面议或未填写"
        return Verdict("budget", UNKNOWN, f"{known}，{offer}。")
    fits = supply.price <= need.budget
    relation = "不高于" if fits else "高于"
    sentence = f"对方报价 {_yuan(supply.price)}，{relation}需求预算 {_yuan(need.budget)}。"
    return Verdict("budget", PASS if fits else FAIL, sentence)


def deadline(need: Subject, supply: Subject, setting: Setting) -> Verdict:
    """期限与交付：按对方所填交付月数推算，晚于需求期限的不列入。"""
    if need.deadline is None or supply.months_to_deliver is None:
        wanted = f"需求期限 {need.deadline.isoformat()}" if need.deadline else "需求未填写期限"
        offered = f"对方交付需 {supply.months_to_deliver} 个月" if supply.months_to_deliver is not None \
            else "对方未填写交付时间"
        return Verdict("deadline", UNKNOWN, f"{wanted}，{offered}。")
    ready = months_later(setting.today, supply.months_to_deliver)
    fits = ready <= need.deadline
    relation = "不晚于" if fits else "晚于"
    sentence = (f"对方交付需 {supply.months_to_deliver} 个月（约 {ready.isoformat()}），"
                f"{relation}需求期限 {need.deadline.isoformat()}。")
    return Verdict("deadline", PASS if fits else FAIL, sentence)


def regions(need: Subject, supply: Subject, setting: Setting) -> Verdict:
    """地区：对方所在地不在需求接受的地区内，或需求不在专家服务的地区内的，不列入；未公开的标为“未知”。"""
    checks = [
        (need.regions, supply.region, "需求接受", "对方位于", "需求未公开接受的地区"),
        (supply.regions, need.region, "对方服务", "需求位于", "对方未公开服务的地区"),
    ]
    limited = [check for check in checks if check[0] != ()]
    if not limited:
        return Verdict("regions", PASS, "双方均未公开限定地区。")
    sentences = []
    verdicts: list[Answer] = []
    for accepted, place, who, where, undisclosed in limited:
        if accepted is None:
            verdicts.append(UNKNOWN)
            sentences.append(undisclosed)
            continue
        verdicts.append(UNKNOWN if place is None else PASS if inside(place, accepted) else FAIL)
        sentences.append(f"{who}{_list(accepted)}，{where}{place.label if place else '未登记地区'}")
    worst = FAIL if FAIL in verdicts else UNKNOWN if UNKNOWN in verdicts else PASS
    return Verdict("regions", worst, "；".join(sentences) + "。")


def modes(need: Subject, supply: Subject, setting: Setting) -> Verdict:
    """合作方式：双方接受的合作方式没有一种相同的不列入；任一方未填写的标为“未知”。"""
    if not need.modes or not supply.modes:
        who = "双方均" if not need.modes and not supply.modes else "需求" if not need.modes else "对方"
        return Verdict("modes", UNKNOWN, f"{who}未填写合作方式。")
    offered = {mode.code for mode in supply.modes}
    common = tuple(mode for mode in need.modes if mode.code in offered)
    if common:
        return Verdict("modes", PASS, f"双方都接受{_list(common)}。")
    return Verdict("modes", FAIL, f"需求接受{_list(need.modes)}，对方提供{_list(supply.modes)}，没有相同的方式。")


def maturity(need: Subject, supply: Subject, setting: Setting) -> Verdict:
    """技术成熟度：成果成熟度低于需求要求时，不宜直接转让，改为建议委托或合作开发，并提示可衔接的中试平台；
    需求不接受委托或合作开发的不列入。"""
    if supply.kind == "facility":
        return _served(need, supply)
    if need.trl is None or supply.trl is None:
        wanted = f"需求要求 {_level(need.trl)}" if need.trl else "需求未要求成熟度"
        offered = f"对方成熟度为 {_level(supply.trl)}" if supply.trl else "对方未填写成熟度"
        return Verdict("maturity", UNKNOWN, f"{wanted}，{offered}。")
    if supply.trl >= need.trl:
        return Verdict("maturity", PASS, f"对方成熟度为 {_level(supply.trl)}，达到需求要求的 {_level(need.trl)}。")
    gap = f"对方成熟度为 {_level(supply.trl)}，低于需求要求的 {_level(need.trl)}"
    if need.modes and not _develops(need):
        sentence = f"{gap}，而需求只接受{_list(need.modes)}；若愿改为委托开发或合作开发，仍可对接。"
        return Verdict("maturity", FAIL, sentence)
    proposal = f"不宜直接转让，建议按委托开发或合作开发对接{_bridge(need, supply, setting)}"
    return Verdict("maturity", UNKNOWN, f"{gap}：{proposal}。")


def secrecy(need: Subject, supply: Subject, setting: Setting) -> Verdict:
    """密级：任何一方不是“公开”的不在平台上对接。"""
    for who, side in (("需求", need), ("对方", supply)):
        if side.secrecy.code != "public":
            return Verdict("secrecy", FAIL, f"{who}密级为{side.secrecy.label}，不能在平台上对接。")
    return Verdict("secrecy", PASS, "双方密级均为公开。")


def own_organisation(need: Subject, supply: Subject, setting: Setting) -> Verdict:
    """回避：双方属于同一单位或由同一人发布的不列入。"""
    if need.owner_id is not None and need.owner_id == supply.owner_id:
        return Verdict("own_organisation", FAIL, "双方由同一人发布。")
    if need.organisation_id is None or supply.organisation_id is None:
        return Verdict("own_organisation", UNKNOWN, "至少一方未登记单位，无法核对是否同属一家。")
    if need.organisation_id == supply.organisation_id:
        return Verdict("own_organisation", FAIL, "双方属于同一单位。")
    return Verdict("own_organisation", PASS, "双方属于不同单位。")


def validity(need: Subject, supply: Subject, setting: Setting) -> Verdict:
    """有效期：任何一方已撤回、冻结或超过有效期的不列入。"""
    for who, side in (("需求", need), ("对方", supply)):
        if not side.published:
            return Verdict("validity", FAIL, f"{who}目前不在发布状态。")
        if side.valid_until is not None and side.valid_until < setting.today:
            return Verdict("validity", FAIL, f"{who}有效期至 {side.valid_until.isoformat()}，已过期。")
    ends = [f"{who}有效期至 {side.valid_until.isoformat()}" for who, side in (("需求", need), ("对方", supply))
            if side.valid_until]
    return Verdict("validity", PASS, ("，".join(ends) or "双方均未限定有效期") + "。")


RULES: tuple[Rule, ...] = (budget, deadline, regions, modes, maturity, secrecy, own_organisation, validity)


def judge(need: Subject, supply: Subject, setting: Setting) -> tuple[Verdict, ...]:
    """The verdict of every rule that has something to say about this kind of supply, in the order of RULES."""
    silent = SILENT.get(supply.kind, frozenset())
    return tuple(rule(need, supply, setting) for rule in RULES if rule.__name__ not in silent)


SILENT: dict[str, frozenset[str]] = {
    "expert": frozenset({"budget", "deadline", "maturity", "modes"}),
    "facility": frozenset({"budget", "deadline", "modes"}),
}


def explain() -> list[tuple[str, str]]:
    """For the help page: (heading, sentence) of every rule, from the docstrings."""
    pairs = (" ".join((rule.__doc__ or "").split()).replace("； ", "；").split("：", 1) for rule in RULES)
    return [(heading, sentence) for heading, sentence in pairs]


def months_later(day: dt.date, months: int) -> dt.date:
    """The same day so many months later, or the last of that month."""
    years, month = divmod(day.month - 1 + months, 12)
    year = min(day.year + years, dt.MAXYEAR)
    return dt.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _served(need: Subject, supply: Subject) -> Verdict:
    """Whether a facility serves the level that the need asks for."""
    low, high = supply.trl_low, supply.trl_high
    if need.trl is None or low is None or high is None:
        return Verdict("maturity", UNKNOWN, "需求未要求成熟度，或对方未填写服务的成熟度范围。")
    span = f"对方服务成熟度 {low}–{high} 级，需求要求 {_level(need.trl)}"
    inside_range = low <= need.trl <= high
    return Verdict("maturity", PASS if inside_range else UNKNOWN, span + ("。" if inside_range else "，需另行确认。"))


def _bridge(need: Subject, supply: Subject, setting: Setting) -> str:
    """Names the nearest facility that takes the achievement all the way, or else the first steps."""
    if need.trl is None or supply.trl is None:
        return ""
    first = supply.trl + 1
    reach = [(min(facility.trl_high, need.trl), facility) for facility in setting.facilities
             if facility.trl_low is not None and facility.trl_high is not None
             and facility.trl_low <= first <= facility.trl_high]
    if not reach:
        return ""
    level, facility = max(reach, key=lambda pair: pair[0])
    span = f"{facility.trl_low}–{facility.trl_high} 级"
    if level >= need.trl:
        return f"，并可借助“{facility.title}”（服务 {span}）补足"
    return f"，并可先在“{facility.title}”（服务 {span}）提升到 {level} 级"


def _develops(need: Subject) -> bool:
    return any(mode.code in DEVELOPMENT for mode in need.modes)


def _level(trl: int) -> str:
    return f"{trl} 级（{MATURITY[trl]}）"


def _yuan(amount: Decimal | None) -> str:
    """In 万元, without trailing zeros."""
    return f"{(amount or Decimal(0)) / 10_000:,.4f}".rstrip("0").rstrip(".") + " 万元"


def _list(codes: Iterable[Coded]) -> str:
    return "、".join(code.label for code in codes)

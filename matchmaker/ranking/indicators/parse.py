"""Reads the quantified requirements out of a Chinese technical text."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from decimal import Decimal

from matchmaker.ranking.indicators import names, words
from matchmaker.ranking.indicators.model import Comparison, Indicator
from matchmaker.ranking.indicators.names import Front
from matchmaker.ranking.indicators.surroundings import Condition, clear
from matchmaker.ranking.indicators.text import Spelling, spell
from matchmaker.ranking.indicators.units import Unit, canonical, in_context, read_unit
from matchmaker.ranking.indicators.values import ANY_NUMBER, Value, read_value
from matchmaker.ranking.indicators.words import Better

_BETTER = {Better.LESS: Comparison.LT, Better.UNSURE: Comparison.EQ}
_CONTINUES = re.compile(r"[\s，,、]*(?:且|并且|并|而|但|同时)?[\s，,]*")
_NEXT_IN_LIST = re.compile(r"\s?(?:[、，,]|和|与|及|以及)\s?")
_BEHIND_BRACKET = re.compile(r"\s?\((?P<content>[^()≥≤<>]{1,30})\)")
_BETWEEN_LIMITS = re.compile(r"\s?(?:≤|<)\s?(?P<name>[A-Za-z\u4e00-\u9fff]{1,15})\s?(?:≤|<)\s?")
_COUNTED = re.compile(r"数|量|次|寿命|密度|速度|能力|效率|耐久|分辨率")
_JOINED = re.compile(r"(?:HRC|HRB|HRA|HBW|HBS|HB|HV|HS|IP|pH|PH|Ra|Rz|Ry)$")
_CIRCUMSTANCE = re.compile(r"\d|温|湿|干基|湿基|真空|空载|满载|负载|环境|条件|标准|按|介质|纵向|横向|轴向|径向")
_LIST_NUMBER = re.compile(r"\d{1,2}")
_BRACKETED = re.compile(r"\([^()]*$")
_REACH_OF_CONDITION = 80


@dataclass(slots=True)
class _State:
    """What the reader remembers from one number to the next."""

    spelling: Spelling
    text: str
    conditions: list[Condition]
    found: list[Indicator] = field(default_factory=list)
    floor: int = 0
    untaken: Value | None = None
    waiting: list[str] = field(default_factory=list)
    leader: Front | None = None
    next_condition: int = 0


@dataclass(frozen=True, slots=True)
class _Reading:
    """A value with all that was read around it; ``unit`` is the unit as written and as computed with."""

    front: Front
    value: Value
    behind: re.Match[str] | None
    unit: tuple[str, Unit | None]
    condition: str
    span: tuple[int, int]


def parse_indicators(text: str) -> list[Indicator]:
    """The quantified requirements of a text in their order; an empty list where there are none.

    A bare number counts only behind a name that is a kind of quantity (厚度 2 mm), never years, model
    numbers, list numbers, sizes or ratios. Never raises; time grows with the length of the text.

    1. one spelling for the text; 2. blot out conditions and numbers that measure nothing; 3. for each
    remaining number: its value and unit, the words in front of it, the words behind it.
    """
    spelling = spell(text)
    cleared, conditions = clear(spelling.text)
    state = _State(spelling, cleared, conditions)
    done = 0
    for number in ANY_NUMBER.finditer(cleared):
        if number.start() < done or not _stands_alone(cleared, number):
            continue
        value = read_value(cleared, number)
        if value is not None:
            _take(state, value)
            done = value.end
    return state.found


def _stands_alone(text: str, number: re.Match[str]) -> bool:
    """Whether the digits are a number of their own and no part of a model, version or formula."""
    before, after = text[max(0, number.start() - 3) : number.start()], text[number.end() : number.end() + 2]
    if re.search(r"[A-Za-z0-9_#/\\λφΦ.]$", before) and not _JOINED.search(before):
        return False
    if re.search(r"[A-Za-z\d]-$", before):
        return False
    return not re.match(r"\.\d|[#号/:_余多几]", after)


def _take(state: _State, value: Value) -> None:
    """Reads one value with its surroundings and keeps it when it is an indicator."""
    if value.unit is None and re.match(r"[A-Za-z]", state.text[value.end : value.end + 1]):
        state.floor = value.end
        return
    spelling = state.spelling
    front = names.read_front(state.text, state.floor, value.start)
    behind = words.AFTER.match(state.text, value.end)
    end = behind.end() if behind else value.end
    value = _between_limits(state, front, value)
    quantities, end = _quantities(state, front, value, behind, end)
    bracket = _BEHIND_BRACKET.match(state.text, end)
    condition = _condition(state, front, value, bracket)
    span = spelling.span(min(front.start, value.start), end)
    read = _Reading(front, value, behind, _unit(spelling, front, value), condition, span)
    kept = [_indicator(name, read) for name in quantities]
    indicators = [indicator for indicator in kept if indicator is not None]
    state.found += indicators
    state.untaken = None if indicators else value
    if indicators or (
        value.unit is not None and not _BRACKETED.search(state.text, max(0, value.start - 20), value.start)
    ):
        state.floor = bracket.end() if bracket and indicators else end


def _between_limits(state: _State, front: Front, value: Value) -> Value:
    """3 mm ≤ 板厚 ≤ 20 mm: the range that the two limits enclose."""
    first = state.untaken
    if first is None or value.is_range or not front.names:
        return value
    if not _BETWEEN_LIMITS.fullmatch(state.text, first.end, value.start):
        return value
    if first.unit and value.unit and first.unit.expression != value.unit.expression:
        return value
    front.start = first.start
    low, high = sorted((first.low, value.high))
    return replace(value, low=low, high=high)


def _quantities(
    state: _State, front: Front, value: Value, behind: re.Match[str] | None, end: int
) -> tuple[list[str], int]:
    """The names that the value belongs to, and how far right they use up the text."""
    between = state.text[state.floor : max(state.floor, front.start)]
    if state.waiting and state.leader and not front.names and _NEXT_IN_LIST.fullmatch(between):
        front.strong, front.reach, front.falls = state.leader.strong, state.leader.reach, state.leader.falls
        return [state.waiting.pop(0)], end
    state.waiting = []
    explicit = bool(front.strong) or value.toleranced or (front.reach and value.unit is not None)
    found = _front_names(front, value, explicit, bool(behind and (behind["GE"] or behind["LE"])))
    if len(found) > 1 and front.each == "分别":
        state.waiting, state.leader = found[1:], front
        return found[:1], end
    if found:
        return found, end
    if front.strong and state.found and not state.untaken and not front.names and _CONTINUES.fullmatch(between):
        return [state.found[-1].quantity], end
    if front.prefix_unit and (explicit or value.is_range or front.prefix_unit != "IP"):
        return ["防护等级" if front.prefix_unit == "IP" else "硬度"], end
    back = names.name_behind(state.text, end) if (explicit or behind) and value.unit else None
    return ([back[0]], back[1]) if back else ([], end)


def _front_names(front: Front, value: Value, explicit: bool, bounded: bool) -> list[str]:
    relative = value.unit is not None and value.unit.expression in ("(percent_)**1", "(ratio_)**1")
    if relative and front.share:
        return []
    found = (names.changed(name, relative, front.to) for name in front.names)
    return [name for name in found if names.usable(name, explicit, bounded or _measured(value, front, name))]


def _measured(value: Value, front: Front, name: str) -> bool:
    """Whether the unit makes a bare number a measurement; a count needs a name that can be counted."""
    if front.prefix_unit:
        return True
    if value.unit is None or not value.unit.expression:
        return False
    expression = value.unit.expression
    return (
        not expression.startswith("(item_)**1") or bool(front.rate or _COUNTED.search(name)) or "*" in expression[10:]
    )


def _comparison(read: _Reading, name: str) -> Comparison:
    """A strong word before the number decides, then the word behind it, then 达到 and 降到.

    优于 in a quantity whose good direction is not known states the value, whichever way it is passed.
    """
    front, value, behind = read.front, read.value, read.behind
    if value.is_range:
        return Comparison.RANGE
    better = words.better(name, read.unit[0], float(value.high))
    if front.strong == "BETTER":
        return _BETTER.get(better, Comparison.GT)
    if front.strong:
        return Comparison[front.strong]
    if behind and (behind["GE"] or behind["LE"]):
        return Comparison.GE if behind["GE"] else Comparison.LE
    if front.reach or front.to:
        return Comparison.LE if better is Better.LESS or front.falls else Comparison.GE
    return Comparison.EQ


def _unit(spelling: Spelling, front: Front, value: Value) -> tuple[str, Unit | None]:
    """The unit as written, and the unit to compute with."""
    if front.prefix_unit:
        return front.prefix_unit, read_unit(front.prefix_unit, 0)
    unit = value.unit
    if unit is None:
        bracket = read_unit(front.bracket, 0) if front.bracket else None
        whole = bracket if bracket and bracket.end == len(front.bracket) else None
        return (front.bracket if whole else ""), whole
    text = value.unit_text or spelling.written(unit.start, unit.end)
    if front.rate and (rate := read_unit(front.rate, 0)):
        expression = f"{unit.expression or '1'}*({rate.expression})**-1"
        return f"{text}/{front.rate}", replace(unit, expression=expression)
    return text, unit


def _indicator(name: str, read: _Reading) -> Indicator | None:
    """The finished indicator; None when its unit turns out to be none (4K, 5度)."""
    unit_text, unit = read.unit
    comparison = _comparison(read, name)
    low = None if comparison in (Comparison.LE, Comparison.LT) else read.value.low
    high = None if comparison in (Comparison.GE, Comparison.GT) else read.value.high
    expression = in_context(unit.expression, name) if unit else ""
    if expression is None:
        return None
    multiplier = unit.multiplier if unit else Decimal(1)
    canonical_low, canonical_unit = _canonical(low, multiplier, expression)
    canonical_high, other = _canonical(high, multiplier, expression)
    return Indicator(
        quantity=name,
        comparison=comparison,
        low=low,
        high=high,
        unit=unit_text,
        canonical_unit=canonical_unit or other,
        canonical_low=canonical_low,
        canonical_high=canonical_high,
        condition=read.condition,
        span=read.span,
        approximate=read.front.about or bool(read.behind and read.behind["ABOUT"]),
    )


def _canonical(value: Decimal | None, multiplier: Decimal, expression: str) -> tuple[Decimal | None, str]:
    return (None, "") if value is None else canonical(value, multiplier, expression)


def _condition(state: _State, front: Front, value: Value, bracket: re.Match[str] | None) -> str:
    """Brackets beside the name or value, a value that leads the name (-40℃冲击功), words such as 在…下."""
    places = [bracket.span("content") if bracket else (0, 0), front.bracket_at]
    parts = [state.spelling.written(*place) for place in places if _states(state.text, place)]
    led = state.untaken
    if led is not None and led.unit is not None and front.name_start == led.end:
        parts.append(state.spelling.written(led.start, led.end))
    parts += _held(state, value)
    return "；".join(dict.fromkeys(parts))


def _states(text: str, place: tuple[int, int]) -> bool:
    """Whether a bracket names a circumstance; （1） in front of a name is a list number."""
    return bool(_CIRCUMSTANCE.search(text, *place)) and not _LIST_NUMBER.fullmatch(text, *place)


def _held(state: _State, value: Value) -> list[str]:
    """The condition in the same clause, or in the clause before when nothing else stands there."""
    while state.next_condition < len(state.conditions) and state.conditions[state.next_condition].end <= value.start:
        state.next_condition += 1
    if not state.next_condition:
        return []
    last = state.next_condition - 1
    nearest = state.conditions[last]
    if value.start - nearest.end > _REACH_OF_CONDITION:
        return []
    if re.search(r"[，。;]", state.text[nearest.end : value.start].lstrip("，, ")):
        return []
    first = last
    while first and last - first < 3 and state.conditions[first - 1].end == state.conditions[first].start:
        first -= 1
    return [state.spelling.written(*condition.body) for condition in state.conditions[first : last + 1]]

"""Numbers, tolerances and ranges with their unit, as they stand in the text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from matchmaker.ranking.indicators.units import Unit, read_unit

NUMBER = re.compile(
    r"(?P<mantissa>\d{1,3}(?:,\d{3})+(?!\d)(?:\.\d+)?|\d{1,3}(?:\x20\d{3})+(?![\d.])|\d+(?:\.\d+)?)"
    r"(?:\s?[×xX*]\s?10\s?(?:\^\s?\{?|\{|(?=[-+]))(?P<times>[-+]?\d{1,3})\}?"
    r"|(?<=10)\^\{?(?P<ten>[-+]?\d{1,3})\}?"
    r"|[eE](?P<e>[-+]?\d{1,2})(?![A-Za-z\d]))?"
)
_FRACTION = re.compile(r"(?P<of>百|千|万)分之(?P<digits>\d{1,6}(?:\.\d{1,6})?|[零一二两三四五六七八九十百点]{1,8})")
ANY_NUMBER = re.compile(rf"{_FRACTION.pattern}|(?P<word>[一二两三四五六七八九十]{{1,3}}(?=倍))|{NUMBER.pattern}")
_SEPARATOR = re.compile(r"\s?(?:~|-{1,2}|—{1,2}|至|到)\s?(?P<sign>[-+]|零下)?(?=\d)")
_TOLERANCE = re.compile(r"\s?(?:±|\+/-)\s?(?=\d)")
_SIGN = re.compile(r"(?:(?P<both>±|\+/-)|(?P<minus>零下|(?<![\dA-Za-z)%])-)|(?<![\d])\+)\s?$")
_FRACTION_UNITS = {"百": "%", "千": "‰", "万": "‱"}
_FRACTION_EXPRESSIONS = {"百": "(percent_)**1", "千": "(permille_)**1", "万": "(0.0001*ratio_)**1"}
_LONGEST, _LARGEST_EXPONENT = 15, 30


@dataclass(frozen=True, slots=True)
class Value:
    """One value expression: 5 mm, ±0.1 %, 3～5 年, 10±2 g. ``unit_text`` overrides the written unit."""

    start: int
    end: int
    low: Decimal
    high: Decimal
    unit: Unit | None
    toleranced: bool = False
    unit_text: str = ""

    @property
    def is_range(self) -> bool:
        return self.low != self.high


def _decimal(found: re.Match[str]) -> Decimal | None:
    """The number of a NUMBER match; None where it is too long or too large to be a measurement."""
    mantissa = found["mantissa"].replace(",", "").replace(" ", "")
    exponent = int(found["times"] or found["ten"] or found["e"] or 0)
    if len(mantissa) > _LONGEST or abs(exponent) > _LARGEST_EXPONENT:
        return None
    if found["ten"]:
        return Decimal(10) ** exponent if mantissa == "10" else None
    return Decimal(mantissa).scaleb(exponent)


def chinese_number(word: str) -> Decimal | None:
    """八十五 → 85, 九十九点五 → 99.5; None for what is not a number below 1000."""
    digits = {char: value for value, char in enumerate("零一二三四五六七八九")} | {"两": 2}
    whole, _, part = word.partition("点")
    total, current = 0, 0
    for char in whole:
        if char in digits:
            current = digits[char]
        else:
            total += (current or 1) * (10 if char == "十" else 100)
            current = 0
    if not whole or any(char not in digits for char in part):
        return None
    tail = "".join(str(digits[char]) for char in part) or "0"
    return Decimal(f"{total + current}.{tail}")


def _words(text: str, found: re.Match[str]) -> Value | None:
    """A value written in Chinese characters: 百分之九十五, 三倍."""
    if found["word"]:
        number = chinese_number(found["word"])
        return None if number is None else _plain(found.start(), number, read_unit(text, found.end()), found.end())
    digits = found["digits"]
    number = Decimal(digits) if digits[0].isdigit() else chinese_number(digits)
    if number is None:
        return None
    unit = Unit(found.end(), found.end(), Decimal(1), _FRACTION_EXPRESSIONS[found["of"]])
    return Value(found.start(), found.end(), number, number, unit, unit_text=_FRACTION_UNITS[found["of"]])


def _plain(start: int, number: Decimal, unit: Unit | None, end: int) -> Value:
    return Value(start, unit.end if unit else end, number, number, unit)


def read_value(text: str, found: re.Match[str]) -> Value | None:
    """The value expression that begins with an ANY_NUMBER match, its sign included."""
    if not found["mantissa"]:
        return _words(text, found)
    number = _decimal(found)
    if number is None:
        return None
    sign = _SIGN.search(text, max(0, found.start() - 4), found.start())
    start = sign.start() if sign else found.start()
    unit = read_unit(text, found.end())
    end = unit.end if unit else found.end()
    if sign and sign["both"]:
        return Value(start, end, -number, number, unit, toleranced=True)
    number = -number if sign and sign["minus"] else number
    value = _plain(start, number, unit, end)
    return _toleranced(text, value) or _ranged(text, value) or value


def _second(text: str, at: int) -> tuple[Decimal, Unit | None, int] | None:
    found = NUMBER.match(text, at)
    number = _decimal(found) if found else None
    if found is None or number is None:
        return None
    unit = read_unit(text, found.end())
    return number, unit, unit.end if unit else found.end()


def _toleranced(text: str, first: Value) -> Value | None:
    """10±2 mm, 380 V±15 %: the nominal value and its tolerance as a range."""
    sign = _TOLERANCE.match(text, first.end)
    second = _second(text, sign.end()) if sign else None
    if second is None:
        return None
    number, unit, end = second
    if first.unit and unit and unit.expression == "(percent_)**1" and first.unit.expression != unit.expression:
        number, unit = abs(first.low) * number / 100, first.unit
    elif first.unit and not unit:
        unit = first.unit
    return Value(first.start, end, first.low - number, first.low + number, unit, toleranced=True)


def _ranged(text: str, first: Value) -> Value | None:
    """3～5 年, -40℃～+85℃: two numbers that share a unit or name it twice."""
    separator = _SEPARATOR.match(text, first.end)
    second = _second(text, separator.end()) if separator else None
    if separator is None or second is None:
        return None
    number, unit, end = second
    number = -number if separator["sign"] in ("-", "零下") else number
    if first.unit and (unit is None or not _alike(first.unit, unit)):
        return None
    low, high = sorted((first.low, number))
    return Value(first.start, end, low, high, unit)


def _alike(first: Unit, second: Unit) -> bool:
    return first.expression == second.expression and first.multiplier == second.multiplier

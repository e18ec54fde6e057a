"""Unit names as Chinese technical texts write them, read into pint and brought to one canonical unit."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any

import pint

from matchmaker.ranking.indicators.unit_names import (
    CHINESE,
    CONTEXT,
    DEFINITIONS,
    LATIN,
    PREFERRED,
    PREFIXED,
    PREFIXES,
)

MULTIPLIERS = {
    "万亿": Decimal(10**12), "千万": Decimal(10**7), "百万": Decimal(10**6), "十万": Decimal(10**5),
    "亿": Decimal(10**8), "万": Decimal(10**4), "千": Decimal(1000),
}  # fmt: skip
_VISCOSITY_NAMES = re.compile("[粘黏]")
_MISSPELT = re.compile(r"\((?:mega|milli)pascal(?:\)\*\*1\*\(|\*)(?:second|siemens)\)\*\*1")
_DELTA_NAMES = re.compile(r"温升|温差|均匀性|波动|偏差|误差|公差|精度|稳定性|提高|提升|降低|下降|升高|减少|增加")


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit found in text: where, its multiplier (万 → 10000) and the factors of its pint expression."""

    start: int
    end: int
    multiplier: Decimal
    expression: str


def _latin_names() -> dict[str, str]:
    names = dict(LATIN)
    for symbol, (name, prefixes) in PREFIXED.items():
        names[symbol] = name
        for prefix in prefixes.split():
            names[prefix + symbol] = PREFIXES[prefix] + name
    return names


_LATIN = _latin_names()
_CHINESE = {name: expression for name, (expression, _) in CHINESE.items()}


def _alternatives() -> str:
    latin = "|".join(re.escape(name) for name in sorted(_LATIN, key=len, reverse=True))
    chinese = "|".join(
        re.escape(name) + (f"(?![{not_before}])" if not_before else "")
        for name, (_, not_before) in sorted(CHINESE.items(), key=lambda item: -len(item[0]))
    )
    exponent = r"(?P<power>\^?\{?[-+]?[1-4]\}?(?!\d|\.\d))?"
    return rf"(?:(?P<latin>{latin}){exponent}(?![A-Za-z\d])|(?P<chinese>{chinese}))"


_ATOM = re.compile(_alternatives())
_JOIN = re.compile(r"\s?(?P<sign>[·*/每])\s?(?P<number>\d{1,4}(?=\s?[^\d.\s]))?\s?")
_MULTIPLIER = re.compile("|".join(MULTIPLIERS))
_SPACE = re.compile(r"\s{0,2}")


def _atom(text: str, at: int) -> tuple[int, str, int] | None:
    """End, pint name and power of the unit atom at a position."""
    found = _ATOM.match(text, at)
    if found is None:
        return None
    if found["chinese"]:
        return found.end(), _CHINESE[found["chinese"]], 1
    power = int(found["power"].strip("^{}")) if found["power"] else 1
    return found.end(), _LATIN[found["latin"]], power


def _product(text: str, at: int, sign: int, depth: int) -> tuple[int, list[str]] | None:
    """End and factors of a unit product; everything after the first '/' is below the line (W/m·K)."""
    first = _atom(text, at)
    if first is None:
        return None
    end, name, power = first
    factors = [f"({name})**{sign * power}"]
    below = sign
    while len(factors) < 6 and (join := _JOIN.match(text, end)):
        below = -sign if join["sign"] in "/每" else below
        here = join.end()
        more: tuple[int, list[str]] | None
        if depth == 0 and text.startswith("(", here):
            more = _product(text, here + 1, below, 1)
            if more is None or not text.startswith(")", more[0]):
                break
            more = (more[0] + 1, more[1])
        else:
            atom = _atom(text, here)
            more = None if atom is None else (atom[0], [f"({atom[1]})**{below * atom[2]}"])
        if more is None:
            break
        end = more[0]
        if join["number"] and int(join["number"]):
            factors.append(f"{join['number']}**{below}")
        factors += more[1]
    return end, factors


def read_unit(text: str, at: int) -> Unit | None:
    """The unit that starts at a position, after at most two blanks; None when there is none.

    >>> read_unit("5 W/(m·K)", 1).expression
    '(watt)**1*(meter)**-1*(kelvin)**-1'
    """
    space = _SPACE.match(text, at)
    start = space.end() if space else at
    product = _product(text, start, 1, 0)
    if product is not None:
        return Unit(start, product[0], Decimal(1), "*".join(product[1]))
    multiplier = _MULTIPLIER.match(text, start)
    if multiplier is None:
        return None
    factor = MULTIPLIERS[multiplier.group()]
    product = _product(text, multiplier.end(), 1, 0)
    if product is None:
        return Unit(start, multiplier.end(), factor, "")
    return Unit(start, product[0], factor, "*".join(product[1]))


@cache
def registry() -> pint.UnitRegistry[Any]:
    """The pint registry with our own definitions; exact decimals, so 0.1 stays 0.1."""
    units: pint.UnitRegistry[Any] = pint.UnitRegistry(non_int_type=Decimal, cache_folder=None)
    for line in DEFINITIONS:
        units.define(line)
    return units


@cache
def _preferred() -> dict[str, tuple[str | None, str]]:
    units = registry()
    return {str(units.Unit(name).dimensionality): (label, name) for label, name in PREFERRED.items()}


@lru_cache(maxsize=2048)
def _scale(expression: str) -> tuple[str, Decimal, Decimal]:
    """Canonical unit, factor and offset of a pint expression; canonical = value * factor + offset."""
    units = registry()
    if expression in ("(degC)**1", "(kelvin)**1"):
        return "℃", Decimal(1), Decimal(0) if expression == "(degC)**1" else Decimal("-273.15")
    one = units.parse_expression(expression.replace("(degC)", "(delta_degC)"))
    if not isinstance(one, pint.Quantity):
        return "", Decimal(one), Decimal(0)
    label, name = _preferred().get(str(one.dimensionality), (None, ""))
    root = one.to(name) if name else one.to_root_units()
    shown = f"{root.units:~P}".replace("_", "") if label is None else label
    return shown, Decimal(root.magnitude), Decimal(0)


def in_context(expression: str, quantity: str) -> str | None:
    """The expression once the quantity's name has settled ambiguous unit names; None when it cannot be one.

    25度 is a temperature, an angle or nothing; 5K is a temperature or 4K video; 2T a field or a mass. A viscosity in
    MPa·s, mpa·s or mPa·S is in mPa·s.
    """
    if _VISCOSITY_NAMES.search(quantity) and _MISSPELT.fullmatch(expression):
        return "(millipascal*second)**1"
    if expression == "(degC)**1" and _DELTA_NAMES.search(quantity):
        return "(delta_degC)**1"
    if expression == "(kelvin)**1" and _DELTA_NAMES.search(quantity):
        return "(delta_degC)**1"
    for unit, readings in CONTEXT.items():
        if expression == f"({unit})**1":
            names = (name for pattern, name in readings if re.search(pattern, quantity))
            name = next(names, None)
            return None if name is None else f"({name})**1"
    return expression


def canonical(value: Decimal, multiplier: Decimal, expression: str) -> tuple[Decimal, str]:
    """A value in its canonical unit, and that unit; dimensionless and unit-less values share ``""``.

    Source of the factors: pint's default registry and ``unit_names.DEFINITIONS``.
    """
    if not expression:
        return value * multiplier, ""
    unit, factor, offset = _scale(expression)
    return value * multiplier * factor + offset, unit

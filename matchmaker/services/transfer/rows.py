"""Cells that hold several things of one shape: people, rights, projects, indicators. Written for people where that
reads back exactly, else as JSON."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from matchmaker.ranking.indicators import parse_indicators
from matchmaker.services.measures import row_of
from matchmaker.services.transfer.cells import BadCell, Cell, array_of, parts_of, text_of
from matchmaker.services.transfer.values import Reading, Type, brief, code, find, text, whole
from models.vocabulary import COMPARISONS, IP_KINDS, IP_STATES

Row = dict[str, Any]
Parts = Mapping[str, Type]
MOST = 1000
"""Objects in one cell."""
KIND_WORDS = {"发明专利": "invention", "实用新型专利": "utility", "软著": "software"}
STATE_WORDS = {"授权": "granted", "申请": "filed"}


def _rows(read_one: Callable[[str], Row], show_one: Callable[[Row], str], parts: Parts) -> Type:
    """A list of rows with some of `parts`, always with the first."""

    def check(entry: Any) -> Row:
        return _checked(entry, parts)

    def read(cell: Cell, _at: Reading) -> list[Row]:
        array = array_of(cell)
        if array is None or all(isinstance(entry, str) for entry in array):
            return [read_one(entry) for entry in parts_of(cell)]
        return _each(array, check)

    def show(stored: Any) -> str:
        words = "；".join(show_one(row) for row in stored or [])
        try:
            faithful = read(words, Reading()) == _kept(stored, check) if words else not stored
        except BadCell:
            faithful = False
        return words if faithful else json.dumps(stored, ensure_ascii=False)

    return Type(read, show, [], lambda stored: _kept(stored, check))


def _each(array: list[Any], check: Callable[[Any], Row]) -> list[Row]:
    if len(array) > MOST:
        raise BadCell(f"有 {len(array)} 项，最多 {MOST} 项，请减少")
    rows = []
    for place, entry in enumerate(array, 1):
        try:
            rows.append(check(entry))
        except BadCell as bad:
            raise BadCell(f"第 {place} 项：{bad}") from None
    return rows


def _kept(stored: list[Row], check: Callable[[Any], Row]) -> list[Row]:
    """Stored rows as they would be read again; one that cannot be read stays as it is."""

    def kept(row: Row) -> Row:
        try:
            return check(row)
        except BadCell:
            return row

    return [kept(row) for row in stored]


def _checked(entry: Any, parts: Parts) -> Row:
    """What an object of JSON says; parts that say nothing are left out. Raises BadCell."""
    if not isinstance(entry, dict) or not set(entry) <= set(parts):
        raise BadCell(f"每项只能含有 {'、'.join(parts)}")
    row = {}
    for name, value in entry.items():
        try:
            row[name] = _part(parts[name], value)
        except BadCell as bad:
            raise BadCell(f"{name}：{bad}") from None
    needed = next(iter(parts))
    if row.get(needed) in (None, ""):
        raise BadCell(f"缺少 {needed}，请补上")
    return {name: value for name, value in row.items() if value not in (None, "")}


def _part(kind: Type, value: Any) -> Any:
    if isinstance(value, bool | list | dict) or (isinstance(value, float) and not math.isfinite(value)):
        raise BadCell("应为文字或有效的数字")
    return kind.parse(value, Reading())


def _filled(**values: str | None) -> Row:
    return {name: value.strip() for name, value in values.items() if value and value.strip()}


_PERSON = re.compile(r"(.+?)[（(]([^（）()]*)[）)]")


def _read_person(words: str) -> Row:
    found = _PERSON.fullmatch(words)
    return _filled(name=found[1], organisation=found[2]) if found else {"name": words}


def _show_person(row: Row) -> str:
    return f"{row.get('name')}（{row['organisation']}）" if row.get("organisation") else str(row.get("name", ""))


PEOPLE = _rows(_read_person, _show_person,
               {"name": text(), "organisation": text(), "expert_id": whole(1, 999_999_999)})


def _read_right(words: str) -> Row:
    """发明 ZL202310000000.0 已授权 示例大学: the kind first, the rest in any number."""
    kind, *rest = words.split()
    found = find(IP_KINDS, kind, KIND_WORDS)
    if found is None:
        raise BadCell(f"“{brief(words)}”请写成“发明 专利号 已授权 权利人”，种类为：{'、'.join(IP_KINDS.values())}")
    state = next((find(IP_STATES, word, STATE_WORDS) for word in rest if find(IP_STATES, word, STATE_WORDS)), None)
    other = [word for word in rest if not find(IP_STATES, word, STATE_WORDS)]
    number = other.pop(0) if other and re.search(r"\d", other[0]) else None
    return _filled(kind=found, number=number, state=state, owner=" ".join(other))


def _show_right(row: Row) -> str:
    parts = (IP_KINDS.label(row.get("kind")), row.get("number"), IP_STATES.label(row.get("state")), row.get("owner"))
    return " ".join(str(part) for part in parts if part)


RIGHTS = _rows(_read_right, _show_right, {"kind": code(IP_KINDS, KIND_WORDS), "number": text(),
                                          "state": code(IP_STATES, STATE_WORDS), "owner": text()})
_PROJECT = re.compile(r"(.+?)（([^（），]*)，([^（），]*)）")


def _read_project(words: str) -> Row:
    found = _PROJECT.fullmatch(words)
    return _filled(name=found[1], field=found[2], years=found[3]) if found else {"name": words}


def _show_project(row: Row) -> str:
    name, area, years = (str(row.get(key) or "") for key in ("name", "field", "years"))
    return f"{name}（{area}，{years}）" if area or years else name


PROJECTS = _rows(_read_project, _show_project, {"name": text(), "field": text(), "years": text()})


def _read_number(cell: Cell, _at: Reading) -> float:
    if not isinstance(cell, int | float):
        raise BadCell("应为数字")
    try:
        return float(cell)
    except OverflowError:
        raise BadCell("数字过大，请核对") from None


_NUMBER = Type(_read_number, str)
MEASURE = {"quantity": text(100), "comparison": code(COMPARISONS), "low": _NUMBER, "high": _NUMBER,
           "unit": text(32), "condition": text(100)}
UNSAID: Row = {"comparison": "eq", "low": None, "high": None, "unit": "", "condition": ""}


def _read_indicators(cell: Cell, at: Reading) -> list[Row]:
    array = array_of(cell)
    if array is not None and not all(isinstance(entry, str) for entry in array):
        return _each(array, _indicator)
    words = text_of(cell)
    found = [row_of(found) for found in parse_indicators(words)]
    if words and not found:
        at.notes.append(f"“{brief(words)}”中没有读出量化指标，请写成“抗拉强度 ≥ 800 MPa（室温）”")
    return found


def _indicator(entry: Any) -> Row:
    row = UNSAID | _checked(entry, MEASURE)
    if row["low"] is None and row["high"] is None:
        raise BadCell("没有数值，请填写 low 或 high")
    return row


def _show_indicators(stored: Any) -> str:
    words = "；".join(_indicator_words(row) for row in stored)
    try:
        faithful = _read_indicators(words, Reading()) == _kept(stored, _indicator)
    except BadCell:
        faithful = False
    return words if faithful else json.dumps(stored, ensure_ascii=False)


def _indicator_words(row: Row) -> str:
    low, high = (f"{end:.12g}" if end is not None else "" for end in (row["low"], row["high"]))
    compared = f"{COMPARISONS.label(row['comparison'])} {low or high}"
    value = f"{low}～{high}" if row["comparison"] == "range" else compared
    condition = f"（{row['condition']}）" if row["condition"] else ""
    return f"{row['quantity']} {value} {row['unit']}".strip() + condition


INDICATORS = Type(_read_indicators, _show_indicators, [], lambda stored: _kept(stored, _indicator))

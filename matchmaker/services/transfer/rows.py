"""Cells that hold several things of one shape: people, rights, projects, indicators. Written for people where that
reads back exactly, else as JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from matchmaker.ranking.indicators import parse_indicators
from matchmaker.services.measures import row_of
from matchmaker.services.transfer.cells import BadCell, Cell, array_of, parts_of, text_of
from matchmaker.services.transfer.values import Reading, Type, brief, find
from models.vocabulary import COMPARISONS, IP_KINDS, IP_STATES

Row = dict[str, Any]
LIMITS = {"quantity": 100, "unit": 32, "condition": 100}


def _rows(read_one: Callable[[str], Row], show_one: Callable[[Row], str], keys: tuple[str, ...]) -> Type:
    """A list of rows with some of `keys`."""

    def read(cell: Cell, _at: Reading) -> list[Row]:
        array = array_of(cell)
        if array is None or all(isinstance(entry, str) for entry in array):
            return [read_one(entry) for entry in parts_of(cell)]
        return [_checked(entry, keys) for entry in array]

    def show(stored: Any) -> str:
        text = "；".join(show_one(row) for row in stored or [])
        try:
            faithful = read(text, Reading()) == stored if text else not stored
        except BadCell:
            faithful = False
        return text if faithful else json.dumps(stored, ensure_ascii=False)

    return Type(read, show, [])


def _checked(entry: Any, keys: tuple[str, ...]) -> Row:
    allowed = isinstance(entry, dict) and bool(entry) and set(entry) <= set(keys)
    if not allowed or not all(isinstance(value, str | int | float) or value is None for value in entry.values()):
        raise BadCell(f"每项只能含有 {'、'.join(keys)}")
    return dict(entry)


def _filled(**values: str | None) -> Row:
    return {name: value.strip() for name, value in values.items() if value and value.strip()}


_PERSON = re.compile(r"(.+?)[（(]([^（）()]*)[）)]")


def _read_person(words: str) -> Row:
    found = _PERSON.fullmatch(words)
    return _filled(name=found[1], organisation=found[2]) if found else {"name": words}


def _show_person(row: Row) -> str:
    return f"{row.get('name')}（{row['organisation']}）" if row.get("organisation") else str(row.get("name", ""))


PEOPLE = _rows(_read_person, _show_person, ("name", "organisation", "expert_id"))


def _read_right(words: str) -> Row:
    """发明 ZL202310000000.0 已授权 示例大学: the kind first, the rest in any number."""
    kind, *rest = words.split()
    code = find(IP_KINDS, kind, {"发明专利": "invention", "实用新型专利": "utility", "软著": "software"})
    if code is None:
        raise BadCell(f"“{brief(words)}”请写成“发明 专利号 已授权 权利人”，种类为：{'、'.join(IP_KINDS.values())}")
    state = next((find(IP_STATES, word, {"授权": "granted", "申请": "filed"}) for word in rest
                  if find(IP_STATES, word, {"授权": "granted", "申请": "filed"})), None)
    other = [word for word in rest if not find(IP_STATES, word, {"授权": "granted", "申请": "filed"})]
    number = other.pop(0) if other and re.search(r"\d", other[0]) else None
    return _filled(kind=code, number=number, state=state, owner=" ".join(other))


def _show_right(row: Row) -> str:
    parts = (IP_KINDS.label(row.get("kind")), row.get("number"), IP_STATES.label(row.get("state")), row.get("owner"))
    return " ".join(str(part) for part in parts if part)


RIGHTS = _rows(_read_right, _show_right, ("kind", "number", "state", "owner"))
_PROJECT = re.compile(r"(.+?)（([^（），]*)，([^（），]*)）")


def _read_project(words: str) -> Row:
    found = _PROJECT.fullmatch(words)
    return _filled(name=found[1], field=found[2], years=found[3]) if found else {"name": words}


def _show_project(row: Row) -> str:
    name, area, years = (str(row.get(key) or "") for key in ("name", "field", "years"))
    return f"{name}（{area}，{years}）" if area or years else name


PROJECTS = _rows(_read_project, _show_project, ("name", "field", "years"))


def _read_indicators(cell: Cell, at: Reading) -> list[Row]:
    array = array_of(cell)
    if array is not None and not all(isinstance(entry, str) for entry in array):
        return [_indicator(entry) for entry in array]
    words = text_of(cell)
    found = [row_of(found) for found in parse_indicators(words)]
    if words and not found:
        at.notes.append(f"“{brief(words)}”中没有读出量化指标，请写成“抗拉强度 ≥ 800 MPa（室温）”")
    return found


def _indicator(entry: Any) -> Row:
    given = entry if isinstance(entry, dict) else {}
    row = {"quantity": "", "comparison": "eq", "low": None, "high": None, "unit": "", "condition": ""} | given
    ends = (row["low"], row["high"])
    sound = row["quantity"] and row["comparison"] in COMPARISONS and any(end is not None for end in ends)
    if not sound or set(row) != {"quantity", "comparison", "low", "high", "unit", "condition"}:
        raise BadCell("每项指标应有 quantity、comparison、low 或 high、unit、condition")
    if not all(end is None or isinstance(end, int | float) for end in ends):
        raise BadCell("指标的上下限应为数字")
    long = [name for name, longest in LIMITS.items() if len(str(row[name])) > longest]
    if long:
        raise BadCell(f"指标“{brief(str(row['quantity']))}”的文字过长，请缩短")
    return {name: float(value) if isinstance(value, int) else value for name, value in row.items()}


def _show_indicators(stored: Any) -> str:
    text = "；".join(_indicator_words(row) for row in stored)
    try:
        faithful = _read_indicators(text, Reading()) == stored
    except BadCell:
        faithful = False
    return text if faithful else json.dumps(stored, ensure_ascii=False)


def _indicator_words(row: Row) -> str:
    low, high = (f"{end:.12g}" if end is not None else "" for end in (row["low"], row["high"]))
    compared = f"{COMPARISONS.label(row['comparison'])} {low or high}"
    value = f"{low}～{high}" if row["comparison"] == "range" else compared
    condition = f"（{row['condition']}）" if row["condition"] else ""
    return f"{row['quantity']} {value} {row['unit']}".strip() + condition


INDICATORS = Type(_read_indicators, _show_indicators, [])

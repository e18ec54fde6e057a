"""One row of a list → what it says, who it is, and what is wrong with it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from matchmaker.services.transfer.cells import BadCell, Cell
from matchmaker.services.transfer.columns import FIELDS, UNREAD
from matchmaker.services.transfer.values import Reading
from models.vocabulary import Kind

IDENTITY = frozenset({"external_id", "source", "number"})
NUMBER = re.compile(r"(\d{1,9})-([0-9a-f]{8})")
Key = tuple[str, str]
"""(list, identifier in it) of a post; ("", system number) of one that was exported from here."""


@dataclass
class Draft:
    """What a row says: a value per field that it speaks of, faults that keep it out, notes that do not."""

    number: int
    cells: list[Cell]
    key: Key = ("", "")
    values: dict[str, Any] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def title(self) -> str:
        return str(self.values.get("title") or "")


@dataclass(frozen=True)
class Speaker:
    """How the rows of one list are understood: which column is which field, and what holds for every row."""

    kind: Kind
    columns: Sequence[str]
    mapping: Mapping[str, str]
    source: str
    defaults: Mapping[str, Any]

    def draft(self, number: int, cells: list[Cell]) -> Draft:
        """Read a row; it never raises, whatever the row holds."""
        draft = Draft(number, cells, values=dict(self.defaults))
        for place, column in enumerate(self.columns):
            if name := self.mapping.get(column):
                self._read(draft, column, name, cells[place] if place < len(cells) else None)
        if len(cells) > len(self.columns):
            draft.faults.append(f"第 {number} 行的内容比表头多 {len(cells) - len(self.columns)} 列，请检查分隔符或引号")
        self._check(draft)
        draft.key = self._key(draft)
        return draft

    def _read(self, draft: Draft, column: str, name: str, cell: Cell) -> None:
        at = Reading(column)
        try:
            draft.values[name] = FIELDS[self.kind][name].type.parse(cell, at)
        except BadCell as bad:
            draft.faults.append(f"第 {draft.number} 行「{column}」：{bad}")
        draft.notes.extend(f"第 {draft.number} 行「{column}」：{note}" for note in at.notes)

    def _check(self, draft: Draft) -> None:
        values, row = draft.values, f"第 {draft.number} 行"
        if not values.get("title") and not draft.faults:
            column = next((column for column, name in self.mapping.items() if name == "title"), "名称")
            unread = dict(zip(self.columns, draft.cells, strict=False)).get(UNREAD)
            draft.faults.append(
                f"第 {draft.number} 行不是完整的 JSON 对象 {{…}}，请对照「{UNREAD}」把内容填入各列" if unread
                else f"{row}「{column}」：不能为空，请填写{FIELDS[self.kind]['title'].label}")
        if values.get("secrecy") not in (None, "public"):
            draft.faults.append(f"{row}「密级」：只能导入公开内容，请删除此行或去除涉密信息后改为“公开”")
        for low, high in (("from_year", "to_year"), ("trl_low", "trl_high"), ("research_from", "research_to")):
            first, last = values.get(low), values.get(high)
            if first is not None and last is not None and first > last:
                labels = (FIELDS[self.kind][low].label, FIELDS[self.kind][high].label)
                draft.faults.append(f"{row}：“{labels[0]}”大于“{labels[1]}”，请核对")

    def _key(self, draft: Draft) -> Key:
        number, external = draft.values.get("number"), draft.values.get("external_id")
        if number:
            return "", number
        if external:
            return draft.values.get("source") or self.source, external
        return self.source, digest(self.kind, draft.values.get("organisation"), draft.title)


def digest(kind: Kind, organisation: str | None, title: str) -> str:
    """The identifier of a row that brings none: the same organisation and title are the same post."""
    words = "\x00".join((kind, organisation or "", title))
    return f"auto-{hashlib.sha256(words.encode('utf-8', 'replace')).hexdigest()[:32]}"

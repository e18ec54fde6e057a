"""What a cell may mean: each type reads a cell and writes a stored value so that it reads the same again."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from matchmaker import speech
from matchmaker.services.transfer.cells import LONGEST_TEXT, BadCell, Cell, joined, parts_of, text_of
from models.vocabulary import Vocabulary

Shown = str | int | float
Say = Callable[[str], str]


@dataclass
class Reading:
    """Where a cell stands, and what has to be said about how it was understood."""

    header: str = ""
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Type:
    """`read` raises BadCell; an empty cell is `empty`. `show(read(cell))` reads as the same value again."""

    read: Callable[[Cell, Reading], Any]
    show: Callable[[Any], Shown]
    empty: Any = None
    normal: Callable[[Any], Any] = lambda value: value
    wide: bool = False
    choices: tuple[str, ...] = ()
    spoken: Callable[[Any, Say], Shown] | None = None
    """As `show`, in the words of another language where those read as the same value again."""

    def parse(self, cell: Cell, at: Reading) -> Any:
        return self.empty if cell is None or cell in ("", [], {}) else self.read(cell, at)

    def same(self, stored: Any, parsed: Any) -> bool:
        """Whether a stored value is what was read; nothing, an empty text and an empty list are the same."""
        before = self.empty if stored is None else self.normal(stored)
        after = self.empty if parsed is None else parsed
        return bool(before == after or (before in _NOTHING and after in _NOTHING))


_NOTHING: tuple[Any, ...] = (None, "", [], {})


def text(longest: int = LONGEST_TEXT, empty: str | None = "") -> Type:
    """Words; `empty` is what an empty cell stores."""

    def read(cell: Cell, _at: Reading) -> str | None:
        words = text_of(cell)
        if len(words) > longest:
            raise BadCell(f"内容有 {len(words)} 字，最多 {longest} 字，请缩短")
        return words or empty

    return Type(read, _plain, empty, _plain, wide=longest > 1000)


def _plain(value: Any) -> str:
    """A stored text as a cell gives it back."""
    try:
        return text_of(value)
    except BadCell:
        return str(value)


def pattern(matches: str, hint: str, longest: int = 500) -> Type:
    """Words of one form, e.g. an address."""
    form, words = re.compile(matches), text(longest, None)

    def read(cell: Cell, at: Reading) -> str | None:
        given = words.read(cell, at)
        if given and not form.fullmatch(given):
            raise BadCell(f"“{brief(given)}”{hint}")
        return given  # type: ignore[no-any-return]

    return Type(read, words.show, None, words.normal)


def brief(words: str) -> str:
    return words if len(words) <= 30 else f"{words[:30]}…"


def _read_words(cell: Cell, _at: Reading) -> list[str]:
    entries = parts_of(cell)
    if len(entries) > 200 or any(len(entry) > 500 for entry in entries):
        raise BadCell("最多 200 项，每项最多 500 字，请用分号隔开并缩短")
    return entries


def _kept_words(value: list[str]) -> list[str]:
    return list(dict.fromkeys(entry for entry in map(_plain, value) if entry))


WORDS = Type(_read_words, lambda value: joined(_kept_words(value)), [], _kept_words)


def code(vocabulary: Vocabulary, aliases: Mapping[str, str] | None = None, empty: str | None = None) -> Type:
    """One entry of a closed list, by code, label or alias; an alias of "" means none of them, as nothing does."""

    def show(value: Any) -> str:
        label = vocabulary.label(value)
        return label if find(vocabulary, label, aliases) == value else str(value or "")

    def spoken(value: Any, say: Say) -> str:
        said = say(label := show(value))
        return said if find(vocabulary, said, aliases) == value else label

    return Type(lambda cell, _at: _found(vocabulary, text_of(cell), aliases) or empty, show, empty,
                choices=tuple(vocabulary.values()), spoken=spoken)


def codes(vocabulary: Vocabulary, aliases: Mapping[str, str] | None = None) -> Type:
    """Several entries of a closed list."""
    one = code(vocabulary, aliases)

    def read(cell: Cell, _at: Reading) -> list[str]:
        whole = text_of(cell) if isinstance(cell, str) else ""
        known = find(vocabulary, whole, aliases) if whole else None
        found = [known] if known else [_found(vocabulary, part, aliases) for part in parts_of(cell)]
        return list(dict.fromkeys(entry for entry in found if entry))

    def spoken(value: Any, say: Say) -> str:
        assert one.spoken is not None
        return joined(str(one.spoken(entry, say)) for entry in value)

    return Type(read, lambda value: joined(str(one.show(entry)) for entry in value), [], choices=one.choices,
                spoken=spoken)


def _found(vocabulary: Vocabulary, words: str, aliases: Mapping[str, str] | None) -> str | None:
    if not words:
        return None
    found = find(vocabulary, words, aliases)
    if found is None:
        labels = list(vocabulary.values())
        choices = "、".join(labels[:13]) + ("等" if len(labels) > 13 else "")
        raise BadCell(f"“{brief(words)}”不在可选范围内，请改为：{choices}")
    return found or None


def find(vocabulary: Vocabulary, words: str, aliases: Mapping[str, str] | None = None) -> str | None:
    """The code that words mean, "" for an alias of none, None when unknown. Brackets and spaces are forgiven; labels
    are known in every language that the product speaks."""
    exact = vocabulary.code(words)
    if exact is not None:
        return exact
    wanted = _bare(words)
    found = _named(vocabulary, speech.DEFAULT).get(wanted, (aliases or {}).get(wanted))
    if found is not None or speech.CHINESE.search(words):
        return found
    others = (_named(vocabulary, one).get(wanted) for one in speech.LANGUAGES if one != speech.DEFAULT)
    return next((one for one in others if one), None)


_NAMED: dict[tuple[str, str], dict[str, str]] = {}


def _named(vocabulary: Vocabulary, language: str) -> dict[str, str]:
    """Bare label → code; of labels alike the first."""
    key = vocabulary.name, language
    if key not in _NAMED:
        _NAMED[key] = {_bare(speech.say(label, language)): entry
                       for entry, label in reversed(list(vocabulary.items()))}
    return _NAMED[key]


def _bare(words: str) -> str:
    return re.sub(r"[\s、，,（）()·．.／/\-]", "", words).lower()


def whole(low: int, high: int, unit: str = "") -> Type:
    """A whole number between two bounds, e.g. a year; its unit may follow it."""

    def read(cell: Cell, _at: Reading) -> int | None:
        words = text_of(cell).removesuffix(unit).strip() if unit else text_of(cell)
        if not words:
            return None
        if not re.fullmatch(r"-?\d{1,9}(\.0+)?", words) or not low <= int(float(words)) <= high:
            raise BadCell(f"“{brief(words)}”应为 {low} 到 {high} 之间的整数")
        return int(float(words))

    return Type(read, lambda value: "" if value is None else int(value))


MATURITY = (("量产", 7), ("产业化", 7), ("批量", 7), ("中试", 5), ("小试", 4), ("样品", 4), ("样机", 4),
            ("实验室", 3), ("研发", 3), ("研究", 3))
TRL_RULE = "请填写 1 到 9，或正在研发、已有样品、通过小试、通过中试、可以量产"


def _read_trl(cell: Cell, at: Reading) -> int | None:
    words = text_of(cell)
    level = re.fullmatch(r"(?:TRL|技术成熟度)?\s*[-:：]?\s*([1-9])(?:\.0)?\s*级?", words, re.IGNORECASE)
    if level or not words:
        return int(level[1]) if level else None
    named = next((number for word, number in MATURITY if word in words), None)
    if named is None:
        raise BadCell(f"“{brief(words)}”不是技术成熟度，{TRL_RULE}")
    at.notes.append(f"“{brief(words)}”按成熟度 {named} 级记")
    return named


TRL_LEVEL = Type(_read_trl, lambda value: "" if value is None else int(value))

_AMOUNT = re.compile(r"(?:约|人民币|￥|¥)*\s*([\d,，]+(?:\.\d+)?)\s*(亿|万|千|)\s*(元|)")
_SCALE = {"亿": Decimal(10**8), "万": Decimal(10**4), "千": Decimal(10**3), "": Decimal(1)}
_OPEN = frozenset({"面议", "待定", "另议", "协商", "面谈", "可议", "双方协商", "-", "—", "/", "无"})
LARGEST = Decimal(10**15)


def _read_money(cell: Cell, at: Reading) -> Decimal | None:
    """Yuan. A bare number is in 万元 unless the header says 元; of a range the upper end is taken, with a note."""
    words = text_of(cell)
    if not words or words in _OPEN:
        return None
    ends = [end.strip() for end in re.split(r"[-~—–～至到]+", words)]
    amounts = [_AMOUNT.fullmatch(end) for end in ends]
    if len(ends) > 2 or not all(amounts):
        raise BadCell(f"“{brief(words)}”不是金额，请填写数字（单位万元）或“面议”")
    last = amounts[-1]
    assert last is not None
    scale = _SCALE[last[2]] if last[2] or last[3] else _header_scale(at.header)
    try:
        amount = (Decimal(re.sub("[,，]", "", last[1])) * scale).quantize(Decimal("0.01"))
    except InvalidOperation:
        raise BadCell(f"“{brief(words)}”金额过大，请核对单位（万元）") from None
    if amount >= LARGEST:
        raise BadCell(f"“{brief(words)}”金额过大，请核对单位（万元）")
    if len(ends) == 2:
        at.notes.append(f"“{brief(words)}”按上限 {_show_money(amount)} 万元记")
    return amount


def _header_scale(header: str) -> Decimal:
    return Decimal(1) if "元" in header and "万" not in header else Decimal(10**4)


def _show_money(value: Decimal | None) -> Shown:
    if value is None:
        return ""
    exact = (value / 10**4).normalize()
    number = int(exact) if exact == exact.to_integral_value() and abs(exact) < 10**15 else float(exact)
    return number if Decimal(repr(number)) == exact and "e" not in repr(number) else f"{exact:f}"


MONEY = Type(_read_money, _show_money, None, lambda value: value.quantize(Decimal("0.01")))


_DAY = re.compile(r"(\d{4})(?:\s*[-/.年]\s*(\d{1,2})(?:\s*[-/.月]\s*(\d{1,2})\s*日?)?)?\s*[年月]?(?:[ T].*)?")


def date(last: bool) -> Type:
    """A day. Of a year or month alone the first day is meant, or the last one (`last`)."""

    def read(cell: Cell, _at: Reading) -> dt.date | None:
        words = text_of(cell)
        if not words or words in ("长期", "长期有效"):
            return None
        found = _DAY.fullmatch(words)
        try:
            if found is None:
                raise ValueError
            year, month, day = int(found[1]), int(found[2] or (12 if last else 1)), found[3]
            if day is None and last:
                return dt.date(year + month // 12, month % 12 + 1, 1) - dt.timedelta(days=1)
            return dt.date(year, month, int(day or 1))
        except (ValueError, OverflowError):
            raise BadCell(f"“{brief(words)}”不是日期，请写成 2026-01-31 的样子") from None

    return Type(read, lambda value: value.isoformat() if value else "")


_YES = frozenset({"是", "true", "yes", "y", "1", "√", "✓", "对", "可", "可以"})
_NO = frozenset({"否", "false", "no", "n", "0", "×", "不", "不可", "不可以", ""})


def _read_flag(cell: Cell, _at: Reading) -> bool:
    words = text_of(cell).lower()
    if words not in _YES | _NO:
        raise BadCell(f"“{brief(words)}”请改为“是”或“否”")
    return words in _YES


def flag(empty: bool = False) -> Type:
    def show(value: Any) -> str:
        return "是" if value else "否"

    return Type(_read_flag, show, empty, bool, spoken=lambda value, say: say(show(value)))

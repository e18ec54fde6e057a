"""What comes in with a request, before any view reads it: without characters that no page and no database takes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from flask import Request
from flask_babel import gettext as _
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.datastructures.structures import iter_multi_items
from werkzeug.routing import Map, UnicodeConverter

from matchmaker.forms.base import CONTROL
from matchmaker.services.problems import Problem
from matchmaker.services.rows import HIGHEST

YEARS = (2000, 2100)
"""The first and the last year of days that are typed."""


class Typed(ImmutableMultiDict[str, Any]):
    """The fields of a form or of an address, without invisible characters; line breaks and tabs stay."""

    def __init__(self, given: Mapping[str, Any] | Iterable[tuple[str, Any]] | None = None) -> None:
        super().__init__([(_clean(name), _clean(value)) for name, value in iter_multi_items(given or ())])


class CleanRequest(Request):
    parameter_storage_class = Typed


class WordConverter(UnicodeConverter):
    """A word in an address; one with control characters belongs to no page."""

    def __init__(self, addresses: Map, minlength: int = 1, maxlength: int | None = None,
                 length: int | None = None) -> None:
        super().__init__(addresses, minlength, maxlength, length)
        self.regex = self.regex.replace("[^/]", r"[^/\x00-\x1f\x7f]")


def row_number(text: str) -> int:
    """What was typed or stands in an address as the number of a row; for `get(…, type=row_number)`.

    Raises ValueError for what no row can have as its number.
    """
    if not (text.isascii() and text.isdecimal() and len(text) <= len(str(HIGHEST)) and int(text) <= HIGHEST):
        raise ValueError(text)
    return int(text)


def within(number: int | None) -> int:
    """A version that a form names, 0 for one that no row can have."""
    return number if number is not None and 0 <= number <= HIGHEST else 0


def typed_day(text: str, what: str = "日期") -> dt.date | None:
    """The day that was typed, None for nothing. Raises Problem for what is no day, or none of this century."""
    if not text.strip():
        return None
    try:
        found = dt.date.fromisoformat(text.strip())
    except ValueError:
        raise Problem(_("%(what)s请按 2026-12-01 的样子填写。", what=what)) from None
    if not YEARS[0] <= found.year <= YEARS[1]:
        raise Problem(_("%(what)s请填写 2000–2100 年之间的日期。", what=what))
    return found


def _clean(value: Any) -> Any:
    return CONTROL.sub("", value) if isinstance(value, str) else value

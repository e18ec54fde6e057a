"""Fields that read more than one value of what is typed: words, lines, people, amounts, numbers, rows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar

from flask_babel import lazy_gettext as _
from wtforms import Form as PlainForm
from wtforms.fields import FieldList, FormField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.widgets import CheckboxInput, ListWidget

from matchmaker.forms.base import PartForm, choices, clean
from matchmaker.services.money import in_wan
from models import Indicator
from models.vocabulary import COMPARISONS

BETWEEN = re.compile(r"[、,，;；\s]+")
TEN_THOUSAND = Decimal(10_000)
MOST_DIGITS = 9
"""Of a row's number in a field's name; longer ones are nobody's."""
MOST_ENTRIES = 200


class WordsField(StringField):  # type: ignore[misc]
    """Several words in one line."""

    def _value(self) -> str:
        return self.data if isinstance(self.data, str) else "、".join(self.data or [])

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = [word for word in BETWEEN.split(clean(valuelist[0])) if word] if valuelist else []


class LinesField(TextAreaField):  # type: ignore[misc]
    """Several entries, one a line."""

    def _value(self) -> str:
        return self.data if isinstance(self.data, str) else "\n".join(self.data or [])

    def process_formdata(self, valuelist: list[str]) -> None:
        lines = clean(valuelist[0]).split("\n") if valuelist else []
        self.data = [line.strip() for line in lines if line.strip()]


class WanField(StringField):  # type: ignore[misc]
    """An amount typed in 万元, kept in yuan."""

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return in_wan(self.data) if self.data is not None else ""

    def process_formdata(self, valuelist: list[str]) -> None:
        typed = _plain(valuelist[0]) if valuelist else ""
        self.data = _amount(typed) * TEN_THOUSAND if typed else None


class NumberField(StringField):  # type: ignore[misc]
    """A measured value; kept as a float."""

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else f"{self.data:.12g}"

    def process_formdata(self, valuelist: list[str]) -> None:
        typed = _plain(valuelist[0]) if valuelist else ""
        self.data = float(_number(typed)) if typed else None


class TicksField(SelectMultipleField):  # type: ignore[misc]
    """Several codes of a closed list, each with a box to tick."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class Row(PartForm):
    """One row of a RowsField. A kind of row names its fields; `shown` and `row` turn what is stored into them and
    back."""

    @classmethod
    def shown(cls, stored: Any) -> dict[str, Any]:
        """A stored row as values of the fields."""
        return dict(stored)

    def row(self) -> dict[str, Any]:
        """What is typed, as it is stored; fields left empty are left out."""
        return {name: value for name, value in self.data.items() if value not in (None, "", [])}

    def empty(self) -> bool:
        """Whether nothing is typed or chosen, not even something wrong; what a fresh row says counts as nothing."""
        return all(not _typed(field) for field in self)


class RowsField(FieldList):  # type: ignore[misc]
    """Any number of rows of one shape. Rows in which nothing is typed are none; empty ones follow, to be filled in.

    `data` is the list of rows as they are stored. Names of inputs: `field-0-part`.
    """

    kind: type[Row]
    entries: list[Any]

    def __init__(self, label: Any, kind: type[Row], blank: int = 1, **more: Any) -> None:
        super().__init__(FormField(kind), label, max_entries=MOST_ENTRIES, **more)
        self.kind, self.blank = kind, blank

    def process(self, formdata: Any, data: Any = None, extra_filters: Any = None) -> None:
        rows = [self.kind.shown(row) for row in data] if isinstance(data, list | tuple) else ()
        super().process(formdata, rows, extra_filters)
        self.entries = [entry for entry in self.entries if not entry.form.empty()]
        self._compact_indices()
        for _time in range(min(self.blank, MOST_ENTRIES - len(self.entries))):
            self._add_entry()

    def _extract_indices(self, prefix: str, formdata: Any) -> Iterator[int]:
        form = re.compile(rf"{re.escape(prefix)}-([0-9]{{1,{MOST_DIGITS}}})-")
        return (int(found[1]) for name in formdata if (found := form.match(name)))

    def validate(self, form: PlainForm, extra_validators: Any = ()) -> bool:
        """The sentences of all rows, each with its row's number."""
        self.errors = [f"第 {place} 行：{sentence}" for place, entry in enumerate(self.entries, 1)
                       if not entry.form.empty() and not entry.validate(form)
                       for said in entry.form.errors.values() for sentence in said]
        return not self.errors

    @property
    def data(self) -> list[dict[str, Any]]:
        return [entry.form.row() for entry in self.entries if not entry.form.empty()]


class IndicatorRow(Row):
    """A quantified indicator. `value` is the number, or the lower end of a range; `upper` a range's upper end."""

    FIRST: ClassVar[str] = "ge"
    quantity = StringField(_("指标"))
    comparison = SelectField(_("关系"), choices=choices(COMPARISONS)[1:], default=FIRST)
    value = NumberField(_("数值"))
    upper = NumberField(_("上限"))
    unit = StringField(_("单位"))
    condition = StringField(_("条件"))

    @classmethod
    def shown(cls, stored: Indicator | Mapping[str, Any]) -> dict[str, Any]:
        part = stored.get if isinstance(stored, Mapping) else lambda name: getattr(stored, name)
        low, high = part("low"), part("high")
        return {"quantity": part("quantity"), "comparison": part("comparison"), "unit": part("unit"),
                "value": high if low is None else low, "upper": high if part("comparison") == "range" else None,
                "condition": part("condition")}

    def row(self) -> dict[str, Any]:
        sign, value = self.comparison.data, self.value.data
        low = None if sign in ("le", "lt") else value
        high = {"range": self.upper.data, "ge": None, "gt": None}.get(sign, value)
        return {"quantity": self.quantity.data or "", "comparison": sign, "low": low, "high": high,
                "unit": self.unit.data or "", "condition": self.condition.data or ""}


class IndicatorsField(RowsField):
    """Quantified indicators, in the order in which they are listed."""

    def __init__(self, label: Any, kind: type[IndicatorRow] = IndicatorRow, blank: int = 2, **more: Any) -> None:
        super().__init__(label, kind, blank, **more)


def written(field: Any) -> Any:
    """What a field holds; a text that the page did not send is empty, an amount is none."""
    plain = isinstance(field, StringField) and not isinstance(field, WanField | NumberField)
    return "" if field.data is None and plain else field.data


def _typed(field: Any) -> bool:
    """Whether a field of a row says more than a fresh row does."""
    if isinstance(field, NumberField | WanField) and field.raw_data:
        return bool(clean(str(field.raw_data[0])))
    fresh = field.default() if callable(field.default) else field.default
    return field.data not in (None, "", [], False) and field.data != fresh


def _plain(typed: str) -> str:
    return typed.replace(",", "").replace("，", "").strip()


def _number(typed: str) -> Decimal:
    try:
        number = Decimal(typed)
    except InvalidOperation:
        raise ValueError("请填写数字，例如 50 或 12.5。") from None
    if not number.is_finite() or number.copy_abs() > Decimal(10) ** 300:
        raise ValueError("请填写数字，例如 50 或 12.5。")
    return number


def _amount(typed: str) -> Decimal:
    try:
        amount = Decimal(typed)
    except InvalidOperation:
        raise ValueError("请填写数字，例如 50 或 12.5。") from None
    if not amount.is_finite() or amount.copy_abs() > 10**12:
        raise ValueError("请填写 0 以上、10 亿万元以内的金额。")
    return amount

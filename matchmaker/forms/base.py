"""What all forms have in common: text is cleaned, messages are Chinese, closed lists become choices."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import Form as PlainForm
from wtforms.fields import FieldList, FormField, PasswordField
from wtforms.fields.choices import SelectChoice
from wtforms.meta import DefaultMeta

from models.vocabulary import Vocabulary

CONTROL = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\u3164\ufeff]")
"""Characters that nobody sees: no database stores them all, and a name of nothing else would look empty. Joiners stay
(emoji are made with them)."""
Choices = list[SelectChoice]
NOTHING = SelectChoice("", _("请选择"))


def clean(value: Any) -> Any:
    """Text without control characters (no database stores them all) and without spaces around it."""
    return CONTROL.sub("", value).replace("\r\n", "\n").strip() if isinstance(value, str) else value


class Cleaning(DefaultMeta):  # type: ignore[misc]
    """Every typed text is cleaned; a password is what was typed."""

    locales = ("zh",)

    def bind_field(self, form: Any, field: Any, options: dict[str, Any]) -> Any:
        if not issubclass(field.field_class, PasswordField | FieldList | FormField):
            options = options | {"filters": [*options.get("filters", ()), clean]}
        return field.bind(form=form, **options)


class Form(FlaskForm):  # type: ignore[misc]
    """A form of a page, with the token that shows that our page sent it."""

    class Meta(FlaskForm.Meta, Cleaning):  # type: ignore[misc]
        locales = ("zh",)

        def bind_field(self, form: Any, field: Any, options: dict[str, Any]) -> Any:
            return Cleaning.bind_field(self, form, field, options)


class PartForm(PlainForm):  # type: ignore[misc]
    """A form within a form, such as one row of several."""

    Meta = Cleaning


def choices(vocabulary: Vocabulary) -> Choices:
    """Every code of a closed list, below the choice of none."""
    return [NOTHING, *(SelectChoice(code, _(text)) for code, text in vocabulary.items())]


def grouped(vocabulary: Vocabulary, head: Callable[[str], str], wanted: Callable[[str], bool]) -> Choices:
    """The wanted codes, each under the label of the code that `head` makes of it."""
    return [NOTHING, *(SelectChoice(code, text, optgroup=vocabulary.label(head(code)))
                       for code, text in vocabulary.items() if wanted(code))]

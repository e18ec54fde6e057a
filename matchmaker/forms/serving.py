"""The form of a service that a facility did."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _
from wtforms.fields import DateField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Optional

from matchmaker.forms.base import NOTHING, Form, choices
from matchmaker.forms.fields import NumberField, WanField, written
from models.vocabulary import SERVICE_MODES

RATINGS = [NOTHING, *(SelectChoice(str(stars), f"{stars} 分") for stars in range(5, 0, -1))]


class ServiceForm(Form):
    served_on = DateField(_("服务日期"), [Optional()])
    client = StringField(_("服务对象"))
    mode = SelectField(_("服务方式"), choices=choices(SERVICE_MODES), default="", validate_choice=False)
    amount = NumberField(_("服务量"))
    unit = StringField(_("计量单位"))
    fee = WanField(_("收费（万元）"))
    rating = SelectField(_("对方评价"), choices=RATINGS, default="", validate_choice=False)
    note = StringField(_("备注"))

    def values(self) -> dict[str, Any]:
        """What was typed, as `services.serving.add` takes it."""
        found = {field.name: written(field) for field in self if field.name != "csrf_token"}
        rating = found["rating"]
        known = rating in {choice.value for choice in RATINGS}
        return found | {"rating": (int(rating) if rating else None) if known else 0}

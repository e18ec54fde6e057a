"""The forms of what may answer a need."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _
from wtforms.fields import BooleanField, IntegerField, SelectField, TextAreaField
from wtforms.validators import Optional

from matchmaker.forms.base import choices
from matchmaker.forms.fields import IndicatorsField, PeopleField, WanField
from matchmaker.forms.posts import ElementsMixin, PostForm
from models.vocabulary import SECRECY, STAGES, Kind


class AchievementForm(ElementsMixin, PostForm):
    kind = Kind.ACHIEVEMENT
    chosen = (*PostForm.chosen, "stage")
    description = TextAreaField(_("成果介绍"))
    completers = PeopleField(_("完成人"))
    indicators = IndicatorsField(_("量化指标"))
    stage = SelectField(_("所处阶段"), choices=choices(STAGES), default="")
    secrecy = SelectField(_("密级"), choices=choices(SECRECY)[1:], default="public")
    price = WanField(_("期望价格（万元）"))
    price_negotiable = BooleanField(_("价格面议"), default=True)
    months_to_deliver = IntegerField(_("交付周期（月）"), [Optional()])
    cases = TextAreaField(_("应用案例"))

    def typed(self) -> dict[str, Any]:
        found = super().typed()
        return found | {"completers": [{"name": name} for name in found["completers"] or []]}

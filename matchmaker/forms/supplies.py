"""The forms of what may answer a need: achievements, expert profiles, facilities."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask_babel import lazy_gettext as _
from wtforms.fields import BooleanField, DateField, HiddenField, IntegerField, SelectField, StringField, TextAreaField
from wtforms.validators import Optional

from matchmaker.forms.base import choices
from matchmaker.forms.fields import IndicatorsField, LinesField, Row, RowsField, TicksField, WanField
from matchmaker.forms.posts import PROVINCES, TRL_CHOICES, ElementsMixin, PostForm
from matchmaker.services import clock
from matchmaker.services.clock import HERE
from matchmaker.services.supply_content import CONTACTS
from models import Expert, Post
from models.vocabulary import (
    APPLICATION_STATES,
    ATTRIBUTES,
    CATEGORIES,
    DISCIPLINES,
    EVALUATIONS,
    FACILITY_KINDS,
    FORMS,
    IP_KINDS,
    IP_STATES,
    LEVELS,
    OFFERS,
    SECRECY,
    STAGES,
    Kind,
)

ORCID_SITE = "https://orcid.org/"


class IpRow(Row):
    """A right: what it is, under which number, how far it is, whose."""

    kind = SelectField(_("类型"), choices=choices(IP_KINDS), default="")
    number = StringField(_("编号"))
    state = SelectField(_("状态"), choices=choices(IP_STATES), default="")
    owner = StringField(_("权利人"))


class CompleterRow(Row):
    """A person who completed the achievement; `expert_id` where they are an expert of the pool."""

    name = StringField(_("姓名"))
    organisation = StringField(_("单位"))
    expert_id = HiddenField()

    def row(self) -> dict[str, Any]:
        found = super().row()
        number = found.pop("expert_id", "")
        return found | ({"expert_id": int(number)} if str(number).isdecimal() and len(str(number)) < 10 else {})

    def empty(self) -> bool:
        return not self.name.data and not self.organisation.data


class ProjectRow(Row):
    """A project that an expert did with an enterprise."""

    name = StringField(_("项目名称"))
    field = StringField(_("领域"))
    years = StringField(_("年份"))


class SupplyForm(PostForm):
    """What supplies have in common: each contact field is public or not."""

    contact_public = TicksField(_("公开的联系方式"), choices=choices(CONTACTS)[1:], validate_choice=False)


class AchievementForm(ElementsMixin, SupplyForm):
    kind = Kind.ACHIEVEMENT
    chosen = (*PostForm.chosen, "stage", "registration_number", "discipline", "funding", "level", "application_state",
              "category", "attribute", "form", "evaluation")
    description = TextAreaField(_("成果介绍"))
    completers = RowsField(_("完成人"), CompleterRow, blank=2)
    indicators = IndicatorsField(_("实测指标"))
    ip = RowsField(_("知识产权"), IpRow)
    stage = SelectField(_("所处阶段"), choices=choices(STAGES), default="")
    level = SelectField(_("技术水平"), choices=choices(LEVELS), default="")
    application_state = SelectField(_("应用状态"), choices=choices(APPLICATION_STATES), default="")
    category = SelectField(_("成果类别"), choices=choices(CATEGORIES), default="")
    attribute = SelectField(_("成果属性"), choices=choices(ATTRIBUTES), default="")
    form = SelectField(_("体现形式"), choices=choices(FORMS), default="")
    evaluation = SelectField(_("评价方式"), choices=choices(EVALUATIONS), default="")
    registration_number = StringField(_("成果登记号"))
    discipline = SelectField(_("学科"), choices=choices(DISCIPLINES), default="")
    research_from = DateField(_("研究开始日期"), [Optional()])
    research_to = DateField(_("研究结束日期"), [Optional()])
    funding = StringField(_("经费来源"))
    secrecy = SelectField(_("密级"), choices=choices(SECRECY)[1:], default="public")
    price = WanField(_("期望价格（万元）"))
    price_negotiable = BooleanField(_("价格面议"), default=True)
    months_to_deliver = IntegerField(_("交付周期（月）"), [Optional()])
    cases = TextAreaField(_("应用案例"))

    def typed(self) -> dict[str, Any]:
        found = super().typed()
        if number := found.get("registration_number"):
            found["registration_number"] = number.upper().replace(" ", "")
        return found


class ExpertForm(SupplyForm):
    """A profile. It needs the person's consent, whose day is kept; what a post offers or hides it does not ask."""

    kind = Kind.EXPERT
    chosen = (*PostForm.chosen, "name_en", "department", "job_title", "orcid", "homepage")
    levels = ()
    trl = modes = disclosure = hide_organisation = annex = valid_until = None  # type: ignore[assignment]
    title = StringField(_("姓名"))
    name_en = StringField(_("英文名"))
    brief = TextAreaField(_("个人简介"))
    department = StringField(_("院系部门"))
    job_title = StringField(_("职务职称"))
    research_fields = LinesField(_("研究方向"))
    offers = TicksField(_("可提供的服务"), choices=choices(OFFERS)[1:], validate_choice=False)
    days_per_year = IntegerField(_("每年可投入天数"), [Optional()])
    regions_served = TicksField(_("服务地区"), choices=PROVINCES, validate_choice=False)
    patents = LinesField(_("专利"))
    projects = RowsField(_("与企业合作的项目"), ProjectRow)
    awards = LinesField(_("奖励"))
    orcid = StringField(_("ORCID"))
    homepage = StringField(_("个人主页"))
    consent = BooleanField(_("本人同意在平台上公开以上信息"))
    consented_on = DateField(_("同意日期"), [Optional()])

    @classmethod
    def prefilled(cls, post: Post) -> dict[str, Any]:
        agreed = post.consented_at if isinstance(post, Expert) else None
        return {"consent": agreed is not None, "consented_on": agreed.astimezone(HERE).date() if agreed else None}

    def typed(self) -> dict[str, Any]:
        found = super().typed()
        agreed, day = found.pop("consent", False), found.pop("consented_on", None)
        found["consented_at"] = dt.datetime.combine(day or clock.today(), dt.time(), HERE) if agreed else None
        if orcid := found.get("orcid"):
            found["orcid"] = orcid.removeprefix(ORCID_SITE).upper()
        return found

    def place_of(self, name: str) -> str:
        return "consent" if name == "consented_at" else super().place_of(name)


class FacilityForm(SupplyForm):
    """Equipment, an open laboratory or a pilot plant."""

    kind = Kind.FACILITY
    chosen = (*PostForm.chosen, "facility_kind", "capacity", "price_note")
    levels = ("trl_low", "trl_high")
    trl = disclosure = hide_organisation = annex = None
    facility_kind = SelectField(_("类型"), choices=choices(FACILITY_KINDS), default="")
    capacity = TextAreaField(_("能力与规模"))
    trl_low = SelectField(_("服务的最低成熟度"), choices=TRL_CHOICES, default="")
    trl_high = SelectField(_("服务的最高成熟度"), choices=TRL_CHOICES, default="")
    services = TextAreaField(_("服务内容"))
    price_note = TextAreaField(_("收费说明"))

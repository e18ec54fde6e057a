"""The forms of a contract: what it says, its parties, the steps of its payment."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Self

from flask_babel import lazy_gettext as _
from wtforms import BooleanField, DateField, FormField, IntegerField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Optional

from matchmaker.forms.base import Form, PartForm, choices, grouped
from matchmaker.forms.fields import Row, RowsField, WanField
from matchmaker.services.contract_rules import SIDES
from models import Contract
from models.vocabulary import (
    COMPANY_SIZES,
    CONTRACT_TYPES,
    FIELDS,
    GOALS,
    INDUSTRIES,
    IP_KINDS,
    PARTY_KINDS,
    PAYMENTS,
    PLAN_SOURCES,
    REGIONS,
)

REGION_CHOICES = grouped(REGIONS, lambda code: f"{code[:2]}0000", lambda _code: True)
DIVISION_CHOICES = grouped(INDUSTRIES, lambda code: code[:1], lambda code: len(code) == 3)
CODED = ("payment", "plan_source", "ip_kind", "field", "objective")
MONEY = ("cap", "value")


class PartyForm(PartForm):
    """One party, as the registration asks it."""

    name = StringField(_("名称"))
    kind = SelectField(_("类别"), choices=choices(PARTY_KINDS), default="")
    credit_code = StringField(_("统一社会信用代码"))
    region = SelectField(_("所在地区"), choices=REGION_CHOICES, default="")
    country = StringField(_("国家（地区）"))
    address = StringField(_("地址"))
    legal_person = StringField(_("法定代表人"))
    contact = StringField(_("联系人"))
    phone = StringField(_("联系电话"))
    industry = SelectField(_("所属行业"), choices=DIVISION_CHOICES, default="", validate_choice=False)
    size = SelectField(_("单位规模"), choices=choices(COMPANY_SIZES), default="")
    hi_tech = BooleanField(_("在国家高新区内"))
    listed = BooleanField(_("上市公司"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Divisions are offered; a party whose industry is known more closely keeps that."""
        super().__init__(*args, **kwargs)
        code = self.industry.data
        if code in INDUSTRIES and len(code) != 3:
            self.industry.choices = [*DIVISION_CHOICES, SelectChoice(code, INDUSTRIES[code], optgroup=_("当前"))]

    def typed(self) -> dict[str, Any]:
        return {field.name.split("-")[-1]: field.data or (None if field.type == "SelectField" else
                False if field.type == "BooleanField" else "") for field in self}


class TermsForm(PartForm):
    """Running royalties and equity."""

    percent = StringField(_("提成比例（%）"))
    base = StringField(_("提成基数"))
    years = IntegerField(_("提成年限"), [Optional()])
    cap = WanField(_("提成上限（万元）"))
    shares = StringField(_("入股比例（%）"))
    value = WanField(_("作价金额（万元）"))

    def typed(self) -> dict[str, Any]:
        """As stored: exact numbers as text; what is empty is left out."""
        found = {field.name.split("-")[-1]: field.data for field in self if field.data not in (None, "")}
        return {name: (f"{value:.2f}" if name in MONEY and isinstance(value, Decimal) and _whole(value)
                       else str(value).rstrip("%％").strip() if name in ("percent", "shares")
                       else str(value) if isinstance(value, Decimal) else value) for name, value in found.items()}


class ContractForm(Form):
    version = IntegerField(validators=[Optional()])
    project_name = StringField(_("项目名称"))
    type = SelectField(_("合同类别"), choices=choices(CONTRACT_TYPES), default="")
    field = SelectField(_("技术领域"), choices=choices(FIELDS), default="")
    objective = SelectField(_("社会—经济目标"), choices=choices(GOALS), default="")
    plan_source = SelectField(_("计划来源"), choices=choices(PLAN_SOURCES), default="")
    plan_name = StringField(_("计划项目名称与编号"))
    ip_kind = SelectField(_("知识产权"), choices=[SelectChoice("", _("未涉及")), *choices(IP_KINDS)[1:]], default="")
    content = TextAreaField(_("合同主要内容"))
    signed_on = DateField(_("签订日期"), [Optional()])
    from_on = DateField(_("起始日期"), [Optional()])
    to_on = DateField(_("终止日期"), [Optional()])
    amount = WanField(_("合同金额（万元）"))
    technology_amount = WanField(_("技术交易额（万元）"))
    payment = SelectField(_("支付方式"), choices=choices(PAYMENTS), default="")
    payment_terms = FormField(TermsForm)
    related_party = BooleanField(_("关联交易（双方有控股、同一控制等关系）"))
    seller = FormField(PartyForm)
    buyer = FormField(PartyForm)
    on = DateField(_("变更生效日期"), [Optional()])
    reason = TextAreaField(_("变更原因"))

    @classmethod
    def of(cls, contract: Contract) -> Self:
        """The form as the contract stands."""
        names = [field.name for field in cls(formdata=None) if field.name not in ("csrf_token", "on", "reason")]
        return cls.with_values({name: getattr(contract, name) for name in names})

    @classmethod
    def with_values(cls, values: Mapping[str, Any]) -> Self:
        terms = dict(values.get("payment_terms") or {})
        shown = terms | {name: Decimal(terms[name]) for name in MONEY if terms.get(name)}
        return cls(formdata=None, data=dict(values) | {"payment_terms": shown})

    def typed(self) -> dict[str, Any]:
        """What was typed, as the columns hold it."""
        plain = {name: self[name].data for name in (
            "project_name", "type", "plan_name", "content", "signed_on", "from_on", "to_on", "amount",
            "technology_amount", "related_party")}
        texts = {name: plain[name] or "" for name in ("project_name", "plan_name", "content")}
        parts = {name: self[name].form.typed() for name in ("payment_terms", *SIDES)}
        return plain | texts | {name: self[name].data or None for name in CODED} | parts

    def faults(self) -> dict[str, str]:
        """What cannot even be read: an amount or a day that is none. Field (dotted for parts) → sentence."""
        if self.validate():
            return {}
        found: dict[str, str] = {}
        for name, said in self.errors.items():
            if isinstance(said, dict):
                found |= {f"{name}.{part}": " ".join(map(str, sentences)) for part, sentences in said.items()}
            else:
                found[name] = " ".join(map(str, said))
        return found

    def refused(self, errors: Mapping[str, str]) -> Self:
        """The form with a sentence at each field that cannot be used."""
        for name, sentence in errors.items():
            head, _dot, part = name.partition(".")
            item = self[head].form[part] if part else self[head]
            item.errors = [sentence]
        return self


class StepRow(Row):
    """One step of the payment."""

    milestone = StringField(_("付款条件"))
    due_on = DateField(_("到期日期"), [Optional()])
    amount = WanField(_("金额（万元）"))


class RowsForm(Form):
    """A list of rows of the contract as it was when the page was opened."""

    version = IntegerField(validators=[Optional()])


class ScheduleForm(RowsForm):
    steps = RowsField(_("各期"), StepRow, blank=3)


class CompleterRow(Row):
    """Somebody who shares the completers' part."""

    name = StringField(_("姓名"))
    percent = StringField(_("比例（%）"))


class SharingForm(RowsForm):
    people = RowsField(_("完成人"), CompleterRow, blank=2)


class ReceiptForm(Form):
    on = DateField(_("到款日期"), [Optional()])
    amount = WanField(_("到款金额（万元）"))
    note = StringField(_("说明"))


class StepForm(Form):
    """What a step of a contract asks for."""

    version = IntegerField(validators=[Optional()])
    on = DateField(_("日期"), [Optional()])
    registry_number = StringField(_("合同登记编号"))
    reason = TextAreaField(_("原因"))


def _whole(value: Decimal) -> bool:
    return value == value.quantize(Decimal("0.01"))

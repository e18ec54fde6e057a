"""Signing in and registering, the password, and one's organisation."""

from __future__ import annotations

from flask_babel import lazy_gettext as _
from wtforms.fields import BooleanField, HiddenField, PasswordField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length

from matchmaker.forms.base import Form, choices
from matchmaker.forms.posts import REGION_CHOICES
from matchmaker.services.registering import OPEN_ROLES
from models.vocabulary import ORGANISATION_KINDS

LONG = Length(max=1024, message="密码过长。")
ROLES = [SelectChoice(role.value, _(role.label)) for role in OPEN_ROLES]
EMAIL = (InputRequired("请填写邮箱。"), Length(max=254, message="邮箱过长。"))
AS_EMAIL = {"inputmode": "email", "autocapitalize": "none", "spellcheck": "false"}
"""What a telephone's keyboard is told."""


class SignInForm(Form):
    email = StringField(_("邮箱"), EMAIL, render_kw=AS_EMAIL)
    password = PasswordField(_("密码"), [InputRequired("请填写密码。"), LONG])
    next = HiddenField()


class EmailForm(Form):
    """Somebody asks for a mail."""

    email = StringField(_("邮箱"), EMAIL, render_kw=AS_EMAIL)


class PasswordForm(Form):
    old = PasswordField(_("当前密码"), [InputRequired("请填写当前密码。"), LONG])
    new = PasswordField(_("新密码"), [InputRequired("请填写新密码。"), LONG])


class NewPasswordForm(Form):
    new = PasswordField(_("新密码"), [InputRequired("请填写新密码。"), LONG])


class OwnPasswordForm(Form):
    """Shows that it is really the owner of the account."""

    password = PasswordField(_("当前密码"), [InputRequired("请填写当前密码。"), LONG])


class RegisterForm(Form):
    name = StringField(_("姓名"), [InputRequired("请填写姓名。")])
    role = RadioField(_("身份"), [InputRequired("请选择身份。")], choices=ROLES, validate_choice=False)
    password = PasswordField(_("密码"), [InputRequired("请填写密码。"), LONG])
    consent = BooleanField(_("我已阅读并同意隐私政策"), [InputRequired("请阅读隐私政策；同意后才能注册。")])


class ConsentForm(Form):
    consent = BooleanField(
        _("我已阅读并同意隐私政策"), [InputRequired("同意后才能继续使用；不同意可导出数据或注销账号。")])
    next = HiddenField()


class OrganisationForm(Form):
    name = StringField(_("单位全称"))
    kind = SelectField(_("单位性质"), choices=choices(ORGANISATION_KINDS), default="", validate_choice=False)
    credit_code = StringField(_("统一社会信用代码"))
    region = SelectField(_("所在地区"), choices=REGION_CHOICES, default="", validate_choice=False)
    address = StringField(_("地址"))
    website = StringField(_("网址"))
    certain = BooleanField(_("我已核对，与以上单位不是同一单位"))

    def values(self) -> dict[str, str]:
        """What was typed."""
        return {name: self[name].data or "" for name in ("name", "kind", "credit_code", "region", "address", "website")}


class JoinForm(Form):
    note = TextAreaField(_("说明"))


class WhyForm(Form):
    why = TextAreaField(_("未通过的原因"))

"""Signing in, and the password."""

from __future__ import annotations

from flask_babel import lazy_gettext as _
from wtforms.fields import HiddenField, PasswordField, StringField
from wtforms.validators import InputRequired, Length

from matchmaker.forms.base import Form


class SignInForm(Form):
    email = StringField(_("邮箱"), [InputRequired("请填写邮箱。"), Length(max=254, message="邮箱过长。")])
    password = PasswordField(_("密码"), [InputRequired("请填写密码。"), Length(max=1024, message="密码过长。")])
    next = HiddenField()


class PasswordForm(Form):
    old = PasswordField(_("当前密码"), [InputRequired("请填写当前密码。"), Length(max=1024, message="密码过长。")])
    new = PasswordField(_("新密码"), [InputRequired("请填写新密码。"), Length(max=1024, message="密码过长。")])

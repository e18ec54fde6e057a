"""Forms: what a person may type, and the sentence at the field when it cannot be used.

Forms only read and show; what a post may say is decided by `services.content`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Self

from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    DateField,
    HiddenField,
    IntegerField,
    PasswordField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from matchmaker.services.content import Invalid, check
from models import Post
from models.vocabulary import DISCLOSURE, FIELDS, INDUSTRIES, MODES, REGIONS, SECRECY, STAGES, TRL, Kind, Vocabulary

CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
BETWEEN = re.compile(r"[、,，;；\s]+")
TEN_THOUSAND = Decimal(10_000)
Choices = list[SelectChoice]


class Form(FlaskForm):  # type: ignore[misc]
    class Meta:
        locales = ("zh",)

        def bind_field(self, form: Any, field: Any, options: dict[str, Any]) -> Any:
            clean = [] if issubclass(field.field_class, PasswordField) else [_clean]
            return field.bind(form=form, **(options | {"filters": [*options.get("filters", ()), *clean]}))


class SignInForm(Form):
    email = StringField("邮箱", [InputRequired("请填写邮箱。"), Length(max=254, message="邮箱过长。")])
    password = PasswordField("密码", [InputRequired("请填写密码。"), Length(max=1024, message="密码过长。")])
    next = HiddenField()


class PasswordForm(Form):
    old = PasswordField("当前密码", [InputRequired("请填写当前密码。"), Length(max=1024, message="密码过长。")])
    new = PasswordField("新密码", [InputRequired("请填写新密码。"), Length(max=1024, message="密码过长。")])


class WordsField(StringField):  # type: ignore[misc]
    """Several words in one line."""

    def _value(self) -> str:
        return self.data if isinstance(self.data, str) else "、".join(self.data or [])

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = [word for word in BETWEEN.split(_clean(valuelist[0])) if word] if valuelist else []


class PeopleField(WordsField):
    """Several persons in one line; the first is the contact."""

    def process_data(self, value: Any) -> None:
        self.data = [row.get("name", "") for row in value or []]


class WanField(StringField):  # type: ignore[misc]
    """An amount typed in 万元, kept in yuan."""

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return f"{(self.data / TEN_THOUSAND).normalize():f}" if self.data is not None else ""

    def process_formdata(self, valuelist: list[str]) -> None:
        typed = valuelist[0].replace(",", "").replace("，", "").strip() if valuelist else ""
        self.data = _amount(typed) * TEN_THOUSAND if typed else None


class TicksField(SelectMultipleField):  # type: ignore[misc]
    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


def _clean(value: Any) -> Any:
    """Text without control characters (no database stores them all) and without spaces around it."""
    return CONTROL.sub("", value).replace("\r\n", "\n").strip() if isinstance(value, str) else value


def _written(field: Any) -> Any:
    """What a field holds; a text that the page did not send is empty, an amount is none."""
    plain = isinstance(field, StringField) and not isinstance(field, WanField)
    return "" if field.data is None and plain else field.data


def _amount(typed: str) -> Decimal:
    try:
        amount = Decimal(typed)
    except InvalidOperation:
        raise ValueError("请填写数字，例如 50 或 12.5。") from None
    if not amount.is_finite() or amount.copy_abs() > 10**12:
        raise ValueError("请填写 0 以上、10 亿万元以内的金额。")
    return amount


def _choices(vocabulary: Vocabulary) -> Choices:
    return [NOTHING, *(SelectChoice(code, text) for code, text in vocabulary.items())]


def _grouped(vocabulary: Vocabulary, head: Callable[[str], str], wanted: Callable[[str], bool]) -> Choices:
    """The wanted codes, each under the label of the code that `head` makes of it."""
    return [NOTHING, *(SelectChoice(code, text, optgroup=vocabulary.label(head(code)))
                       for code, text in vocabulary.items() if wanted(code))]


NOTHING = SelectChoice("", "请选择")
REGION_CHOICES = _grouped(REGIONS, lambda code: f"{code[:2]}0000", lambda _: True)
DIVISION_CHOICES = _grouped(INDUSTRIES, lambda code: code[:1], lambda code: len(code) == 3)
TRL_CHOICES = [NOTHING, *(SelectChoice(code, f"{code} 级　{text}") for code, text in TRL.items())]


class PostForm(Form):
    """What every kind that is written by hand has in common."""

    kind: Kind
    version = IntegerField(validators=[Optional()])
    title = StringField("名称")
    keywords = WordsField("关键词")
    brief = TextAreaField("公开简介")
    field = SelectField("技术领域", choices=_choices(FIELDS), default="")
    industry = SelectField("所属行业", choices=DIVISION_CHOICES, validate_choice=False, default="")
    region = SelectField("所在地区", choices=REGION_CHOICES, default="")
    trl = SelectField("技术成熟度", choices=TRL_CHOICES, default="")
    modes = TicksField("合作方式", choices=_choices(MODES)[1:], validate_choice=False)
    disclosure = SelectField("公开范围", choices=_choices(DISCLOSURE)[1:], default="open")
    hide_organisation = BooleanField("对外隐藏单位名称")
    contact_name = StringField("联系人")
    contact_phone = StringField("联系电话")
    contact_email = StringField("联系邮箱")
    valid_until = DateField("有效期至", [Optional()])
    annex = TextAreaField("保密附件")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Divisions are offered; a post that names its industry more closely keeps that."""
        super().__init__(*args, **kwargs)
        code = self.industry.data
        if code in INDUSTRIES and len(code) != 3:
            self.industry.choices = [*DIVISION_CHOICES, SelectChoice(code, INDUSTRIES[code], optgroup="当前")]

    @classmethod
    def of(cls, post: Post) -> Self:
        """The form as the post stands."""
        form = cls(obj=post, formdata=None)
        form.trl.data = str(post.trl or "")
        return form

    def values(self) -> dict[str, Any]:
        """What was typed, as the post's columns hold it. Raises Invalid, naming everything that is wrong at once."""
        errors = {} if self.validate() else {name: " ".join(said) for name, said in self.errors.items()}
        typed = self.typed()
        try:
            check(self.kind, {name: value for name, value in typed.items() if name not in errors})
        except Invalid as invalid:
            errors = invalid.errors | errors
        if errors:
            raise Invalid(errors)
        return typed

    def typed(self) -> dict[str, Any]:
        """The content of every field; where nothing is chosen, none."""
        found = {field.name: _written(field) for field in self if field.name not in ("csrf_token", "version")}
        chosen = ("field", "industry", "region", "contact_name", "contact_phone", "contact_email")
        level = found["trl"] if found["trl"] in TRL else None
        return found | {name: found[name] or None for name in chosen} | {"trl": int(level) if level else None}

    def refused(self, errors: Mapping[str, str]) -> Self:
        """The form with a sentence at each field that cannot be used."""
        for name, sentence in errors.items():
            self[name].errors = [sentence]
        return self


class NeedForm(PostForm):
    kind = Kind.NEED
    main_problem = TextAreaField("主要问题")
    key_technique = TextAreaField("技术关键与主要指标")
    expected_goal = TextAreaField("预期目标")
    tried = TextAreaField("已尝试的办法")
    budget = WanField("预算（万元）")
    from_year = IntegerField("起始年份", [Optional()])
    to_year = IntegerField("截止年份", [Optional()])
    wanted_partner = StringField("期望的合作方")


class AchievementForm(PostForm):
    kind = Kind.ACHIEVEMENT
    description = TextAreaField("成果介绍")
    completers = PeopleField("完成人")
    stage = SelectField("所处阶段", choices=_choices(STAGES), default="")
    secrecy = SelectField("密级", choices=_choices(SECRECY)[1:], default="public")
    price = WanField("期望价格（万元）")
    price_negotiable = BooleanField("价格面议", default=True)
    months_to_deliver = IntegerField("交付周期（月）", [Optional()])
    cases = TextAreaField("应用案例")

    def typed(self) -> dict[str, Any]:
        found = super().typed()
        people = [{"name": name} for name in found["completers"] or []]
        return found | {"stage": found["stage"] or None, "completers": people}


def form_for(kind: Kind) -> type[PostForm]:
    """The form of a kind that can be written by hand."""
    return {Kind.NEED: NeedForm, Kind.ACHIEVEMENT: AchievementForm}[kind]

"""What every kind of post asks for, and the form of a need.

Forms only read and show; what a post may say is decided by `services.content`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Self

from flask_babel import lazy_gettext as _
from werkzeug.datastructures import MultiDict
from wtforms.fields import (
    BooleanField,
    DateField,
    HiddenField,
    IntegerField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Optional

from matchmaker.forms.base import CONTROL, NOTHING, Form, choices, grouped
from matchmaker.forms.fields import IndicatorsField, RowsField, TicksField, WanField, WordsField, written
from matchmaker.services.content import ELEMENTS, Invalid, check
from models import Post
from models.vocabulary import ACTIVITIES, CLARITY, DISCLOSURE, FIELDS, INDUSTRIES, MODES, REGIONS, TRL, Kind

REGION_CHOICES = grouped(REGIONS, lambda code: f"{code[:2]}0000", lambda _code: True)
PROVINCES = [SelectChoice(code, text) for code, text in REGIONS.items() if code.endswith("0000")]
DIVISION_CHOICES = grouped(INDUSTRIES, lambda code: code[:1], lambda code: len(code) == 3)
TRL_CHOICES = [NOTHING, *(SelectChoice(code, f"{code} 级　{text}") for code, text in TRL.items())]
NOT_CONTENT = frozenset({"csrf_token", "version", "page", "base"})
"""Fields that are no part of what the post says."""
LONGEST_NAME = 100


class PostForm(Form):
    """What every kind that is written by hand has in common. `typed()` gives the post's columns.

    `page` names the opened page, `base` the save of the draft that it was opened with (see `services.drafts`).
    """

    kind: ClassVar[Kind]
    chosen: ClassVar[tuple[str, ...]] = ("field", "industry", "region", "contact_name", "contact_phone",
                                         "contact_email")
    """Fields in which nothing chosen or typed is stored as none."""
    levels: ClassVar[tuple[str, ...]] = ("trl",)
    """Fields that choose a level of maturity, stored as a number."""
    version = IntegerField(validators=[Optional()])
    page = HiddenField()
    base = IntegerField(validators=[Optional()], default=0)
    title = StringField(_("名称"))
    keywords = WordsField(_("关键词"))
    brief = TextAreaField(_("公开简介"))
    field = SelectField(_("技术领域"), choices=choices(FIELDS), default="")
    industry = SelectField(_("所属行业"), choices=DIVISION_CHOICES, validate_choice=False, default="")
    region = SelectField(_("所在地区"), choices=REGION_CHOICES, default="")
    trl = SelectField(_("技术成熟度"), choices=TRL_CHOICES, default="")
    modes = TicksField(_("合作方式"), choices=choices(MODES)[1:], validate_choice=False)
    disclosure = SelectField(_("公开范围"), choices=choices(DISCLOSURE)[1:], default="open")
    hide_organisation = BooleanField(_("对外隐藏单位名称"))
    organisation_name = StringField(_("所属单位"))
    contact_name = StringField(_("联系人"))
    contact_phone = StringField(_("联系电话"))
    contact_email = StringField(_("联系邮箱"))
    valid_until = DateField(_("有效期至"), [Optional()])
    annex = TextAreaField(_("保密附件"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Divisions are offered; a post that names its industry more closely keeps that."""
        super().__init__(*args, **kwargs)
        code = self.industry.data
        if code in INDUSTRIES and len(code) != 3:
            self.industry.choices = [*DIVISION_CHOICES, SelectChoice(code, INDUSTRIES[code], optgroup="当前")]

    @classmethod
    def of(cls, post: Post) -> Self:
        """The form as the post stands."""
        form = cls(obj=post, formdata=None, **cls.prefilled(post))
        form.organisation_name.data = post.organisation.name if post.organisation else ""
        for name in cls.levels:
            form[name].data = str(getattr(post, name) or "")
        return form

    @classmethod
    def prefilled(cls, _post: Post) -> dict[str, Any]:
        """Contents of fields that are no columns of the post."""
        return {}

    @classmethod
    def again(cls, raw: Mapping[str, list[str]]) -> Self:
        """The form as it was typed, be it right or wrong; what is wrong is said at its field."""
        form = cls(formdata=MultiDict([(name, value) for name, values in raw.items() for value in values]))
        wrong = {name: said for name, said in form.faults().items()
                 if name != "csrf_token" and (form[name].data or any(form[name].raw_data or ()))}
        for field in form:
            field.errors = []
        return form.refused(wrong)

    @classmethod
    def kept(cls, sent: MultiDict[str, str]) -> dict[str, list[str]]:
        """What was sent to fields of this form, as it was typed but for control characters; `again` takes it."""
        fields = list(cls(formdata=None))
        names = {field.name for field in fields} - NOT_CONTENT
        rows = tuple(f"{field.name}-" for field in fields if isinstance(field, RowsField))
        return {name: [CONTROL.sub("", value) for value in values] for name, values in sent.lists()
                if name in names or (name.startswith(rows) and len(name) <= LONGEST_NAME)}

    def raw(self) -> dict[str, list[str]]:
        """The form's contents as a browser would send them; `again` takes it."""
        fields = (part for field in self if field.name not in NOT_CONTENT for part in _inputs(field))
        return {field.name: sent for field in fields if (sent := _sent(field))}

    def blank(self) -> bool:
        """Whether nothing is told yet: no title, no text, no row."""
        telling = (field for field in self if isinstance(field, TextAreaField | RowsField) or field.name == "title")
        return not any(field.data for field in telling)

    def values(self) -> dict[str, Any]:
        """What was typed, as the post's columns hold it. Raises Invalid, naming everything that is wrong at once."""
        if errors := self.faults():
            raise Invalid(errors)
        return self.typed()

    def faults(self) -> dict[str, str]:
        """The sentence for each field that cannot be used."""
        errors = {} if self.validate() else {name: " ".join(map(str, said)) for name, said in self.errors.items()}
        typed = self.typed()
        try:
            check(self.kind, {name: value for name, value in typed.items() if name not in errors})
        except Invalid as invalid:
            errors = invalid.errors | errors
        return errors

    def typed(self) -> dict[str, Any]:
        """The content of every field as the post's columns hold it; where nothing is chosen, none."""
        found = {field.name: written(field) for field in self if field.name not in NOT_CONTENT}
        found |= {name: found[name] or None for name in self.chosen if name in found}
        return found | {name: int(found[name]) if found[name] in TRL else None for name in self.levels if name in found}

    def refused(self, errors: Mapping[str, str]) -> Self:
        """The form with a sentence at each field that cannot be used."""
        for name, sentence in errors.items():
            self[self.place_of(name)].errors = [sentence]
        return self

    def place_of(self, name: str) -> str:
        """The field at which a sentence about the column `name` stands."""
        return name


def _inputs(field: Any) -> Iterator[Any]:
    """The field, or of rows every part of every row."""
    if isinstance(field, RowsField):
        yield from (part for entry in field.entries if not entry.form.empty() for part in entry.form)
    else:
        yield field


def _sent(field: Any) -> list[str]:
    if isinstance(field, BooleanField):
        return ["y"] if field.data else []
    if isinstance(field, SelectField):
        values = field.data if isinstance(field.data, list) else [field.data]
        return [str(value) for value in values if value not in (None, "")]
    return [words] if (words := str(field._value())) else []


class ElementsMixin:
    """The five elements (五要素) as five lines of words, stored in one column."""

    materials = WordsField(_("材料"))
    methods = WordsField(_("方法"))
    efficacy = WordsField(_("功效"))
    products = WordsField(_("产品"))
    applications = WordsField(_("应用"))

    @classmethod
    def prefilled(cls, post: Post) -> dict[str, Any]:
        return {name: list((post.elements or {}).get(name) or []) for name in ELEMENTS}

    def typed(self) -> dict[str, Any]:
        found: dict[str, Any] = super().typed()  # type: ignore[misc]
        return found | {"elements": {name: words for name in ELEMENTS if (words := found.pop(name))}}

    def place_of(self, name: str) -> str:
        return "materials" if name == "elements" else name


class NeedForm(ElementsMixin, PostForm):
    kind = Kind.NEED
    chosen = (*PostForm.chosen, "activity", "clarity", "chain_node")
    main_problem = TextAreaField(_("主要问题"))
    key_technique = TextAreaField(_("技术关键与主要指标"))
    expected_goal = TextAreaField(_("预期目标"))
    tried = TextAreaField(_("已尝试的办法"))
    indicators = IndicatorsField(_("量化指标"))
    budget = WanField(_("预算（万元）"))
    from_year = IntegerField(_("起始年份"), [Optional()])
    to_year = IntegerField(_("截止年份"), [Optional()])
    wanted_partner = StringField(_("期望的合作方"))
    regions_accepted = TicksField(_("接受的地区"), choices=PROVINCES, validate_choice=False)
    activity = SelectField(_("科技活动类型"), choices=choices(ACTIVITIES), default="")
    clarity = SelectField(_("需求类型"), choices=choices(CLARITY), default="")
    chain_node = StringField(_("产业链环节"))

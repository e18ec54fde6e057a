"""In which steps a form is filled in: a table per kind, shown by `templates/posts/form.html`."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from itertools import groupby
from typing import Any, NamedTuple

from flask_babel import lazy_gettext as _

from matchmaker.forms.posts import PostForm

Words = Any
"""A text, or one that is put into the viewer's language when it is shown."""


@dataclass(frozen=True)
class Ask:
    """One question: the form's field `name`. Short ones stand `beside` each other; `template` draws one of its own
    kind and finds the field as `item`, this row as `ask`; `others` are fields that it draws along;
    a reviewer speaks of them `together` by that name."""

    name: str
    hint: Words = ""
    rows: int = 0
    beside: bool = False
    autocomplete: str = ""
    template: str = ""
    others: tuple[str, ...] = ()
    together: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        return self.name, *self.others

    @property
    def remarked(self) -> str:
        return self.together or self.name


@dataclass(frozen=True)
class Step:
    """One page of a form. `template` is shown below its questions."""

    name: str
    title: Words
    asks: tuple[Ask, ...]
    intro: Words = ""
    template: str = ""

    @property
    def runs(self) -> list[tuple[bool, list[Ask]]]:
        """The questions in their order, those that stand beside each other together."""
        return [(beside, list(asks)) for beside, asks in groupby(self.asks, lambda ask: ask.beside)]


class Standing(NamedTuple):
    """How far a step is: `left` required fields are empty, `wrong` fields cannot be used."""

    step: Step
    left: int
    wrong: int

    @property
    def done(self) -> bool:
        return not self.left and not self.wrong


def standing(steps: tuple[Step, ...], form: PostForm, required: Collection[str]) -> list[Standing]:
    """How far each step of the form is."""
    found = []
    for step in steps:
        names = [name for ask in step.asks for name in ask.names if name in form]
        left = sum(form[name].data in (None, "", []) for name in names if name in required)
        found.append(Standing(step, left, sum(bool(form[name].errors) for name in names)))
    return found


def share(found: list[Standing], required: Collection[str]) -> int:
    """Of the required fields, how many per cent are filled in."""
    left = sum(one.left for one in found)
    return 100 if not required else round(100 * (len(required) - left) / len(required))


def current(found: list[Standing], asked: str, seek: bool = True, remarked: Collection[str] = ()) -> str:
    """The step that is shown: when sought, the first with something wrong; else the one asked for, else the first
    with a remarked field, else the first."""
    wrong = next((one.step.name for one in found if one.wrong), "") if seek else ""
    names = [one.step.name for one in found]
    told = (one.step.name for one in found if any(ask.remarked in remarked for ask in one.step.asks))
    return wrong or (asked if asked in names else next(told, names[0]))


ASK_ELEMENTS = Ask("materials", template="posts/form_elements.html",
                   others=("methods", "efficacy", "products", "applications"), together="elements")
ASK_ORGANISATION = Ask("organisation_name", template="posts/form_organisation.html")
NEED_STEPS = (
    Step("problem", _("问题"), (
        Ask("title", _("最多 100 字，写明对象和要解决的问题。")),
        Ask("main_problem", _("现场是什么情况、造成什么损失。最多 500 字。"), rows=5),
        Ask("tried", _("试过哪些办法、问过哪些单位，可避免重复推荐。最多 1000 字。"), rows=3),
    ), _("先说清楚遇到了什么问题，像对同行讲一样即可。")),
    Step("target", _("目标与指标"), (
        Ask("key_technique", _("卡在哪一步，要达到什么指标，如：抗拉强度不低于 800 MPa（室温）。最多 500 字。"),
            rows=5),
        Ask("indicators", _("文字中的指标会自动识别，请核对。"), template="posts/form_indicators.html"),
        Ask("expected_goal", _("做到什么程度算成功。最多 500 字。"), rows=4),
    ), _("有数值的需求最容易得到回应。")),
    Step("about", _("领域与要素"), (
        Ask("keywords", _("1–5 个，用顿号、逗号或空格分开。")),
        Ask("field", beside=True), Ask("industry", beside=True), Ask("region", beside=True),
        Ask("chain_node", _("例如：上游材料、关键部件、整机装配。"), beside=True),
        Ask("clarity", beside=True), Ask("activity", beside=True),
        ASK_ELEMENTS,
    ), _("这些内容决定谁会被推荐给您。")),
    Step("terms", _("条件"), (
        Ask("budget", _("总额；不填表示面议。"), beside=True),
        Ask("from_year", beside=True), Ask("to_year", beside=True),
        Ask("trl", _("希望对方至少达到的级别；不填表示不限。"), beside=True),
        Ask("valid_until", _("到期后不再推荐，可以随时延长。"), beside=True),
        Ask("modes"),
        Ask("wanted_partner", _("例如：省内高校，有中试条件。")),
        Ask("regions_accepted", _("不选表示不限。"), template="posts/form_folded.html"),
    ), _("写明预算和期限，对方才能判断能不能做。")),
    Step("open", _("公开与附件"), (
        Ask("disclosure", template="posts/form_disclosure.html"),
        Ask("brief", _("任何人可见，最多 500 字。不写企业名称、配方和客户。"), rows=3),
        Ask("hide_organisation", _("他人看到的是“某单位（已隐藏）”，中心工作人员仍可见。")),
        Ask("annex", _("不公开、不参与检索，仅本单位与中心工作人员可见；双方签署保密协议后对方可见。"), rows=3),
    ), _("决定谁能看到什么。"), template="posts/form_files.html"),
    Step("contact", _("联系人与提交"), (
        ASK_ORGANISATION,
        Ask("contact_name", beside=True, autocomplete="name"), Ask("contact_phone", beside=True, autocomplete="tel"),
        Ask("contact_email", beside=True, autocomplete="email"),
    ), _("联系方式不公开，由中心工作人员转达。"), template="posts/form_submit.html"),
)

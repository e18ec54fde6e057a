"""The steps of the forms of what may answer a need."""

from __future__ import annotations

from flask_babel import lazy_gettext as _

from matchmaker.forms.steps import ASK_ELEMENTS, Ask, Step

ACHIEVEMENT_STEPS = (
    Step("what", _("是什么"), (
        Ask("title", _("最多 100 字，写明对象和效果。")),
        Ask("brief", _("任何人可见，最多 140 字。"), rows=3),
        Ask("keywords", _("1–5 个，用顿号、逗号或空格分开。")),
        Ask("field", beside=True), Ask("industry", beside=True), Ask("region", beside=True),
    )),
    Step("content", _("内容"), (
        Ask("description", _("原理、效果、与现有做法相比的优势，尽量给出实测数值。"), rows=8),
        Ask("indicators", _("填写实测值。"), template="posts/form_indicators.html"),
        Ask("cases", _("在哪里用过、效果如何。"), rows=3),
        Ask("completers", _("用顿号分开，第一位为联系人。")),
        ASK_ELEMENTS,
    )),
    Step("terms", _("条件"), (
        Ask("price", beside=True), Ask("months_to_deliver", beside=True), Ask("stage", beside=True),
        Ask("secrecy", beside=True), Ask("trl", beside=True), Ask("valid_until", beside=True),
        Ask("price_negotiable"), Ask("modes"),
    )),
    Step("contact", _("公开与联系"), (
        Ask("disclosure", template="posts/form_disclosure.html"), Ask("hide_organisation"),
        Ask("contact_name", beside=True, autocomplete="name"), Ask("contact_phone", beside=True, autocomplete="tel"),
        Ask("contact_email", beside=True, autocomplete="email"),
        Ask("annex", _("不公开、不参与检索，仅本单位与中心工作人员可见。"), rows=3),
    ), template="posts/form_submit.html"),
)

"""The steps of the forms of what may answer a need."""

from __future__ import annotations

from flask_babel import lazy_gettext as _

from matchmaker.forms.steps import ASK_ELEMENTS, ASK_ORGANISATION, Ask, Step

ASK_CONTACT = (
    ASK_ORGANISATION,
    Ask("contact_name", beside=True, autocomplete="name"), Ask("contact_phone", beside=True, autocomplete="tel"),
    Ask("contact_email", beside=True, autocomplete="email"),
    Ask("contact_public", _("勾选的任何人可见；未勾选的由中心工作人员转达，对接后对方可见。")),
)
ACHIEVEMENT_STEPS = (
    Step("what", _("是什么"), (
        Ask("title", _("最多 100 字，写明对象和效果。")),
        Ask("brief", _("任何人可见，最多 140 字：解决什么问题、好在哪里。"), rows=3),
        Ask("keywords", _("1–5 个，用顿号、逗号或空格分开。")),
        Ask("field", beside=True), Ask("industry", beside=True), Ask("region", beside=True),
    ), _("用企业听得懂的话写，企业的需求才找得到您。")),
    Step("content", _("内容与指标"), (
        Ask("description", _("原理、效果、与现有做法相比的优势，尽量给出实测数值。"), rows=8),
        Ask("indicators", _("填写实测值与测试条件，例如：翘曲量 ≤ 0.2 mm（23℃）。"),
            template="posts/form_indicators.html"),
        Ask("cases", _("在哪里用过、效果如何。"), rows=3),
        ASK_ELEMENTS,
    ), _("有实测指标的成果最容易匹配上。")),
    Step("maturity", _("成熟度与评价"), (
        Ask("trl", template="pool/form_trl.html"),
        Ask("stage", beside=True), Ask("application_state", beside=True), Ask("level", beside=True),
        Ask("category", beside=True), Ask("attribute", beside=True), Ask("form", beside=True),
        Ask("evaluation", beside=True),
        Ask("registration_number", _("12 位，例如 9992026Y0042；没有登记的可不填。"), beside=True),
        Ask("discipline", beside=True),
        Ask("research_from", beside=True), Ask("research_to", beside=True),
        Ask("funding", _("例如：国家重点研发计划、企业委托。"), beside=True),
    ), _("成熟度决定适合转让还是合作开发。")),
    Step("people", _("完成人与知识产权"), (
        Ask("completers", _("第一位为联系人。输入姓名会查找专家库，选中即关联到其专家档案。"),
            template="pool/form_completers.html"),
        Ask("ip", _("每项一行；没有编号的专有技术可不填编号。")),
    )),
    Step("terms", _("转化条件"), (
        Ask("modes"), Ask("price", _("不填并勾选“面议”表示面议。"), beside=True),
        Ask("months_to_deliver", _("从签约到交付。"), beside=True),
        Ask("valid_until", _("到期前会发邮件请您确认，一键延长。"), beside=True), Ask("secrecy", beside=True),
        Ask("price_negotiable"),
    )),
    Step("contact", _("公开与联系"), (
        Ask("disclosure", template="posts/form_disclosure.html"),
        Ask("hide_organisation", _("同时隐藏完成人、登记号和知识产权编号。")),
        *ASK_CONTACT,
        Ask("annex", _("不公开、不参与检索，仅本单位与中心工作人员可见；双方签署保密协议后对方可见。"), rows=3),
    ), template="posts/form_submit.html"),
)
EXPERT_STEPS = (
    Step("who", _("是谁"), (
        Ask("title", autocomplete="name", beside=True), Ask("name_en", beside=True),
        Ask("department", beside=True), Ask("job_title", beside=True), Ask("region", beside=True),
        Ask("orcid", _("16 位，例如 0000-0002-1825-0097。"), beside=True),
        Ask("homepage", _("以 https:// 开头。"), beside=True),
        Ask("brief", _("任何人可见，最多 1000 字：研究什么、帮企业解决过什么问题。"), rows=6),
    )),
    Step("skills", _("专长与服务"), (
        Ask("research_fields", _("每行一个方向，例如：高分子成型加工。"), rows=4),
        Ask("keywords", _("1–5 个，用顿号、逗号或空格分开。")),
        Ask("field", beside=True), Ask("industry", beside=True),
        Ask("days_per_year", _("愿意为企业服务的天数。"), beside=True),
        Ask("offers"), Ask("regions_served", _("不选表示不限。"), template="posts/form_folded.html"),
    ), _("企业按研究方向和可提供的服务找到您。")),
    Step("record", _("经历"), (
        Ask("projects", _("与企业合作过的项目，每行一项；写明领域和年份。")),
        Ask("patents", _("每行一项。"), rows=4), Ask("awards", _("每行一项。"), rows=3),
    )),
    Step("contact", _("联系与同意"), (
        *ASK_CONTACT, Ask("consent", template="pool/form_consent.html", others=("consented_on",)),
    ), _("档案每年请您确认一次，点开邮件里的链接按一次即可；两年未确认的自动冻结。"),
        template="posts/form_submit.html"),
)
FACILITY_STEPS = (
    Step("what", _("是什么"), (
        Ask("title", _("例如：示例大学高分子成型中试平台。")),
        Ask("facility_kind", beside=True), Ask("field", beside=True), Ask("industry", beside=True),
        Ask("region", beside=True),
        Ask("brief", _("任何人可见，最多 500 字。"), rows=3),
        Ask("keywords", _("1–5 个，用顿号、逗号或空格分开。")),
    )),
    Step("services", _("能力与服务"), (
        Ask("capacity", _("主要设备、规模、可用机时，尽量写明型号和参数。"), rows=5),
        Ask("services", _("能做什么：检测、试制、中试、委托加工等。"), rows=5),
        Ask("trl_low", beside=True), Ask("trl_high", beside=True),
        Ask("price_note", _("例如：200 元/机时，校企合作另议。"), rows=3), Ask("modes"),
        Ask("valid_until", _("到期前会发邮件请您确认，一键延长。")),
    ), _("成熟度范围用于在成果与需求之间搭桥。")),
    Step("contact", _("联系人与提交"), ASK_CONTACT, template="posts/form_submit.html"),
)

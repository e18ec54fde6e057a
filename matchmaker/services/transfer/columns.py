"""What a list of each kind may hold: one table of fields, with the headers under which they are recognised."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from matchmaker.services.transfer.naming import (
    CONTACT_PARTS,
    FIELD_ALIASES,
    MODE_ALIASES,
    ORGANISATION,
    REGION,
    REGIONS_LIST,
    STAGE_ALIASES,
)
from matchmaker.services.transfer.rows import INDICATORS, PEOPLE, PROJECTS, RIGHTS
from matchmaker.services.transfer.values import (
    MONEY,
    TRL_LEVEL,
    WORDS,
    Type,
    code,
    codes,
    date,
    flag,
    pattern,
    text,
    whole,
)
from models import vocabulary as lists
from models.vocabulary import Kind


@dataclass(frozen=True)
class Field:
    """One thing a row may say. `name` is the post's column, or `elements.X`, or organisation, or number."""

    name: str
    label: str
    type: Type
    synonyms: tuple[str, ...] = ()
    hint: str = ""
    required: bool = False


def _field(name: str, label: str, kind: Type, synonyms: str = "", hint: str = "", required: bool = False) -> Field:
    return Field(name, label, kind, tuple(synonyms.split()), hint, required)


LINK = pattern(r"(?i:https?)://\S+", "不是网址，请以 http:// 或 https:// 开头", 2000)
MAIL = pattern(r"[^@\s]+@[^@\s]+\.[^@\s]+", "不是邮箱地址", 254)
NAME, LINE = text(500), text(500, None)
LONG, LONG_OR_NONE = text(), text(empty=None)
LIST = "多项用；隔开"
TITLES = {
    Kind.NEED: ("需求名称", "标题 名称 题目 需求标题 技术需求名称 技术需求 项目名称 难题名称 title name need"),
    Kind.ACHIEVEMENT: ("成果名称",
           "标题 名称 题目 成果标题 科技成果名称 技术名称 项目名称 论文题目 title name achievement"),
    Kind.EXPERT: ("姓名", "专家姓名 名称 专家 name title expert 中文姓名"),
    Kind.FACILITY: ("名称", "平台名称 设备名称 仪器名称 实验室名称 基地名称 标题 设施名称 name title facility"),
}
ORGANISATIONS = {
    Kind.NEED: "企业名称 企业 公司名称 公司 需求单位 需求方 提出单位 company author_enterprises",
    Kind.ACHIEVEMENT: "完成单位 第一完成单位 成果单位 持有单位 所有单位 高校 研究机构 orgs metadata.orgs",
    Kind.EXPERT: "工作单位 所在单位 任职单位 学校 高校 affiliation",
    Kind.FACILITY: "所属单位 依托单位 管理单位 建设单位",
}


def _common(kind: Kind) -> tuple[Field, ...]:
    title, words = TITLES[kind]
    return (
        _field("title", title, NAME, words, "不超过 100 字", True),
        _field("organisation", "单位", ORGANISATION,
               f"单位名称 机构 机构名称 organisation organization org {ORGANISATIONS[kind]}", "全称"),
        _field("keywords", "关键词", WORDS,
               "关键字 标签 keywords keyword tags metadata.keywords", f"1 到 5 个，{LIST}"),
        _field("brief", "简介", LONG,
               "公开简介 摘要 概述 成果简介 个人简介 简要介绍 内容简介 brief summary abstract", "公开可见"),
        _field("field", "技术领域", code(lists.FIELDS, FIELD_ALIASES),
               "领域 所属领域 技术领域分类 field area metadata.area"),
        _field("industry", "行业", code(lists.INDUSTRIES),
               "所属行业 应用行业 国民经济行业 industry", "GB/T 4754 名称或代码"),
        _field("region", "地区", REGION, "所在地 所在地区 区域 城市 所属地区 region city", "GB/T 2260 名称或代码"),
        _field("modes", "合作方式", codes(lists.MODES, MODE_ALIASES),
               "转让方式 合作模式 拟合作方式 转化方式 交易方式 modes mode cooperation", LIST),
    )


def _closing() -> tuple[Field, ...]:
    elements = (("materials", "要素材料"), ("methods", "要素方法"), ("efficacy", "要素功效"), ("products", "要素产品"),
                ("applications", "要素应用"))
    return (
        *(_field(f"elements.{name}", label, WORDS, name, f"短语，{LIST}") for name, label in elements),
        _field("secrecy", "密级", code(lists.SECRECY, empty="public"), "保密级别 secrecy", "只能导入公开内容"),
        _field("disclosure", "公开范围", code(lists.DISCLOSURE, {"全文": "open", "简介": "staged"}, "open"),
               "披露范围 disclosure"),
        _field("hide_organisation", "隐藏单位名称", flag(), "匿名 hideorganisation", "是或否"),
        _field("contact_name", "联系人", LINE, "联系人姓名 contact contactname contactperson"),
        _field("contact_phone", "联系电话", text(50, None), "电话 手机 手机号 联系方式 phone tel mobile"),
        _field("contact_email", "联系邮箱", MAIL, "邮箱 电子邮箱 电子邮件 email mail"),
        _field("contact_public", "公开的联系方式", codes(CONTACT_PARTS), "contactpublic", "姓名、电话、邮箱"),
        _field("valid_until", "有效期至", date(last=True), "有效期 截止日期 有效期限 validuntil", "2026-12-31"),
        _field("confirmed_on", "确认日期", date(last=False), "最近确认 confirmedon"),
        _field("source_url", "来源网址", LINK, "网址 链接 来源链接 url sourceurl metadata.url"),
        _field("source_note", "来源说明", LINE, "sourcenote"),
        _field("external_id", "外部编号", text(128, None),
               "编号 序列号 需求编号 成果编号 专家编号 设备编号 项目编号 id _id externalid code", "在原清单中的编号"),
        _field("source", "来源清单", text(64, None), "清单名称 清单 source list", "同一清单请始终同名"),
        _field("number", "系统编号", text(40, None), "", "导出时自动填写，新条目留空"),
    )


YEAR = whole(1900, 2200, "年")
OWN: dict[Kind, tuple[Field, ...]] = {
    Kind.NEED: (
        _field("main_problem", "主要问题", LONG,
               "需求描述 问题描述 需求内容 需求详情 技术难题 难题描述 内容 正文 描述 text problem "
               "description", "不超过 500 字"),
        _field("key_technique", "技术关键", LONG,
               "技术关键主要指标 关键技术 技术要求 主要技术指标 keytechnique", "不超过 500 字"),
        _field("expected_goal", "预期目标", LONG, "目标 期望目标 预期效果 goal expectedgoal", "不超过 500 字"),
        _field("tried", "已尝试与已探询", LONG, "已探询单位 已尝试 现有基础 已有基础 tried"),
        _field("indicators", "指标", INDICATORS,
               "量化指标 技术指标 指标要求 indicators", "抗拉强度 ≥ 800 MPa（室温）；…"),
        _field("activity", "科技活动类型", code(lists.ACTIVITIES), "活动类型 activity"),
        _field("clarity", "需求类型", code(lists.CLARITY), "需求清晰度 clarity"),
        _field("chain_node", "产业链环节", LINE, "产业链 产业链节点 chainnode"),
        _field("from_year", "开始年份", YEAR, "起始年份 开始时间 起始年 fromyear"),
        _field("to_year", "完成年份", YEAR, "截止年份 完成时限 结束年份 期限 toyear deadline"),
        _field("budget", "预算（万元）", MONEY,
               "预算 投入预算 拟投入资金 拟投入 资金预算 经费预算 经费 计划投入 budget", "数字或面议；区间按上限"),
        _field("wanted_partner", "意向合作单位", LINE, "希望合作单位 拟合作单位 wantedpartner"),
        _field("regions_accepted", "接受地区", REGIONS_LIST, "合作地区 regionsaccepted", f"空为不限，{LIST}"),
        _field("trl", "成熟度要求", TRL_LEVEL, "最低成熟度 成熟度 技术成熟度 技术成熟度要求 trl minimumtrl"),
    ),
    Kind.ACHIEVEMENT: (
        _field("description", "成果描述", LONG,
               "成果介绍 详细介绍 技术介绍 成果内容 技术内容 内容 正文 描述 详细描述 text description body"),
        _field("indicators", "指标", INDICATORS,
               "技术指标 量化指标 主要指标 性能指标 主要技术指标 indicators", "抗拉强度 ≥ 800 MPa（室温）；…"),
        _field("trl", "成熟度", TRL_LEVEL, "技术成熟度 成熟程度 trl maturity"),
        _field("stage", "所处阶段", code(lists.STAGES, STAGE_ALIASES), "阶段 成果阶段 研发阶段 stage"),
        _field("registration_number", "成果登记号", text(12, None), "登记号 登记编号 registrationnumber"),
        _field("completers", "完成人", PEOPLE,
               "主要完成人 发明人 负责人 作者 团队成员 completers authors", "张三（单位）；李四"),
        _field("discipline", "学科", code(lists.DISCIPLINES), "学科分类 所属学科 discipline"),
        _field("research_from", "研究起始", date(last=False), "研究开始日期 研究起始日期 起始时间 researchfrom"),
        _field("research_to", "研究截止", date(last=True),
               "研究结束日期 研究终止日期 完成时间 完成日期 完成年份 年份 year metadata.year researchto"),
        _field("funding", "经费来源", LINE, "资金来源 课题来源 funding"),
        _field("level", "成果水平", code(lists.LEVELS), "水平 技术水平 level"),
        _field("application_state", "应用状态", code(lists.APPLICATION_STATES), "应用情况 applicationstate"),
        _field("category", "成果类别", code(lists.CATEGORIES), "类别 category"),
        _field("attribute", "成果属性", code(lists.ATTRIBUTES), "属性 attribute"),
        _field("form", "体现形式", code(lists.FORMS), "成果体现形式 成果形式 form"),
        _field("evaluation", "评价方式", code(lists.EVALUATIONS), "评价 evaluation"),
        _field("ip", "知识产权", RIGHTS, "专利 知识产权情况 专利情况 ip patents", "发明 专利号 已授权 权利人；…"),
        _field("price", "价格（万元）", MONEY,
               "价格 转让价格 期望价格 预期价格 意向价格 报价 price", "数字或面议；区间按上限"),
        _field("price_negotiable", "价格可议", flag(True), "可议价 可面议 pricenegotiable", "是或否"),
        _field("months_to_deliver", "交付周期（月）", whole(0, 1200, "个月"), "交付周期 monthstodeliver"),
        _field("cases", "应用案例", LONG_OR_NONE, "案例 转化案例 cases"),
    ),
    Kind.EXPERT: (
        _field("name_en", "英文名", LINE, "英文姓名 nameen"),
        _field("department", "部门", LINE, "院系 所在部门 学院 department"),
        _field("job_title", "职称", LINE, "职务 职称职务 职务职称 jobtitle"),
        _field("research_fields", "研究方向", WORDS,
               "研究领域 专业方向 擅长领域 专业领域 主要研究方向 researchfields research", LIST),
        _field("offers", "可提供服务", codes(lists.OFFERS), "服务方式 服务内容 可提供的服务 offers", LIST),
        _field("days_per_year", "每年可投入天数", whole(0, 366, "天"), "可投入天数 daysperyear"),
        _field("regions_served", "服务地区", REGIONS_LIST, "regionsserved", f"空为不限，{LIST}"),
        _field("patents", "专利", WORDS, "代表专利 patents", LIST),
        _field("projects", "企业项目", PROJECTS, "项目经历 项目 合作项目 projects", "名称（领域，年份）；…"),
        _field("awards", "获奖", WORDS, "荣誉 奖励 获奖情况 awards", LIST),
        _field("orcid", "ORCID", pattern(r"\d{4}-\d{4}-\d{4}-\d{3}[\dX]", "不是 ORCID，请写成 0000-0000-0000-0000")),
        _field("homepage", "个人主页", LINK, "主页 homepage"),
    ),
    Kind.FACILITY: (
        _field("facility_kind", "类型", code(lists.FACILITY_KINDS), "类别 平台类型 设施类型 种类 facilitykind kind"),
        _field("capacity", "能力与规格", LONG_OR_NONE, "能力 规格 规模 规格型号 capacity"),
        _field("services", "服务内容", LONG, "服务 可提供服务 功能 主要功能 内容 描述 services text description"),
        _field("price_note", "收费说明", LONG_OR_NONE, "收费标准 价格 收费 pricenote"),
        _field("trl_low", "最低成熟度", TRL_LEVEL, "成熟度下限 trllow"),
        _field("trl_high", "最高成熟度", TRL_LEVEL, "成熟度上限 trlhigh"),
    ),
}
FIELDS: dict[Kind, dict[str, Field]] = {
    kind: {field.name: field for field in (*_common(kind), *OWN[kind], *_closing())} for kind in Kind
}
MEND, STATE, UNREAD = "需修改", "状态", "原始行"
IGNORED = frozenset({MEND, STATE, UNREAD, "序号", "State"})
CONTINUED = re.compile(r"(.+)（续(\d+)）")
_UNIT = re.compile(r"[（(\[【].*?[）)\]】]")


def recognise(kind: Kind, columns: Sequence[str]) -> dict[str, str]:
    """Column → field name, for the columns whose header is known; each field once, an exact label first."""
    known: dict[str, str] = {}
    for field in FIELDS[kind].values():
        for word in (field.label, field.name, *field.synonyms):
            known.setdefault(_plain(word), field.name)
    exact = {field.label: field.name for field in FIELDS[kind].values()}
    found: dict[str, str] = {}
    bare = (lambda column: known.get(_plain(column)), lambda column: known.get(_plain(_UNIT.sub("", column))))
    for lookup in (exact.get, *bare):
        for column in columns:
            name = lookup(column)
            if name and column not in found and column not in IGNORED and name not in found.values():
                found[column] = name
    return {column: found[column] for column in columns if column in found}


def unknown(columns: Iterable[str], mapping: dict[str, str]) -> list[str]:
    """The columns that will not be read, in order."""
    return [column for column in columns if column not in mapping and column not in IGNORED]


def _plain(header: str) -> str:
    return re.sub(r"[\s*＊:：、/（）()_\-]", "", header).lower()

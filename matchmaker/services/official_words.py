"""How official forms ask: headings of every field of a need, and how people write what stands under them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from matchmaker.services.transfer.cells import BadCell
from matchmaker.services.transfer.naming import FIELD_ALIASES, MODE_ALIASES, REGION
from matchmaker.services.transfer.values import MONEY, Reading, Type, find
from models.vocabulary import FIELDS, INDUSTRIES, MODES, REGIONS, TRL, Vocabulary

TITLE = "技术需求征集表"
HEADINGS: dict[str, tuple[str, ...]] = {
    "title": ("需求名称", "技术需求名称", "项目名称", "需求项目名称", "需求题目", "需求标题", "难题名称", "名称"),
    "keywords": ("关键词", "关键字", "技术关键词"),
    "field": ("技术领域", "所属技术领域", "所属领域", "需求领域", "领域"),
    "industry": ("所属行业", "行业", "行业类别", "所属产业", "国民经济行业"),
    "region": ("所在地区", "地区", "所属地区", "所在地", "所在市县"),
    "main_problem": ("主要问题", "主要技术问题", "技术难题", "需求描述", "需求背景", "问题描述", "现状与问题",
                     "存在问题", "需求内容", "技术需求内容", "技术需求描述", "技术需求简要描述", "需求简介", "需求说明",
                     "需解决的问题", "需解决的技术问题", "拟解决的问题", "拟解决的技术难题", "难题描述"),
    "key_technique": ("技术关键", "技术关键、主要指标", "技术关键与主要指标", "主要指标", "主要技术指标", "技术指标",
                      "技术要求", "关键技术", "关键技术指标", "考核指标", "技术参数", "指标要求"),
    "expected_goal": ("预期目标", "预期效果", "预期效益", "预期成果", "拟达到的目标", "拟实现的目标", "目标"),
    "tried": ("已探询单位", "已尝试的办法", "前期工作", "已开展的工作", "已有基础", "现有基础", "前期已做工作",
              "工作基础", "前期基础"),
    "budget": ("经费预算", "预算", "项目预算", "拟投入资金", "投入资金", "资金预算", "投入预算", "拟投入经费",
               "计划投入", "计划投资", "研发投入预算", "合作预算", "预计投入"),
    "years": ("时间要求", "时限", "起止时间", "完成时限", "解决期限", "实施期限", "需求期限", "完成时间",
              "希望完成时间", "期限", "起止年限", "需求时间", "时限要求"),
    "trl": ("成熟度要求", "技术成熟度", "希望成熟度", "技术成熟度要求"),
    "modes": ("合作方式", "拟合作方式", "合作模式", "期望合作方式", "合作形式", "需求解决方式", "解决方式"),
    "wanted_partner": ("期望的合作方", "意向合作单位", "期望合作单位", "合作方要求", "产学研合作要求", "合作要求",
                       "意向合作方"),
    "contact_name": ("联系人", "联系人姓名", "企业联系人", "项目联系人", "需求联系人"),
    "contact_phone": ("联系电话", "电话", "手机", "联系方式", "手机号码", "移动电话", "办公电话"),
    "contact_email": ("电子邮箱", "邮箱", "联系邮箱", "电子邮件", "E-mail", "Email"),
    "brief": ("公开简介", "简介", "需求摘要"),
}
"""Input of the form → headings under which official forms ask for it; the first is the one of our own blank form."""
ELSEWHERE = (
    "单位名称", "企业名称", "公司名称", "需求单位", "需求方", "填报单位", "申报单位", "统一社会信用代码", "填表日期",
    "填报日期", "填表人", "填报人", "密级", "序号", "编号", "单位地址", "企业地址", "通讯地址", "通信地址", "邮编",
    "邮政编码", "传真", "法定代表人", "法人代表", "单位性质", "企业性质", "单位意见", "企业意见", "推荐单位意见",
    "主管部门意见", "审核意见", "签字", "盖章", "备注说明", TITLE)
"""Headings whose content is known from the account, or needs no place."""
WHOLE_ENOUGH = 4
"""A heading of so many characters is known also with words before or behind it: 希望完成时限, 合作方式及要求。"""
LONGEST_HEADING = 14
TICKS, EMPTY = "☑√✓✔■☒", "□☐"
BOX = re.compile(f"[{TICKS}{EMPTY}]")
BEFORE = re.compile(f"[{TICKS}]\\s*([^\\s{TICKS}{EMPTY}]+)")
BEHIND = re.compile(f"([^\\s{TICKS}{EMPTY}]+)\\s*[{TICKS}]")
BRACKETS = ((re.compile(rf"[（(\[【]\s*[{TICKS}]\s*[)）\]】]"), "☑"), (re.compile(r"[（(\[【]\s*[)）\]】]"), "□"))
SPLIT = re.compile(r"[、，,；;/\s]+")
YEAR = re.compile(r"(?<!\d)20\d\d(?!\d)")
Raw = dict[str, list[str]]
CODED = {"field": FIELDS, "industry": INDUSTRIES, "region": REGIONS, "modes": MODES, "trl": TRL}


def bare(words: str) -> str:
    """A heading as it is compared: without spaces, numbering, brackets and what stands in them."""
    plain = re.sub(r"[（(\[【].*?[)）\]】]", "", words, flags=re.DOTALL)
    plain = re.sub(r"^[*＊\s]*[一二三四五六七八九十\d]+[、.．]", "", plain.strip())
    return re.sub(r"[\s:：*＊、,，/与和及]", "", plain).lower()


def asked(words: str) -> str | None:
    """The input that a heading asks for, "" for one that needs none; None when it is no heading that we know."""
    return NAMES.get(bare(words))


def nearly_asked(words: str) -> str:
    """The input of a heading that has other words before or behind one that we know; "" for none."""
    plain = bare(words)
    known = [one for one in NAMES if len(one) >= WHOLE_ENOUGH and (plain.startswith(one) or plain.endswith(one))]
    return NAMES[max(known, key=len)] if known else ""


def looks_asked(cell: str) -> bool:
    """Whether a cell left of another is a heading that we do not know: short, no sentence, no number, no box."""
    plain = bare(cell)
    return 0 < len(plain) <= LONGEST_HEADING and not re.search(r"[\d。，；@]", plain) and not BOX.search(cell)


def read(name: str, content: str) -> Raw | None:
    """The inputs that the content fills; None when it cannot be understood."""
    return _READERS[name](content) if name in _READERS else {name: [content]}


def understood(raw: Raw, content: str) -> str:
    """What inputs say in words; the content itself where it was taken over as it stands."""
    name, values = next(iter(raw.items()))
    if name in CODED:
        labels = [CODED[name].label(value) for value in values]
        return f"TRL {values[0]}（{labels[0]}）" if name == "trl" else "、".join(labels)
    if name == "budget":
        return f"{values[0]} 万元"
    return "–".join(value for part in raw.values() for value in part) + " 年" if "to_year" in raw else content


def _chosen(content: str) -> list[str]:
    """What is ticked; without boxes the content itself, whole and in parts. A box stands before its words or behind."""
    for pattern, box in BRACKETS:
        content = pattern.sub(box, content)
    if not BOX.search(content):
        return [content.strip(), *SPLIT.split(content)]
    ticked = BEFORE if BOX.match(content.strip()) else BEHIND
    return [re.split("[:：]", words)[0].strip("、，,；;_") for words in ticked.findall(content)]


def _code(name: str, vocabulary: Vocabulary, aliases: Mapping[str, str] | None = None) -> Callable[[str], Raw | None]:
    def reader(content: str) -> Raw | None:
        found = next((code for word in _chosen(content) if (code := find(vocabulary, word, aliases))), None)
        return {name: [found]} if found else None

    return reader


def _modes(content: str) -> Raw | None:
    known = {**MODE_ALIASES, "委托研发": "commissioned", "技术开发委托": "commissioned", "委托技术开发": "commissioned",
             "联合研发": "joint", "合作研发": "joint", "技术开发合作": "joint", "合作技术开发": "joint"}
    found = dict.fromkeys(code for word in _chosen(content) if (code := find(MODES, word, known)))
    return {"modes": list(found)} if found else None


def _typed(name: str, kind: Type, header: str = "") -> Callable[[str], Raw | None]:
    def reader(content: str) -> Raw | None:
        try:
            value = kind.parse(content, Reading(header))
        except BadCell:
            return None
        return {name: [str(value if kind is REGION else kind.show(value))]} if value is not None else None

    return reader


def _years(content: str) -> Raw | None:
    years = YEAR.findall(content)
    if not years:
        return None
    return {"from_year": [years[0]], "to_year": [years[-1]]} if len(years) > 1 else {"to_year": years}


def _level(content: str) -> Raw | None:
    found = re.search(r"(?:TRL|^|不低于|≥)\s*([1-9])(?!\d)", content, re.IGNORECASE)
    return {"trl": [found[1]]} if found and found[1] in TRL else None


def _names() -> Iterator[tuple[str, str]]:
    yield from ((bare(words), "") for words in ELSEWHERE)
    yield from ((bare(words), name) for name, all_words in HEADINGS.items() for words in all_words)


NAMES = dict(_names())
_READERS: Mapping[str, Callable[[str], Raw | None]] = {
    "field": _code("field", FIELDS, FIELD_ALIASES), "industry": _code("industry", INDUSTRIES),
    "region": _typed("region", REGION), "modes": _modes, "budget": _typed("budget", MONEY, "经费预算（万元）"),
    "years": _years, "trl": _level,
}

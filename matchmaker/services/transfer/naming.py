"""How people write regions, organisations and the entries of closed lists."""

from __future__ import annotations

import re

from matchmaker.services.transfer.cells import BadCell, Cell, joined, parts_of, text_of
from matchmaker.services.transfer.values import Reading, Type, brief
from models.vocabulary import REGIONS, Kind, Vocabulary

CONTACT_PARTS = Vocabulary("contact_part", {"name": "姓名", "phone": "电话", "email": "邮箱"})
MODE_ALIASES = {
    "转让": "transfer", "专利转让": "transfer", "许可": "licence_plain", "专利许可": "licence_plain",
    "普通许可": "licence_plain", "独占许可": "licence_exclusive", "排他许可": "licence_sole",
    "开放许可": "licence_open",
    "先使用后付费": "licence_deferred", "委托": "commissioned", "技术委托开发": "commissioned", "合作": "joint",
    "联合开发": "joint", "技术开发": "joint", "联合攻关": "joint", "共同开发": "joint",
    "咨询": "consulting", "服务": "service",
    "入股": "shares", "作价入股": "shares", "技术作价入股": "shares", "作价投资": "shares", "投资": "equity",
}
STAGE_ALIASES = {
    "实验室": "early", "实验室阶段": "early", "小试": "early", "小试阶段": "early", "初期": "early",
    "初期阶段": "early",
    "中试": "middle", "中试阶段": "middle", "中期": "middle", "中期阶段": "middle", "成熟": "mature", "量产": "mature",
    "可以量产": "mature", "产业化": "mature", "成熟应用": "mature", "批量生产": "mature",
}
FIELD_ALIASES = {
    "新材料": "materials", "材料": "materials", "材料化工与机械": "materials", "化工": "materials",
    "生物医药": "biomedicine", "医药": "biomedicine", "医疗器械": "biomedicine", "中医药": "biomedicine",
    "医药与生物技术": "biomedicine", "生物与新医药": "biomedicine", "信息技术": "electronics", "信息": "electronics",
    "信息与电子": "electronics", "光电": "electronics", "新能源": "energy", "节能": "energy", "能源": "energy",
    "电气与能源动力": "energy", "环保": "environment", "节能环保": "environment", "环境保护": "environment",
    "地学生态环境": "environment", "农林畜牧与食品": "agriculture", "现代农业": "agriculture",
    "生态农业": "agriculture",
    "装备制造": "manufacturing", "高端装备": "manufacturing", "智能制造": "manufacturing",
    "先进制造与自动化": "manufacturing",
    "交通": "transport", "汽车": "transport", "土木建筑与交通": "urban", "核能": "nuclear", "航空": "aerospace",
    "天文数理化": "", "人文社科管理": "",
}
_SUFFIXES = ("", "市", "省", "区", "县", "自治州", "自治区", "特别行政区")


def _region(words: str) -> str:
    for suffix in _SUFFIXES:
        if code := REGIONS.code(words + suffix):
            return code
    ends = [(len(label), code) for code, label in REGIONS.items() if words.endswith(label)]
    if not ends:
        raise BadCell(f"“{brief(words)}”不是行政区划，请写全称（如 长春市）或 GB/T 2260 代码")
    return max(ends)[1]


def _read_region(cell: Cell, _at: Reading) -> str | None:
    words = re.sub(r"\s", "", text_of(cell))
    return _region(words) if words else None


def _read_regions(cell: Cell, _at: Reading) -> list[str]:
    parts = [re.sub(r"\s", "", part) for part in parts_of(cell)]
    return list(dict.fromkeys(_region(part) for part in parts if part not in ("不限", "全国")))


def _show_region(value: str | None) -> str:
    label = REGIONS.label(value)
    return label if REGIONS.code(label) == value else value or ""


REGION = Type(_read_region, _show_region)
REGIONS_LIST = Type(_read_regions, lambda value: joined(_show_region(entry) for entry in value), [])


def organisation_name(words: str) -> str:
    """A name without the space that spreadsheets leave between Chinese characters."""
    return re.sub(r"(?<=[^\x00-\x7f])\s+|\s+(?=[^\x00-\x7f])", "", re.sub(r"\s+", " ", words.strip()))


def _read_organisation(cell: Cell, _at: Reading) -> str | None:
    """The name; of several, the first."""
    first = (parts_of(cell) or [""])[0] if isinstance(cell, list) else text_of(cell)
    name = organisation_name(first)
    if len(name) > 200:
        raise BadCell(f"单位名称有 {len(name)} 字，最多 200 字，请缩短")
    return name or None


ORGANISATION = Type(_read_organisation, lambda value: value or "", None, organisation_name)
_KINDS = (
    (r"公司|集团|合作社|厂$", "enterprise"), (r"大学", "university"), (r"孵化|众创|科技园", "incubator"),
    (r"技术转移|技术交易", "transfer_agency"), (r"研究所|研究院|科学院|实验室|设计院|医院|研究中心", "institute"),
    (r"学院|学校", "university"), (r"银行|基金|投资", "finance"), (r"政府|局$|厅$|委员会$", "government"),
)


def organisation_kind(name: str, kind: Kind) -> str:
    """What an organisation most likely is, judged by its name; if that says nothing, by what is listed of it."""
    guess = next((code for words, code in _KINDS if re.search(words, name)), None)
    return guess or ("enterprise" if kind == Kind.NEED else "institute")

"""The official 技术需求征集表: read into a draft by its Chinese headings, and given out blank."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from matchmaker.services.transfer.cells import BadCell
from matchmaker.services.transfer.values import MONEY, Reading, find
from models.vocabulary import FIELDS, INDUSTRIES, MODES, REGIONS, TRL, Vocabulary

TITLE = "技术需求征集表"
HEADINGS: dict[str, tuple[str, ...]] = {
    "title": ("需求名称", "技术需求名称", "项目名称", "需求项目名称", "名称"),
    "keywords": ("关键词", "关键字"),
    "field": ("技术领域", "所属技术领域", "领域"),
    "industry": ("所属行业", "行业", "行业类别"),
    "region": ("所在地区", "地区", "所属地区"),
    "main_problem": ("主要问题", "主要技术问题", "技术难题", "需求描述", "需求背景", "问题描述", "现状与问题"),
    "key_technique": ("技术关键", "技术关键、主要指标", "技术关键与主要指标", "主要指标", "主要技术指标", "技术指标",
                      "技术要求"),
    "expected_goal": ("预期目标", "预期效果", "拟达到的目标", "目标"),
    "tried": ("已探询单位", "已尝试的办法", "前期工作", "已开展的工作", "已有基础"),
    "budget": ("经费预算", "预算", "项目预算", "拟投入资金", "投入资金", "资金预算"),
    "years": ("时间要求", "时限", "起止时间", "完成时限", "解决期限", "实施期限"),
    "trl": ("成熟度要求", "技术成熟度", "希望成熟度"),
    "modes": ("合作方式", "拟合作方式", "合作模式", "期望合作方式"),
    "wanted_partner": ("期望的合作方", "意向合作单位", "期望合作单位", "合作方要求"),
    "contact_name": ("联系人", "联系人姓名"),
    "contact_phone": ("联系电话", "电话", "手机", "联系方式"),
    "contact_email": ("电子邮箱", "邮箱", "联系邮箱", "E-mail", "Email"),
    "brief": ("公开简介", "简介"),
}
"""Input of the form → headings under which official forms ask for it; the first is the one of our own blank form."""
ELSEWHERE = ("单位名称", "企业名称", "需求单位", "填报单位", "统一社会信用代码", "填表日期", "密级", TITLE)
"""Headings whose content is known from the account, or needs no place."""
LONGEST_HEADING = 14
TICKED = re.compile(r"[☑√✓✔■]\s*([^\s□☐☑√✓✔■]+)")
BOXES = re.compile(r"[□☐☑✔■]")
SPLIT = re.compile(r"[、，,；;/\s]+")
YEAR = re.compile(r"(?<!\d)20\d\d(?!\d)")
Rows = list[list[str]]
Raw = dict[str, list[str]]


@dataclass
class Recognised:
    """What was read. `raw`: inputs of the form; `found`: (heading, content) taken over; `left`: content that was not
    understood, with its heading or ""."""

    raw: Raw = field(default_factory=dict)
    found: list[tuple[str, str]] = field(default_factory=list)
    left: list[tuple[str, str]] = field(default_factory=list)


def recognise(rows: Rows) -> Recognised:
    """Read a filled-in form: a heading's content stands beside it, behind its colon, or in the rows below it."""
    told = Recognised()
    for name, heading, content in _answers(rows):
        raw = _read(name, content) if name and content else None
        if raw is None:
            told.left += [(heading, content)] if content and _bare(heading) not in _KNOWN_ELSEWHERE else []
        elif not told.raw.keys() & raw.keys():
            told.raw |= raw
            told.found.append((heading, content))
        else:
            told.left.append((heading, content))
    return told


def blank_docx() -> bytes:
    """Our blank form as a Word document."""
    import docx  # noqa: PLC0415 — web processes stay small

    document, out = docx.Document(), io.BytesIO()
    document.add_heading(TITLE, 1)
    document.add_paragraph("填好后上传到平台，各栏会自动进入表单。请勿填写涉密内容。")
    table = document.add_table(rows=0, cols=2)
    table.style = "Table Grid"
    for names in HEADINGS.values():
        cells = table.add_row().cells
        cells[0].text, cells[1].text = names[0], ""
    document.save(out)
    return out.getvalue()


def blank_xlsx() -> bytes:
    """Our blank form as a workbook."""
    out = io.BytesIO()
    import xlsxwriter  # noqa: PLC0415 — web processes stay small

    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False}) as book:
        sheet = book.add_worksheet("征集表")
        bold, wrap = book.add_format({"bold": True, "valign": "top"}), book.add_format({"text_wrap": True, "border": 1})
        sheet.set_column(0, 0, 22)
        sheet.set_column(1, 1, 80)
        sheet.write(0, 0, TITLE, bold)
        for place, names in enumerate(HEADINGS.values(), 1):
            sheet.write(place, 0, names[0], bold)
            sheet.write_blank(place, 1, None, wrap)
    return out.getvalue()


def _answers(rows: Rows) -> Iterator[tuple[str, str, str]]:
    """(input or "", heading, content) of every answer, in their order."""
    name, heading, content = "", "", list[str]()
    for row in rows:
        for at, cell in enumerate(row):
            asked, said = _heading(cell)
            if asked is None and at + 1 < len(row) and at % 2 == 0 and _looks_asked(cell):
                asked, said = "", ""
            if asked is None:
                content += [cell] if cell else []
                continue
            yield name, heading, "\n".join(content)
            name, heading, content = asked, _before_colon(cell), [said] if said else []
    yield name, heading, "\n".join(content)


def _heading(cell: str) -> tuple[str | None, str]:
    """The input that a cell asks for, and what it says behind a colon; None when it is no known heading."""
    whole = _NAMES.get(_bare(cell))
    if whole is not None:
        return whole, ""
    before, colon, after = re.sub("[:：]", "\0", cell, count=1).partition("\0")
    known = _NAMES.get(_bare(before)) if colon else None
    return (known, after.strip()) if known is not None else (None, "")


def _looks_asked(cell: str) -> bool:
    """Whether a cell left of another is a heading that we do not know: short, one line, no sentence."""
    return 0 < len(cell) <= LONGEST_HEADING and not re.search(r"[\d\n。，；]", cell) and not BOXES.search(cell)


def _before_colon(cell: str) -> str:
    return re.split("[:：]", cell, maxsplit=1)[0].strip()


def _bare(words: str) -> str:
    """A heading as it is compared: without spaces, numbering, brackets and what stands in them."""
    plain = re.sub(r"[（(\[【].*?[)）\]】]", "", words)
    plain = re.sub(r"^[一二三四五六七八九十\d]+[、.．]", "", plain.strip())
    return re.sub(r"[\s:：*＊、,，/与和及]", "", plain).lower()


_KNOWN_ELSEWHERE = {_bare(words) for words in ELSEWHERE}
_NAMES = {_bare(words): name for name, all_words in HEADINGS.items() for words in all_words} | dict.fromkeys(
    _KNOWN_ELSEWHERE, "")


def _read(name: str, content: str) -> Raw | None:
    """The inputs that the content fills; None when it cannot be understood."""
    if name in _READERS:
        return _READERS[name](content)
    return {name: [content]}


def _code(name: str, vocabulary: Vocabulary, shorten: Callable[[str], str] = str) -> Callable[[str], Raw | None]:
    def read(content: str) -> Raw | None:
        words = _chosen(content)
        found = next((code for word in words if (code := find(vocabulary, word))), None)
        return {name: [shorten(found)]} if found else None

    return read


def _chosen(content: str) -> list[str]:
    """What is ticked; without boxes the content itself, whole and in parts."""
    ticked = TICKED.findall(content)
    return ticked if BOXES.search(content) else [content.strip(), *SPLIT.split(content)]


def _modes(content: str) -> Raw | None:
    found = dict.fromkeys(code for word in _chosen(content) if (code := find(MODES, word)))
    return {"modes": list(found)} if found else None


def _budget(content: str) -> Raw | None:
    try:
        amount = MONEY.parse(content, Reading("经费预算（万元）"))
    except BadCell:
        return None
    return {"budget": [str(MONEY.show(amount))]} if amount is not None else None


def _years(content: str) -> Raw | None:
    years = YEAR.findall(content)
    if not years:
        return None
    return {"from_year": [years[0]], "to_year": [years[-1]]} if len(years) > 1 else {"to_year": years}


def _level(content: str) -> Raw | None:
    found = re.search(r"(?:TRL|^|不低于|≥)\s*([1-9])(?!\d)", content, re.IGNORECASE)
    return {"trl": [found[1]]} if found and found[1] in TRL else None


_READERS: Mapping[str, Callable[[str], Raw | None]] = {
    "field": _code("field", FIELDS), "industry": _code("industry", INDUSTRIES), "region": _code("region", REGIONS),
    "modes": _modes, "budget": _budget, "years": _years, "trl": _level,
}

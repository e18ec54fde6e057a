"""Finds what is around the indicators before they are read: conditions, and numbers that measure nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass

from matchmaker.ranking.indicators.text import BASELINE, BOUNDARY, mask

_STANDARD = (
    r"(?:GB|HG|YY|JB|YB|QB|SH|DL|DB|NY|HJ|JJG|JJF|JGJ|CJ|TB|MT|ISO|IEC|ASTM|DIN|JIS|EN|IATF|FDA|AEC|UL|ANSI|SAE|Q|T)"
    r"[/A-Z-]{0,5}\s?(?:\d[\d.:\-]{1,20}|[A-Z]\d{1,5}[\d.:\-]{0,12})(?:\([a-z]\))?"
)
_DATE = (
    r"(?<!\d)(?:19|20)\d{2}(?:\s?[-~至到—]\s?(?:19|20)\d{2})?(?:年(?!以上|以下|以内|寿命)|级(?=学生))(?:\d{1,2}月(?:\d{1,2}日)?)?"
    r"|(?<!\d)\d{1,2}月(?:份|\d{1,2}日|底|初|中旬|上旬|下旬)|(?<!\d)\d{1,2}:\d{2}(?!\d)"
)
_PHONE = r"(?<!\d)(?:0\d{2,3}-\d{7,8}|1[3-9]\d{9}|\d{3,4}-\d{7,8}|400-?\d{3}-?\d{4})(?!\d)"
_LABEL = (
    r"第\s?\d[\d.]{0,5}|[图表式]\s?\d{1,3}(?:[-.]\d{1,2})?(?![\d.])|附[录件图表]\s?\d{1,2}|[Nn]o\.\s?\d{1,6}"
    r"|(?<![\d.])\d{1,5}[#号](?!筛)"
)
_SIDE = r"\d[\d.]{0,8}\s?[a-zμ]{0,2}"
_SIZES = rf"{_SIDE}\s?[×xX*]\s?(?!10\s?[\^{{+\-]){_SIDE}(?![A-Za-z])(?:\s?[×xX*]\s?{_SIDE}(?![A-Za-z]))?"
_RATIO = r"\d[\d.]{0,6}\s?:\s?\d[\d.]{0,6}(?:\s?:\s?\d[\d.]{0,6})?"
_VERSION = r"(?<![\d.])\d{1,4}(?:\.\d{1,4}){2,4}"
_NOISE = re.compile("|".join((_STANDARD, _DATE, _PHONE, _LABEL, _SIZES, _RATIO, _VERSION)))

_BREAK = f"，。;；、\\n!?！？{BOUNDARY}"
_DIGIT_UNIT = r"\d[\d.]{0,8}\s?(?:[~\-]\s?[-+]?\d[\d.]{0,8}\s?)?[^\d\s，。;、()]{1,8}"
_UNDER = re.compile(
    r"(?<![存潜现内控持定制处])在(?![线于役])(?!\s?[-+±]?\d[\d.]{0,8}\s?[^，。;以\d]{0,8}(?:以[上下内]|之间|左右|范围内[，。;]))"
    r"(?=[^，。;()]{1,30}[下时后中波频范区])"  # cheap look ahead, so that a text full of 在 stays fast
    rf"(?P<body>[^，。;以\n{BOUNDARY}()]{{1,30}}?)"
    r"(?P<tail>(?:(?:的)?(?:条件|环境|情况|工况|状态|温度|压力|负荷|载荷)?下(?![降限游料线])|(?<![小及实延耗工用定瞬平同瓦安短长])时(?![间效延长限])|(?<!以)后(?![续处角])"
    rf"|(?:(?:中(?![心位性值间温频空药度试等])|波段(?:内)?|频段(?:内)?|范围内|区间内)(?=[^，。;{BOUNDARY}]))))的?"
)
_WHEN = re.compile(
    rf"(?<=[{_BREAK}(:])(?=[^{_BREAK}()≥≤<>]{{2,45}}[下时后])(?:经过?)?(?P<body>[^{_BREAK}()≥≤<>]{{0,20}}?{_DIGIT_UNIT}[^{_BREAK}()\d≥≤<>]{{0,6}}?)"
    r"(?P<tail>(?:条件|环境|工况|温度)?(?<!以)下(?![降限游料线])|(?<![小及实延耗工用定瞬平同瓦安短长])时(?![间效延长限])|(?<!以)后(?![续处期角]))的?"
)
_BASELINE = re.compile(
    r"(?:由|从)(?:原来的?|目前的?|现有的?|现在的?|当前的?|约|每[^，。;]{1,2}){0,2}"
    r"(?:-?\d[\d.,]{0,10}|[百千万]分之[\d一二三四五六七八九十点]{1,6})\s?[^，。;、\d]{0,8}?"
    r"(?=(?:逐步|进一步|大幅|显著)?(?:提高|提升|增加|增长|增大|升高|上升|延长|降低|下降|减少|减小|缩短|缩减|压缩|降|升|减)(?:到|至|为))"
)
_BAND = re.compile(r"波段|频段")
_WORTH = re.compile(r"\d|温|湿|压|真空|环境|条件|介质|溶液|胃液|肠液|海水|负载|满载")


@dataclass(frozen=True, slots=True)
class Condition:
    """Words that say under which circumstances the following indicators hold."""

    start: int
    end: int
    body: tuple[int, int]


def _conditions(text: str, pattern: re.Pattern[str], shift: int = 0) -> list[Condition]:
    return [
        Condition(found.start() - shift, found.end() - shift, (found.start("body") - shift, _body_end(found) - shift))
        for found in pattern.finditer(text)
    ]


def _body_end(found: re.Match[str]) -> int:
    """A condition keeps 波段 and 频段, which belong to its number."""
    band = _BAND.match(found["tail"])
    return found.end("body") + (band.end() if band else 0)


def clear(text: str) -> tuple[str, list[Condition]]:
    """The text with dates, standards, phone numbers, sizes, conditions and baselines blotted out, and the conditions.

    A baseline is the old value of 由 85% 提高到 93%; it leaves a mark of its own, so that the name before it
    still belongs to the new value.
    """
    original = text
    text = mask(text, _NOISE)
    text = mask(text, _BASELINE, BASELINE)
    found = _conditions(text, _UNDER)
    text = mask(text, _UNDER)
    led = BOUNDARY + text  # so that the look-behind holds at the very beginning
    found += _conditions(led, _WHEN, 1)
    text = mask(led, _WHEN)[1:]
    kept = [condition for condition in found if _WORTH.search(original, *condition.body)]
    return text, sorted(kept, key=lambda condition: condition.start)

"""The quantity's name: the noun phrase in front of the comparison, or behind the unit."""

from __future__ import annotations

import re
from dataclasses import dataclass

from matchmaker.ranking.indicators import words
from matchmaker.ranking.indicators.text import BASELINE

WINDOW = 48
_RUN = re.compile(r"[A-Za-z0-9\u4e00-\u9fff\u0370-\u03ff₀-₉/\-.^%'·*\x20]{1,40}$")
_LIST_RUN = re.compile(r"[A-Za-z0-9\u4e00-\u9fff\u0370-\u03ff/\-.、\x20]{1,40}$")
_BRACKET = re.compile(r"\((?P<content>[^()]{0,24})\)\s?$")
# where a noun phrase cannot reach further left; the look-arounds spare words such as 饱和度, 使用寿命, 中心
_STOP = re.compile(
    r"的(?!确)|应?满足|要求(?!度)|需要|(?<!所)需(?![氧求量水要])|希望|期望|预计|预期(?!寿命)|努力|争取|实现|保证|确保"
    r"|具有|具备|拥有|能够|可以|可(?=制备|减少|取得|达|降低|提高|获得|使)|使得|(?<!促|即)使(?![用命])|使其|将(?!来)|把"
    r"|每批|年内|累计|并且|(?<!苯)并(?!联|行|网|发|列)|而且|而|但|同时|(?<!而)且|以及|(?<![普以涉])及(?![时格])|(?<![饱调中缓])和(?!易)"
    r"|或(?!者)|其中|其(?!他)|通过(?!率|性)|采用|利用(?!率)|基于|对于|针对|包括|克服|一种|支持(?![力率])"
    r"|开发(?![周成费时效难])|解决|获得|得到|达到|完成|申请|授权|研制|提供|所述|该|本(?=[产项系设])|为(?=.{2})"
    r"|在(?![线役])|(?<!自|理|缘)由(?!度)|(?<![参给授])与(?=.{2})|^当(?![量年地])|^(?:若|各|均|当前|目前)(?=.{2})"
    r"|(?<=[\u4e00-\u9fff]{2})(?<!空|集|水|途)中(?![心位性值间温频空药度试枢轴])(?=.{2})"
    r"|(?<![续处前背售])后(?![续处角轴桥视期备退])(?=.{2})"
    r"|(?<!小|及|实|延|耗|工|用|定|瞬|平|同|临|按|准|每|短|长)时(?![间效延长限速])(?=.{2})"
)
_LEADING = re.compile(
    r"^(?:\d{1,2}(?:\.\d{1,2})*[.)\s]\s*(?=[\u4e00-\u9fffA-Za-z])"
    r"|[a-zA-Z一二三四五六七八九十][).]\s*(?=[\u4e00-\u9fff])|[\s\-./·*'%^]+)"
)
_AGAINST = re.compile(
    r"(?:较|相较于?|比|相对于?|与)(?:传统|现有|原|进口|国产|目前|同类|常规|普通|国外|国内|市售|对照|改造|改进|标准|现|"
    r"当前|以往|行业)[^，。]{0,12}?(?:相比)?$"
)
_THAN = re.compile(r"(?:较|相比于?|相对于?)[^较，。]{2,10}$")
_ONLY_SYMBOL = re.compile(r"^(?:[A-Za-zφΦα-ω]|df|DN)$")
_NOT_NAMES = re.compile(
    r"^(?:差异|组|对照组|约|共|共有|总共|分为?|随机分为?|近|有|含|超|每组|每个|现有|等|以上|以下|不|长达|承受|耐受"
    r"|施加|产生|带|打压|保压|加压|.*[前后第]|.*占(?!地).*(?<!占比)|\d+)$"
)
_HARDNESS = re.compile(r"\s?(?P<unit>HRC|HRB|HRA|HBW|HBS|HB|HV|HS|IP)\s?$")
_PER = r"每(?P<unit>小时|分钟|秒|天|年|平方米|立方米|毫升|升|公斤|千克|克|吨|亩|公顷|米|公里|台|件|次|株)"
_EACH_RATE = re.compile(rf"{_PER}$")
_LEADING_RATE = re.compile(rf"^{_PER}(?=..)")
_SHARED_HEAD = re.compile(
    r"(?:去除率|脱除率|降解率|回收率|检出率|收率|含量|残留量|浓度|排放浓度|强度|精度|误差|寿命|厚度|直径|温度|压力|效率)$"
)
_SYMBOL = re.compile(r"(?<=[\u4e00-\u9fff])[A-Za-z][A-Za-z0-9./]*$")
_AFTER_NAME = re.compile(r"\s?的?(?P<name>[A-Za-z\u4e00-\u9fff]{2,10})")


@dataclass(slots=True)
class Front:
    """What stands in front of a value: names (several after 分别), comparison words and a bracket."""

    names: list[str]
    strong: str = ""
    reach: bool = False
    to: bool = False
    falls: bool = False
    equal: bool = False
    about: bool = False
    each: str = ""
    bracket: str = ""
    bracket_at: tuple[int, int] = (0, 0)
    prefix_unit: str = ""
    rate: str = ""
    share: bool = False
    start: int = 0
    name_start: int = 0

    @property
    def explicit(self) -> bool:
        return bool(self.strong) or self.reach


class _Reader:
    """Eats a window from its right end; each step shortens ``end``."""

    def __init__(self, text: str, floor: int, end: int) -> None:
        self.text, self.floor, self.end = text, floor, end

    def match(self, pattern: re.Pattern[str], back: int = 16) -> re.Match[str] | None:
        found = pattern.search(self.text, max(self.floor, self.end - back), self.end)
        if found:
            self.end = found.start()
        return found


def read_front(text: str, floor: int, end: int) -> Front:
    """Everything in front of the value that begins at ``end``, no further left than ``floor``.

    A value straight behind 的 (国土面积的 5.8 %) is a share of what is named, not its value.

    1. a hardness or protection scale written before its number (HRC58); 2. comparison words, adverbs and a
    bracket, in any order; 3. the noun phrase.
    """
    reader, front = _Reader(text, max(floor, end - WINDOW), end), Front([], share=text[end - 1 : end] == "的")
    _scale(reader, front)
    start = reader.end
    for _ in range(8):
        before = reader.end
        _comparison(reader, front)
        if reader.end < before:
            start = reader.end
        _adverbs(reader, front)
        if reader.end == before:
            break
    front.start = start
    if not front.prefix_unit:
        _scale(reader, front)
    _noun(reader, front)
    return front


def _scale(reader: _Reader, front: Front) -> None:
    if scale := reader.match(_HARDNESS, 6):
        front.prefix_unit = scale["unit"]


def _comparison(reader: _Reader, front: Front) -> None:
    if rate := reader.match(_EACH_RATE, 5):
        front.rate = rate["unit"]
    if strong := reader.match(words.COMPARISON_AT_END, 10):
        front.strong = strong.lastgroup or ""
    elif weak := reader.match(words.WEAK_AT_END, 10):
        front.to = front.to or weak["to"] is not None
        front.reach = front.reach or (weak["reach"] is not None and (weak["to"] is None or bool(weak["verb"])))
        front.falls = front.falls or bool(weak["verb"] and re.search(rf"{words.FALL}|降|减", weak["verb"]))
        front.about = front.about or weak["about"] is not None
        front.equal = front.equal or weak["equal"] is not None


def _adverbs(reader: _Reader, front: Front) -> None:
    while reader.end > reader.floor:
        if each := reader.match(words.EACH_AT_END, 3):
            front.each = each["each"]
        elif bracket := reader.match(_BRACKET, 27):
            front.bracket, front.bracket_at = bracket["content"].strip(), bracket.span("content")
        elif not reader.match(words.ADVERB_AT_END, 5):
            while reader.end > reader.floor and reader.text[reader.end - 1] == BASELINE:
                reader.end -= 1
            return


def _noun(reader: _Reader, front: Front) -> None:
    window = reader.text[reader.floor : reader.end]
    run = (_LIST_RUN if front.each else _RUN).search(window)
    if run is None:
        return
    phrase = _cut_spaces(run.group())
    offset = len(window) - len(phrase)
    pieces = re.split(r"[、]|和(?!易)|与|及", phrase) if front.each else [phrase]
    front.names = [name for name in (_tidy(piece) for piece in pieces) if name]
    if front.names and (rate := _LEADING_RATE.match(front.names[0])):
        front.rate = front.rate or rate["unit"]
        front.names[0] = front.names[0][rate.end() :]
    kept = front.names[-1] if front.names else ""
    front.name_start = reader.floor + offset + max(0, phrase.find(kept))
    if front.each:
        _share_head(front.names)


def _cut_spaces(run: str) -> str:
    """A blank between two Chinese characters divides phrases; one beside Latin letters does not."""
    return re.split(r"(?<=[\u4e00-\u9fff])\x20+(?=[\u4e00-\u9fff])|\x20{2,}", run)[-1]


def _tidy(phrase: str) -> str:
    """The noun phrase of a run of characters: nothing left of a function word, no list number."""
    cuts = [found.end() for found in _STOP.finditer(phrase)]
    name = phrase[cuts[-1] :] if cuts else phrase
    while (shorter := _LEADING.sub("", name)) != name:
        name = shorter
    return name.strip(" -./·*'^")


def _share_head(names: list[str]) -> None:
    """铅、镉、砷含量 → 铅含量, 镉含量, 砷含量."""
    head = _SHARED_HEAD.search(names[-1]) if names else None
    if head is None:
        return
    for index, name in enumerate(names[:-1]):
        if not words.HEAD.search(name):
            names[index] = name + head.group()


def changed(name: str, relative: bool, to: bool) -> str:
    """The name with its change verb at the end (生产效率提高); an absolute target (提高到 85 %) loses the verb."""
    verb = words.CHANGE.search(name) or words.SAVING.search(name)
    base = name[: verb.start()] if verb else name
    base = _AGAINST.sub("", base)
    base = _THAN.sub("", base) if verb else base
    if to:
        first = words.CHANGE_FIRST.match(base)
        return first["noun"] if first else base
    if verb:
        return base + verb.group().replace("了", "")
    first = words.CHANGE_FIRST.match(base)
    if first and relative:
        return first["noun"] + first["verb"]
    return base


def usable(name: str, explicit: bool, unit: bool) -> bool:
    """Whether a phrase can name a quantity; without comparison words only known kinds of quantity can."""
    if not name or _ONLY_SYMBOL.match(name) or _NOT_NAMES.match(name) or not re.search(r"[A-Za-z\u4e00-\u9fff]", name):
        return False
    if explicit:
        return True
    plain = _SYMBOL.sub("", name) or name
    head = words.HEAD if unit else words.UNITLESS_HEAD
    return bool(head.search(plain) or head.search(name) or (unit and words.CHANGE.search(plain)))


def name_behind(text: str, at: int) -> tuple[str, int] | None:
    """The name after the unit: 1200 N 以上的夹持力."""
    found = _AFTER_NAME.match(text, at)
    if found is None:
        return None
    return (found["name"], found.end()) if words.HEAD.search(found["name"]) else None

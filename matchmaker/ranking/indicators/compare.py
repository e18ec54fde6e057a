"""Sets the indicators of a need against those of a supply: met, unmet or unknown, each with its sentence."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache

from matchmaker.ranking.indicators.model import Comparison, Indicator, IndicatorVerdict, Verdict, plain
from matchmaker.ranking.indicators.parse import parse_indicators
from matchmaker.ranking.indicators.words import FALL, RISE, Better, better

MET, UNMET, UNKNOWN = Verdict.MET, Verdict.UNMET, Verdict.UNKNOWN

_SYNONYMS = (
    ("抗拉强度", "拉伸强度", "抗张强度", "断裂强度"),
    ("抗压强度", "压缩强度", "耐压强度"),
    ("弯曲强度", "抗弯强度", "抗折强度"),
    ("伸长率", "断后伸长率", "断裂伸长率", "延伸率", "断后延伸率"),
    ("导热系数", "热导率", "导热率"),
    ("粘度", "黏度"),
    ("噪声", "噪音", "运行噪声", "噪声级"),
    ("收率", "得率", "产率"),
    ("去除率", "脱除率", "净化效率", "去除效率"),
    ("准确率", "识别率", "识别准确率", "正确率", "识别精度"),
    ("合格率", "良品率", "良率", "成品率"),
    ("使用寿命", "寿命", "服役寿命", "工作寿命"),
    ("循环寿命", "循环次数"),
    ("含水率", "含水量", "水分", "水含量", "水分含量"),
    ("保质期", "货架期", "保鲜期"),
    ("成活率", "存活率"),
    ("透过率", "透光率", "透射率"),
    ("化学需氧量", "cod", "codcr", "cod浓度"),
    ("生化需氧量", "bod", "bod5"),
    ("氨氮", "nh3-n", "氨氮浓度"),
    ("产能", "年产量", "年产", "生产能力"),
    ("固含量", "固体含量"),
    ("能耗降低", "节能"),
    ("成本降低", "降本"),
    ("产量提高", "增产"),
    ("重量降低", "减重"),
    ("水耗降低", "节水"),
    ("比能量", "能量密度", "质量能量密度"),
    ("粗糙度", "表面粗糙度", "表面粗糙度ra", "粗糙度ra", "ra"),
    ("耐盐雾时间", "耐盐雾", "耐中性盐雾", "中性盐雾试验", "盐雾试验时间"),
    ("延时", "时延", "延迟"),
    ("ph", "ph值"),
)  # fmt: skip
_CANONICAL = {name: group[0] for group in _SYNONYMS for name in group}
# specific enough to stand for the same quantity of a named part or substance (银粉纯度 ~ 纯度)
_SPECIFIC_SHORT = {"纯度", "寿命", "收率", "产能", "噪声", "硬度", "能耗", "白度", "粘度", "密度", "灰分"}
# head|ending: with such a head the ending is the opposite or another quantity (不合格率, 吸收率, 荧光寿命)
_ANOTHER = re.compile(
    r"[不非未无误漏错失拒假伪]\||[吸回接验签征]\|收率|(?:荧光|磷光|发光|余辉|激发态|能级|载流子|少子|电子|剩余|储存|贮存|存储"
    r"|存放|保存)\|寿命$|[色谱]\|纯度$|(?:振实|松装|堆积|压实|表观|能量|功率|电流|磁通|光)\|密度$"
)
_SUBJECT = re.compile(r"^(?:本?产品|成品|样品|材料|系统|设备|装置|整机|整体|总体|平均|实测|实际|该|室温|常温)+(?=..)")
_DROP = re.compile(r"[\s()\[\]【】'\"“”:_/·*^-]|平均值?$|值$")
_SPAN = re.compile(r"范围|量程|工作温度|使用温度|适用|可调|环境温度|波段|工作电压|输入电压")
_ROOM = re.compile(r"室温|常温")
_TOLERANCE = {False: Decimal("0.000001"), True: Decimal("0.1")}
_MOST_CLAIMS = 20
_NEGLIGIBLE = Decimal("1E-9")


@lru_cache(maxsize=8192)
def quantity_key(name: str) -> str:
    """The spelling under which a quantity is compared: no subject, one word for each set of synonyms."""
    key = _DROP.sub("", unicodedata.normalize("NFKC", name).lower())
    key = _SUBJECT.sub("", key)
    key = re.sub(rf"(?:{RISE})$", "提高", key)
    key = re.sub(rf"(?:{FALL})$", "降低", key)
    return _CANONICAL.get(key, key)


def compare(need: Sequence[Indicator], supply: Sequence[Indicator]) -> list[IndicatorVerdict]:
    """One verdict for each indicator of the need, in its order.

    A supply answers when it names the same quantity in the same dimension. The need sets a bound; the supply's
    statement is the set of values it claims (``≥ 98`` claims 98 and more). Met: all of the claim lies within
    the bound. Unmet: none of it does, or a bound in the same direction falls short (need ≥ 99, supply ≥ 98).
    Unknown: in part, contradicting conditions, another dimension, or nothing said. For quantities that are
    spans (测量范围, 工作温度) the supply must cover the need. A need that states a single value asks for at
    least that in a quantity where more is better, at most that where less is better; another value of one whose
    good direction is not known (衰减, 膨胀率) is unknown.
    """
    index = _index(supply)
    return [_judge(wanted, index) for wanted in need]


def _index(supply: Sequence[Indicator]) -> dict[str, list[Indicator]]:
    """Indicators by their key and by every ending of it, so that 银粉纯度 is found under 纯度."""
    index: dict[str, list[Indicator]] = defaultdict(list)
    claims = {(_claim(indicator), indicator.condition): indicator for indicator in reversed(supply)}
    for indicator in reversed(claims.values()):
        for key in _endings(quantity_key(indicator.quantity)):
            if len(index[key]) < _MOST_CLAIMS:
                index[key].append(indicator)
    return index


def _claim(indicator: Indicator) -> tuple[object, ...]:
    """What makes two statements of a supply the same statement."""
    low, high, unit = indicator.canonical_low, indicator.canonical_high, indicator.canonical_unit
    return quantity_key(indicator.quantity), indicator.comparison, low, high, unit


def _endings(key: str) -> list[str]:
    """The key and those endings of it that still say which quantity is meant."""
    parts = ((key[:start], key[start:]) for start in range(1, max(1, len(key) - 1)))
    tails = (tail for head, tail in parts if not _ANOTHER.search(f"{head}|{tail}"))
    ends = [_CANONICAL.get(tail, tail) for tail in tails if len(tail) > 2 or tail in _SPECIFIC_SHORT]
    return list(dict.fromkeys([key, *ends]))


def _candidates(wanted: Indicator, index: dict[str, list[Indicator]]) -> list[Indicator]:
    """Same key first; else the supply's name ends in the need's, or the need's in the supply's."""
    key = quantity_key(wanted.quantity)
    same = [found for found in index.get(key, ()) if quantity_key(found.quantity) == key]
    if same:
        return same
    if index.get(key):
        return index[key]
    for ending in _endings(key)[1:]:
        found = [other for other in index.get(ending, ()) if quantity_key(other.quantity) == ending]
        if found:
            return found
    return []


def _judge(wanted: Indicator, index: dict[str, list[Indicator]]) -> IndicatorVerdict:
    candidates = _candidates(wanted, index)
    if not candidates:
        return IndicatorVerdict(wanted, None, UNKNOWN, f"需求要求{wanted}；对方未给出该指标，需要询问。")
    order = {MET: 0, UNMET: 1, UNKNOWN: 2}
    judged = [(order[verdict], place) for place, verdict in enumerate(_of_pair(wanted, one) for one in candidates)]
    offered = candidates[min(judged)[1]]
    verdict = _of_pair(wanted, offered)
    return IndicatorVerdict(wanted, offered, verdict, _sentence(wanted, offered, verdict))


def _of_pair(wanted: Indicator, offered: Indicator) -> Verdict:
    if not _comparable(wanted, offered) or _contradict(wanted.condition, offered.condition):
        return UNKNOWN
    return _verdict(wanted, offered)


def _comparable(wanted: Indicator, offered: Indicator) -> bool:
    """Whether both are in one unit; a bare 99 is no 99 % (nor the 0.99 that shares its dimension)."""
    return wanted.canonical_unit == offered.canonical_unit and _bare(wanted) == _bare(offered)


def _bare(indicator: Indicator) -> bool:
    return not indicator.unit.strip("十百千万亿")


def _sentence(wanted: Indicator, offered: Indicator, verdict: Verdict) -> str:
    """What a broker reads: both values and what follows from them."""
    both = f"需求要求{wanted}；对方给出{offered}"
    if not _comparable(wanted, offered):
        return f"{both}；{'一方未写单位' if _bare(wanted) or _bare(offered) else '单位不同'}，无法比较。"
    if _contradict(wanted.condition, offered.condition):
        return f"{both}；条件不同，需要确认。"
    words = {MET: "满足。", UNMET: "未达到。", UNKNOWN: "不能由此断定，需要确认。"}
    note = "" if wanted.condition == offered.condition else "（双方条件写法不一，请核对）"
    return f"{both}；{words[verdict]}{note}"


def _verdict(wanted: Indicator, offered: Indicator) -> Verdict:
    if _SPAN.search(wanted.quantity) and wanted.comparison is Comparison.RANGE:
        return _covers(wanted, offered)
    if _is_tolerance(wanted):
        return _tighter(wanted, offered)
    bound = _bound(wanted)
    claim = (offered.canonical_low, offered.canonical_high)
    if _inside(claim, bound) and not _touches_open_end(wanted, offered):
        return MET
    if wanted.comparison is Comparison.EQ and _good(wanted) is Better.UNSURE:
        return UNKNOWN
    if _apart(claim, bound) or _falls_short(bound, offered) or _touches_open_end(wanted, offered):
        return UNMET
    return UNKNOWN


def _good(wanted: Indicator) -> Better:
    return better(wanted.quantity, wanted.unit, float(wanted.high or 0))


_Interval = tuple[Decimal | None, Decimal | None]


def _bound(wanted: Indicator) -> _Interval:
    """The values that satisfy the need."""
    low, high = wanted.canonical_low, wanted.canonical_high
    if wanted.comparison is not Comparison.EQ or low is None:
        return low, high
    good = _good(wanted)
    if good is Better.LESS:
        return None, low
    if good is Better.MORE:
        return low, None
    room = abs(low) * _TOLERANCE[wanted.approximate]
    return low - room, low + room


def _slack(value: Decimal) -> Decimal:
    return abs(value) * _NEGLIGIBLE


def _inside(claim: _Interval, bound: _Interval) -> bool:
    """All of the claim lies within the bound."""
    (low, high), (least, most) = claim, bound
    if least is not None and (low is None or low < least - _slack(least)):
        return False
    return most is None or (high is not None and high <= most + _slack(most))


def _apart(claim: _Interval, bound: _Interval) -> bool:
    """None of the claim lies within the bound."""
    (low, high), (least, most) = claim, bound
    if least is not None and high is not None and high < least - _slack(least):
        return True
    return most is not None and low is not None and low > most + _slack(most)


def _falls_short(bound: _Interval, offered: Indicator) -> bool:
    """A one-sided claim in the direction of a one-sided bound that does not get that far."""
    least, most = bound
    if most is None and least is not None and offered.canonical_high is None:
        return offered.canonical_low is not None and offered.canonical_low < least - _slack(least)
    if least is None and most is not None and offered.canonical_low is None:
        return offered.canonical_high is not None and offered.canonical_high > most + _slack(most)
    return False


def _touches_open_end(wanted: Indicator, offered: Indicator) -> bool:
    """A need of > 5 is not met by a stated 5, while ≥ 5 and 5 itself are told apart."""
    if wanted.comparison is Comparison.GT:
        return offered.canonical_low == wanted.canonical_low and offered.comparison is not Comparison.GT
    if wanted.comparison is Comparison.LT:
        return offered.canonical_high == wanted.canonical_high and offered.comparison is not Comparison.LT
    return False


def _covers(wanted: Indicator, offered: Indicator) -> Verdict:
    """A span must be covered from end to end; a supply that states no range leaves it open."""
    if offered.comparison is not Comparison.RANGE:
        return UNKNOWN
    need = (wanted.canonical_low, wanted.canonical_high)
    return MET if _inside(need, (offered.canonical_low, offered.canonical_high)) else UNMET


def _is_tolerance(indicator: Indicator) -> bool:
    low, high = indicator.low, indicator.high
    return indicator.comparison is Comparison.RANGE and low is not None and high is not None and low == -high


def _tighter(wanted: Indicator, offered: Indicator) -> Verdict:
    """± against ±, or against a bound or value of the error itself: the smaller half-width answers."""
    half, other = wanted.canonical_high, offered.canonical_high
    if half is None or other is None:
        return UNKNOWN
    low = offered.canonical_low
    other = max(abs(other), abs(low)) if low is not None else abs(other)
    return MET if other <= half + _slack(half) else UNMET


@lru_cache(maxsize=4096)
def _circumstances(condition: str) -> dict[str, _Interval]:
    """The measured circumstances of a condition by unit: 25℃、50%RH → {℃: …, %: …}."""
    stated = "；".join(f"温度{part}" for part in re.split(r"[、，,；;]", condition))
    found = {one.canonical_unit: (one.canonical_low, one.canonical_high) for one in parse_indicators(stated)}
    if _ROOM.search(condition) and "℃" not in found:
        found["℃"] = (Decimal(10), Decimal(35))
    return found


def _contradict(first: str, second: str) -> bool:
    """Whether two conditions name the same circumstance with values that cannot both hold."""
    if not first or not second or first == second:
        return False
    one, other = _circumstances(first), _circumstances(second)
    return any(_apart(one[unit], other[unit]) for unit in one.keys() & other.keys())


def describe(indicator: Indicator) -> str:
    """The indicator and, when it was written in another unit, its canonical value: for the poster to confirm."""
    unit = indicator.canonical_unit
    if not unit or unit == indicator.unit:
        return str(indicator)
    values = [value for value in (indicator.canonical_low, indicator.canonical_high) if value is not None]
    shown = "～".join(plain(+value.normalize()) for value in dict.fromkeys(values))
    return f"{indicator}（即 {shown} {unit}）"

"""The words around a number: comparisons before and after it, and where its name begins."""

from __future__ import annotations

import re
import unicodedata
from enum import Enum, auto

from matchmaker.ranking.indicators.model import Comparison

GE, LE, EQ, GT, LT = Comparison.GE, Comparison.LE, Comparison.EQ, Comparison.GT, Comparison.LT

# Words before the number. The first that ends at the number wins, so longer ones come first.
_NOT = r"(?:不(?:得|应|宜|能|会|可|许|准|允许|要)?|(?:[尚从并]?未|[从并]?没有?)(?:曾|能|有)?|严禁|禁止)"
_BEFORE = {
    GE: rf"{_NOT}(?:低于|小于|少于|短于|弱于|亚于|差于|下于)|(?:大|高|多|优)于或?者?等于|≥|>\s?=|=>"
    r"|至少(?:为|要?达到?|有)?|最少|下限(?:为)?",
    LE: rf"{_NOT}(?:超[过出]?|突破|高于|大于|多于|长于)|不得过|(?:小|低|少)于或?者?等于|≤|<\s?=|=<"
    r"|至多|最多|上限(?:为)?",
    GT: r"大于|高于|超过|多于|长于|超出|突破|超|>",
    LT: r"小于|低于|少于|短于|不足|不到|不满|<",
}
STRONG = re.compile(
    "|".join(f"(?P<{kind.name}>{words})" for kind, words in _BEFORE.items()) + r"|(?P<BETTER>优于|好于)"
)
COMPARISON_AT_END = re.compile(rf"(?:{STRONG.pattern})\s?$")
# weak words: 达到 asks for at least, 降到 for at most, 为 states; a suffix (以上, 以内) overrides them
WEAK_AT_END = re.compile(
    r"(?P<reach>(?P<verb>提高|提升|增加|增长|增大|升高|上升|升|延长|降低|下降|减少|减小|缩短|缩减|压缩|降|减)?"
    r"(?P<to>到|至)|(?<![高可表雷马])(?:达到|做到|达成|达))\s?$"
    r"|(?P<about>大约|约为|约|~|接近|近)\s?$|(?P<hold>(?:可|控制|保持|稳定|维持|设定|介于|处|限制)在|在|介于)\s?$"
    r"|(?P<equal>(?:最?高可?|可|最)达到?|等于|=|为|是|仅)\s?$"
)
AFTER = re.compile(
    r"\s?(?:\(含\))?(?:(?P<GE>(?:及|或|及其|和)?以上|\+(?!\d)|起(?![步泡重]))"
    r"|(?P<LE>(?:及|或)?以下|以内|之内|内(?![径部]))|(?P<BETWEEN>之间)|(?P<ABOUT>左右|上下))"
)
# words between name and comparison that carry no meaning here (均 and 分别 do, see names.Front.each)
ADVERB_AT_END = re.compile(
    r"(?:一般|(?<![响效反感供])应当?|必须|须|(?<!所)需要?|要求?|(?<!许)可以?|(?<![产性功节储热电动势氢])能够?"
    r"|也|还|想|最好|严格|尽量|已|已经|控制|保持|稳定|维持|的|则|将|会|目标|指标|仅|只|全部|同时|平均|最高|最低|最大"
    r"|最小|整体|总体|稳定地|进一步|逐步|有望|预计|通常|往往|远|目前|:|\s|\"|'|“|”)$"
)
EACH_AT_END = re.compile(r"(?P<each>均|都|皆|各|分别)$")

RISE = r"提高|提升|增加|增长|增大|升高|上升|延长|扩大|增强|改善"
FALL = r"降低|下降|减少|减小|缩短|缩减|压缩|节约|节省|减轻|削减"
CHANGE = re.compile(rf"(?:(?P<rise>{RISE})|(?P<fall>{FALL}))(?:了|幅度|率)?$")
SAVING = re.compile(r"(?:节能|节电|节水|节材|减重|增重|增产|增收|增效|降本|降耗)$")
CHANGE_FIRST = re.compile(r"^(?P<verb>提高|提升|增加|延长|降低|减少|减小|缩短|节约|节省)了?(?P<noun>.{2,})$")


class Better(Enum):
    """Which values of a quantity are good; ``UNSURE`` where its name and unit do not tell."""

    MORE = auto()
    LESS = auto()
    AS_STATED = auto()
    UNSURE = auto()


# Each is looked for in quantity|unit. Removing or recognising something bad is good: 缺陷识别率, 杂质去除率.
_GAIN = re.compile(
    r"(?<![不非无未误漏错失拒])(?:去除|脱除|消除|净化|降解|抑制|补偿|回收|修复|识别|准确|正确|精确|合格|达标|效"
    r"|(?:缺陷|瑕疵|疵点|裂纹|病害|故障|异常|泄漏)检[出测])率\|"
)
_LESS = re.compile(
    r"误差|偏差|公差|粗糙度|噪声|噪音|能耗|电耗|功耗|水耗|煤耗|油耗|损耗|损失|成本|杂质|残留|漏检|误报|误检|误判|废品|"
    r"不良率|次品|故障率|缺陷|泄漏|泄露|漏率|磨损|延时|延迟|时延|响应时间|用时|耗时|检出限|检测限|变异系数|畸变|"
    r"排放|灰分|水分(?![散解])|含水|粉化率|破损率|破碎率|死亡率|发病率|不均匀度|变形(?!温度)|失重(?!温度)|气孔|"
    r"线宽|等效温差|发酵周期|研发周期|生产周期|交付周期|真空度|铁损|燃烧速度|气味|起泡|细胞毒性|夹杂|漂移|[温零时]漂|不确定度|翘曲|串扰|附着力\|级|"
    r"不合格|(?<![抗防耐])(?:误.{1,3}|漏.{1,2}|错误|差错|出错|失效|失败|失真|返修|返工|退货|报废|脱落|剥落|缩水|腐蚀|"
    r"锈蚀|复发|丢[包帧失]|流失|投诉|停机|断[头线丝条]|[冻开]裂|裂纹|感染|污染|霉变|损坏|烧损|倒伏|(?<![热向])收缩)率|"
    r"吸[水湿]率\|[%‰]"
)
_MORE = re.compile(
    r"强度|纯度|(?<!吸)收率|得率|产率|(?<![失无])效率|寿命|产能|产量|处理量|韧性|伸长|续航|(?<![不未非])(?:准确|合格|成活)|功率密度|比能量|"
    r"能量密度|提高|提升|增加|降低|减少|缩短|货架期|保质期|保鲜期|附着力|"
    r"(?<![不非未误漏错失])(?:良|良品|成品|存活|发芽|出苗|转化|转换|利用|保持|保留|符合|命中|召回|覆盖|通过|成功|治愈|"
    r"提取|浸出|萃取|截留|脱盐|脱硫|脱硝|抑菌|杀菌|杀灭|灭活|除尘|延伸)率|^(?!.*(?:紫外|[气汽水湿不非未])).*透[过射光]率\|%"
)
_UNSURE = re.compile(r"率\||衰减")
_FINE = re.compile(
    r"精度|准确度|分辨率|分辨力|均匀性|稳定性|灵敏度|线性度|重复性|平面度|直线度|圆度|圆柱度|平行度|垂直度|同轴度"
)
_FINE_AT_END = re.compile(rf"(?:{_FINE.pattern})\|")
# fine words that count or last: 500 万像素, 16 位, 1000 小时, 100 mV/g
_COARSE = re.compile(
    r"\|(?:[十百千万亿]+$|位|dpi|ppi|线)|分辨.*\|(?:[百千万亿]*像素|bit|[Pp]$|点|个)"
    r"|稳定性.*\|[十百千万亿]*(?:h|小时|d|天|周|个?月|a|年|min|分钟|次|循环)$"
    r"|灵敏度.*\|(?:[kMmμunp]?(?:V|A|C|W|Hz|Ω|F)|[np]m|dB|%)[/·](?!m$)"
)
_OF_EITHER_SIZE = ("", "%", "‰", "‱", "°C", "摄氏度", "K", "dB", "分贝")


def better(quantity: str, unit: str, high: float) -> Better:
    """Which values are good: fewer of 误差 and 误码率, more of 合格率 and 能耗降低, neither of 厚度.

    精度, 稳定性 and their like are finer in mm, ° or a few %, but better the larger in 95 %, 16 位 or 1000 小时.
    ``unit`` is the unit as written.
    """
    unit = unicodedata.normalize("NFKC", unit).replace(" ", "")
    measured = f"{quantity}|{unit}"
    if CHANGE.search(quantity) or SAVING.search(quantity) or _GAIN.search(measured):
        return Better.MORE
    if not _FINE_AT_END.search(measured) and _LESS.search(measured):
        return Better.LESS
    if _FINE.search(quantity):
        return _fine(measured, unit, abs(high))
    if "衰减" in quantity and re.match(r"[%‰]|dB/", unit) and abs(high) < 50:
        return Better.LESS
    if _MORE.search(measured):
        return Better.MORE
    return Better.UNSURE if _UNSURE.search(measured) else Better.AS_STATED


def _fine(measured: str, unit: str, size: float) -> Better:
    if "灵敏度" in measured and unit in ("dB", "分贝"):
        return Better.UNSURE  # of a microphone the higher, of a receiver the lower
    if _COARSE.search(measured) or (unit in _OF_EITHER_SIZE and size >= 50):
        return Better.MORE
    return Better.LESS if unit else Better.UNSURE


# Names that state a value by themselves (厚度 2 mm); without one, a bare number is not an indicator.
HEAD = re.compile(
    r"(?:度|率|量|力|值|数|比|压|温|分|径|角|长|宽|高|厚|深|重|距|差|频|期|幅|磁|速|阻|抗|流|率密度|时间|寿命|周期|时长|"
    r"功率|功|耗|误差|公差|电压|电流|范围|波长|波段|体积|面积|容积|能力|产能|成本|价格|售价|费用|续航|噪声|噪音|扭矩|"
    r"能|电位|温升|转速|节拍|限值|限度|检出限|检测限|产值|距离|衰减|损耗|损失|规模|幅面|行程|压降|阻力|尺寸|公称|"
    r"pH值?|PH值?|酸价|相变焓|热值|当量|截面|固形物|浸出物|悬浮物|用时|耗时|预算|经费|排放|含量|收入|利润|利税|税收|占比|限|可用性|均匀性|稳定性|减重|增重|节能|节电|"
    r"节水|降本|增产|增效|畸变|水深|级)$"
)
UNITLESS_HEAD = re.compile(r"(?:pH值?|PH值?|系数|因数|因子|指数|折射率|环氧值|能效比|料肉比|料重比|性能系数|COP)$")

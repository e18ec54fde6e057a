"""The words around a number: comparisons before and after it, and where its name begins."""

from __future__ import annotations

import re

from matchmaker.ranking.indicators.model import Comparison

GE, LE, EQ, GT, LT = Comparison.GE, Comparison.LE, Comparison.EQ, Comparison.GT, Comparison.LT

# Words before the number. The first that ends at the number wins, so longer ones come first.
_NOT = r"不(?:得|应|宜|能|会|可|允许|要)?"
_BEFORE = {
    GE: rf"{_NOT}(?:低于|小于|少于|短于|弱于|亚于|差于|下于)|(?:大|高|多|优)于或?者?等于|≥|>\s?=|=>"
    r"|至少(?:为|要?达到?|有)?|最少|下限(?:为)?",
    LE: rf"{_NOT}(?:超过|超出|高于|大于|多于|长于)|不得过|(?:小|低|少)于或?者?等于|≤|<\s?=|=<|至多|最多|上限(?:为)?",
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

# A quantity in which less is better, so that 达到 and 优于 ask for at most.
LOWER_IS_BETTER = re.compile(
    r"误差|偏差|公差|粗糙度|噪声|噪音|能耗|电耗|功耗|水耗|煤耗|油耗|损耗|损失|成本|杂质|残留|漏检|误报|误检|误判|废品|"
    r"不良率|次品|故障率|缺陷|泄漏|泄露|漏率|磨损|延时|延迟|时延|响应时间|用时|耗时|检出限|检测限|变异系数|畸变|"
    r"排放|灰分|水分|含水|粉化率|破损率|破碎率|死亡率|发病率|衰减|不均匀度|变形|失重|气孔|孔隙率|线宽|"
    r"等效温差|发酵周期|研发周期|生产周期|交付周期|真空度|铁损|燃烧速度|气味|起泡|细胞毒性|附着力|夹杂"
)
_FINE = re.compile(r"精度|准确度|分辨率|分辨力|均匀性|稳定性|灵敏度")


def lower_is_better(quantity: str, unit: str, high: float) -> bool:
    """Whether less is better: 误差, 能耗; an 精度 or 分辨率 in mm, ° or a few %, but not 95 %; not 能耗降低."""
    if CHANGE.search(quantity) or SAVING.search(quantity):
        return False
    if LOWER_IS_BETTER.search(quantity):
        return True
    if not _FINE.search(quantity) or unit in ("", "位", "dB", "dpi", "线"):
        return False
    return abs(high) < 50 if unit in ("%", "‰", "‱") else True


# Names that state a value by themselves (厚度 2 mm); without one, a bare number is not an indicator.
HEAD = re.compile(
    r"(?:度|率|量|力|值|数|比|压|温|分|径|角|长|宽|高|厚|深|重|距|差|频|期|幅|磁|速|阻|抗|流|率密度|时间|寿命|周期|时长|"
    r"功率|功|耗|误差|公差|电压|电流|范围|波长|波段|体积|面积|容积|能力|产能|成本|价格|售价|费用|续航|噪声|噪音|扭矩|"
    r"能|电位|温升|转速|节拍|限值|限度|检出限|检测限|产值|距离|衰减|损耗|损失|规模|幅面|行程|压降|阻力|尺寸|公称|"
    r"pH值?|PH值?|酸价|相变焓|热值|当量|截面|固形物|浸出物|悬浮物|用时|耗时|预算|经费|排放|含量|收入|利润|利税|税收|占比|限|可用性|均匀性|稳定性|减重|增重|节能|节电|"
    r"节水|降本|增产|增效|畸变|水深|级)$"
)
UNITLESS_HEAD = re.compile(r"(?:pH值?|PH值?|系数|因数|因子|指数|折射率|环氧值|能效比|料肉比|料重比|性能系数|COP)$")

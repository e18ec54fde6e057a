"""The sentences of coaching: why each part of a need matters, and examples, all of them invented."""

from __future__ import annotations

WHY: dict[str, tuple[str, str]] = {
    "indicators": ("量化指标", "有数值，对方才能判断做不做得到，系统也能逐项比对。"),
    "budget": ("预算", "写个大致范围，价格相差太远的方案不会来打扰您。"),
    "deadline": ("期限", "说明何时要用上，才能排除交付太慢的方案。"),
    "tried": ("已尝试的办法", "写明试过什么、问过谁，就不会再推荐同样的办法。"),
    "elements": ("五要素", "材料、方法、功效、产品、应用各写几个词，用词不同的成果也能找到。"),
}
"""Name → (label, why it matters)."""
PLAIN: dict[str, tuple[str, str]] = {
    "indicators": ("强度要高一些，成本要低。", "抗拉强度 ≥ 800 MPa（室温），单件成本 ≤ 12 元。"),
    "budget": ("价格合适即可。", "总预算 60 万元，其中样机阶段不超过 20 万元。"),
    "deadline": ("尽快解决。", "2027 年 6 月前完成中试，2027 年底投产。"),
    "tried": ("试过一些办法，效果不好。",
              "已把保压时间从 8 s 加到 12 s，翘曲只减小一成；示例模具厂建议改浇口，尚未试。"),
    "elements": ("一种新材料。",
                 "材料：玻纤增强聚丙烯；方法：模内压力反馈；功效：减小翘曲；产品：薄壁壳体；应用：储能电池。"),
}
"""Name → (how it often reads, how a better one reads)."""
BY_FIELD: dict[str, tuple[str, str]] = {
    "electronics": ("识别要准，速度要快。", "焊点缺陷检出率 ≥ 99.5%，误报率 ≤ 1%，单板检测时间 ≤ 3 s。"),
    "aerospace": ("零件要轻，还要耐高温。", "支架减重 ≥ 20%，在 350 ℃ 下抗拉强度 ≥ 600 MPa。"),
    "manufacturing": ("加工精度不够。", "孔径公差 ≤ 0.01 mm，单件加工时间 ≤ 45 s，刀具寿命 ≥ 800 件。"),
    "biomedicine": ("检测灵敏度要提高。", "检出限 ≤ 0.5 ng/mL，检测时间 ≤ 15 min，批间差 ≤ 8%。"),
    "materials": ("涂层容易脱落，希望更耐用。", "涂层附着力 ≥ 12 MPa，中性盐雾试验 ≥ 1000 h。"),
    "energy": ("电池低温下不耐用。", "在 -30 ℃ 下容量保持率 ≥ 80%，循环寿命 ≥ 2000 次。"),
    "environment": ("废水处理成本太高。", "出水 COD ≤ 50 mg/L，吨水处理成本 ≤ 3 元，处理量 200 m³/d。"),
    "nuclear": ("屏蔽材料太重。", "在同等屏蔽效果下减重 ≥ 15%，使用温度 ≥ 150 ℃。"),
    "agriculture": ("秧苗成活率低。", "移栽成活率 ≥ 95%，每亩用工 ≤ 0.5 人·天。"),
    "transport": ("噪声大，乘客有意见。", "车内噪声 ≤ 65 dB（时速 100 km），整改后重量增加 ≤ 30 kg。"),
    "urban": ("墙体保温不好。", "传热系数 ≤ 0.35 W/(m²·K)，燃烧性能 A 级，造价 ≤ 180 元/m²。"),
}
"""Technology field → examples of indicators: how it often reads, how a better one reads."""

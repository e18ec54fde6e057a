"""The five elements (五要素) of a technical text, as a suggestion for its author to confirm.

Runs of nouns and the verbs between them are cut out by their parts of speech, and put where their last word belongs;
what follows "用于" is where something is applied, what follows "降低" is an effect.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from matchmaker.services.ports import Finder, FinderUnavailable

LOOKED_AT = 3000  # characters of the text
MOST = 4  # phrases of an element
LONGEST = 12  # characters of a phrase


def _ending(*words: str) -> re.Pattern[str]:
    return re.compile(f"({'|'.join(' '.join(words).split())})$")


def _words(*words: str) -> frozenset[str]:
    return frozenset(" ".join(words).split())


MATERIAL = _ending("合金 钢 铁 铝 铜 钛 镁 树脂 塑料 橡胶 陶瓷 玻璃 纤维 涂料 粉体 粉末 薄膜 材料 浆料",
                   "溶液 油 剂 胶 烯 酯 碳 硅")
METHOD = _ending("工艺 方法 技术 算法 检测 加工 成型 成形 焊接 喷涂 处理 控制 仿真 测量 注塑 铸造 锻造",
                 "反馈 识别 监测 制备 提取 培养")
PRODUCT = _ending("壳 壳体 外壳 件 轮毂 轴承 电池 设备 装置 阀 泵 传感器 电机 机床 机器人 芯片 管道 板 齿轮",
                  "刀具 系统 容器 模具 药 饲料 种子")
EFFECT = _words("提高 降低 减小 减少 提升 改善 避免 防止 消除 延长 缩短 抑制 增强 节约")
USE = _words("用于 应用于 适用于 应用 面向 用在")
LINKING = _words("希望 需要 采用 使用 要求 达到 解决 研究 开发 存在 出现 满足 进行 实现 导致 造成 大于 小于 超过",
                 "不足 问题 情况 目标 企业 公司 现有 单位 无法 不能")
GENERAL = _words("材料 技术 方法 工艺 算法 处理 控制 加工 检测 设备 装置 系统 反馈")
"""Words that by themselves name nothing."""
SPEECH = ("n", "v", "z", "b", "j", "l", "eng")


def suggest(finder: Finder, text: str) -> dict[str, list[str]]:
    """Element → phrases of the text, at most MOST each; elements of which nothing is found are left out.

    Nothing is suggested while the finder, which knows the words, is away.
    """
    found: dict[str, list[str]] = {}
    try:
        words = finder.tagged(text[:LOOKED_AT])
    except FinderUnavailable:
        return found
    for before, phrase in _phrases(words):
        place = _place(before, phrase) if phrase not in GENERAL else ""
        kept = found.setdefault(place, []) if place else []
        told = before + phrase if place == "efficacy" else phrase
        if place and told not in kept and len(kept) < MOST:
            kept.append(told)
    return found


def _place(before: str, phrase: str) -> str:
    if before in EFFECT:
        return "efficacy"
    if before in USE:
        return "applications"
    kinds = (("methods", METHOD), ("products", PRODUCT), ("materials", MATERIAL))
    return next((name for name, pattern in kinds if pattern.search(phrase)), "")


def _phrases(words: list[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Each run of nouns and verbs with the linking or effect verb before it."""
    before, run = "", ""
    for word, speech in [*words, ("。", "x")]:
        leads = word in EFFECT or word in USE or word in LINKING
        if not leads and speech.startswith(SPEECH) and not any(letter.isdigit() for letter in word):
            run += word
            continue
        if 2 <= len(run) <= LONGEST:
            yield before, run
        before, run = (word, "") if leads else ("", "")

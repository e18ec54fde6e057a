"""What services say in Chinese is said in English: whole, by its form, part by part; what users wrote stays."""

from __future__ import annotations

import pytest

from matchmaker import speech
from matchmaker.speech import Speaker, own, say

SPEAKER = Speaker({
    "发布": "publish", "材料": "materials", "标题": "title", "关键词": "keywords",
    "最多 {0} 字，现在是 {1} 字，请精简。": "At most {0} characters, now {1}; shorten it.",
    "还不能{0}，请先补全：{1}。": "Not possible yet ({0}); fill in: {1}.",
    "{0}有效期至 {1}": "{0} valid until {1}", "需求": "the need", "对方": "the other side",
    "没有相同的用词": "No words in common", "您好，{name}：": "Hello {name},", "{0} 项": "{0} items",
    " 个百分点": " percentage points",
})


@pytest.mark.parametrize(("sentence", "said"), [
    ("发布", "publish"),
    ("最多 500 字，现在是 612 字，请精简。", "At most 500 characters, now 612; shorten it."),
    ("还不能发布，请先补全：标题、关键词。", "Not possible yet (publish); fill in: title, keywords."),
    ("需求有效期至 2026-12-01，对方有效期至 2027-01-01。",
     "the need valid until 2026-12-01, the other side valid until 2027-01-01."),
    ("您好，王工：", "Hello 王工,"),
    ("报价 60 万元", "报价 60 万元"),
    ("60.5 万元", "CNY 605,000"),
    ("3 项", "3 items"),
    ("+26.8 个百分点", "+26.8 percentage points"),
    ("材料、翘曲", "材料、翘曲"),
    ("求注塑件翘曲控制方法", "求注塑件翘曲控制方法"),
    ("ABC 12", "ABC 12"),
])
def test_sentences_are_recognised_by_their_form(sentence: str, said: str):
    assert SPEAKER.say(sentence) == said


def test_in_chinese_nothing_changes():
    assert say("还不能发布，请先补全：标题。", "zh") == "还不能发布，请先补全：标题。"


def test_the_catalogue_says_what_a_service_says():
    assert say("当前状态为“草稿”，不能进行此操作。请刷新页面查看最新状态。", "en") == (
        "It is “Drafts”; this cannot be done. Reload the page to see how it stands.")


def test_words_of_somebodys_own_stay_as_they_are_inside_a_sentence():
    """A post called 需求, as the catalogue calls a need."""
    sentence = f"需求：{own('需求')}\n供给：{own('设备')}\n请登录查看详情并答复。"
    said = speech.say(sentence, "en")
    assert "Need: 需求\nSupply: 设备\n" in said
    assert "sign in" in said.lower()
    assert speech.say(sentence, "zh") == "需求：需求\n供给：设备\n请登录查看详情并答复。"
    assert speech.say("已发布：薄壁件", "en") == "Published: 薄壁件", "what was stored before there were marks"
    assert own(own("甲")) == own("甲")
    assert speech.plain(own("甲")[:-1]) == "甲", "a subject that was cut"


def test_nothing_of_the_marks_is_left_in_a_mail_or_on_the_page():
    assert speech.say(own("需求"), "en") == "需求"
    assert speech.plain(f"已发布：{own('需求')}") == "已发布：需求"

"""Cutting long texts: nothing lost, nothing too long, the title always there."""

import pytest

from embeddings.chunks import Chunker, split_sentences
from embeddings.passage import Passage

WINDOW = 40


def letters(texts: list[str]) -> list[int]:
    return [len(text) for text in texts]


@pytest.fixture
def chunker() -> Chunker:
    return Chunker(letters, WINDOW)


LONG = [
    "需要一种耐高温的胶黏剂。" * 20,
    "没有句号只有逗号，" * 30,
    "完全没有标点的一长串文字" * 30,
    "x" * 999,
    "。" * 500,
    "😀👩‍🔬" * 100,
    "<p>第一段。</p>\n\n<script>alert(1)</script>" * 9,
    "Short one. Then a longer English sentence, with a comma; and 3.14 in it. " * 8,
]


@pytest.mark.parametrize("text", LONG)
def test_a_long_need_is_cut_without_loss(chunker, text):
    [chunks] = chunker.needs([text])
    assert "".join(chunks) == text
    assert len(chunks) > 1
    assert max(letters(chunks)) <= WINDOW


@pytest.mark.parametrize("text", ["", "短", "刚好" * (WINDOW // 2)])
def test_what_fits_stays_whole(chunker, text):
    assert chunker.needs([text]) == [[text]]


def test_chunks_end_at_sentences_and_are_about_equal(chunker):
    [chunks] = chunker.needs(["研究光栅刻划工艺。" * 7])
    assert all(chunk.endswith("。") for chunk in chunks)
    assert max(letters(chunks)) - min(letters(chunks)) <= len("研究光栅刻划工艺。")


def test_every_chunk_of_a_passage_begins_with_its_title(chunker):
    [chunks] = chunker.passages([Passage("高速钢丝", ("拉拔", "退火"), "表面质量稳定。" * 30)])
    assert len(chunks) > 1
    assert all(chunk.startswith("高速钢丝\n") for chunk in chunks)
    assert max(letters(chunks)) <= WINDOW
    assert "".join(chunk.removeprefix("高速钢丝\n") for chunk in chunks) == "拉拔，退火\n" + "表面质量稳定。" * 30


def test_an_endless_title_is_cut_too_and_nothing_of_it_is_lost(chunker):
    title = "".join(chr(0x4E00 + n) for n in range(300))
    [chunks] = chunker.passages([Passage(title, (), "正文。")])
    assert max(letters(chunks)) <= WINDOW
    assert set(title + "正文。") <= set("".join(chunks))


def test_a_passage_that_fits_is_one_chunk_with_all_its_parts(chunker):
    assert chunker.passages([Passage("题", ("甲", "乙"), "文")]) == [["题\n甲，乙\n文"]]
    assert chunker.passages([Passage("", (), "文"), Passage("题"), Passage("")]) == [["文"], ["题"], [""]]


def test_a_count_that_grows_when_pieces_are_joined_still_fits():
    chunker = Chunker(lambda texts: [len(text) + len(text) // 10 for text in texts], WINDOW)
    [chunks] = chunker.needs(["材料性能好。" * 50])
    assert "".join(chunks) == "材料性能好。" * 50
    assert max(len(chunk) + len(chunk) // 10 for chunk in chunks) <= WINDOW


def test_sentences():
    text = "他问：“行吗？”对方说行！ 精度3.5微米。\n\nSee Fig. 2; done"
    assert split_sentences(text) == ["他问：“行吗？”", "对方说行！", "精度3.5微米。", "See Fig.", "2;", "done"]
    assert split_sentences(" \n ") == []

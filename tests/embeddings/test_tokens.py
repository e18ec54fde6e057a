"""Terms: whole words and codes, their useful parts, nothing else."""

import pytest

from embeddings.tokens import Tokenizer


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer()


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("PVB中间膜", {"pvb", "中间", "膜"}),
        ("ＰＶＢ", {"pvb"}),
        ("GB/T4754-2017", {"gb/t4754-2017", "t4754", "4754", "2017"}),
        ("误差在10-4以内", {"10-4", "误差"}),
        ("800MPa", {"800mpa", "800", "mpa"}),
        ("0.05 mm", {"0.05", "mm"}),
        ("α-Fe2O3", {"α-fe2o3", "fe2o3"}),
        ("复合材料", {"复合", "材料", "复合材料"}),
    ],
)
def test_terms_hold(tokenizer, text, wanted):
    assert wanted <= set(tokenizer.terms(text))


@pytest.mark.parametrize("text", ["", " \n\t", "，。！？；：“”（）…—", "😀🎉", "\ud800", "<>&/\\"])
def test_no_terms_in(tokenizer, text):
    assert tokenizer.terms(text) == []


def test_numbers_are_not_taken_apart(tokenizer):
    assert tokenizer.terms("3.1415") == ["3.1415"]


def test_a_value_is_found_with_and_without_a_space(tokenizer):
    assert set(tokenizer.terms("800 MPa")) <= set(tokenizer.terms("800MPa"))


def test_own_words_stay_together_and_change_the_signature(tokenizer):
    own = Tokenizer(["轮毂轴承单元"])
    assert "轮毂轴承单元" in own.terms("汽车轮毂轴承单元的寿命")
    assert "轮毂轴承单元" not in tokenizer.terms("汽车轮毂轴承单元的寿命")
    assert own.signature != tokenizer.signature
    assert own.signature == Tokenizer([" 轮毂轴承单元 ", "轮毂轴承单元"]).signature


def test_terms_hold_no_space_and_are_never_endless(tokenizer):
    terms = tokenizer.terms("a" * 100_000 + " 激光　晶体\u00a0" + "1" * 300 + "中" * 50_000)
    assert all(term.split() == [term] and len(term) <= 64 for term in terms)


def test_pairs_of_characters_stay_inside_a_run(tokenizer):
    assert tokenizer.pairs("耐磨涂层，PVB膜 GB/T4754") == ["耐磨", "磨涂", "涂层", "pvb", "膜", "gb/t4754"]
    assert tokenizer.pairs("😀，") == []


def test_html_is_only_words(tokenizer):
    assert tokenizer.terms("<b>激光</b>") == ["b", "激光", "b"]

"""The closed lists: the counts reached (docs/decisions/0005-vocabularies.md), well-formed codes, one tree each."""

import re
from collections import Counter

import pytest

from models import vocabulary
from models.vocabulary import DISCIPLINES, INDUSTRIES, REGIONS, Vocabulary

LISTS = [value for value in vars(vocabulary).values() if isinstance(value, Vocabulary)]
INDUSTRY_LEVELS = {1: 20, 3: 97, 4: 473, 5: 1382}
DIVISIONS = {
    "A": (1, 5), "B": (6, 12), "C": (13, 43), "D": (44, 46), "E": (47, 50), "F": (51, 52), "G": (53, 60), "H": (61, 62),
    "I": (63, 65), "J": (66, 69), "K": (70, 70), "L": (71, 72), "M": (73, 75), "N": (76, 79), "O": (80, 82),
    "P": (83, 83), "Q": (84, 85), "R": (86, 90), "S": (91, 96), "T": (97, 97),
}


@pytest.mark.parametrize("words", LISTS, ids=lambda words: words.name)
def test_every_label_is_clean(words: Vocabulary):
    assert len(words) > 0
    assert [label for label in words.values() if not label or label != label.strip() or re.search(r"\s", label)] == []


def test_industries_are_counted_as_in_the_standard_with_its_amendment():
    assert Counter(len(code) for code in INDUSTRIES) == INDUSTRY_LEVELS


def test_every_industry_has_its_parents():
    for code in INDUSTRIES:
        assert re.fullmatch(r"[A-T](\d{2,4})?", code)
        assert all(code[:length] in INDUSTRIES for length in (1, 3, 4) if length < len(code)), code


def test_no_industry_is_a_dead_end_above_the_classes():
    parents = {code[:-1] for code in INDUSTRIES if len(code) > 3} | {code[0] for code in INDUSTRIES if len(code) == 3}
    assert {code for code in INDUSTRIES if len(code) < 5} == parents


def test_divisions_stand_in_their_sections():
    found = {(code[0], int(code[1:])) for code in INDUSTRIES if len(code) == 3}
    assert found == {(letter, n) for letter, (low, high) in DIVISIONS.items() for n in range(low, high + 1)}


def test_no_two_siblings_have_the_same_label():
    seen = Counter((code[0] if len(code) == 3 else code[:-1], label) for code, label in INDUSTRIES.items())
    assert [pair for pair, times in seen.items() if times > 1] == []


def test_a_label_that_stands_twice_stands_on_one_branch():
    first = {label: code for code, label in reversed(list(INDUSTRIES.items()))}
    assert {code: label for code, label in INDUSTRIES.items() if not code.startswith(first[label])} == {}


def test_a_class_that_is_alone_in_its_group_is_called_as_the_group():
    alone = [code for code in INDUSTRIES if re.fullmatch(r"\D\d{3}0", code)]
    assert [code for code in alone if INDUSTRIES[code] != INDUSTRIES[code[:4]]] == []


@pytest.mark.parametrize(("code", "label"), [
    ("C2730", "中药饮片加工"), ("C276", "生物药品制品制造"), ("C3612", "新能源车整车制造"),
    ("G58", "多式联运和运输代理业"), ("N79", "土地管理业"), ("I6513", "应用软件开发"), ("A0171", "中草药种植"),
    ("C396", "智能消费设备制造"), ("C3491", "工业机器人制造"), ("F5292", "互联网零售"), ("S9231", "监察委员会"),
])
def test_industries_are_of_the_edition_of_2017(code: str, label: str):
    assert INDUSTRIES[code] == label


def test_regions_are_provinces_prefectures_and_the_counties_of_jilin():
    levels = Counter("province" if code.endswith("0000") else "prefecture" if code.endswith("00") else "county"
                     for code in REGIONS)
    assert levels == {"province": 34, "prefecture": 333, "county": 60}
    assert {code[:2] for code in REGIONS if not code.endswith("00")} == {"22"}
    assert all(re.fullmatch(r"\d{6}", code) and f"{code[:2]}0000" in REGIONS for code in REGIONS)
    assert (REGIONS["220503"], REGIONS["222400"]) == ("二道江区", "延边朝鲜族自治州")


def test_disciplines_are_the_62_of_the_first_level():
    assert len(DISCIPLINES) == 62
    assert DISCIPLINES["360"] == "中医学与中药学"
    assert all(re.fullmatch(r"\d{3}", code) for code in DISCIPLINES)


def test_a_label_finds_its_code():
    assert REGIONS.code(" 通化市 ") == "220500"
    assert INDUSTRIES.code("C2740") == "C2740"
    assert REGIONS.code("不存在的地方") is None

"""The list: fusion, order, folding, bands."""

import datetime as dt
import json
import math
from dataclasses import replace

import numpy as np
import pytest

from matchmaker.ranking import bands
from matchmaker.ranking.bands import calibration_for, calibration_of, list_facts
from matchmaker.ranking.features import NAMES, Evidence
from matchmaker.ranking.rank import WEIGHTS_FILE, Pool, Question, Weights, fold, rank, weights_for, with_readings
from matchmaker.ranking.rules import Setting
from matchmaker.ranking.subject import Coded, Subject
from tests.builders import curve

QUESTION = Question(Subject(1, "need", "求轴承钢夹杂物控制方法"), Setting(dt.date(2026, 5, 10)))
WEIGHTS = weights_for("any")
BY_SCORE = curve(-2.0, {"strong": 0.8, "medium": 0.4, "weak": 0.1, "any": 0.2}, score=2.0)


def listed(*candidates, calibration=BY_SCORE):
    return rank(QUESTION, candidates, WEIGHTS, calibration)


def supply(number, **more):
    return Subject(number, "achievement", f"成果{number}", **more)


def strength(words, meaning=0.0):
    return Evidence(words=words, meaning=meaning, words_place=1, meaning_place=1, pool=10)


class TestPool:
    def test_standardises_both_scores(self):
        pool = Pool.of([30.0, 10.0, 20.0], [0.5, 0.9, 0.7])
        assert pool.words.mean() == pytest.approx(0)
        assert pool.meaning.std() == pytest.approx(1)
        assert (pool.words_place.tolist(), pool.meaning_place.tolist()) == ([1, 3, 2], [3, 1, 2])

    def test_weighs_words_above_meaning(self):
        pool = Pool.of([30.0, 10.0], [0.5, 0.9])
        assert pool.fused(WEIGHTS).argmax() == 0

    def test_a_post_without_vector_gets_the_mean_of_the_others(self):
        pool = Pool.of([5.0, 5.0, 5.0], [0.2, math.nan, 0.8])
        assert pool.meaning.tolist() == pytest.approx([-1.0, 0.0, 1.0])
        assert pool.evidence(1).meaning_place is None
        assert pool.evidence(2).meaning_place == 1

    def test_without_any_vector_words_alone_decide(self):
        pool = Pool.of([5.0, 9.0], [math.nan, math.nan])
        assert pool.fused(WEIGHTS).argmax() == 1

    def test_takes_an_empty_list(self):
        assert len(Pool.of([], []).fused(WEIGHTS)) == 0


def test_better_words_come_first_and_a_failed_rule_last():
    names = [one.subject.id for one in listed(
        (supply(2), strength(1.0)), (supply(3), strength(3.0)),
        (supply(4, secrecy=Coded("secret", "秘密")), strength(5.0)))]
    assert names == [3, 2, 4]


def test_metadata_breaks_ties_and_no_more():
    field = Coded("materials", "新材料及其应用")
    question = replace(QUESTION, asker=replace(QUESTION.asker, field=field))
    same, other = supply(3, field=field), supply(2)
    tied = rank(question, [(other, strength(1.0)), (same, strength(1.0))], WEIGHTS, BY_SCORE)
    apart = rank(question, [(other, strength(1.5)), (same, strength(1.0))], WEIGHTS, BY_SCORE)
    assert [one.subject.id for one in tied] == [3, 2]
    assert [one.subject.id for one in apart] == [2, 3]


def test_the_score_is_the_sum_of_its_contributions():
    one = listed((supply(2, region=None), strength(2.0, 1.0)))[0]
    assert [reason.feature for reason in one.reasons] == list(NAMES)
    assert one.score == pytest.approx(sum(reason.contribution for reason in one.reasons))
    assert all(reason.contribution == reason.weight * reason.score for reason in one.reasons)


def test_who_asks_does_not_change_who_is_the_need():
    need = Subject(7, "need", "求降噪", budget=None, trl=8)
    question = Question(supply(2, trl=4), QUESTION.setting)
    found = rank(question, [(need, strength(1.0))], WEIGHTS, BY_SCORE)[0]
    assert "低于需求要求的 8 级" in next(one.sentence for one in found.rules if one.rule == "maturity")


def test_bands_follow_probability():
    found = listed(*((supply(at), strength(words)) for at, words in enumerate((4.0, 1.6, 0.0, -2.0, -2.1, -2.2), 2)))
    assert [one.band for one in found] == ["strong", "medium", "weak", "weak", "weak", "none"]
    chances = [one.probability for one in found]
    assert chances == sorted(chances, reverse=True)


def test_a_list_without_a_likely_candidate_is_empty():
    found = listed((supply(2), strength(0.2)), (supply(3), strength(0.1)))
    assert found[0].probability > BY_SCORE.thresholds["weak"]
    assert {one.band for one in found} == {"none"}
    lenient = listed((supply(2), strength(0.2)), (supply(3), strength(0.1)), calibration=BY_SCORE.lenient())
    assert {one.band for one in lenient} == {"weak"}


class TestFolding:
    text = "以电磁搅拌控制连铸坯中的夹杂物分布，降低轴承钢中大尺寸夹杂物的数量，延长疲劳寿命。"

    def test_the_lesser_copy_folds_with_a_sentence(self):
        found = fold(listed((supply(2, text=self.text), strength(3.0)), (supply(3, text=self.text), strength(2.0)),
                            (supply(4, text="另一项技术：渣系成分设计与吸附夹杂"), strength(1.0))))
        assert [one.subject.id for one in found] == [2, 4, 3]
        assert [one.passed for one in found] == [True, True, False]
        assert found[2].rules[-1].sentence == "与排在前面的“成果2”内容几乎相同，已合并。"

    def test_namesakes_do_not_fold(self):
        people = [replace(supply(number, text=text), title="示例教授")
                  for number, text in ((2, self.text), (3, "研究方向为大田作物病害的遥感监测与预警模型构建"))]
        assert all(one.passed for one in fold(listed(*((person, strength(1.0)) for person in people))))


class TestWeights:
    def test_shipped_ones_name_every_feature(self):
        rows = json.loads(WEIGHTS_FILE.read_text(encoding="utf-8"))
        assert "*" in rows
        assert all(Weights(row["values"]) for row in rows.values())

    def test_meaning_counts_more_where_the_words_say_little(self):
        plain = Weights(dict.fromkeys(NAMES, 0.5), lean=((0.5, 0.2), (2.0, -0.1)))
        shares = [plain.leaning(coverage).values["meaning"] for coverage in (0.0, 0.5, 1.0, 2.0, 9.0)]
        assert shares == pytest.approx([0.7, 0.7, 0.6, 0.4, 0.4])
        assert all(plain.leaning(c).values["words"] + plain.leaning(c).values["meaning"] == 1.0 for c in (0.1, 1.3))

    def test_weights_without_points_do_not_lean(self):
        assert Weights(dict.fromkeys(NAMES, 0.5)).leaning(0.1).values == dict.fromkeys(NAMES, 0.5)

    def test_coverage_is_of_the_candidate_with_most_of_the_words(self):
        assert Pool.of([3.0, 6.0], [0.1, 0.2]).coverage(12.0) == 0.5
        assert Pool.of([], []).coverage(12.0) == 0.0

    def test_others_are_refused(self):
        with pytest.raises(ValueError, match="权重与特征不一致"):
            Weights({"words": 1.0})

    def test_the_id_follows_the_values(self):
        assert Weights(dict.fromkeys(NAMES, 1.0)).id != Weights(dict.fromkeys(NAMES, 0.5)).id


class TestCalibration:
    def test_an_unknown_encoder_is_not_judged_by_its_cosine(self):
        unknown = calibration_for("some-other-model@123/512/abc")
        assert unknown.coefficients[bands.FACTS.index("similarity")] == 0.0

    def test_one_fitted_on_other_facts_is_refused(self):
        with pytest.raises(ValueError, match="请重新拟合"):
            calibration_of({"facts": ["score"]}, "x")

    def test_the_facts_of_a_list(self):
        facts = list_facts(np.array([1.0, 3.0]), coverage=0.4, similarity=math.nan)
        assert facts[:, :6].tolist() == [[1.0, 2.0, 2.0, 1.0, 0.4, 0.0], [3.0, 0.0, 2.0, 1.0, 0.4, 0.0]]
        assert not facts[:, 6:].any()

    def test_what_reading_says_of_each_and_of_the_best(self):
        facts = list_facts(np.array([1.0, 3.0]), 0.4, 0.5, np.array([-2.0, 1.5]))
        assert facts[:, 6:].tolist() == [[-2.0, 1.5, 3.5], [1.5, 1.5, 3.5]]

    def test_lists_that_were_read_have_a_curve_of_their_own(self):
        read, unread = (calibration_for("adapted@1/512/abc", read) for read in (True, False))
        assert read.coefficients[bands.FACTS.index("best_reading")] != 0.0
        assert unread.coefficients[bands.FACTS.index("best_reading")] == 0.0


class TestReading:
    def test_what_was_not_read_counts_as_the_lowest_that_was(self):
        found = with_readings([strength(1.0)] * 3, np.array([0.5, -3.0, np.nan]))
        assert [(one.reading, one.reading_place) for one in found] == [(0.5, 1), (-3.0, 2), (-3.0, None)]

    def test_a_list_that_nobody_read_stays_as_it_is(self):
        assert with_readings([strength(1.0)] * 2, np.full(2, np.nan)) == [strength(1.0)] * 2

    def test_the_one_that_answers_goes_before_the_one_that_shares_words(self):
        by_reading = replace(WEIGHTS, values={**WEIGHTS.values, "reading": 0.5})
        evidence = with_readings([strength(1.2), strength(1.0)], np.array([-4.0, 2.0]))
        found = rank(QUESTION, list(zip((supply(1), supply(2)), evidence, strict=True)), by_reading, BY_SCORE)
        assert [one.subject.id for one in found] == [2, 1]

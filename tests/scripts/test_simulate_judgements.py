"""The simulation: its measures against the reference, its judges, and that learning from right answers helps."""

import ir_measures
import numpy as np
import pytest
from ir_measures import R, nDCG

from scripts.simulate_judgements import DEPTH, JUDGED, Listed, judgements, pairs, simulate, together

PRIOR = np.array([1.0, 0.2])


def made(n, seed=4, each=40):
    """Lists of whose two reasons the second, which the old weights neglect, tells the right ones."""
    random = np.random.default_rng(seed)
    lists = []
    for _ in range(n):
        right = np.zeros(each, bool)
        right[random.choice(each, 2, replace=False)] = True
        rows = random.normal(size=(each, 2)) + np.outer(right, [0.3, 2.0])
        order = np.argsort(-(rows @ PRIOR))
        lists.append(Listed(rows[order], right[order], np.ones(each, bool), 3))
    return lists


def test_the_measures_are_those_of_the_reference():
    for listed in made(20):
        run = {"q": {str(at): float(score) for at, score in enumerate(listed.rows @ PRIOR)}}
        qrels = {"q": {str(at): 1 for at in np.flatnonzero(listed.right)} | {"not found": 1}}
        expected = ir_measures.calc_aggregate([nDCG @ DEPTH, R @ DEPTH], qrels, run)
        assert listed.measured(PRIOR) == pytest.approx((expected[nDCG @ DEPTH], expected[R @ DEPTH]))


def test_what_a_rule_ruled_out_comes_last():
    listed = Listed(np.array([[9.0, 0.0]] + [[1.0, 0.0]] * 12), np.arange(13) == 0, np.arange(13) != 0, 1)
    assert listed.measured(PRIOR) == (0.0, 0.0)


def test_people_judge_the_first_ten_and_odd_ones_the_wrong_way_round():
    lists = made(10)
    straight, odd = judgements(lists, 0), judgements(lists, 2)
    assert len(straight.fits) == 10 * JUDGED
    assert (straight.fits != odd.fits).tolist() == [person < 2 for person in straight.people]


def test_learning_from_right_answers_helps_on_unseen_queries():
    lists = made(120)
    outcomes = [simulate(lists, PRIOR, 60, 0, seed) for seed in range(3)]
    assert all(len(outcome.unseen) == 60 for outcome in outcomes)
    found = together(outcomes, len(lists), 0)
    assert found.low > 0
    assert found.new > found.old


def test_one_odd_person_of_five_does_not_turn_it_round():
    lists = made(160)
    straight, odd = (together([simulate(lists, PRIOR, 100, n, 0)], len(lists), 0) for n in (0, 1))
    assert 0 < odd.difference <= straight.difference + 0.02


def test_pairs_hold_right_minus_wrong():
    lists = made(5)
    rows = np.array(pairs(lists))
    assert rows.shape == (5 * 2 * 3, 2)
    assert rows[:, 1].mean() > 0

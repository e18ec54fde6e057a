"""The curve from scores to probabilities, and the measures of its honesty."""

import numpy as np
import pytest

from matchmaker.ranking import fit


def made(n=4000, seed=3):
    """Rows with a known law: chance = σ(2x₀ − 1); the second column says nothing."""
    random = np.random.default_rng(seed)
    rows = np.column_stack([random.normal(5, 2, n), random.normal(size=n)])
    chances = 1 / (1 + np.exp(-(2 * (rows[:, 0] - 5) - 1)))
    return rows, (random.random(n) < chances).astype(float), chances


def test_finds_the_law_behind_the_data():
    rows, labels, chances = made()
    fitted = fit.logistic(rows, labels)
    assert np.abs(fitted.probability(rows) - chances).mean() < 0.02
    assert abs(fitted.coefficients[1]) < 0.15


def test_a_column_without_spread_says_nothing():
    rows, labels, _ = made()
    rows[:, 1] = 7.0
    assert fit.logistic(rows, labels).coefficients[1] == 0.0


def test_held_out_chances_are_honest():
    rows, labels, _ = made()
    assert fit.calibration_error(fit.held_out(rows, labels, np.arange(len(labels))), labels) < 0.03


def test_held_out_means_unseen():
    rows = np.column_stack([np.arange(40.0)])
    labels = (np.arange(40) % 2).astype(float)
    groups = np.arange(40) // 2
    assert fit.auroc(fit.held_out(rows, labels, groups), labels) < 0.75


def test_calibration_error_of_known_cases():
    labels = np.array([0.0, 1.0, 0.0, 1.0])
    assert fit.calibration_error(np.full(4, 0.5), labels) == 0.0
    assert fit.calibration_error(np.full(4, 1.0), labels) == 0.5


@pytest.mark.parametrize(("scores", "expected"), [((1, 2, 3, 4), 1.0), ((4, 3, 2, 1), 0.0), ((5, 5, 5, 5), 0.5)])
def test_auroc_of_known_cases(scores, expected):
    assert fit.auroc(np.array(scores, float), np.array([0.0, 0.0, 1.0, 1.0])) == expected

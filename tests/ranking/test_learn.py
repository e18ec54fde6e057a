"""Learning weights: what judgements teach, what they cannot, and what one odd person cannot spoil."""

import numpy as np
import pytest

from matchmaker.ranking.learn import SHARE, Judged, Pairs, by_list, cap, fitted, gain, held_out

PRIOR = np.array([0.7, 0.3, 0.0, 0.1])
TRUTH = np.array([0.3, 0.7, 0.5, 0.1])


def made(lists, seed=1, people=5, each=10, truth=TRUTH):
    """Lists whose better half by `truth`, somewhat blurred, fits."""
    random = np.random.default_rng(seed)
    rows = random.normal(size=(lists * each, len(truth)))
    scores = (rows @ truth + random.normal(scale=0.4, size=len(rows))).reshape(lists, each)
    fits = (scores > np.median(scores, axis=1, keepdims=True)).ravel()
    numbers = np.repeat(np.arange(lists), each)
    return Judged(rows, fits, numbers, numbers % people)


def right(weights, seed=99):
    shares, sizes = by_list(Pairs.of(made(200, seed)), weights)
    return float(np.average(shares, weights=sizes))


def together(*parts):
    """Judgements of several groups of people about lists of their own."""
    return Judged(
        np.vstack([part.rows for part in parts]), np.concatenate([part.fits for part in parts]),
        np.concatenate([part.lists + 1000 * at for at, part in enumerate(parts)]),
        np.concatenate([part.people + 100 * at for at, part in enumerate(parts)]))


def test_many_judgements_find_what_people_want():
    learnt = fitted(Pairs.of(made(100)), PRIOR)
    assert right(learnt) > right(PRIOR) + 0.08
    assert learnt[1] > learnt[0]
    assert learnt[2] > 0.2


def test_few_judgements_change_little():
    small, large = (np.abs(fitted(Pairs.of(made(lists)), PRIOR) - PRIOR).max() for lists in (2, 100))
    assert small < 0.5 * large


def test_what_was_never_compared_keeps_its_weight_beside_the_others():
    judged = made(60, truth=PRIOR)
    judged.rows[:, 3] = 1.0
    learnt = fitted(Pairs.of(judged), PRIOR)
    assert learnt[3] / PRIOR[3] == pytest.approx(learnt[0] / PRIOR[0], rel=0.25)


def test_the_scores_keep_their_spread():
    pairs = Pairs.of(made(100))
    spread = [float(np.sqrt(pairs.weights @ (pairs.rows @ weights) ** 2)) for weights in (PRIOR, fitted(pairs, PRIOR))]
    assert spread[0] == pytest.approx(spread[1])


def test_no_weight_turns_negative():
    assert fitted(Pairs.of(made(100, truth=np.array([1.0, -1.0, 0.0, 0.0]))), PRIOR).min() == 0.0


@pytest.mark.parametrize("judged", [
    Judged(np.zeros((0, 4)), np.zeros(0, bool), np.zeros(0, np.int64), np.zeros(0, np.int64)),
    Judged(np.ones((5, 4)), np.ones(5, bool), np.zeros(5, np.int64), np.zeros(5, np.int64)),
    Judged(np.ones((5, 4)), np.arange(5) > 2, np.zeros(5, np.int64), np.zeros(5, np.int64)),
], ids=["none", "only one verdict", "no difference"])
def test_without_anything_to_compare_the_old_weights_stay(judged):
    assert fitted(Pairs.of(judged), PRIOR).tolist() == PRIOR.tolist()
    assert held_out(judged, PRIOR).difference == 0.0


def test_one_odd_person_does_not_ruin_what_the_others_taught():
    """One person judges six times as much as each of four others, and always the wrong way round."""
    honest, odd = made(40, people=4), made(60, seed=5, people=1)
    odd = Judged(odd.rows, ~odd.fits, odd.lists, odd.people)
    alone, mixed = (fitted(Pairs.of(judged), PRIOR) for judged in (honest, together(honest, odd)))
    assert right(mixed) > right(PRIOR)
    assert right(mixed) > right(alone) - 0.03


def test_without_the_cap_the_odd_person_would_win(monkeypatch):
    honest, odd = made(40, people=4), made(60, seed=5, people=1)
    odd = Judged(odd.rows, ~odd.fits, odd.lists, odd.people)
    capped = right(fitted(Pairs.of(together(honest, odd)), PRIOR))
    monkeypatch.setattr("matchmaker.ranking.learn.SHARE", 1.0)
    assert right(fitted(Pairs.of(together(honest, odd)), PRIOR)) < capped - 0.05


@pytest.mark.parametrize("counts", [[10, 10, 10, 10, 10], [1000, 10, 10, 10, 10], [500, 400, 30, 20, 10, 5]])
def test_nobody_has_more_than_the_share(counts):
    most = cap(counts)
    say = [min(count, most) for count in counts]
    assert max(say) <= SHARE * sum(say) + 1e-9


@pytest.mark.parametrize(("counts", "most"), [([7], 7), ([300, 20], 20), ([], 0)])
def test_a_few_people_have_an_equal_say(counts, most):
    assert cap(counts) == most


def test_benchmark_pairs_hold_the_weights_where_they_were_measured():
    random = np.random.default_rng(7)
    benchmark = np.abs(random.normal(size=(400, 4))) * PRIOR + random.normal(scale=0.05, size=(400, 4))
    pairs = Pairs.of(made(60))
    free, held = fitted(pairs, PRIOR), fitted(pairs.with_benchmark(benchmark), PRIOR)
    assert np.abs(held[:2] - PRIOR[:2]).max() < np.abs(free[:2] - PRIOR[:2]).max()


def test_held_out_gain_is_seen_and_none_is_found_where_none_is():
    found = held_out(made(60), PRIOR)
    assert found.low > 0
    assert found.low <= found.difference <= found.high
    nothing = held_out(made(60, truth=PRIOR), PRIOR)
    assert nothing.low < 0.02


def test_the_interval_is_that_of_the_mean():
    old, new = np.zeros(400), np.tile([0.0, 1.0], 200)
    found = gain(old, new, np.ones(400))
    assert (found.difference, found.low, found.high) == pytest.approx((0.5, 0.45, 0.55), abs=0.01)

"""The best plan under caps is never worse than first come, first served, and breaks no cap."""

from collections import Counter
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from matchmaker.ranking.assign import Offer, best, greedy


def total(plan):
    return round(sum(offer.value for offer in plan), 9)


def test_taking_the_best_first_is_not_the_best_for_all():
    """Expert 7 fits both; only he fits need 2."""
    offers = [Offer(1, 7, 0.9), Offer(1, 8, 0.8), Offer(2, 7, 0.7)]
    one = {1: 1, 2: 1}
    assert total(best(offers, one, {7: 1, 8: 1})) == 1.5
    assert total(greedy(offers, one, {7: 1, 8: 1})) == 0.9


def test_nobody_takes_more_than_he_can_carry():
    offers = [Offer(need, 7, 0.5) for need in range(5)]
    assert len(best(offers, dict.fromkeys(range(5), 1), {7: 2})) == 2
    assert best(offers, dict.fromkeys(range(5), 1), {}) == []


def test_nothing_offered_nothing_planned():
    assert best([], {1: 1}, {2: 1}) == []


edges = st.dictionaries(st.tuples(st.integers(0, 2), st.integers(10, 12)), st.floats(0.01, 1), max_size=7)


@settings(deadline=None, max_examples=40)
@given(edges, st.integers(0, 2), st.integers(0, 2))
def test_no_other_plan_is_better(pairs, each, cap):
    offers = [Offer(need, expert, value) for (need, expert), value in pairs.items()]
    wanted, room = dict.fromkeys(range(3), each), dict.fromkeys(range(10, 13), cap)

    def allowed(plan):
        needs, experts = Counter(one.need for one in plan), Counter(one.expert for one in plan)
        return max(needs.values(), default=0) <= each and max(experts.values(), default=0) <= cap

    plans = [plan for size in range(len(offers) + 1) for plan in combinations(offers, size) if allowed(plan)]
    found = best(offers, wanted, room)
    assert allowed(found)
    assert allowed(greedy(offers, wanted, room))
    assert total(found) == max(total(plan) for plan in plans)
    assert total(greedy(offers, wanted, room)) <= total(found)

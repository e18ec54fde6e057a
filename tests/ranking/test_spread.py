"""One institute does not fill the page while others are close."""

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from matchmaker.ranking.features import Evidence
from matchmaker.ranking.rank import Ranked
from matchmaker.ranking.spread import CLOSE, MOST, PAGE, spread
from matchmaker.ranking.subject import Subject


def one(number, score, organisation=None):
    subject = Subject(number, "achievement", f"成果{number}", organisation_id=organisation)
    return Ranked(subject, Evidence(), score, 0.5, "medium", (), ())


def ids(ranked):
    return [each.subject.id for each in ranked]


def test_the_fourth_of_an_institute_lets_a_close_one_pass():
    mine = [one(number, 3.0 - number / 100, organisation=1) for number in range(1, 6)]
    other = one(9, 2.9, organisation=2)
    assert ids(spread([*mine, other])) == [1, 2, 3, 9, 4, 5]


def test_one_that_is_far_behind_does_not_pass():
    mine = [one(number, 3.0, organisation=1) for number in range(1, 6)]
    assert ids(spread([*mine, one(9, 3.0 - CLOSE - 0.01, organisation=2)])) == [1, 2, 3, 4, 5, 9]


def test_candidates_without_an_organisation_are_nobodys_group():
    alone = [one(number, 3.0) for number in range(1, 8)]
    assert spread(alone) == alone


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(0, 5), st.sampled_from([None, 1, 2, 3])), max_size=40))
def test_nobody_is_lost_and_a_page_is_mixed_where_it_could_be(rows):
    ranked = sorted((one(at, score, group) for at, (score, group) in enumerate(rows)), key=lambda each: -each.score)
    placed = spread(ranked)
    assert sorted(ids(placed)) == sorted(ids(ranked))
    for start in range(0, len(placed), PAGE):
        page, later = placed[start : start + PAGE], placed[start + PAGE :]
        groups = Counter(each.subject.organisation_id for each in page if each.subject.organisation_id)
        crowded = {group for group, n in groups.items() if n > MOST}
        last = {group: [each for each in page if each.subject.organisation_id == group][-1] for group in crowded}
        for crowd in crowded:
            assert not any(each.subject.organisation_id is None and each.score > last[crowd].score for each in later)

"""Kept term counts give the textbook's BM25."""

import math

import numpy as np
import pytest

from embeddings.counts import K1, B, Clause, TermCounts

POSTS = {
    4: (["涂层"], ["耐磨", "涂层", "涂层", "轴承"]),
    7: (["光栅"], ["光栅", "刻划"]),
    9: ([], ["涂层"] * 300),
}


@pytest.fixture
def counts() -> TermCounts:
    result = TermCounts(2)
    for id_, terms in POSTS.items():
        result.put(id_, terms)
    return result


def textbook(id_: int, clauses: list[Clause]) -> float:
    total = 0.0
    for clause in clauses:
        terms = POSTS[id_][clause.field]
        mean = sum(len(post[clause.field]) for post in POSTS.values()) / len(POSTS)
        tf = min(255, terms.count(clause.term))
        total += clause.weight * clause.idf * tf * (K1 + 1) / (tf + K1 * (1 - B + B * len(terms) / mean))
    return total


CLAUSES = [Clause("涂层", 0, 0.4, math.log(2)), Clause("涂层", 1, 2.0, math.log(3)), Clause("刻划", 1, 1.0, 1.5)]


def test_scores_are_those_of_the_textbook(counts):
    wanted = [textbook(id_, CLAUSES) for id_ in (9, 4, 7)]
    assert np.allclose(counts.bm25([9, 4, 7], CLAUSES), wanted, rtol=1e-5)


def test_unknown_posts_and_terms_score_nothing(counts):
    assert counts.bm25([1, 4, 2], [Clause("涂层", 0, 1, 1)])[[0, 2]].tolist() == [0, 0]
    assert counts.bm25([4, 7], [Clause("没有", 1, 1, 1)]).tolist() == [0, 0]
    assert counts.bm25([], CLAUSES).tolist() == []
    assert TermCounts(2).bm25([3], CLAUSES).tolist() == [0]


def test_a_replaced_or_dropped_post_leaves_no_trace(counts):
    before = counts.bm25([4, 7, 9], CLAUSES)
    counts.put(7, (["别的"] * 50, ["别的"] * 50))
    counts.put(11, (["x"], ["y"]))
    counts.drop(11)
    counts.drop(12)
    counts.put(7, POSTS[7])
    assert np.allclose(counts.bm25([4, 7, 9], CLAUSES), before)
    assert (len(counts), 11 in counts) == (3, False)


def test_written_and_read_it_scores_the_same(counts, tmp_path):
    counts.write(tmp_path)
    same = TermCounts.read(tmp_path, 2)
    assert np.allclose(same.bm25([4, 7, 9], CLAUSES), counts.bm25([4, 7, 9], CLAUSES))
    assert len(same) == 3

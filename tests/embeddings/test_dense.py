"""The vector index: right answers while posts come, change and go; large and small; saved and loaded."""

import threading

import numpy as np
import pytest
from numpy.typing import NDArray

from embeddings.dense import DenseIndex
from embeddings.errors import DamagedIndex, IndexUnusable, StaleIndex

DIM = 32


def units(count: int, seed: int = 0, dim: int = DIM) -> NDArray[np.float32]:
    """Random unit vectors that crowd around a few directions, as those of texts do."""
    random = np.random.default_rng(seed)
    centres = np.random.default_rng(99).standard_normal((40, dim), np.float32)
    vectors = centres[random.integers(0, 40, count)] + 0.8 * random.standard_normal((count, dim), np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def filled(count: int, exact_rows: int = 50_000) -> tuple[DenseIndex, NDArray[np.float32]]:
    index, vectors = DenseIndex(DIM, exact_rows), units(count)
    index.upsert(range(count), list(vectors[:, None]))
    index.settle()
    return index, vectors


def nearest(vectors: NDArray[np.float32], query: NDArray[np.float32], k: int) -> list[int]:
    return np.argsort(-(vectors @ query), kind="stable")[:k].tolist()


def test_an_empty_index_answers_with_nothing():
    index = DenseIndex(DIM)
    [(ids, scores)] = index.search(units(1), 5)
    assert (len(index), len(ids), len(scores)) == (0, 0, 0)
    assert np.isnan(index.scores(units(1), [3])).all()
    index.remove([1, 2])


def test_the_nearest_come_first_with_their_cosines():
    index, vectors = filled(500)
    for query, (ids, scores) in zip(units(5, 7), index.search(units(5, 7), 10), strict=True):
        assert ids.tolist() == nearest(vectors, query, 10)
        assert np.allclose(scores, vectors[ids] @ query, atol=1e-6)


def test_more_wanted_than_there_are():
    index, _ = filled(3)
    assert sorted(index.search(units(1, 7), 10)[0][0].tolist()) == [0, 1, 2]


def test_a_post_scores_as_its_best_chunk_and_comes_once():
    index, vectors = DenseIndex(DIM), units(30)
    index.upsert([7, 8, 9], [vectors[:10], vectors[10:25], vectors[25:]])
    query = units(1, 7)
    products = vectors @ query[0]
    best = {7: products[:10].max(), 8: products[10:25].max(), 9: products[25:].max()}
    [(ids, scores)] = index.search(query, 3)
    assert ids.tolist() == sorted(best, key=best.__getitem__, reverse=True)
    assert np.allclose(scores, [best[i] for i in ids.tolist()], atol=1e-6)
    wanted = [best[9], np.nan, best[7], best[9]]
    assert np.allclose(index.scores(query, [9, 1, 7, 9])[0], wanted, atol=1e-6, equal_nan=True)


def test_a_removed_post_is_gone_at_once():
    index, vectors = filled(100)
    first = nearest(vectors, vectors[5], 2)
    index.remove([first[0], 12345])
    assert len(index) == 99
    assert index.search(vectors[5:6], 1)[0][0].tolist() == [first[1]]
    assert np.isnan(index.scores(vectors[5:6], [first[0]])).all()


def test_a_replaced_post_is_found_by_its_new_words_only():
    index, vectors = filled(100)
    fresh = -vectors[5]
    for chunks in (fresh[None], np.stack([fresh, fresh])):
        index.upsert([5], [chunks])
        assert len(index) == 100
        assert index.search(fresh[None], 1)[0][0].tolist() == [5]
        assert 5 not in index.search(vectors[5:6], 50)[0][0].tolist()


def test_a_post_without_vectors_is_taken_out():
    index, _ = filled(10)
    index.upsert([3], [np.empty((0, DIM), np.float32)])
    assert len(index) == 9


def test_an_id_given_twice_keeps_the_last():
    index, vectors = DenseIndex(DIM), units(2)
    index.upsert([1, 1], [vectors[:1], vectors[1:]])
    assert len(index) == 1
    assert index.search(vectors[1:], 1)[0][1][0] == pytest.approx(1)


def test_vectors_of_another_length_are_refused():
    with pytest.raises(ValueError, match="shape"):
        DenseIndex(DIM).upsert([1], [np.ones((1, DIM + 1), np.float32)])
    with pytest.raises(ValueError, match="shape"):
        DenseIndex(DIM).search(np.ones(DIM, np.float32), 1)


@pytest.mark.parametrize("exact_rows", [50_000, 500], ids=["exact", "approximate"])
@pytest.mark.parametrize("share", [0.01, 0.3, 0.9])
def test_only_allowed_posts_are_found_and_as_many_as_wanted(exact_rows, share):
    index, vectors = filled(4000, exact_rows)
    allowed = np.flatnonzero(np.random.default_rng(3).random(4000) < share)
    for query, (ids, _) in zip(units(5, 7), index.search(units(5, 7), 20, set(allowed.tolist())), strict=True):
        wanted = allowed[nearest(vectors[allowed], query, 20)]
        assert len(set(ids.tolist()) & set(wanted.tolist())) >= 19
        assert len(ids) == 20
    assert [len(ids) for ids, _ in index.search(units(2), 20, [])] == [0, 0]
    assert index.search(units(1), 20, [99_999])[0][0].tolist() == []


def test_large_indexes_turn_approximate_by_themselves_and_stay_right():
    index, vectors = filled(6000, exact_rows=2000)
    assert index.approximate
    queries = units(50, 7)
    hits = [
        len(set(nearest(vectors, q, 200)) & set(ids.tolist()))
        for q, (ids, _) in zip(queries, index.search(queries, 200), strict=True)
    ]
    assert sum(hits) >= 0.99 * 200 * 50
    ids, scores = index.search(queries, 200)[0]
    assert np.allclose(scores, vectors[ids] @ queries[0], atol=1e-6)
    assert (np.diff(scores) <= 0).all()


def test_an_approximate_index_follows_changes():
    index, vectors = filled(6000, exact_rows=2000)
    fresh = units(1, 1234)
    index.upsert([3, 70_000], [fresh, fresh])
    index.remove([4])
    assert index.search(fresh, 2)[0][0].tolist() == [3, 70_000]
    assert 4 not in index.search(vectors[4:5], 200)[0][0].tolist()
    assert 3 not in index.search(vectors[3:4], 50)[0][0].tolist()


def test_an_approximate_index_still_gives_all_that_is_wanted():
    index, _ = filled(6000, exact_rows=2000)
    assert len(set(index.search(units(1, 7), 5990)[0][0].tolist())) == 5990


def test_gaps_are_closed_and_answers_stay_right():
    index, vectors = filled(6000, exact_rows=2000)
    index.remove(range(0, 6000, 2))
    index.settle()
    kept = np.arange(1, 6000, 2)
    assert len(index) == 3000
    query = units(1, 7)
    wanted = kept[nearest(vectors[kept], query[0], 100)]
    assert len(set(index.search(query, 100)[0][0].tolist()) & set(wanted.tolist())) >= 99


def test_searches_go_on_while_posts_are_written_and_the_index_is_learnt():
    index, vectors = filled(3000, exact_rows=3100)
    index.upsert([9999], [vectors[:1]])
    stop, wrong = threading.Event(), []

    def read() -> None:
        while not stop.is_set():
            [(ids, scores)] = index.search(vectors[:1], 5)
            if 9999 not in ids.tolist() or len(ids) != 5 or abs(scores[0] - 1) > 1e-5:
                wrong.append((ids, scores))

    reader = threading.Thread(target=read)
    reader.start()
    for start in range(10_000, 16_000, 500):
        index.upsert(range(start, start + 500), list(units(500, start)[:, None]))
        index.upsert([9999], [vectors[:1]])
    index.settle()
    stop.set()
    reader.join()
    assert index.approximate
    assert not wrong


@pytest.mark.parametrize("exact_rows", [50_000, 500], ids=["exact", "approximate"])
def test_saved_and_loaded_it_answers_the_same(tmp_path, exact_rows):
    index, vectors = filled(2000, exact_rows)
    index.remove([1, 2])
    index.upsert([5000], [vectors[:3]])
    index.save(tmp_path / "saved", {"revision": 7, "encoder": "e"})
    loaded = DenseIndex(DIM, exact_rows)
    meta = loaded.load(tmp_path / "saved", {"revision": 7, "encoder": "e"})
    assert (meta["posts"], len(loaded), loaded.approximate) == (1999, 1999, index.approximate)
    for (ids, scores), (same, equal) in zip(index.search(units(9, 7), 20), loaded.search(units(9, 7), 20), strict=True):
        assert ids.tolist() == same.tolist()
        assert np.allclose(scores, equal, atol=1e-6)
    loaded.upsert(range(6000, 8000), list(units(2000, 8)[:, None]))
    assert len(loaded) == 3999


def test_an_empty_index_can_be_saved(tmp_path):
    DenseIndex(DIM).save(tmp_path / "saved", {})
    index = DenseIndex(DIM)
    index.load(tmp_path / "saved", {})
    assert len(index) == 0


def test_saving_again_replaces_and_leaves_nothing_behind(tmp_path):
    index, _ = filled(10)
    for revision in (1, 2):
        index.save(tmp_path / "saved", {"revision": revision})
    assert DenseIndex(DIM).load(tmp_path / "saved", {"revision": 2})["revision"] == 2
    assert [p.name for p in tmp_path.iterdir()] == ["saved"]


@pytest.mark.parametrize("expected", [{"revision": 8}, {"encoder": "other"}, {"more": 1}])
def test_a_stale_index_is_refused(tmp_path, expected):
    index, _ = filled(10)
    index.save(tmp_path / "saved", {"revision": 7, "encoder": "e"})
    with pytest.raises(StaleIndex):
        index.load(tmp_path / "saved", expected)
    with pytest.raises(StaleIndex):
        DenseIndex(DIM + 1).load(tmp_path / "saved", {})
    assert len(index) == 10


def flip(path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def truncate(path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


@pytest.mark.parametrize("damage", [flip, truncate, lambda path: path.unlink()], ids=["flip", "truncate", "delete"])
def test_a_damaged_index_is_refused(tmp_path, damage):
    index, _ = filled(2000, exact_rows=500)
    names = None
    for number in range(5):
        folder = tmp_path / str(number)
        index.save(folder, {"revision": 1})
        names = names or sorted(p.name for p in folder.iterdir())
        if number < len(names):
            damage(folder / names[number])
            with pytest.raises(DamagedIndex):
                DenseIndex(DIM).load(folder, {"revision": 1})
    assert names == ["meta-saved.json", "near.faiss", "near.json", "owners.int64", "vectors.float32"]
    with pytest.raises(IndexUnusable):
        DenseIndex(DIM).load(tmp_path / "never", {})


def test_a_failed_save_leaves_the_old_index(tmp_path, monkeypatch):
    index, _ = filled(10)
    index.save(tmp_path / "saved", {"revision": 1})

    def no_room(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("embeddings.rows.RowStore.write", no_room)
    with pytest.raises(OSError, match="No space"):
        index.save(tmp_path / "saved", {"revision": 2})
    assert DenseIndex(DIM).load(tmp_path / "saved", {"revision": 1})["posts"] == 10
    assert [p.name for p in tmp_path.iterdir()] == ["saved"]


def test_without_memory_for_the_approximate_index_searches_stay_exact(monkeypatch):
    def no_memory(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("embeddings.dense.Approximate", no_memory)
    index, vectors = filled(3000, exact_rows=2000)
    assert not index.approximate
    query = units(1, 7)
    assert index.search(query, 20)[0][0].tolist() == nearest(vectors, query[0], 20)

"""The BM25 index: right answers while posts come, change and go; saved and loaded; no syntax in queries."""

import shutil
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from embeddings.counts import TermCounts
from embeddings.errors import DamagedIndex, StaleIndex
from embeddings.lexical import FEW, FIELDS, MAX_TERMS, LexicalIndex
from embeddings.passage import Passage
from embeddings.storage import save_folder
from embeddings.tokens import Tokenizer

COATING = Passage("耐磨陶瓷涂层", ("涂层", "陶瓷"), "用于轴承表面的耐磨陶瓷涂层，硬度高。")
GRATING = Passage("大面积光栅刻划", ("光栅",), "光谱仪用光栅的机械刻划工艺。")
GINSENG = Passage("人参连作障碍", ("人参", "土壤"), "土壤改良缓解人参连作障碍。")
POSTS = {1: COATING, 2: GRATING, 30: GINSENG}
FULL_FOR_A_MOMENT = """
import resource, sys
from pathlib import Path
from embeddings.errors import IndexUnusable
from embeddings.lexical import LexicalIndex
from embeddings.passage import Passage
from embeddings.tokens import Tokenizer
work, saved = (Path(sys.argv[1], name) for name in ("work", "saved"))
index = LexicalIndex(Tokenizer(), work)
limit = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limit[1]))
index.upsert(range(400), [Passage(f"光栅{n}", (), f"机械刻划工艺w{n * 7919}") for n in range(400)])
for verb in (
    lambda: index.search("光栅", 5), lambda: index.search("光栅", 5), lambda: index.scores("光栅", [1]),
    lambda: index.idf("光栅"), lambda: index.upsert([1], [Passage("光栅")]), lambda: index.remove([1]),
    lambda: index.save(saved, {}),
):
    try:
        print("ok", verb())
    except IndexUnusable as error:
        print(error)
    resource.setrlimit(resource.RLIMIT_FSIZE, limit)
"""


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer()


@pytest.fixture
def index(tokenizer) -> LexicalIndex:
    result = LexicalIndex(tokenizer)
    result.upsert(list(POSTS), list(POSTS.values()))
    return result


def found(index: LexicalIndex, text: str, **options: object) -> list[int]:
    return index.search(text, 10, **options)[0].tolist()


def test_an_empty_index_answers_with_nothing(tokenizer):
    index = LexicalIndex(tokenizer)
    assert (len(index), found(index, "涂层"), index.scores("涂层", [1]).tolist()) == (0, [], [0])
    index.remove([1])


def test_posts_are_found_by_title_keywords_and_text(index):
    assert found(index, "陶瓷") == [1]
    assert found(index, "光谱仪") == [2]
    assert found(index, "土壤改良") == [30]


def test_the_one_sharing_more_and_rarer_words_comes_first(index):
    ids, scores = index.search("人参土壤的表面", 10)
    assert ids[0] == 30
    assert (np.diff(scores) <= 0).all()
    assert ids.dtype == np.int64
    assert scores.dtype == np.float32


def test_k_limits(index):
    assert len(index.search("涂层 光栅 人参", 2)[0]) == 2
    assert len(index.search("涂层 光栅 人参", 0)[0]) == 0


def test_a_removed_post_is_gone_at_once(index):
    index.remove([1, 999])
    assert (len(index), found(index, "陶瓷")) == (2, [])


def test_a_replaced_post_is_found_by_its_new_words_only(index):
    index.upsert([1], [GINSENG])
    assert len(index) == 3
    assert found(index, "陶瓷") == []
    assert found(index, "人参") == [1, 30]


def test_an_id_given_twice_keeps_the_last(tokenizer):
    index = LexicalIndex(tokenizer)
    index.upsert([1, 1], [COATING, GRATING])
    assert (len(index), found(index, "光栅"), found(index, "陶瓷")) == (1, [1], [])


@pytest.mark.parametrize(
    "text",
    [
        "title:陶瓷",
        '"陶瓷" AND NOT 涂层',
        "陶瓷~2^9 [a TO z] *:*",
        "id:1 OR 1=1 -- 陶瓷",
        "(((陶瓷",
        "+陶瓷 -涂层",
        "陶瓷\\",
        "{陶瓷}/x/",
    ],
)
def test_nothing_in_a_query_is_syntax(index, text):
    assert found(index, text) == [1]


@pytest.mark.parametrize("text", ["", "  ", "😀", "，。", "*", "zzzzzz", "\ud800", "<&>"])
def test_queries_without_known_words_find_nothing(index, text):
    assert found(index, text) == []
    assert index.scores(text, [1, 2]).tolist() == [0, 0]


def test_html_and_emoji_around_words_do_no_harm(index):
    assert found(index, "<script>alert('陶瓷')</script>😀") == [1]


def test_a_very_long_query_is_answered_by_its_heaviest_terms(index):
    filler = " ".join(f"w{n}" for n in range(12_000))
    assert len(index.terms_of(filler)) > MAX_TERMS
    assert found(index, filler[:100_000] + "陶瓷" * 3) == [1]


def test_a_very_long_post_is_found(index):
    index.upsert([5], [Passage("题" * 5000, (), "普通句子。" * 20_000 + "碳化硅")])
    assert found(index, "碳化硅") == [5]


def test_empty_posts_can_be_kept(index):
    index.upsert([6], [Passage("")])
    assert len(index) == 4
    assert 6 not in found(index, "涂层 光栅 人参")


def test_scores_are_those_of_the_search(index):
    ids, scores = index.search("轴承 光栅 人参 涂层", 10)
    again = index.scores("轴承 光栅 人参 涂层", [*ids.tolist(), 777, int(ids[0])])
    assert np.allclose(again, [*scores, 0, scores[0]], rtol=1e-5)


def test_only_allowed_posts_are_found(index):
    assert found(index, "涂层 光栅 人参", allowed={2, 30, 999}) != []
    assert set(found(index, "涂层 光栅 人参", allowed=[2, 30])) == {2, 30}
    assert found(index, "涂层 光栅 人参", allowed=[]) == []
    assert found(index, "陶瓷", allowed=[2]) == []


def test_posts_sharing_only_light_terms_are_found_when_no_others_are(tokenizer):
    index = LexicalIndex(tokenizer)
    index.upsert(range(50), [Passage("", (), f"常用 w{n} " * 20) for n in range(50)])
    query = "常用 " + " ".join(f"w{n} w{n}" for n in range(49))
    assert len(index.search(query, 60)[0]) == 50


def test_the_heaviest_terms_propose_most_of_what_all_terms_would_find(tokenizer):
    index, random = LexicalIndex(tokenizer), np.random.default_rng(4)
    texts = [" ".join(f"w{n}" for n in random.zipf(1.3, 200) if n < 5000) for _ in range(600)]
    index.upsert(range(600), [Passage("", (), text) for text in texts])
    shares = []
    for text in texts[:20]:
        query = " ".join(text.split()[:90])
        ids, scores = index.search(query, 20)
        everyone = index.scores(query, range(600))
        assert ids[0] == np.argmax(everyone)
        assert np.allclose(everyone[ids], scores)
        shares.append(len(set(ids.tolist()) & set(np.argsort(-everyone)[:20].tolist())) / 20)
    assert np.mean(shares) >= 0.85


@pytest.mark.parametrize("allowed_from", [0, 2000, 4500])
def test_many_allowed_posts_give_as_many_as_wanted_and_the_same_scores(tokenizer, allowed_from):
    index, count = LexicalIndex(tokenizer), 7000
    index.upsert(range(count), [Passage("光栅" * (1 + n % 7), (), f"编号 {n}") for n in range(count)])
    allowed = set(range(allowed_from, count))
    assert len(allowed) > FEW
    ids, scores = index.search("光栅", 50, allowed)
    assert len(ids) == 50
    assert set(ids.tolist()) <= allowed
    assert np.allclose(scores, scores[0])
    assert np.allclose(index.scores("光栅", ids.tolist()), scores, rtol=1e-5)


def test_rare_terms_weigh_more(index):
    index.upsert([7, 8], [COATING, COATING])
    assert index.idf("人参") > index.idf("陶瓷") >= 0
    assert index.idf("没有的词") > index.idf("人参")
    assert index.terms_of("陶瓷 涂层，陶瓷") == ["陶瓷", "涂层"]


def test_boosts_are_parameters(tokenizer):
    passages = [Passage("光栅", (), "别的内容"), Passage("别的内容", (), "光栅 光栅 光栅")]
    plain = LexicalIndex(tokenizer, boosts={"title": 0.0, "keywords": 0.0, "text": 1.0})
    titled = LexicalIndex(tokenizer, boosts={"title": 5.0, "keywords": 0.0, "text": 1.0})
    for index in (plain, titled):
        index.upsert([1, 2], passages)
    assert found(plain, "光栅")[0] == 2
    assert found(titled, "光栅")[0] == 1


def test_what_one_thread_writes_another_finds(index):
    written = threading.Thread(target=index.upsert, args=([40], [Passage("飞秒激光")]))
    written.start()
    written.join()
    assert found(index, "飞秒") == [40]


def test_searches_go_on_while_posts_are_written(index):
    stop, wrong = threading.Event(), []

    def read() -> None:
        while not stop.is_set():
            if found(index, "陶瓷") != [1]:
                wrong.append(found(index, "陶瓷"))

    reader = threading.Thread(target=read)
    reader.start()
    for start in range(100, 400, 10):
        index.upsert(range(start, start + 10), [GRATING] * 10)
        index.remove(range(start, start + 5))
    stop.set()
    reader.join()
    assert not wrong
    assert len(index) == 3 + 150


def test_what_was_loaded_and_saved_again_can_be_loaded_again(index, tokenizer, tmp_path):
    """Each start saves what the one before it saved."""
    for revision in (1, 2, 3):
        index.save(tmp_path / "terms", {"revision": revision})
        index = LexicalIndex(tokenizer)
        assert index.load(tmp_path / "terms", {"revision": revision})["revision"] == revision


def test_saved_and_loaded_it_answers_the_same_and_goes_on(index, tokenizer, tmp_path):
    index.remove([2])
    index.save(tmp_path / "saved", {"revision": 7})
    loaded = LexicalIndex(tokenizer)
    assert loaded.load(tmp_path / "saved", {"revision": 7})["rows"] == 2
    assert np.allclose(loaded.search("陶瓷 人参", 5)[1], index.search("陶瓷 人参", 5)[1])
    for one in (loaded, index):
        one.upsert([50], [GRATING])
        assert found(one, "光栅") == [50]


def test_after_a_full_disk_every_verb_says_what_to_do_and_the_disk_is_given_back(tmp_path):
    """The first search comes while no file may outgrow 4 KiB, the verbs after that."""
    child = [sys.executable, "-c", FULL_FOR_A_MOMENT, str(tmp_path)]
    done = subprocess.run(child, capture_output=True, text=True, check=False)
    assert len(said := done.stdout.splitlines()) == 7, done.stderr
    assert all("检查磁盘空间" in line for line in said), said
    assert list(tmp_path.rglob("*")) == []


def test_a_saved_index_that_lacks_posts_is_refused(index, tokenizer, tmp_path):
    index.save(tmp_path / "saved", {"revision": 7})
    counts = TermCounts.read(tmp_path / "saved", len(FIELDS))
    counts.put(99, [["陶瓷"]] * len(FIELDS))

    def more_counted(folder: Path) -> None:
        shutil.copytree(tmp_path / "saved", folder, dirs_exist_ok=True)
        counts.write(folder)

    save_folder(tmp_path / "short", {"revision": 7, "tokenizer": tokenizer.signature}, more_counted)
    with pytest.raises(DamagedIndex, match="缺少"):
        index.load(tmp_path / "short", {"revision": 7})
    assert found(index, "陶瓷") == [1]


def test_a_working_folder_is_used_and_emptied_first(tokenizer, tmp_path):
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "left over").write_text("x")
    index = LexicalIndex(tokenizer, tmp_path / "work")
    index.upsert([1], [COATING])
    assert len(index) == 1
    assert not (tmp_path / "work" / "left over").exists()


@pytest.mark.parametrize("expected", [{"revision": 8}, {"revision": 7, "more": 1}])
def test_a_stale_index_is_refused_and_the_contents_stay(index, tmp_path, expected):
    index.save(tmp_path / "saved", {"revision": 7})
    with pytest.raises(StaleIndex):
        index.load(tmp_path / "saved", expected)
    assert found(index, "陶瓷") == [1]


def test_an_index_of_another_tokenizer_is_refused(index, tmp_path):
    index.save(tmp_path / "saved", {"revision": 7})
    with pytest.raises(StaleIndex, match="tokenizer"):
        LexicalIndex(Tokenizer(["刻划工艺"])).load(tmp_path / "saved", {"revision": 7})


def test_every_damaged_file_is_noticed(index, tokenizer, tmp_path):
    index.save(tmp_path / "whole", {"revision": 7})
    for path in sorted((tmp_path / "whole").iterdir()):
        content = path.read_bytes()
        for damaged in (content[:-1] + bytes([content[-1] ^ 1]), content[:-1], None):
            path.unlink()
            if damaged is not None:
                path.write_bytes(damaged)
            with pytest.raises(DamagedIndex):
                LexicalIndex(tokenizer).load(tmp_path / "whole", {"revision": 7})
            path.write_bytes(content)
    LexicalIndex(tokenizer).load(tmp_path / "whole", {"revision": 7})

"""The evaluation reads BEIR folders and measures what the product's own engine and ranking do."""

import json
import math
import shutil
import signal
import subprocess
import sys

import numpy as np
import pytest

from embeddings.encoder import HashingEncoder
from scripts import benchmark_data, calibrate, evaluate
from scripts.benchmark_data import BadBenchmark
from scripts.benchmark_store import SAVE, Readings, opened

CORPUS = [
    {
        "_id": "d1",
        "title": "冷轧带钢表面缺陷识别",
        "text": "以卷积网络识别划伤与氧化皮。",
        "metadata": {"keywords": ["带钢"]},
    },
    {
        "_id": "d2",
        "title": "转炉终点碳含量预报",
        "text": "以烟气成分预报终点碳。",
        "metadata": {"keywords": [], "year": 2020},
    },
    {"_id": "d3", "title": "水稻稻瘟病遥感监测", "text": "以多光谱影像监测稻瘟病。", "metadata": {}},
    {"_id": "d4", "title": "带钢表面缺陷综述", "text": "综述带钢表面缺陷的识别方法。"},
]
QUERIES = [
    {"_id": "q1", "text": "带钢表面缺陷识别", "metadata": {"low_overlap": False, "exclude": ["d4", "nowhere"]}},
    {"_id": "q2", "text": "稻瘟病监测", "metadata": {"low_overlap": True, "area": "农业"}},
    {"_id": "q3", "text": "没有答案的查询", "metadata": {}},
]
QRELS = "query-id\tcorpus-id\tscore\nq1\td1\t1\nq1\td4\t0\nq2\td3\t3\n"


@pytest.fixture
def bench(tmp_path):
    folder = tmp_path / "whole" / "part"
    (folder / "qrels").mkdir(parents=True)
    write(folder.parent / "corpus.jsonl", CORPUS)
    write(folder / "queries.jsonl", QUERIES)
    (folder / "qrels" / "odd name.tsv").write_text(QRELS, encoding="utf-8")
    return folder


def write(path, rows):
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


@pytest.fixture
def store(bench, tmp_path):
    loaded = benchmark_data.load(bench, "odd name")
    with opened(loaded.corpus, HashingEncoder(), tmp_path / "cache", [query.text for query in loaded.queries]) as ready:
        yield ready, loaded


def test_reads_any_split_and_the_parents_corpus(bench):
    loaded = benchmark_data.load(bench, "odd name")
    assert loaded.corpus == bench.parent / "corpus.jsonl"
    assert [query.id for query in loaded.queries] == ["q1", "q2"]
    assert loaded.qrels == {"q1": {"d1": 1}, "q2": {"d3": 3}}
    assert loaded.queries[0].groups == {"not low_overlap"}
    assert loaded.queries[0].exclude == {"d4", "nowhere"}


def test_only_title_text_and_keywords_are_taken(bench):
    first = next(benchmark_data.documents(bench.parent / "corpus.jsonl"))
    assert first == benchmark_data.Document("d1", "冷轧带钢表面缺陷识别", "以卷积网络识别划伤与氧化皮。", ("带钢",))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("part/qrels/odd name.tsv", None, "缺少文件"),
        ("part/queries.jsonl", None, "缺少文件"),
        ("corpus.jsonl", None, "都没有找到语料"),
        ("part/queries.jsonl", "{", "第 1 行不是 JSON"),
        ("part/queries.jsonl", '{"text": "x"}', "缺少 _id"),
        ("part/qrels/odd name.tsv", "h\th\th\nq1 d1 1", "第 2 行无法读取"),
        ("part/qrels/odd name.tsv", "q1\td1\t1.5", "第 1 行无法读取"),
        ("part/queries.jsonl", '{"_id": "q9", "text": "x"}', "不在 queries.jsonl 中"),
    ],
)
def test_what_is_missing_is_named(bench, name, content, message):
    path = bench.parent / name
    path.unlink() if content is None else path.write_text(content, encoding="utf-8")
    with pytest.raises(BadBenchmark, match=message):
        benchmark_data.load(bench, "odd name")


def test_a_corpus_named_but_missing_is_told(bench):
    with pytest.raises(BadBenchmark, match=r"缺少文件 .*elsewhere\.jsonl"):
        benchmark_data.load(bench, "odd name", bench / "elsewhere.jsonl")


@pytest.mark.parametrize("qrels", [QRELS.replace("\t1\n", "\t1.0\n").replace("\t3\n", "\t3.0\n"),
                                   "q1\td1\t1.0\nq1\td4\t0.0\nq2\td3\t3.0\n"], ids=["head", "headless"])
def test_marks_at_the_beginning_and_grades_with_a_point_are_read(bench, qrels):
    plain = benchmark_data.load(bench, "odd name"), list(benchmark_data.documents(bench.parent / "corpus.jsonl"))
    (bench / "qrels" / "odd name.tsv").write_text(qrels, encoding="utf-8-sig")
    for path in (bench / "queries.jsonl", bench.parent / "corpus.jsonl"):
        path.write_text(path.read_text("utf-8"), encoding="utf-8-sig")
    assert (benchmark_data.load(bench, "odd name"), list(benchmark_data.documents(plain[0].corpus))) == plain


def test_one_document_to_exclude_may_stand_alone(bench):
    write(bench / "queries.jsonl", [QUERIES[0] | {"metadata": {"exclude": "d4"}}, *QUERIES[1:]])
    assert benchmark_data.load(bench, "odd name").queries[0].exclude == {"d4"}


class Lengths:
    name = "lengths@1"

    def scores(self, pairs):
        return np.array([len(passage) for _, passage in pairs], np.float32)


def test_what_is_read_is_kept_on_the_way(tmp_path):
    readings = Readings(Lengths(), tmp_path / "r.npz")
    for number in range(SAVE):
        assert not (tmp_path / "r.npz").exists()
        readings.scores([(f"问{number}", "回答")])
    with np.load(tmp_path / "r.npz") as kept:
        assert kept["scores"].tolist() == [2.0] * SAVE


STOPPED = """
import sys, time
from pathlib import Path
from embeddings.encoder import HashingEncoder
from scripts.benchmark_store import opened
from tests.scripts.test_evaluate import Lengths

with opened(Path(sys.argv[1]), HashingEncoder(), Path(sys.argv[2]), [], Lengths()) as store:
    store.readings.scores([("问", "回答")])
    print("read", flush=True)
    time.sleep(60)
"""


def test_what_is_read_outlives_being_stopped(bench, tmp_path):
    asked = [sys.executable, "-c", STOPPED, str(bench.parent / "corpus.jsonl"), str(tmp_path / "cache")]
    with subprocess.Popen(asked, stdout=subprocess.PIPE, text=True) as running:
        assert "read\n" in iter(running.stdout.readline, "")
        running.send_signal(signal.SIGTERM)
        assert running.wait(30) == 128 + signal.SIGTERM
    (kept,) = (tmp_path / "cache").glob("*/lengths@1.npz")
    with np.load(kept) as saved:
        assert saved["scores"].tolist() == [2.0]


def test_the_folder_of_the_numbers_is_made_before_the_work(bench, tmp_path, monkeypatch):
    beyond = tmp_path / "new" / "deep" / "numbers.json"
    monkeypatch.setattr(sys, "argv", ["evaluate", str(bench), "--split", "none", "--json", str(beyond)])
    with pytest.raises(SystemExit, match="缺少文件"):
        evaluate.main()
    assert beyond.parent.is_dir()
    monkeypatch.setattr(sys, "argv", ["evaluate", str(bench), "--json", str(bench / "queries.jsonl" / "n.json")])
    with pytest.raises(SystemExit, match="--json 换一个位置"):
        evaluate.main()


def test_every_system_is_measured_for_every_group(store):
    report = evaluate.evaluate(*store, list(evaluate.SYSTEMS))
    assert list(report) == ["words", "bm25", "dense", "rrf", "hybrid", "full"]
    for groups in report.values():
        sizes = {group: values["n"] for group, values in groups.items()}
        assert sizes == {"all": 2, "not low_overlap": 1, "low_overlap": 1}
        assert set(groups["all"]) == {"n", *evaluate.MEASURES}
        assert groups["all"]["ndcg@10"] == groups["all"]["mrr"] == 1.0
    assert "recall@200" in evaluate.table(report)


def test_what_a_query_excludes_does_not_count(store):
    ready, loaded = store
    with_d4 = evaluate.evaluate(ready, loaded, ["bm25"])["bm25"]["all"]["mrr"]
    counted = benchmark_data.Benchmark(loaded.split, loaded.corpus, loaded.queries[:1], {"q1": {"d4": 1}})
    assert with_d4 == 1.0
    assert evaluate.evaluate(ready, counted, ["bm25"])["bm25"]["all"]["recall@200"] == 0.0


def test_a_query_without_results_counts_as_zero(store):
    _, loaded = store
    values = evaluate._values({"q1": {"d1": 1.0}, "q2": {}}, loaded, ["q1", "q2"])
    assert values["mrr"] == 0.5


def test_a_second_opening_builds_nothing_anew(store, tmp_path):
    _, loaded = store

    class Refusing(HashingEncoder):
        def encode_supplies(self, passages):
            raise AssertionError("encoded again")

        encode_needs = encode_supplies

    texts = [query.text for query in loaded.queries]
    with opened(loaded.corpus, Refusing(), tmp_path / "cache", texts) as again:
        assert evaluate.evaluate(again, loaded, ["full"])["full"]["all"]["mrr"] == 1.0


def test_another_corpus_gets_a_store_of_its_own(store, bench, tmp_path):
    other = tmp_path / "other.jsonl"
    write(other, CORPUS[:2])
    with opened(other, HashingEncoder(), tmp_path / "cache", []) as fresh:
        assert set(fresh.ids) == {"d1", "d2"}
    shutil.rmtree(tmp_path / "cache")


def test_calibration_sees_lists_with_and_without_the_answer(store):
    data = calibrate.sample(*store, reading=False)
    assert data.labels.sum() == 2
    assert set(data.labels[~data.answered]) == {0.0}
    report = calibrate.measured(data.labels * 0.9 + 0.01, data)
    assert report["auroc_answer_removed"] == 1.0
    assert math.isclose(report["precision_strong"], 1.0)

"""Write the part of a benchmark that the shipped encoder never trained on, as a BEIR folder of its own.

    python -m scripts.held_out BENCH FOLDER [--split dev]

Questions about papers of fold 0 (`training_data.fold_of`) are kept; evaluate and calibrate on them with
`--corpus` naming the corpus. Only such figures say how good an encoder trained on the other folds is.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from pathlib import Path

from scripts.training_data import fold_of

FOLD = 0


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("bench", type=Path)
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--split", default="dev")
    given = arguments.parse_args()
    kept = copy(given.bench, given.folder, given.split)
    print(f"{kept} 条查询写入 {given.folder}")


def copy(bench: Path, folder: Path, split: str) -> int:
    """Copy the held-out queries and their judgements; returns how many queries."""
    head, *rows = (bench / "qrels" / f"{split}.tsv").read_text("utf-8").splitlines()
    answers: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        answers[row.split("\t")[0]].append(row.split("\t")[1])
    kept = {query for query, papers in answers.items() if all(fold_of(paper) == FOLD for paper in papers)}
    (folder / "qrels").mkdir(parents=True, exist_ok=True)
    chosen = [row for row in rows if row.split("\t")[0] in kept]
    (folder / "qrels" / f"{split}.tsv").write_text("\n".join([head, *chosen]) + "\n", "utf-8")
    queries = (bench / "queries.jsonl").read_text("utf-8").splitlines(keepends=True)
    (folder / "queries.jsonl").write_text("".join(row for row in queries if json.loads(row)["_id"] in kept), "utf-8")
    return len(kept)


if __name__ == "__main__":
    main()

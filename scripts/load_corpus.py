"""Load real lists: `python -m scripts.load_corpus FILE…` (JSON lines, also CSV and XLSX).

A BEIR corpus (`_id`, `title`, `text`, `metadata`) becomes achievements; problems that papers with authors from
enterprises state (`author_enterprises`) become needs, marked 论文所述问题. The running worker computes the vectors;
when none is at work, this process does. It can be stopped at any time, also by kill -9: started again, it goes on.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Collection
from pathlib import Path

from sqlalchemy.exc import OperationalError
from tqdm import tqdm

from matchmaker import config
from matchmaker.config import Config
from matchmaker.services import jobs
from matchmaker.services.importing import Options, import_file
from matchmaker.services.problems import Problem
from matchmaker.worker import Worker
from models import Sessions, make_sessions
from models.vocabulary import Kind
from scripts.migrate import upgrade

PAPER, STATED = "公开论文", "论文所述问题"
STAGES = {"embed": "计算向量", "rematch": "找出受影响的需求", "shortlist": "匹配"}
"""What the worker does with a list: kind of job → what it is called."""
LOOK_EVERY = 0.5
PATIENCE = 10.0
"""Seconds without a worker taking up anything, after which this process does the work."""


def options_for(path: Path, kind: Kind | None, source: str | None) -> Options:
    """What a file holds, told by its first line unless `kind` says so. Its list is named after its folder."""
    with path.open("rb") as file:
        start = file.read(1 << 20).splitlines()[:1]
    try:
        first = json.loads(start[0]) if start else {}
    except ValueError:
        first = {}
    stated = isinstance(first, dict) and "author_enterprises" in first
    paper = isinstance(first, dict) and "_id" in first and not stated
    known = kind or (Kind.NEED if stated else Kind.ACHIEVEMENT)
    note = {"source_note": STATED if stated else PAPER} if stated or paper else {}
    return Options(known, source=source or path.resolve().parent.name[:64], defaults=note, name=path.name)


def load(sessions: Sessions, path: Path, options: Options) -> None:
    """Import one file behind a progress bar. Raises Problem."""
    with tqdm(desc=path.name, unit="行") as bar:
        def show(done: int, total: int, _what: str) -> None:
            bar.total, bar.n = total or None, done
            bar.refresh()

        wrong = Path(f"{path.stem}-需修改.xlsx")
        report = import_file(sessions.write.begin, path, options, show, wrong)
    counts = f"新增 {report.new}，更新 {report.changed}，未变 {report.unchanged}，需修改 {report.wrong}"
    print(f"{options.kind.label}：{counts}")
    if report.unknown:
        print(f"  未导入的列：{'、'.join(report.unknown)}")
    for sample in report.samples.get("wrong", []):
        print(f"  {'；'.join(sample['faults'])}")
    if report.wrong:
        print(f"  需修改的行已写到 {wrong.resolve()}")


def backlog(sessions: Sessions, kinds: Collection[str] = STAGES) -> tuple[int, int]:
    """Jobs of vectors and matches that wait, and those at work."""
    with sessions.read() as session:
        found = jobs.backlog(session, *kinds)
    return found["queued"], found["running"]


def finish(settings: Config, sessions: Sessions) -> None:
    """Wait until every vector and match is computed, behind a bar for each; do it here when nobody else does."""
    hands = _Hands(settings, sessions)
    while any(backlog(sessions)):
        for kind, name in STAGES.items():
            with tqdm(desc=name, unit="批", disable=not any(backlog(sessions, [kind]))) as bar:
                while left := sum(backlog(sessions, [kind])):
                    bar.total = max(bar.total or 0, bar.n + left)
                    bar.update(bar.total - left - bar.n)
                    bar.refresh()
                    hands.lend()
                bar.update((bar.total or 0) - bar.n)


class _Hands:
    """The hands of this process, for when no worker takes up anything."""

    def __init__(self, settings: Config, sessions: Sessions) -> None:
        self._settings, self._sessions = settings, sessions
        self._worker: Worker | None = None
        self._moved, self._last = time.monotonic(), -1

    def lend(self) -> None:
        """Do a job, or wait a little for those who do them."""
        queued, running = backlog(self._sessions)
        if running or queued != self._last:
            self._moved, self._last = time.monotonic(), queued
        elif self._worker is None and time.monotonic() - self._moved > PATIENCE:
            tqdm.write("没有后台进程在处理，由本程序计算。")
            self._worker = Worker(self._settings, self._sessions)
        if self._worker is None or not self._worker.step():
            time.sleep(LOOK_EVERY)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("files", nargs="+", type=Path, metavar="FILE")
    arguments.add_argument("--kind", type=Kind, choices=list(Kind), help="what the files hold; by default told by them")
    arguments.add_argument("--source", help="name of the list; by default the file's folder")
    arguments.add_argument("--no-wait", action="store_true", help="do not wait for the vectors")
    given = arguments.parse_args()
    settings = config.load()
    settings.instance.mkdir(parents=True, exist_ok=True)
    upgrade(settings.database_url)
    sessions = make_sessions(settings.database_url)
    try:
        for path in given.files:
            load(sessions, path, options_for(path, given.kind, given.source))
        if not given.no_wait:
            finish(settings, sessions)
    except (Problem, OSError) as problem:
        sys.exit(str(problem))
    except OperationalError as error:
        sys.exit(f"数据库暂时不可用：{error.orig}。已导入的内容完好，稍后重新运行即可继续。")
    except KeyboardInterrupt:
        sys.exit("已停止。已导入的内容完好，重新运行即可继续。")
    finally:
        sessions.dispose()


if __name__ == "__main__":
    main()

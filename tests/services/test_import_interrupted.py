"""An import that is killed, or runs out of disk, leaves whole rows; the next one goes on."""

import random
import subprocess
import sys
import textwrap
from contextlib import contextmanager

import pytest
from sqlalchemy import func, select, text

from matchmaker.services import importing, jobs
from matchmaker.services.importing import Bookkeeping, ImportReport, Options, StorageFull
from matchmaker.services.problems import Problem
from matchmaker.services.transfer import desk, uploads
from models import Event, Job, Need, Organisation, Post, PostVector
from models.vocabulary import Kind
from tests import builders
from tests.services.fakes import AwayFinder
from tests.services.lists import counts, csv_file, load

HEADER = ["需求名称", "企业名称", "主要问题", "编号", "指标"]
IMPORT = textwrap.dedent("""
    import sys
    from pathlib import Path
    from matchmaker.services.importing import Options, import_file
    from models import make_sessions
    from models.vocabulary import Kind
    sessions = make_sessions(sys.argv[1])
    show = lambda done, total, what: print(done, flush=True)
    import_file(sessions.write.begin, Path(sys.argv[2]), Options(Kind.NEED), show)
""")


def rows(count):
    return [HEADER, *([f"求示例工艺{at}", f"示例{at % 70}有限公司", f"问题{at}", f"N-{at}", "硬度 ≥ 60 HRC"]
                      for at in range(count))]


def whole(sessions, upto):
    """Every row that is there is complete; how many there are."""
    with sessions.read() as session:
        stored = session.scalars(select(Need)).all()
        numbers = sorted(int(post.external_id.removeprefix("N-")) for post in stored)
        assert numbers == list(range(len(numbers)))
        assert len(numbers) <= upto
        assert all(post.organisation and len(post.indicators) == 1 for post in stored)
        assert session.scalar(select(func.count()).select_from(PostVector)) == len(stored)
        names = session.scalars(select(Organisation.name)).all()
        assert len(names) == len(set(names))
        told = sum(len(event.after["new"]) for event in session.scalars(select(Event)))
        assert told == len(stored)
        return len(stored)


@pytest.mark.parametrize("seed", range(2))
def test_killed_in_the_middle_nothing_is_lost_doubled_or_half(sessions, tmp_path, seed):
    count, stop = 1600, 500 * random.Random(seed).randint(1, 2)
    path = csv_file(tmp_path / "list.csv", rows(count))
    url = sessions.engine.url.render_as_string(hide_password=False)
    with subprocess.Popen([sys.executable, "-c", IMPORT, url, str(path)], stdout=subprocess.PIPE, text=True) as child:
        for line in child.stdout:
            if int(line) >= stop:
                break
        child.kill()
    before = whole(sessions, count)
    assert stop <= before < count
    assert counts(load(sessions, path)) == (count - before, 0, before, 0)
    assert whole(sessions, count) == count


def uploaded(root, path, broker):
    with path.open("rb") as stream:
        upload = uploads.create(root, Kind.NEED, "../../需求.csv", broker.id, stream)
    desk.choose(upload, desk.chosen(upload, desk.look(upload).columns), "清单")
    return upload


class Worker:
    """A worker's context: transactions that hold what the job has come to; it may die in one of them."""

    def __init__(self, sessions, job, dies_after=10**9):
        self.sessions, self.job, self.left, self.finder = sessions, job, dies_after, AwayFinder()

    @contextmanager
    def write(self, *, last=False, **progress):
        with self.sessions.write() as session:
            jobs.renew(session, self.job.id, "w", **progress)
            yield session
            self.left -= 1
            if self.left < 0:
                raise KeyboardInterrupt
            if last:
                jobs.finish(session, self.job.id, "w")
            session.commit()


def claimed(sessions):
    with sessions.write() as session:
        job = jobs.claim(session, "w", ["import"])
        session.commit()
    return job


@pytest.fixture
def broker(session):
    person = builders.user("broker")
    session.add(person)
    session.commit()
    return person


def test_a_job_that_died_goes_on_behind_its_last_batch(sessions, session, broker, tmp_path):
    listed = rows(1800)
    for at in (3, 700, 1500):
        listed[at][0] = ""
    upload = uploaded(tmp_path / "uploads", csv_file(tmp_path / "list.csv", listed), broker)
    job = desk.ask(session, broker, upload, preview=False)
    assert desk.ask(session, broker, upload, preview=False).id == job.id
    session.commit()
    with pytest.raises(KeyboardInterrupt):
        desk.run_job(Worker(sessions, claimed(sessions), dies_after=3), tmp_path / "uploads", job)
    with sessions.write() as other:
        stuck = other.get(Job, job.id)
        assert (stuck.done, stuck.total) == (1000, 1800)
        stuck.state = "queued"
        other.commit()
    desk.run_job(Worker(sessions, claimed(sessions)), tmp_path / "uploads", claimed_again(sessions, job))
    with sessions.read() as reading:
        ended = reading.get(Job, job.id)
        report = ended.result["report"]
        assert (ended.state, report["new"], report["unchanged"], report["wrong"]) == ("done", 1797, 0, 3)
        assert len(upload.wrong(job.id).read_text("utf-8").splitlines()) == 3
        assert reading.scalar(select(func.count()).select_from(Need)) == 1797
        assert [event.action for event in reading.scalars(select(Event))].count("import.done") == 1


def claimed_again(sessions, job):
    with sessions.read() as session:
        return session.get(Job, job.id)


def test_a_changed_choice_makes_an_earlier_job_void(sessions, session, broker, tmp_path):
    upload = uploaded(tmp_path / "uploads", csv_file(tmp_path / "list.csv", rows(2)), broker)
    desk.ask(session, broker, upload, preview=False)
    session.commit()
    desk.choose(upload, upload.mapping, "另一清单")
    with pytest.raises(Problem, match="已作废"):
        desk.run_job(Worker(sessions, claimed(sessions)), tmp_path / "uploads", claimed_again_first(sessions))


def claimed_again_first(sessions):
    with sessions.read() as session:
        return session.scalars(select(Job)).one()


def test_a_full_disk_stops_at_a_whole_batch_and_can_go_on(sessions, tmp_path):
    if sessions.engine.dialect.name != "sqlite":
        pytest.skip("a full disk is simulated by SQLite's page limit")
    path = csv_file(tmp_path / "list.csv", rows(2000))
    with sessions.read() as session:
        room = session.scalar(text("PRAGMA page_count")) + 200

    @contextmanager
    def narrow():
        with sessions.write() as session:
            session.execute(text(f"PRAGMA max_page_count = {room}"))
            yield session
            session.commit()

    with pytest.raises(StorageFull, match=r"磁盘空间不足.*重新导入同一文件即可继续") as stopped:
        importing.import_file(narrow, path, Options(Kind.NEED))
    saved = whole(sessions, 2000)
    assert f"已保存的 {saved} 条" in str(stopped.value)
    assert 0 < saved < 2000
    with sessions.write() as session:
        session.execute(text("PRAGMA max_page_count = 1073741823"))
        assert session.scalar(text("PRAGMA integrity_check")) == "ok"
    sessions.dispose()
    assert counts(load(sessions, path)) == (2000 - saved, 0, saved, 0)
    assert whole(sessions, 2000) == 2000


@pytest.mark.parametrize("dry_run", [False, True])
def test_a_disk_that_is_full_at_the_commit_loses_that_batch_and_does_not_count_it(sessions, tmp_path, dry_run):
    if sessions.engine.dialect.name != "sqlite":
        pytest.skip("a full disk is simulated by SQLite's page limit")
    path, batches = csv_file(tmp_path / "list.csv", rows(1400)), []

    @contextmanager
    def full_at_the_second():
        with sessions.write() as session:
            yield session
            batches.append(path)
            if len(batches) == 2:
                pages = session.connection()
                pages.exec_driver_sql(f"PRAGMA max_page_count = {pages.exec_driver_sql('PRAGMA page_count').scalar()}")
                session.connection().exec_driver_sql("CREATE TABLE filler (t)")
            session.commit()

    with pytest.raises(StorageFull, match="磁盘空间不足") as stopped:
        importing.import_file(full_at_the_second, path, Options(Kind.NEED), dry_run=dry_run)
    saved = whole(sessions, 1400)
    assert saved == (0 if dry_run else 500)
    assert f"已保存的 {saved} 条" in str(stopped.value)


def test_a_report_is_kept_with_each_batch(sessions, tmp_path):
    path, kept = csv_file(tmp_path / "list.csv", rows(1100)), []
    book = Bookkeeping(None, lambda _session, report: kept.append(ImportReport(**report.as_dict()).done))
    staged = importing.prepare(path, Kind.NEED, tmp_path)
    importing.walk(sessions.write.begin, staged, Options(Kind.NEED), book=book)
    assert kept == [500, 1000, 1100]
    with sessions.read() as session:
        assert session.scalar(select(func.count()).select_from(Post)) == 1100

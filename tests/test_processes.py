"""The service as processes: what one publishes all find, and any of them may be killed at any moment."""

from __future__ import annotations

import http.client
import json
import os
import random
import re
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
import pytest
from sqlalchemy import select

from matchmaker.config import ROOT, Config, load
from matchmaker.engine_client import Breaker, EngineClient
from matchmaker.services import indexing, jobs
from matchmaker.services.ports import FinderUnavailable
from models import Event, Job, Post, Sessions
from models.vocabulary import Kind, State
from scripts.run import commands
from tests.builders import achievement

pytestmark = pytest.mark.real
SEED = 20261122
JOBS, WORKERS, KILLS = 300, 3, 12
ASKING, KILLED = 4, 3
on_sqlite = pytest.mark.parametrize("sessions", ["sqlite"], indirect=True)
PUBLISH = """
import sys, time
from models import make_sessions
from matchmaker.services import indexing
from models.vocabulary import State
from tests.builders import achievement
with make_sessions(sys.argv[1]).write() as session:
    post = achievement(sys.argv[2])
    session.add(post)
    session.flush()
    indexing.publish(session, post)
    session.commit()
print(time.time())
"""


@pytest.fixture
def environ(config: Config) -> dict[str, str]:
    """The environment of an installation on the test's database, with the encoder for tests."""
    return os.environ | {
        "INSTANCE": config.text("INSTANCE"), "DATABASE_URL": config.text("DATABASE_URL"), "ENCODER_MODEL": "hashing",
        "MATCHMAKER_TESTING": "1", "PORT": str(_free_port()), "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1",
    }


@contextmanager
def running(command: list[str], environ: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    family = psutil.Process(process.pid)
    try:
        yield process
    finally:
        members = [*family.children(recursive=True), family] if process.poll() is None else []
        for member in members:
            _kill(member)
        process.wait()


@contextmanager
def engine(environ: dict[str, str]) -> Iterator[tuple[psutil.Process, EngineClient]]:
    """A served engine that is ready, and a client to it."""
    settings = load(environ)
    with running(list(commands(settings)[0].command), environ) as process:
        client = EngineClient(settings.engine_socket, 2.0, Breaker(3, 0.5))
        until(lambda: _status(client).get("state") == "ready", 60)
        yield psutil.Process(process.pid), client


def until(true: Callable[[], bool], seconds: float) -> float:
    """Wait for it; the seconds that took."""
    started = time.monotonic()
    while not true():
        assert time.monotonic() - started < seconds, "waited in vain"
        time.sleep(0.02)
    return time.monotonic() - started


@on_sqlite
def test_web_processes_load_no_model_and_stay_small(environ: dict[str, str]) -> None:
    script = (
        "import sys, json, wsgi\n"
        "wsgi.app.test_client().get('/')\n"
        "rss = int(next(l for l in open('/proc/self/status') if l.startswith('VmRSS')).split()[1]) / 1024\n"
        "heavy = {'torch', 'faiss', 'tantivy', 'transformers', 'rjieba'}\n"
        "print(json.dumps([rss, sorted(heavy & set(sys.modules))]))"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, env=environ, capture_output=True, check=True)
    megabytes, loaded = json.loads(done.stdout.splitlines()[-1])
    assert loaded == []
    assert megabytes < 150


def test_what_one_process_publishes_another_finds_within_a_second(environ: dict[str, str], sessions: Sessions) -> None:
    url = environ["DATABASE_URL"]
    with engine(environ) as (_, client):
        appeared, gone = [], []
        for number in range(5):
            title = f"石墨烯{number}"
            command = [sys.executable, "-c", PUBLISH, url, title]
            with subprocess.Popen(command, cwd=ROOT, env=environ, stdout=subprocess.PIPE) as publishing:
                until(lambda title=title: _found(client, sessions, title), 30)
                found = time.time()
                assert publishing.stdout
                appeared.append(found - float(publishing.stdout.read()))
            with sessions.write() as session:
                post = session.scalars(select(Post).where(Post.title == title)).one()
                post.state = State.WITHDRAWN.value
                indexing.withdraw(session, post)
                session.commit()
            gone.append(until(lambda title=title: not _found(client, sessions, title), 10))
    assert statistics.median(appeared) < 1.0
    assert statistics.median(gone) < 1.0


def test_workers_killed_at_random_lose_no_job_and_do_none_twice(environ: dict[str, str], sessions: Sessions) -> None:
    with sessions.write() as session:
        ids = [jobs.enqueue(session, "count", {}) for _ in range(JOBS)]
        session.commit()
    chance = random.Random(SEED)
    command = [sys.executable, "-m", "tests.counting_worker"]
    workers = [_start(command, environ) for _ in range(WORKERS)]
    try:
        for _ in range(KILLS):
            time.sleep(chance.uniform(0.3, 1.5))
            victim = chance.randrange(WORKERS)
            workers[victim].kill()
            workers[victim].wait()
            workers[victim] = _start(command, environ)
        until(lambda: _left(sessions) == 0 and all(_catches_sigterm(worker.pid) for worker in workers), 120)
    finally:
        for worker in workers:
            worker.terminate()
        codes = [worker.wait(20) for worker in workers]
    assert codes == [0] * WORKERS
    with sessions.read() as session:
        counted = Counter(session.scalars(select(Event.subject_id).where(Event.action == "counted")))
        states = set(session.scalars(select(Job.state)))
    assert counted == Counter(job.id for job in ids)
    assert states == {"done"}


@on_sqlite
def test_an_engine_killed_under_load_keeps_nobody_waiting(environ: dict[str, str], sessions: Sessions) -> None:
    with sessions.write() as session:
        posts = [achievement(f"高温合金热障涂层{n}") for n in range(50)]
        session.add_all(posts)
        session.flush()
        indexing.publish_many(session, posts)
        session.commit()
    with engine(environ) as (master, client):
        log = _Log(lambda: bool(client.search("热障涂层", Kind.ACHIEVEMENT)))
        for _ in range(3):
            time.sleep(1.0)
            (worker,) = master.children()
            worker.kill()
            time.sleep(0.5)
            until(log.recovered, 30)
        calls = log.stop()
        until(lambda: _status(client).get("posts") == {"need": 0, "achievement": 50, "expert": 0, "facility": 0}, 30)
    assert max(seconds for seconds, _ in calls) < 3.0


@on_sqlite
def test_a_killed_web_worker_loses_only_what_it_held(environ: dict[str, str]) -> None:
    with running(list(commands(load(environ))[-1].command), environ) as process:
        until(lambda: bool(_get(environ, "/healthz")), 60)
        master, log = psutil.Process(process.pid), _Log(lambda: _page(environ, "/sign-in", 60)[0] == 200)
        for _ in range(KILLED):
            until(lambda: len(master.children()) == 2, 60)
            before = log.unanswered()
            master.children()[0].kill()
            time.sleep(1.0)
            until(log.recovered, 60)
            assert log.unanswered() - before <= ASKING
        calls = log.stop()
    assert len(calls) > KILLED * ASKING


@on_sqlite
def test_the_service_starts_mends_itself_and_ends_whole(environ: dict[str, str], config: Config) -> None:
    with running([sys.executable, "-m", "scripts.run"], environ) as process:
        until(lambda: _get(environ, "/readyz").get("engine", {}).get("state") == "ready", 90)
        assert _get(environ, "/healthz") == {"status": "ok"}
        refused = subprocess.run([sys.executable, "-m", "scripts.run"], cwd=ROOT, env=environ, capture_output=True,
                                 text=True, check=False)
        assert (refused.returncode, "已经在运行" in refused.stderr) == (1, True)
        family = psutil.Process(process.pid).children(recursive=True)
        for name in ("matchmaker.worker", "engine_server"):
            next(child for child in family if name in " ".join(child.cmdline())).kill()
        until(lambda: _complete(process.pid), 30)
        until(lambda: _get(environ, "/readyz").get("engine", {}).get("state") == "ready", 60)
        family = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
        assert [child for child in family if _alive(child)] == []
        assert not load(environ).engine_socket.exists()
    password = Path(config.text("INSTANCE")) / "demo_password.txt"
    assert password.stat().st_mode & 0o077 == 0


@on_sqlite
def test_without_its_engine_the_service_answers_in_time_and_says_so(environ: dict[str, str]) -> None:
    with running([sys.executable, "-m", "scripts.run"], environ) as process:
        until(lambda: _get(environ, "/readyz").get("engine", {}).get("state") == "ready", 90)
        family = psutil.Process(process.pid).children(recursive=True)
        stopped = [child for child in family if "engine_server" in " ".join(child.cmdline())]
        for child in stopped:
            child.suspend()
        times = []
        for _ in range(8):
            started = time.monotonic()
            status, page = _page(environ, "/search?q=%E6%B6%82%E5%B1%82")
            times.append(time.monotonic() - started)
            assert status == 200
            assert "语义检索暂不可用" in page
        for child in stopped:
            child.resume()
        assert max(times) < 3.0
        until(lambda: "语义检索暂不可用" not in _page(environ, "/search?q=%E6%B6%82%E5%B1%82")[1], 20)


@on_sqlite
def test_when_the_supervisor_is_killed_nothing_survives_it(environ: dict[str, str]) -> None:
    with running([sys.executable, "-m", "scripts.run"], environ) as process:
        until(lambda: bool(_get(environ, "/healthz")), 90)
        family = psutil.Process(process.pid).children(recursive=True)
        assert len(family) >= 5
        process.kill()
        until(lambda: not [child for child in family if _alive(child)], 30)


@on_sqlite
def test_a_port_in_use_is_said_in_words(environ: dict[str, str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", int(environ["PORT"])))
        taken.listen()
        done = subprocess.run([sys.executable, "-m", "scripts.run"], cwd=ROOT, env=environ, capture_output=True,
                              text=True, check=False)
    assert done.returncode == 1
    assert f"无法监听 127.0.0.1:{environ['PORT']}" in done.stderr


class _Log:
    """Threads that ask without a pause; how long each call took, and whether it was answered."""

    def __init__(self, ask: Callable[[], bool]) -> None:
        self._answered = ask
        self._calls: list[tuple[float, bool]] = []
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._ask) for _ in range(ASKING)]
        for thread in self._threads:
            thread.start()

    def recovered(self) -> bool:
        return all(ok for _, ok in self._calls[-20:])

    def unanswered(self) -> int:
        return sum(not ok for _, ok in self._calls)

    def stop(self) -> list[tuple[float, bool]]:
        self._over.set()
        for thread in self._threads:
            thread.join()
        return self._calls

    def _ask(self) -> None:
        while not self._over.wait(0.02):
            started = time.monotonic()
            try:
                ok = self._answered()
            except (FinderUnavailable, OSError, http.client.HTTPException):
                ok = False
            self._calls.append((time.monotonic() - started, ok))


def _found(client: EngineClient, sessions: Sessions, title: str) -> bool:
    hits = {hit.post_id for hit in client.search(title, Kind.ACHIEVEMENT) if hit.bm25 > 0}
    with sessions.read() as session:
        return any(title == row for row in session.scalars(select(Post.title).where(Post.id.in_(hits))))


def _status(client: EngineClient) -> dict[str, object]:
    try:
        return client.status()
    except FinderUnavailable:
        return {}


def _start(command: list[str], environ: dict[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command, cwd=ROOT, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _catches_sigterm(pid: int) -> bool:
    """Whether the process has come so far that it ends in good order; before, a signal simply ends it."""
    caught = re.search(r"^SigCgt:\s*(\w+)", Path(f"/proc/{pid}/status").read_text("ascii"), re.M)
    return bool(caught and int(caught[1], 16) >> (signal.SIGTERM - 1) & 1)


def _left(sessions: Sessions) -> int:
    with sessions.read() as session:
        return sum(jobs.backlog(session).values())


def _page(environ: dict[str, str], path: str, patience: float = 10.0) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", int(environ["PORT"]), timeout=patience)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


def _get(environ: dict[str, str], path: str) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(_page(environ, path)[1])
    except (OSError, http.client.HTTPException, ValueError):
        return {}
    return found


def _complete(pid: int) -> bool:
    """Whether engine, worker and web are all there, with their own children."""
    family = [" ".join(child.cmdline()) for child in psutil.Process(pid).children(recursive=True) if _alive(child)]
    return all(sum(name in line for line in family) >= count
               for name, count in (("matchmaker.worker", 1), ("engine_server", 2), ("wsgi:app", 3)))


def _alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _kill(process: psutil.Process) -> None:
    with suppress(psutil.NoSuchProcess):
        process.kill()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port

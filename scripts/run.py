"""Start the whole service and keep it running: `python -m scripts.run`. Ctrl-C ends everything it started.

1. Database brought up to date. 2. On the first run: demonstration data and accounts. 3. Engine, workers and web
server started. 4. Address and accounts printed as soon as pages answer. 5. Progress shown until everything is indexed.
"""

from __future__ import annotations

import fcntl
import http.client
import json
import os
import signal
import socket
import sys
import threading
import time
from contextlib import suppress
from typing import IO, Any

from sqlalchemy.exc import OperationalError
from tqdm import tqdm

from matchmaker import config
from matchmaker.config import ROOT, BadSetting, Config
from scripts import first_run, migrate
from scripts.supervisor import Child, Supervisor

PATIENCE_SECONDS = 120.0
PAUSE_SECONDS = 0.5
BAR = "{desc} {percentage:3.0f}%|{bar}| {n_fmt}/{total_fmt} {elapsed}"
ANYWHERE = ("", "0.0.0.0")  # noqa: S104 — compared with, not bound to


def main() -> None:
    try:
        settings = config.load()
    except BadSetting as error:
        sys.exit(f"设置有误：{error}")
    settings.instance.mkdir(parents=True, exist_ok=True)
    with (settings.instance / "run.lock").open("w") as lock:
        _alone(lock, settings)
        _port_free(settings)
        _prepare(settings)
        _serve(settings)


def commands(settings: Config) -> list[Child]:
    """The processes of one machine: engine, workers, web server."""
    gunicorn = [sys.executable, "-m", "gunicorn", "-k", "gthread", "--no-control-socket", "--graceful-timeout", "8"]
    address = f"{settings.text('HOST')}:{settings.count('PORT')}"
    engine = [*gunicorn, "-w", "1", "--threads", "8", "--timeout", "120", "--umask", "0o077",
              "-b", f"unix:{settings.engine_socket}", "matchmaker.engine_server:create()"]
    web = [*gunicorn, "-w", str(settings.count("WEB_WORKERS")), "--threads", str(settings.count("WEB_THREADS")),
           "--limit-request-line", "8190", "-b", address, "wsgi:app"]
    worker = [sys.executable, "-m", "matchmaker.worker"]
    workers = [Child(f"worker{n}", worker, nice=5) for n in range(1, settings.count("WORKERS") + 1)]
    return [Child("engine", engine), *workers, Child("web", web)]


def _alone(lock: IO[str], settings: Config) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        sys.exit(f"服务已经在运行（数据目录 {settings.instance}）。请先结束它，或用 INSTANCE 指定另一个数据目录。")


def _port_free(settings: Config) -> None:
    host, port = settings.text("HOST"), settings.count("PORT")
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            advice = f"请结束占用该端口的程序，或换一个端口：PORT={port + 1} make run"
            sys.exit(f"无法监听 {host}:{port}（{error.strerror}）。{advice}")


def _prepare(settings: Config) -> None:
    _say("更新数据库结构")
    try:
        migrate.upgrade(settings.database_url)
        first_run.prepare(settings)
    except OperationalError as error:
        sys.exit(f"数据库无法使用：{error.orig}\n请检查 DATABASE_URL、磁盘空间与文件权限后重试。")


def _serve(settings: Config) -> None:
    settings.engine_socket.unlink(missing_ok=True)
    logs = settings.instance / "logs"
    environ = os.environ | {"PYTHONUNBUFFERED": "1", "TOKENIZERS_PARALLELISM": "false"}
    supervisor = Supervisor(commands(settings), ROOT, logs, environ, _say)
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, lambda _number, _frame: supervisor.stopping.set())
    _say("启动检索引擎、任务进程与网页服务")
    supervisor.start()
    teller = threading.Thread(target=_tell, args=(settings, supervisor.stopping), daemon=True)
    teller.start()
    try:
        supervisor.watch()
    finally:
        _say("正在结束所有进程")
        supervisor.stop()
        settings.engine_socket.unlink(missing_ok=True)
        teller.join(2.0)
    _say("已结束。")


def _tell(settings: Config, stopping: threading.Event) -> None:
    """Say when pages answer, then show how far encoder and index are."""
    started = time.monotonic()
    while not stopping.wait(0.3) and _ready(settings) is None:
        if time.monotonic() - started > PATIENCE_SECONDS:
            _say(f"网页服务还没有应答，请查看 {settings.instance / 'logs' / 'web.log'}")
            started = time.monotonic()
    if stopping.is_set():
        return
    _say(f"服务已就绪：http://{settings.text('HOST')}:{settings.count('PORT')}/")
    for line in first_run.accounts(settings):
        print(f"    {line}", flush=True)
    _follow(settings, stopping)


def _follow(settings: Config, stopping: threading.Event) -> None:
    """A bar for each stage: the encoder is loaded, posts get their vectors, the partners of needs are computed.

    What they wait for is said, and at the end what became of them.
    """
    engine: dict[str, Any] = {}
    backlog: dict[str, int] = {}
    most, told = 0, ""
    with tqdm(desc="» 加载编码器", leave=False, file=sys.stdout, disable=None, bar_format=BAR) as bar:
        while not stopping.wait(PAUSE_SECONDS):
            found = _ready(settings) or {}
            engine, backlog = found.get("engine", {}), found.get("jobs", {})
            left = backlog.get("queued", 0) + backlog.get("running", 0)
            most = max(most, left)
            if engine.get("state") in ("ready", "lexical"):
                if not left and engine["revision"] >= engine["database_revision"]:
                    break
                posts, vectors = _indexed(engine)
                stage = ("» 编码", vectors, posts) if vectors < posts else ("» 计算匹配", most - left, most)
                bar.desc, bar.n, bar.total = stage
                if engine["error"] not in ("", told):
                    told = engine["error"]
                    with tqdm.external_write_mode(sys.stdout):
                        _say(f"语义检索暂不可用，编码等它恢复：{told}")
            bar.refresh()
    if not stopping.is_set():
        _say(_outcome(engine, backlog))


def _indexed(engine: dict[str, Any]) -> tuple[int, int]:
    """Posts that are found by their words, and by their meaning."""
    return sum(engine["posts"].values()), sum(engine["vectors"].values())


def _outcome(engine: dict[str, Any], backlog: dict[str, int]) -> str:
    """What there is to say once no job is left: `engine` and `backlog` as /readyz has them."""
    posts, vectors = _indexed(engine)
    if engine["state"] != "ready":
        reason = engine["error"] or "编码器已更换，向量尚未补齐；可运行 flask --app wsgi reindex"
        said = f"语义检索不可用：{reason}"
    elif vectors < posts:
        advice = "只能按关键词找到；可运行 flask --app wsgi reindex 补齐。"
        said = f"语义检索已就绪，但 {posts - vectors} 条信息没有向量，{advice}"
    else:
        said = "语义检索已就绪，全部内容已建立索引。"
    if failed := backlog["failed"]:
        said += f"\n» {failed} 项后台任务失败，原因见“系统状态”页；在那里重试，或运行 flask --app wsgi jobs --retry 0。"
    return said


def _ready(settings: Config) -> dict[str, Any] | None:
    host = settings.text("HOST")
    here = "127.0.0.1" if host in ANYWHERE else host
    connection = http.client.HTTPConnection(here, settings.count("PORT"), timeout=3)
    with suppress(OSError, http.client.HTTPException, ValueError):
        connection.request("GET", "/readyz", headers={"Accept": "application/json"})
        found: dict[str, Any] = json.loads(connection.getresponse().read())
        return found
    return None


def _say(sentence: str) -> None:
    print(f"» {sentence}", flush=True)


if __name__ == "__main__":
    main()

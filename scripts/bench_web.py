"""Requests per second and waiting times of the pages under load, beside a bare Flask page of the same size.

    python -m scripts.bench_web [--seconds 8] [--clients 8] [--text 检索词] [--json FILE]

Copies the installation that INSTANCE names (SQLite; `make run` once fills it), starts its processes on free ports
as `make run` does, and beside them, with the same gunicorn settings, an application that only returns as
many bytes. All are loaded in turn by the same clients, who keep their connections and ask again at once.
"""

from __future__ import annotations

import argparse
import http.client
import json
import math
import os
import shutil
import socket
import sys
import tempfile
import threading
import time
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

from flask import Flask, request
from pysqlite3 import dbapi2 as sqlite
from sqlalchemy import func, select

from matchmaker import config, create_app
from matchmaker.config import ROOT, Config
from models import Match, User
from models.vocabulary import Role
from scripts import signed_in
from scripts.run import commands
from scripts.supervisor import Child, Supervisor

PATIENCE = 900.0
WARM_UP = 2.0
"""Seconds that are not counted: the first pages of each process compile their templates and queries."""
HOST = "127.0.0.1"


def bare() -> Flask:
    """What gunicorn serves for comparison: `/?size=N` answers with N bytes of HTML."""
    app = Flask("bare")
    app.add_url_rule("/", "page", lambda: "x" * request.args.get("size", 0, int))
    return app


def measure(port: int, path: str, cookie: str, seconds: float, clients: int) -> dict[str, Any]:
    """Load one address. Requests/s, median and 99th percentile in milliseconds, bytes of a page, failures."""
    waits: list[float] = []
    failed: list[int] = []
    since = time.monotonic() + WARM_UP
    until = since + seconds
    size = _ask(http.client.HTTPConnection(HOST, port, timeout=30), path, cookie)[1]

    def ask() -> None:
        with closing(http.client.HTTPConnection(HOST, port, timeout=30)) as connection:
            while time.monotonic() < until:
                started = time.perf_counter()
                status, _ = _ask(connection, path, cookie)
                if time.monotonic() > since:
                    waits.append(time.perf_counter() - started)
                if status != 200:
                    failed.append(status)

    threads = [threading.Thread(target=ask) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ordered = sorted(waits)
    return {"requests_per_second": round(len(waits) / seconds, 1), "p50_ms": _share(ordered, 0.5),
            "p99_ms": _share(ordered, 0.99), "bytes": size, "failed": len(failed)}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--seconds", type=float, default=8.0)
    arguments.add_argument("--clients", type=int, default=8)
    arguments.add_argument("--text", default="注塑件翘曲", help="what is searched for")
    arguments.add_argument("--json", type=Path)
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-web-") as folder:
        settings = _copy(config.load(), Path(folder))
        rows = _run(settings, given.text, given.seconds, given.clients)
    for name, row in rows.items():
        print(f"{name:<34}{row['requests_per_second']:>9} req/s  p50 {row['p50_ms']:>8} ms  p99 {row['p99_ms']:>8} ms"
              f"{row['bytes']:>9} bytes  {row['failed']} failed")
    if given.json:
        given.json.write_text(json.dumps(rows, indent=1, ensure_ascii=False), "utf-8")


def _copy(settings: Config, folder: Path) -> Config:
    """An installation with the same content in a folder and on a port of its own."""
    store = settings.instance / "matchmaker.db"
    if settings.text("DATABASE_URL") or not store.exists():
        sys.exit(f"没有可测的数据：{store} 不存在。请先运行一次 make run（SQLite）。")
    with closing(sqlite.connect(store)) as source, closing(sqlite.connect(folder / "matchmaker.db")) as target:
        source.backup(target)
    if (settings.instance / "encoder").exists():
        (folder / "encoder").symlink_to(settings.instance / "encoder")
    shutil.copy(settings.instance / "secret_key", folder / "secret_key")
    os.environ.update(INSTANCE=str(folder), HOST=HOST, PORT=str(_free_port()))
    return config.load()


def _run(settings: Config, text: str, seconds: float, clients: int) -> dict[str, dict[str, Any]]:
    port, other = settings.count("PORT"), _free_port()
    service = commands(settings)
    web = next(child for child in service if child.name == "web")
    beside = [part.replace(f"{HOST}:{port}", f"{HOST}:{other}") for part in web.command[:-1]]
    children = [*service, Child("bare", [*beside, "scripts.bench_web:bare()"])]
    supervisor = Supervisor(children, ROOT, settings.instance / "logs", os.environ, print)
    supervisor.start()
    print("» 等待服务就绪（尚有任务时先完成任务）", flush=True)
    try:
        _wait(port, other)
        cookie, post_id = _signed_in(settings)
        pages = {"need page": f"/posts/{post_id}", "need list": "/needs", "search": f"/search?q={quote(text)}",
                 "search in a list": f"/achievements?q={quote(text)}"}
        rows = {}
        for name, path in pages.items():
            rows[name] = measure(port, path, cookie, seconds, clients)
            size = f"/?size={rows[name]['bytes']}"
            rows[f"bare Flask, size of {name}"] = measure(other, size, "", seconds, clients)
        return rows
    finally:
        supervisor.stop()


def _signed_in(settings: Config) -> tuple[str, int]:
    """The cookie of a broker, and the need with most candidates."""
    app = create_app(settings)
    with app.extensions["sessions"].read() as session:
        broker = session.scalar(select(User).where(User.role == Role.BROKER.value))
        most = select(Match.post_id).group_by(Match.post_id).order_by(func.count().desc(), Match.post_id).limit(1)
        post_id = session.scalar(most)
        if broker is None or post_id is None:
            sys.exit("数据中没有技术经理人账号或匹配结果。请先运行 make run 并等待匹配完成。")
    return signed_in.cookie(app, broker), post_id


def _ask(connection: http.client.HTTPConnection, path: str, cookie: str) -> tuple[int, int]:
    """Status and bytes of one answer."""
    connection.request("GET", path, headers={"Cookie": cookie, "Accept": "text/html"})
    answer = connection.getresponse()
    return answer.status, len(answer.read())


def _wait(port: int, other: int) -> None:
    """Until pages answer, the engine has every vector and no job is left."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        try:
            with closing(http.client.HTTPConnection(HOST, port, timeout=5)) as connection:
                connection.request("GET", "/readyz", headers={"Accept": "application/json"})
                ready = json.loads(connection.getresponse().read())
            with closing(http.client.HTTPConnection(HOST, other, timeout=5)) as connection:
                _ask(connection, "/?size=1", "")
            if not ready["degraded"] and not ready["jobs"]["queued"] + ready["jobs"]["running"]:
                return
        except (OSError, ValueError, KeyError, http.client.HTTPException):
            pass
        time.sleep(0.5)
    sys.exit("服务没有在 15 分钟内就绪。请先运行 make run，等全部内容完成匹配后再测。")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _share(ordered: list[float], part: float) -> float:
    """The waiting time, in milliseconds, that this part of the requests does not exceed."""
    return round(ordered[max(0, math.ceil(part * len(ordered)) - 1)] * 1000, 1) if ordered else math.nan


if __name__ == "__main__":
    main()

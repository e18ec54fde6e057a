"""Starts processes, starts those again that end by themselves, and ends all of them with everything they started."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

POLL_SECONDS = 0.2
GRACE_SECONDS = 10.0
SLOWEST_RESTART = 30.0
HEALTHY_SECONDS = 60.0
AUTOGROUP = Path("/proc/self/autogroup")
LOG_LIMIT = 20 << 20
PR_SET_PDEATHSIG = 1


@dataclass
class Child:
    """One process that is to run; `nice` is added to its niceness."""

    name: str
    command: Sequence[str]
    nice: int = 0
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    failures: int = 0
    start_at: float = 0.0


@dataclass
class Supervisor:
    """Runs children until `stopping` is set. Each leads a process group of its own, so that none escapes its end.

    Should the supervisor itself be killed, the kernel tells every child to stop.
    """

    children: Sequence[Child]
    folder: Path
    logs: Path
    environ: Mapping[str, str]
    say: Callable[[str], None]
    stopping: threading.Event = field(default_factory=threading.Event)

    def start(self) -> None:
        self.logs.mkdir(parents=True, exist_ok=True)
        for child in self.children:
            self._start(child)

    def watch(self) -> None:
        """Start again what ended, ever more slowly if it keeps ending; returns once `stopping` is set."""
        while not self.stopping.wait(POLL_SECONDS):
            for child in self.children:
                self._look_after(child)

    def stop(self) -> None:
        """End the children, last started first; those that do not obey within the grace are killed."""
        running = [child.process for child in reversed(self.children) if child.process is not None]
        for process in running:
            process.terminate()
        until = time.monotonic() + GRACE_SECONDS
        for process in running:
            try:
                process.wait(max(0.0, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                self.say(f"进程 {process.pid} 没有按时结束，已强制终止。")
            _kill_group(process.pid)
            process.wait()

    def _look_after(self, child: Child) -> None:
        if child.process is None:
            if time.monotonic() >= child.start_at:
                self._start(child)
            return
        code = child.process.poll()
        if code is None:
            return
        _kill_group(child.process.pid)
        child.process = None
        healthy = time.monotonic() - child.started > HEALTHY_SECONDS
        child.failures = 0 if healthy else child.failures + 1
        wait = min(2.0 ** (child.failures - 1), SLOWEST_RESTART) if child.failures else 0.0
        child.start_at = time.monotonic() + wait
        self.say(f"{child.name} 意外退出（{code}），{wait:.0f} 秒后重新启动。日志：{self._log(child)}")

    def _start(self, child: Child) -> None:
        path = self._log(child)
        if path.exists() and path.stat().st_size > LOG_LIMIT:
            path.replace(path.with_suffix(".log.1"))
        with path.open("ab") as log:
            child.process = subprocess.Popen(
                [sys.executable, "-m", "scripts.supervisor", str(child.nice), *child.command], cwd=self.folder,
                env=dict(self.environ), stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )
        child.started = time.monotonic()

    def _log(self, child: Child) -> Path:
        return self.logs / f"{child.name}.log"


def become(nice: int, command: Sequence[str]) -> None:
    """In the child: ask to be told when the parent dies, then turn into the program that is to run."""
    os.nice(nice)
    with suppress(OSError):  # where Linux shares out the processor by session, niceness alone counts for nothing
        AUTOGROUP.write_text(str(nice), "ascii")
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    os.execvp(command[0], list(command))  # noqa: S606 — this is the purpose


def _kill_group(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


if __name__ == "__main__":
    become(int(sys.argv[1]), sys.argv[2:])

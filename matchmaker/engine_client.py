"""The finder of processes that load no model: asks the engine over its Unix socket, behind a circuit breaker."""

from __future__ import annotations

import http.client
import socket
import threading
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matchmaker.config import Config
from matchmaker.services.ports import FinderUnavailable, Hit
from matchmaker.wire import pack, unpack
from models.vocabulary import Kind

TRIES = 2
OK, NOT_YET = 200, 503


@dataclass
class Breaker:
    """After `failures` in a row nobody is let through for `seconds`; then one is, and its luck decides."""

    failures: int
    seconds: float
    clock: Callable[[], float] = time.monotonic
    _failed: int = 0
    _open_until: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def enter(self) -> None:
        """Raises FinderUnavailable while the breaker is open."""
        with self._lock:
            if self._failed < self.failures:
                return
            if self.clock() < self._open_until:
                raise FinderUnavailable("the engine failed lately and is left alone for a while")
            self._open_until = self.clock() + self.seconds

    def succeed(self) -> None:
        with self._lock:
            self._failed = 0

    def fail(self, weight: int = 1) -> None:
        """Count a failure; one of the breaker's whole weight opens it at once."""
        with self._lock:
            self._failed += weight
            if self._failed >= self.failures:
                self._open_until = self.clock() + self.seconds


class EngineClient:
    """A Finder behind a Unix socket. No call takes longer than `timeout` seconds, retry included."""

    def __init__(self, path: Path, timeout: float, breaker: Breaker) -> None:
        self._path = path
        self._timeout = timeout
        self._breaker = breaker

    @classmethod
    def of(cls, settings: Config) -> EngineClient:
        breaker = Breaker(settings.count("BREAKER_FAILURES"), settings.number("BREAKER_SECONDS"))
        return cls(settings.engine_socket, settings.number("ENGINE_TIMEOUT"), breaker)

    def search(self, text: str, kind: Kind, k: int = 200, allowed: Collection[int] | None = None) -> list[Hit]:
        among = [] if allowed is None else [np.fromiter(allowed, np.int64, len(allowed))]
        _, (ids, scores) = self._ask("search", {"text": text, "kind": kind.value, "k": k}, *among)
        rows = zip(ids.tolist(), scores.tolist(), strict=True)
        return [Hit(post_id, bm25, similarity) for post_id, (bm25, similarity) in rows]

    def encode_sentences(self, texts: Sequence[str]) -> NDArray[np.float32]:
        _, (vectors,) = self._ask("encode_sentences", {"texts": list(texts)})
        return vectors

    def rarity(self, kind: Kind, terms: Sequence[str]) -> dict[str, float]:
        head, (values,) = self._ask("rarity", {"kind": kind.value, "terms": list(terms)})
        return dict(zip(head["terms"], values.tolist(), strict=True))

    def terms(self, text: str) -> list[str]:
        head, _ = self._ask("terms", {"text": text})
        return list(head["terms"])

    def tagged(self, text: str) -> list[tuple[str, str]]:
        head, _ = self._ask("tagged", {"text": text})
        return [(word, speech) for word, speech in head["words"]]

    def status(self) -> dict[str, object]:
        return self._ask("status", {})[0]

    def _ask(self, verb: str, head: dict[str, Any], *arrays: NDArray[Any]) -> tuple[dict[str, Any], list[NDArray[Any]]]:
        """Raises FinderUnavailable; a refused connection is tried once more, silence opens the breaker at once."""
        self._breaker.enter()
        deadline = time.monotonic() + self._timeout
        message = pack(head, *arrays)
        for left in reversed(range(TRIES)):
            try:
                answer = unpack(self._post(verb, message, deadline - time.monotonic()))
            except TimeoutError as error:
                self._breaker.fail(self._breaker.failures)
                raise FinderUnavailable(f"the engine did not answer {verb} in {self._timeout} s") from error
            except (OSError, http.client.HTTPException, ValueError) as error:
                if not left or deadline - time.monotonic() < self._timeout / 2:
                    self._breaker.fail()
                    raise FinderUnavailable(f"the engine did not answer {verb}: {error!r}") from error
            else:
                self._breaker.succeed()
                return answer
        raise AssertionError("unreachable: the last try answers or raises")

    def _post(self, verb: str, message: bytes, seconds: float) -> bytes:
        connection = _UnixConnection(self._path, max(seconds, 0.001))
        try:
            connection.request("POST", f"/{verb}", message, {"Content-Type": "application/octet-stream"})
            response = connection.getresponse()
            body = response.read()
        finally:
            connection.close()
        if response.status == NOT_YET:
            raise FinderUnavailable(body.decode("utf-8", "replace"))
        if response.status != OK:
            raise http.client.HTTPException(f"status {response.status}")
        return body


class _UnixConnection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: Path, timeout: float) -> None:
        super().__init__("engine", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))

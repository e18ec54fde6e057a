"""Asking the engine over its socket: quick, and never waited for longer than allowed."""

from __future__ import annotations

import math
import socket
import threading
import time
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from socketserver import ThreadingMixIn, UnixStreamServer
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

import numpy as np
import pytest

from embeddings.hashing import HashingEncoder
from matchmaker.engine import Engine
from matchmaker.engine_client import Breaker, EngineClient
from matchmaker.engine_server import Server
from matchmaker.services import indexing
from matchmaker.services.ports import FinderUnavailable
from matchmaker.wire import pack, unpack
from models import Sessions
from models.vocabulary import Kind
from tests.builders import achievement

TIMEOUT = 0.4
App = Callable[..., Any]


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        pass

    def address_string(self) -> str:
        return "unix"


class UnixServer(ThreadingMixIn, WSGIServer):
    address_family = socket.AF_UNIX
    daemon_threads = False

    def server_bind(self) -> None:
        UnixStreamServer.server_bind(self)  # type: ignore[arg-type]
        self.server_name, self.server_port = "engine", 0
        self.setup_environ()

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, _ = self.socket.accept()
        return connection, ("unix", 0)


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., EngineClient]]:
    """Serves a WSGI application on a socket and gives a client to it."""
    running: list[tuple[UnixServer, threading.Thread]] = []

    def serve(app: App, timeout: float = TIMEOUT) -> EngineClient:
        path = tmp_path / f"engine{len(running)}.sock"
        server = UnixServer(str(path), Quiet)  # type: ignore[arg-type]
        server.set_app(app)
        thread = threading.Thread(target=lambda: server.serve_forever(0.02))
        thread.start()
        running.append((server, thread))
        return EngineClient(path, timeout, Breaker(3, 60.0))

    yield serve
    for server, thread in running:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def engine(sessions: Sessions) -> Engine:
    engine = Engine(sessions, HashingEncoder, patient=False)
    assert engine.encoder
    with sessions.write() as session:
        posts = [achievement("高温合金热障涂层制备"), achievement("磁力驱动离心泵"), achievement("光学镜头")]
        session.add_all(posts)
        session.flush()
        indexing.publish_many(session, posts)
        found = indexing.waiting(session, engine.encoder.name, [post.id for post in posts[:2]])
        vectors = engine.encoder.encode_supplies([one.passage for one in found])
        indexing.store(session, engine.encoder.name, list(zip(found, vectors, strict=True)))
        session.commit()
    return engine


def test_over_the_socket_the_answers_are_the_same(serve: Callable[..., EngineClient], engine: Engine) -> None:
    client = serve(Server(engine), 20.0)
    ours = {hit.post_id: hit for hit in engine.search("热障涂层与镜头", Kind.ACHIEVEMENT)}
    theirs = {hit.post_id: hit for hit in client.search("热障涂层与镜头", Kind.ACHIEVEMENT)}
    assert set(ours) == set(theirs)
    for post_id, hit in theirs.items():
        assert hit.bm25 == pytest.approx(ours[post_id].bm25)
        assert hit.similarity == pytest.approx(ours[post_id].similarity, nan_ok=True)
    assert any(math.isnan(hit.similarity) for hit in theirs.values())
    np.testing.assert_array_equal(client.encode_sentences(["涂层", "泵"]), engine.encode_sentences(["涂层", "泵"]))
    assert client.encode_sentences([]).shape[0] == 0
    assert client.terms("热障涂层 😀") == engine.terms("热障涂层 😀")
    assert client.rarity(Kind.ACHIEVEMENT, ["涂层"]) == pytest.approx(engine.rarity(Kind.ACHIEVEMENT, ["涂层"]))
    assert client.status() == engine.status()
    allowed = [next(iter(ours))]
    assert [hit.post_id for hit in client.search("涂层", Kind.ACHIEVEMENT, allowed=set(allowed))] == allowed
    assert client.search("涂层", Kind.ACHIEVEMENT, allowed=[]) == []
    assert isinstance(client.search("\ud800" + "涂" * 100_000, Kind.ACHIEVEMENT), list)


def test_without_an_engine_the_caller_is_told_at_once(tmp_path: Path) -> None:
    client = EngineClient(tmp_path / "nobody.sock", TIMEOUT, Breaker(3, 60.0))
    started = time.monotonic()
    with pytest.raises(FinderUnavailable):
        client.search("涂层", Kind.NEED)
    assert time.monotonic() - started < TIMEOUT


def test_a_silent_engine_is_waited_for_once_and_then_left_alone(serve: Callable[..., EngineClient]) -> None:
    over = threading.Event()
    asked = []

    def silent(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        asked.append(environ["PATH_INFO"])
        over.wait(10)
        start_response("200 OK", [])
        return [b""]

    client = serve(silent)
    started = time.monotonic()
    for _ in range(5):
        with pytest.raises(FinderUnavailable):
            client.terms("涂层")
    over.set()
    assert time.monotonic() - started < 3 * TIMEOUT
    assert len(asked) == 1


def test_an_engine_that_answers_nonsense_is_unavailable(serve: Callable[..., EngineClient]) -> None:
    def nonsense(_environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        start_response("200 OK", [])
        return [b"\xff\x00\x00\x00{"]

    with pytest.raises(FinderUnavailable):
        serve(nonsense).terms("涂层")


def test_an_encoder_that_still_loads_does_not_open_the_breaker(
    serve: Callable[..., EngineClient], sessions: Sessions
) -> None:
    client = serve(Server(Engine(sessions, HashingEncoder, patient=False)))
    for _ in range(5):
        with pytest.raises(FinderUnavailable, match="loading"):
            client.encode_sentences(["涂层"])
    assert client.terms("涂层")


def test_the_breaker_opens_after_some_failures_and_lets_one_try_after_a_while() -> None:
    clock = Clock()
    breaker = Breaker(3, 2.0, clock)
    for _ in range(3):
        breaker.enter()
        breaker.fail()
    with pytest.raises(FinderUnavailable):
        breaker.enter()
    clock.now = 2.1
    breaker.enter()
    with pytest.raises(FinderUnavailable):
        breaker.enter()
    breaker.succeed()
    breaker.enter()
    breaker.enter()


@pytest.mark.parametrize("path", ["/nothing", "/search"])
def test_bad_questions_do_not_bring_the_engine_down(engine: Engine, path: str) -> None:
    statuses: list[str] = []
    for body in (b"", b"\x01", pack({}), pack({"text": 1, "kind": "x", "k": "y"}), b"\xff" * 50):
        environ = {"PATH_INFO": path, "CONTENT_LENGTH": str(len(body)), "wsgi.input": BytesIO(body)}
        Server(engine)(environ, lambda status, _headers: statuses.append(status))
    assert {status[:3] for status in statuses} <= {"400", "404"}


def test_a_save_that_failed_is_not_tried_again_at_once(
    engine: Engine, sessions: Sessions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("matchmaker.engine_server.REST_SECONDS", -1.0)
    folder = tmp_path / "index"
    folder.write_text("a file where the folder should be")
    saving = Engine(sessions, HashingEncoder, folder)
    assert saving.catch_up()
    server = Server(saving)
    with pytest.raises(OSError, match="index"):
        server._save_sometimes()
    server._save_sometimes()
    folder.unlink()
    server._save_after = time.monotonic()
    server._save_sometimes()
    assert (folder / "shelf.json").exists()


def test_messages_survive_the_wire() -> None:
    arrays = [np.array([[1.5, np.nan]], np.float32), np.array([], np.int64), np.arange(3)]
    head, back = unpack(pack({"text": "对接", "k": 3}, *arrays))
    assert head == {"text": "对接", "k": 3}
    for sent, received in zip(arrays, back, strict=True):
        np.testing.assert_array_equal(sent, received)


@pytest.mark.parametrize("cut", [0, 3, 10, -1])
def test_a_message_cut_short_is_refused(cut: int) -> None:
    message = pack({"k": 3}, np.arange(3))
    with pytest.raises(ValueError, match=r"."):
        unpack(message[:cut])

"""The engine of a machine, served: `gunicorn -w1 -k gthread -b unix:… 'matchmaker.engine_server:create()'`.

One process holds encoder and indexes; the web workers ask it through `EngineClient`. It listens at once and answers
from the terms alone until the encoder is loaded.
"""

from __future__ import annotations

import atexit
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import structlog
from numpy.typing import NDArray
from sqlalchemy.exc import SQLAlchemyError

from embeddings.errors import EmbeddingsError
from matchmaker import config, logs
from matchmaker.config import BadSetting
from matchmaker.encoders import open_encoder
from matchmaker.engine import Engine
from matchmaker.services.ports import FinderUnavailable
from matchmaker.wire import pack, unpack
from models import make_sessions
from models.vocabulary import Kind

FOLLOW_SECONDS = 0.5
RETRY_SECONDS = 30.0
REST_SECONDS = 5.0
SAVE_SECONDS = 300.0
"""Between two saves while the indexes change, and after one that failed: it may have filled the disk."""
LARGEST = 64 << 20
Arrays = list[NDArray[Any]]
log = structlog.get_logger(__name__)


def create() -> Server:
    """The WSGI application, its background work begun. Call after any fork: torch must not be loaded before one."""
    settings = config.load()
    logs.init(settings)
    sessions = make_sessions(settings.database_url)
    folder = settings.instance / "index"
    engine = Engine(sessions, lambda: open_encoder(settings), folder, patient=False, work=_own_folder(folder / "work"))
    server = Server(engine)
    for work in (server.load, server.follow):
        threading.Thread(target=work, daemon=True, name=work.__name__).start()
    atexit.register(server.close)
    return server


def _own_folder(place: Path) -> Path:
    """A folder of this process; those of processes that were killed are removed."""
    place.mkdir(parents=True, exist_ok=True)
    for left in place.iterdir():
        if not Path("/proc", left.name).exists():
            shutil.rmtree(left, ignore_errors=True)
    return place / str(os.getpid())


class Server:
    """WSGI: one address per verb of the Finder, messages as in `matchmaker.wire`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._closing = threading.Event()
        self._saved = self._seen = 0
        self._rested = self._save_after = time.monotonic()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        status, body = self._answer(environ)
        start_response(status, [("Content-Type", "application/octet-stream"), ("Content-Length", str(len(body)))])
        return [body]

    def load(self) -> None:
        """Load the encoder; when that fails, say why and try again, as somebody may mend it meanwhile."""
        while not self._closing.is_set():
            started = time.monotonic()
            try:
                name = self._engine.encoder.name
                self._engine.ask_reindex()
            except (EmbeddingsError, BadSetting, SQLAlchemyError) as error:
                self._engine.failed(error)
                log.error("encoder.unavailable", error=str(error))
                self._closing.wait(RETRY_SECONDS)
            else:
                log.info("encoder.loaded", encoder=name, seconds=round(time.monotonic() - started, 1))
                return

    def follow(self) -> None:
        """Keep up with the database between the searches, and save the indexes every now and then."""
        self._guarded(self._engine.load_saved)
        self._saved = self._engine.revision
        checked = False
        while not self._closing.wait(FOLLOW_SECONDS):
            if self._guarded(self._engine.catch_up) and not checked:
                checked = True
                self._guarded(self._engine.check)
            self._guarded(self._save_sometimes)

    def close(self) -> None:
        """Save what changed and stop."""
        self._closing.set()
        if self._engine.revision != self._saved:
            self._guarded(self._engine.save)

    def _save_sometimes(self) -> None:
        """Save when the indexes changed and have come to rest, but not all the time."""
        revision = self._engine.revision
        if revision != self._seen:
            self._seen, self._rested = revision, time.monotonic()
        at_rest = time.monotonic() - self._rested > REST_SECONDS
        if revision != self._saved and at_rest and time.monotonic() >= self._save_after:
            self._save_after = time.monotonic() + SAVE_SECONDS
            self._engine.save()
            self._saved = revision

    def _guarded(self, work: Callable[[], object]) -> bool:
        """Run a step of the background work; the next one may succeed where this one failed."""
        try:
            work()
        except FinderUnavailable:  # the engine told why when that began
            return False
        except Exception:
            log.exception("engine.background")
            self._closing.wait(1.0)
            return False
        return True

    def _answer(self, environ: dict[str, Any]) -> tuple[str, bytes]:
        verb = VERBS.get(environ["PATH_INFO"].lstrip("/"))
        if verb is None:
            return "404 Not Found", b""
        try:
            length = int(environ.get("CONTENT_LENGTH") or 0)
            if length > LARGEST:
                return "413 Content Too Large", b""
            return "200 OK", verb(self._engine, *unpack(environ["wsgi.input"].read(length)))
        except (KeyError, TypeError, ValueError) as error:
            log.warning("engine.bad_question", verb=environ["PATH_INFO"], error=repr(error))
            return "400 Bad Request", b""
        except FinderUnavailable as error:
            return "503 Service Unavailable", str(error).encode()
        except Exception:
            log.exception("engine.failed", verb=environ["PATH_INFO"])
            return "500 Internal Server Error", b""


def _search(engine: Engine, head: dict[str, Any], arrays: Arrays) -> bytes:
    allowed = arrays[0].tolist() if arrays else None
    hits = engine.search(head["text"], Kind(head["kind"]), head["k"], allowed)
    ids = np.array([hit.post_id for hit in hits], np.int64)
    scores = np.array([(hit.bm25, hit.similarity) for hit in hits], np.float32).reshape(-1, 2)
    return pack({}, ids, scores)


def _encode_sentences(engine: Engine, head: dict[str, Any], _arrays: Arrays) -> bytes:
    return pack({}, engine.encode_sentences(head["texts"]))


def _rarity(engine: Engine, head: dict[str, Any], _arrays: Arrays) -> bytes:
    found = engine.rarity(Kind(head["kind"]), head["terms"])
    return pack({"terms": list(found)}, np.array(list(found.values()), np.float32))


def _terms(engine: Engine, head: dict[str, Any], _arrays: Arrays) -> bytes:
    return pack({"terms": engine.terms(head["text"])})


def _tagged(engine: Engine, head: dict[str, Any], _arrays: Arrays) -> bytes:
    return pack({"words": engine.tagged(head["text"])})


def _status(engine: Engine, _head: dict[str, Any], _arrays: Arrays) -> bytes:
    return pack(engine.status())


VERBS: dict[str, Callable[[Engine, dict[str, Any], Arrays], bytes]] = {
    "search": _search, "encode_sentences": _encode_sentences, "rarity": _rarity, "terms": _terms, "tagged": _tagged,
    "status": _status,
}

"""The one door to encoder and indexes: finds near posts, in this process.

The database is the truth and the indexes are a cache of it. Before every search the engine asks for the newest
revision (one SELECT) and applies what it has not seen. Saved index files only shorten the start. Indexes that cannot be
written (a full disk) are given up and, a while later, built anew.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from itertools import count
from pathlib import Path

import numpy as np
import structlog
from numpy.typing import NDArray

from embeddings.encoder import Encoder
from embeddings.errors import EmbeddingsError, IndexUnusable
from embeddings.reranker import Reads
from embeddings.tokens import Tokenizer
from matchmaker.services import indexing
from matchmaker.services.ports import FinderUnavailable, Hit
from matchmaker.shelf import Shelf
from models import Sessions
from models.vocabulary import Kind

BATCH = 512
"""Posts applied at a time; searches of other threads go on between and meanwhile."""
PATIENCE = 0.3
"""Seconds that a search of the served engine spends on catching up before it answers from what it has."""
REST_SECONDS = 30.0
"""Between giving indexes up and building them anew: whoever else needs the disk comes first."""
REMEMBERED = 2048
log = structlog.get_logger(__name__)


class Engine:
    """A Finder in process.

    Patient (the default: commands, worker, tests) it loads the encoder with the first question and is always up to
    date. Otherwise (served) it answers at once from what is there: terms alone while the encoder loads.
    """

    def __init__(
        self, sessions: Sessions, open_encoder: Callable[[], Encoder], folder: Path | None = None, *,
        patient: bool = True, work: Path | None = None, open_reranker: Callable[[], Reads | None] = lambda: None,
    ) -> None:
        """`folder` holds saved indexes; None means that there are none. `work` is a folder for this engine alone.

        Without a reranker nothing is read: see `read`.
        """
        self._sessions = sessions
        self._open_encoder = open_encoder
        self._folder = folder
        self._patient = patient
        self._tokenizer = Tokenizer()
        self._encoder: Encoder | None = None
        self._reranker = lru_cache(1)(open_reranker)
        self._error = ""
        self._loading = threading.Lock()
        self._catching = threading.Lock()
        self._work = work
        self._rest_until = 0.0
        self._shelves = count()
        self._shelf = self._new_shelf("")
        self._vector = lru_cache(REMEMBERED)(self._encode_query)

    @property
    def encoder(self) -> Encoder:
        """The encoder, loaded now if need be. Raises EncoderUnavailable or BadSetting."""
        with self._loading:
            if self._encoder is None:
                encoder = self._open_encoder()
                with self._sessions.write() as session:
                    indexing.adopt(session, encoder.name)
                    session.commit()
                self._encoder, self._error = encoder, ""
            return self._encoder

    @property
    def revision(self) -> int:
        """The newest revision that the indexes hold."""
        return self._shelf.revision

    def search(self, text: str, kind: Kind, k: int = 200, allowed: Collection[int] | None = None) -> list[Hit]:
        """See Finder. While there is no vector of the question, `similarity` is NaN throughout."""
        vector = self._question(text)
        self.catch_up(None if self._patient else PATIENCE)
        with self._indexes() as shelf:
            return shelf.search(text, vector if shelf.encoder == self._name() else None, kind, k, allowed)

    def search_many(self, texts: Sequence[str], kinds: Sequence[Kind], k: int = 200) -> dict[Kind, list[list[Hit]]]:
        """As `search` for each text, in fewer and larger steps. Raises FinderUnavailable without its encoder."""
        if not texts:
            return {kind: [] for kind in kinds}
        vectors = self._ready().encode_needs(list(texts))
        self.catch_up()
        with self._indexes() as shelf:
            if shelf.encoder != self._name():
                raise FinderUnavailable("the vectors in use are of another encoder")
            return {kind: shelf.search_many(texts, vectors, kind, k) for kind in kinds}

    def encode_sentences(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self._ready().encode_sentences(texts)

    def read(self, pairs: Sequence[tuple[str, str]]) -> NDArray[np.float32]:
        self._ready()
        try:
            reranker = self._reranker()
        except EmbeddingsError as error:
            raise FinderUnavailable(str(error)) from error
        return reranker.scores(pairs) if reranker else np.full(len(pairs), np.nan, np.float32)

    def rarity(self, kind: Kind, terms: Sequence[str]) -> dict[str, float]:
        self.catch_up(None if self._patient else PATIENCE)
        with self._indexes() as shelf:
            return {term: shelf.lexical[kind].idf(term) for term in terms}

    def terms(self, text: str) -> list[str]:
        return list(dict.fromkeys(self._tokenizer.terms(text)))

    def tagged(self, text: str) -> list[tuple[str, str]]:
        return self._tokenizer.tagged(text)

    def status(self) -> dict[str, object]:
        """`state` is ready, loading (the encoder), or lexical (no encoder for the vectors in use; see `error`)."""
        with self._sessions.read() as session:
            revision, active = indexing.state(session)
        if self._patient:
            with suppress(FinderUnavailable):
                self._ready()
        with self._indexes() as shelf:
            return {
                "state": self._state(active), "encoder": self._name(), "active_encoder": active,
                "revision": shelf.revision, "database_revision": revision, "posts": shelf.posts(),
                "vectors": shelf.vectors(), "error": self._error,
            }

    def catch_up(self, patience: float | None = None) -> bool:
        """Apply what the database has and the indexes lack, for at most `patience` seconds; whether all is applied.

        Raises FinderUnavailable when that cannot be written.
        """
        until = None if patience is None else time.monotonic() + patience
        if self._seen():
            return True
        if not self._catching.acquire(timeout=-1 if patience is None else patience):
            return False
        try:
            while not self._step():
                if until is not None and time.monotonic() > until:
                    return False
            return True
        except (IndexUnusable, OSError) as error:
            raise self._given_up(self._shelf, error) from error
        finally:
            self._catching.release()

    def load_saved(self) -> None:
        """Start from the saved indexes, if they fit the database; otherwise from nothing."""
        with self._catching, self._sessions.read() as session:
            revision, active = indexing.state(session)
            shelf = self._new_shelf(active)
            if self._folder is None or not shelf.load(self._folder, revision):
                return
            before = shelf.revision
        log.info("index.loaded", revision=before, posts=sum(shelf.posts().values()))
        self._shelf = shelf

    def check(self) -> None:
        """Throw the indexes away if they do not hold as many posts as the database; they are then built anew."""
        with self._catching, self._sessions.read() as session:
            revision, active = indexing.state(session)
            shelf = self._shelf
            if (revision, active) != (shelf.revision, shelf.encoder):
                return
            wanted = indexing.live(session, active)
        if shelf.posts() != wanted:
            log.warning("index.rebuild", reason="another number of posts than the database")
            self._shelf = self._new_shelf(active)

    def ask_reindex(self) -> None:
        """Have the worker put this encoder to use if another is, e.g. after an update or a changed setting.

        If it is in use, the worker tries again what it gave up to encode.
        """
        with self._sessions.write() as session:
            indexing.ask_reindex(session, self.encoder.name)
            session.commit()

    def save(self) -> None:
        """Write the indexes into the folder; nothing else may write there."""
        if self._folder is not None:
            with self._catching, self._indexes() as shelf:
                shelf.save(self._folder)
            log.info("index.saved", revision=self._shelf.revision)

    def failed(self, error: Exception) -> None:
        """Remember why the encoder could not be loaded."""
        self._error = str(error)

    @contextmanager
    def _indexes(self) -> Iterator[Shelf]:
        """The indexes in use. Raises FinderUnavailable once they turn out to be unusable, until others replace them."""
        shelf = self._shelf
        if shelf.unusable:
            raise FinderUnavailable(shelf.unusable)
        try:
            yield shelf
        except IndexUnusable as error:
            raise self._given_up(shelf, error) from error

    def _given_up(self, shelf: Shelf, error: Exception) -> FinderUnavailable:
        """Have the shelf replaced by a new one after a rest."""
        log.error("index.given_up", reason=str(error))
        self._rest_until = time.monotonic() + REST_SECONDS
        shelf.unusable = str(error)
        return FinderUnavailable(shelf.unusable)

    def _new_shelf(self, encoder: str) -> Shelf:
        return Shelf(encoder, self._tokenizer, self._work and self._work / str(next(self._shelves)))

    def _name(self) -> str:
        return self._encoder.name if self._encoder else ""

    def _state(self, active: str) -> str:
        if self._encoder is None:
            return "lexical" if self._error else "loading"
        return "ready" if self._encoder.name == active else "lexical"

    def _ready(self) -> Encoder:
        """Raises FinderUnavailable when the encoder is not there, or not yet."""
        if self._encoder is None and not self._patient:
            raise FinderUnavailable(self._error or "the encoder is still loading")
        try:
            return self.encoder
        except EmbeddingsError as error:
            raise FinderUnavailable(str(error)) from error

    def _question(self, text: str) -> NDArray[np.float32] | None:
        try:
            self._ready()
        except FinderUnavailable:
            if self._patient:
                raise
            return None
        return self._vector(text)

    def _encode_query(self, text: str) -> NDArray[np.float32]:
        return self.encoder.encode_needs([text])

    def _seen(self) -> bool:
        with self._sessions.read() as session:
            shelf = self._shelf
            return indexing.state(session) == (shelf.revision, shelf.encoder) and not shelf.unusable

    def _step(self) -> bool:
        """Apply one batch; whether it was the last.

        1. Another encoder in use, or this shelf given up and the rest over: begin a new one, which replaces it.
        2. Read the oldest changes that were not seen. 3. Apply them. 4. Move on to the revision of the last.
        """
        spoilt = self._shelf.unusable
        if spoilt and time.monotonic() < self._rest_until:
            raise FinderUnavailable(spoilt)
        with self._sessions.read() as session:
            revision, active = indexing.state(session)
            if spoilt or active != self._shelf.encoder or revision < self._shelf.revision:
                self._shelf = self._new_shelf(active)
            changes = indexing.changes(session, active, self._shelf.revision, BATCH)
        self._shelf.apply(changes)
        full = len(changes) == BATCH
        newest = changes[-1].revision if changes else 0
        self._shelf.revision = newest if full else max(revision, newest)
        return not full

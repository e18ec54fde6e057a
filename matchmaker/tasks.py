"""What a worker knows how to do: one handler per kind of job, and the transactions it is given."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import structlog
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from matchmaker import speech
from matchmaker.config import Config
from matchmaker.engine import Engine
from matchmaker.services import (
    clock,
    follow_ups,
    indexing,
    jobs,
    liveness,
    mailing,
    matching,
    nightly,
    notices,
    payments,
    rematching,
    saved_searches,
    stalling,
    weighing,
)
from matchmaker.services.jobs import Lost
from matchmaker.services.transfer import desk
from models import Job, SavedSearch, Sessions, User

RENEW_SECONDS = jobs.LEASE.total_seconds() / 4
log = structlog.get_logger(__name__)


class Stopping(Exception):
    """The worker is to end, or something more urgent waits; what was committed stays, the rest is done later."""


@dataclass(frozen=True)
class Station:
    """The worker as its tasks see it; the engine is loaded when first asked for."""

    settings: Config
    sessions: Sessions
    name: str
    stopping: threading.Event
    engine: Callable[[], Engine]


class Task:
    """What a handler is given: see `services.jobs.Context`."""

    def __init__(self, station: Station, job: Job) -> None:
        self.settings = station.settings
        self.sessions = station.sessions
        self.ended = False
        self._station = station
        self._job = job

    @property
    def finder(self) -> Engine:
        return self._station.engine()

    @contextmanager
    def read(self) -> Iterator[Session]:
        with self.sessions.read() as session:
            yield session

    @contextmanager
    def write(self, *, last: bool = False, **progress: Any) -> Iterator[Session]:
        """One transaction, which holds only if the job is still this worker's at its end.

        Raises Stopping after any but the last when the job is to be handed back: whoever claims it next goes on from
        what this transaction left.
        """
        with self.sessions.write() as session:
            jobs.renew(session, self._job.id, self._station.name, **progress)
            yield session
            if last:
                jobs.finish(session, self._job.id, self._station.name)
            session.commit()
        self.ended = self.ended or last
        if not self.ended and (self._station.stopping.is_set() or self._overtaken()):
            raise Stopping

    def _overtaken(self) -> bool:
        with self.sessions.read() as session:
            return jobs.overtaken(session, self._job, list(HANDLERS))

    @contextmanager
    def renewing(self) -> Iterator[None]:
        """Let the lease not run out while the handler computes."""
        over = threading.Event()
        thread = threading.Thread(target=self._renew, args=(over,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def _renew(self, over: threading.Event) -> None:
        while not over.wait(RENEW_SECONDS):
            try:
                with self.sessions.write() as session:
                    jobs.renew(session, self._job.id, self._station.name)
                    session.commit()
            except Lost:
                return
            except SQLAlchemyError as error:
                log.warning("job.not_renewed", job=self._job.id, error=str(error))


def embed(task: Task, job: Job) -> None:
    """Encode posts outside any transaction; store what still fits, and let the partners of needs be computed."""
    encoder = task.finder.encoder
    with task.read() as session:
        found = indexing.waiting(session, encoder.name, job.payload["post_ids"])
    vectors = encoder.encode_supplies([one.passage for one in found])
    with task.write(last=True) as session:
        stored = indexing.store(session, encoder.name, list(zip(found, vectors, strict=True)))
        indexing.ask_shortlists(session, stored, job.priority)
        indexing.ask_rematch(session, stored, job.priority)


def reindex(task: Task, job: Job) -> None:
    """Give every post the vectors of a new encoder, then put that to use; taken up again where it was left."""
    encoder = task.finder.encoder
    if encoder.name != job.payload["encoder"]:
        return
    done, switched = job.done, False
    while not switched:
        with task.read() as session:
            missing = indexing.lacking(session, encoder.name)
        total = done + len(missing)
        for at in range(0, len(missing), indexing.EMBED_BATCH):
            batch = missing[at : at + indexing.EMBED_BATCH]
            with task.read() as session:
                found = indexing.waiting(session, encoder.name, batch)
            vectors = encoder.encode_supplies([one.passage for one in found])
            done += len(batch)
            with task.write(done=done, total=total, message="正在更换编码器") as session:
                indexing.store(session, encoder.name, list(zip(found, vectors, strict=True)))
        with task.write() as session:
            switched = indexing.switch(session, encoder.name)
            if switched:  # lists made meanwhile, before more urgent work gave way, were made by words alone
                jobs.enqueue(session, "rematch_all", {}, dedupe_key="reindex", priority=weighing.NIGHT)


def shortlist(task: Task, job: Job) -> None:
    """Compute the partners of a post and replace those stored before."""
    computed = matching.compute(task.sessions, task.finder, job.payload["post_id"])
    if computed is not None:
        with task.write(last=True) as session:
            matching.store(session, computed)


def rematch_all(task: Task, job: Job) -> None:
    """Have every open need's partners computed anew, by id; taken up again after the need where it was left."""
    needs = nightly.open_needs(task.sessions, job.result.get("after", 0))
    total = job.done + len(needs)
    for done, (need_id, computed) in enumerate(nightly.compute(task.sessions, task.finder, needs), job.done + 1):
        with task.write(done=done, total=total, message="正在重新匹配全部需求", result={"after": need_id}) as session:
            if computed is not None:
                matching.store(session, computed)


def rematch(task: Task, job: Job) -> None:
    """Let the needs that new or changed supplies could answer have their partners computed anew."""
    with task.read() as session:
        asked = job.payload["post_ids"]
        waiting = jobs.backlog(session, "rematch")["queued"] * len(asked)
        needs = rematching.affected(session, task.finder, asked, waiting)
    with task.write(last=True) as session:
        indexing.ask_shortlists(session, needs, job.priority - indexing.REMATCH_AFTER)


def mail(task: Task, job: Job) -> None:
    """Send a mail, once: a notice, a digest, or what the payload says. Nothing of it is kept in the job."""
    letter = mailing.Letter(**job.payload)
    _post(task, letter, f"{job.id}.{job.created_at.timestamp():.0f}")
    with task.write(last=True) as session:
        session.get_one(Job, job.id).payload = {}


def notice(task: Task, job: Job) -> None:
    """Send one notice by mail, unless that was done, or its reader has read it or wants it no more."""
    with task.read() as session:
        found = notices.unsent(session, job.payload["notice_id"])
        letter = notices.letter(found) if found else None
    if found is None or letter is None:
        return
    _post(task, letter, f"notice-{found.id}", found.user_id, found.kind)
    with task.write(last=True) as session:
        notices.sent(session, [found.id])


def digests(task: Task, job: Job) -> None:
    """Queue one digest for everybody for whom notices of the channel wait."""
    channel = job.kind.removeprefix("digest_")
    with task.write(last=True) as session:
        for user_id in notices.readers_waiting(session, channel):
            jobs.enqueue(session, "digest", {"user_id": user_id, "channel": channel, "slot": job.payload["slot"]},
                         dedupe_key=f"{channel}:{user_id}")


def digest(task: Task, job: Job) -> None:
    """Send one person what waits for a digest; each notice is in one digest only."""
    with task.read() as session:
        found = notices.waiting(session, job.payload["user_id"], job.payload["channel"])
        letter = notices.digest(found) if found else None
    if letter is None:
        return
    _post(task, letter, f"{job.payload['channel']}-{job.payload['user_id']}-{job.payload['slot']}",
          job.payload["user_id"], "digest")
    with task.write(last=True) as session:
        notices.sent(session, [one.id for one in found])


def _post(task: Task, letter: mailing.Letter, identity: str, reader: int = 0, kind: str = "") -> None:
    """Hand a letter over; one that a reader may do without says at its end how to have no more of its kind."""
    settings = task.settings
    with task.read() as session:
        wanted = session.scalar(select(User.language).where(User.email == letter.to.lower())) or speech.DEFAULT
    letter = replace(letter, subject=speech.say(letter.subject, wanted), text=speech.say(letter.text, wanted))
    stop = ""
    if reader:
        stop = f"{settings.public_url}/unsubscribe/{notices.unsubscribe_token(settings.secret(), reader, kind)}"
    sender = mailing.Sender(settings.text("MAIL_FROM"), settings.text("SITE_NAME"), settings.public_url)
    mailing.send(settings.text("SMTP_URL"), settings.instance / "mail",
                 mailing.compose(letter, sender, identity, stop, lambda said: speech.say(said, wanted)))


def searches(task: Task, job: Job) -> None:
    """Have every saved search of a pace looked through."""
    with task.write(last=True) as session:
        for search_id in saved_searches.due(session, job.kind.removeprefix("searches_")):
            jobs.enqueue(session, "search_news", {"search_id": search_id, "slot": job.payload["slot"]},
                         dedupe_key=str(search_id))


def search_news(task: Task, job: Job) -> None:
    """Tell of what is new in a saved search; each post once."""
    with task.read() as session:
        saved = session.get(SavedSearch, job.payload["search_id"])
        found = saved_searches.news(session, task.finder, saved) if saved else []
    with task.write(last=True) as session:
        if kept := session.get(SavedSearch, job.payload["search_id"]):
            saved_searches.tell(session, kept, found, job.payload["slot"], task.settings.public_url)
def stall(task: Task, job: Job) -> None:
    """Mark the cases on which nothing was done for too long."""
    with task.write(last=True) as session:
        stalling.mark(session)


def import_list(task: Task, job: Job) -> None:
    """Preview or import an uploaded list, batch by batch."""
    desk.run_job(task, task.settings.instance / "uploads", job)


def keep_alive(task: Task, job: Job) -> None:
    """Once a day: ask owners whether what they posted still holds, and freeze what nobody confirms; taken up again
    where it was left."""
    office, day, after = liveness.Office.of(task.settings), clock.today(), job.result.get("after", 0)
    while after is not None:
        with task.write(message="核对有效期") as session:
            after = liveness.sweep(session, office, day, after).after
            session.get_one(Job, job.id).result = {"after": after}


def after_signing(task: Task, job: Job) -> None:
    """Arrange follow-ups and tell of what is due: follow-ups, ratings, payments."""
    today = dt.date.fromisoformat(job.payload["slot"][:10])
    with task.write(last=True) as session:
        follow_ups.plan(session, today)
        follow_ups.remind(session, today)
        payments.remind(session, today)


HANDLERS: dict[str, Callable[[Task, Job], None]] = {
    "embed": embed, "reindex": reindex, "shortlist": shortlist, "rematch": rematch,
    "rematch_all": rematch_all,
    "import": import_list, "mail": mail, "notice": notice, "digest": digest,
    "digest_daily": digests, "digest_weekly": digests,
    "liveness": keep_alive,
    "searches_daily": searches, "searches_weekly": searches, "search_news": search_news,
    "after_signing": after_signing,
    "stall": stall,
}

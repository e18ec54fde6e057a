"""What the indexes are built from, written in the transaction that changes a post, and read back by every process.

A published post has one row per encoder. The row of a post whose words changed lies there without vectors until the
worker has encoded it: its terms are found at once, its meaning a moment later. A withdrawn post leaves its row behind
as a tombstone, so that every process learns of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Select, and_, delete, exists, func, select, update
from sqlalchemy.orm import Session, aliased, with_polymorphic

from embeddings.passage import Passage
from matchmaker.services import jobs, texts
from models import IndexState, Job, Match, Post, PostVector
from models.vocabulary import Kind, State

DEDUPE_LENGTH = 128
EMBED_BATCH = 64
"""Posts of one embed job."""
BULK = 10
"""Priority of what nobody waits for."""
REMATCH_AFTER, SHORTLIST_AFTER = 2, 3
"""How much less urgent than the vectors of a list are the question which needs its supplies touch, and then the lists
of candidates: each is computed once, when all supplies are there."""
_EVERY, _OTHER = with_polymorphic(Post, "*"), aliased(Post)


@dataclass(frozen=True)
class Change:
    """What happened to one post: its words and vectors now, or None when it is not to be found any more."""

    post_id: int
    kind: Kind
    revision: int
    passage: Passage | None
    vectors: NDArray[np.float32] | None
    """Shape (chunks, dim); None while it waits to be encoded."""


@dataclass(frozen=True)
class Waiting:
    """A post to be encoded, and the digest of exactly these words."""

    post_id: int
    digest: str
    passage: Passage


def passage_of(post: Post) -> Passage:
    words = texts.public_passage(post)
    return Passage(words.title, words.keywords, words.text)


def digest_of(passage: Passage) -> str:
    """SHA-256 of the words; equal words keep their vectors."""
    words = "\x00".join((passage.title, *passage.keywords, passage.text))
    return hashlib.sha256(words.encode("utf-8", "surrogatepass")).hexdigest()


def publish(session: Session, post: Post) -> None:
    """Let a published post be found with its present words. Call whenever it becomes published or is edited."""
    publish_many(session, [post], priority=0)


def publish_many(session: Session, posts: Sequence[Post], priority: int = BULK) -> None:
    """`publish` in bulk. Changed words cost an embed job per 64 posts, of that priority; equal words cost nothing.

    Posts of like length go into one job, since an encoder pads a batch to its longest text.
    """
    session.flush()
    first, encoder = _revisions(session, len(posts))
    rows = _rows(session, encoder, [post.id for post in posts])
    changed, same, lengths = [], [], {}
    for revision, post in enumerate(posts, first):
        passage = passage_of(post)
        digest, lengths[post.id] = digest_of(passage), len(passage.text)
        row = rows.get(post.id)
        if row is not None and not row.removed and row.digest == digest:
            same.append(post.id)
            continue
        if row is None:
            row = PostVector(post_id=post.id, encoder=encoder)
            session.add(row)
        row.revision, row.removed, row.digest, row.chunks, row.data = revision, False, digest, 0, None
        changed.append(post.id)
    session.flush()
    changed.sort(key=lengths.__getitem__)
    _forget_others(session, encoder, changed)
    for at in range(0, len(changed), EMBED_BATCH):
        jobs.enqueue(session, "embed", {"post_ids": changed[at : at + EMBED_BATCH]}, priority=priority)
    ask_shortlists(session, same, priority)
    ask_rematch(session, same, priority)


def withdraw(session: Session, post: Post) -> None:
    """Let nobody find the post any more; its vectors are deleted, under every encoder.

    Needs that list it are matched anew: what was folded as its copy takes its place.
    """
    session.flush()
    first, encoder = _revisions(session, 1)
    _forget_others(session, encoder, [post.id])
    for row in _rows(session, encoder, [post.id]).values():
        row.revision, row.removed, row.digest, row.chunks, row.data = first, True, "", 0, None
    session.flush()
    listing = select(Match.post_id).where(Match.candidate_id == post.id)
    ask_shortlists(session, list(session.scalars(listing)), BULK)


def ask_shortlists(session: Session, post_ids: Sequence[int], priority: int) -> None:
    """Have the partners of these posts computed: of every need; of supplies when a person waits (priority 0)."""
    wanted = select(Post.id, Post.kind).where(Post.id.in_(post_ids), Post.state == State.PUBLISHED.value)
    for post_id, kind in session.execute(wanted.order_by(Post.id)):
        if kind == Kind.NEED or priority == 0:
            jobs.enqueue(session, "shortlist", {"post_id": post_id}, dedupe_key=str(post_id),
                         priority=priority + SHORTLIST_AFTER)


def ask_rematch(session: Session, post_ids: Sequence[int], priority: int) -> None:
    """Have the needs matched anew that those of the posts which are supplies could answer, if there is any need."""
    needs = select(_OTHER.id).where(_OTHER.kind == Kind.NEED.value, _OTHER.state == State.PUBLISHED.value).exists()
    supplies = select(Post.id).where(
        Post.id.in_(post_ids), Post.state == State.PUBLISHED.value, Post.kind != Kind.NEED.value, needs)
    if found := session.scalars(supplies.order_by(Post.id)).all():
        jobs.enqueue(session, "rematch", {"post_ids": list(found)}, priority=priority + REMATCH_AFTER)


def waiting(session: Session, encoder: str, post_ids: Sequence[int]) -> list[Waiting]:
    """Those of the posts that are published and lack vectors of `encoder` for their present words."""
    found = session.scalars(_published().where(Post.id.in_(post_ids)))
    passages = {post.id: passage_of(post) for post in found}
    rows = select(PostVector.post_id, PostVector.digest).where(
        PostVector.encoder == encoder, PostVector.data.is_not(None), PostVector.post_id.in_(post_ids))
    encoded = {row[0]: row[1] for row in session.execute(rows)}
    every = [Waiting(id_, digest_of(passage), passage) for id_, passage in passages.items()]
    return [one for one in every if encoded.get(one.post_id) != one.digest]


def encoding(session: Session, post: Post) -> bool:
    """Whether the post's present words wait to be encoded; its partners are computed after that."""
    active = select(IndexState.encoder).scalar_subquery()
    asked = exists().where(Job.kind == "embed", Job.state.in_(("queued", "running")))
    waits = select(PostVector.post_id).where(
        PostVector.post_id == post.id, PostVector.encoder == active, PostVector.removed.is_(False),
        PostVector.data.is_(None), asked)
    return session.scalar(waits) is not None


def store(session: Session, encoder: str, found: Sequence[tuple[Waiting, NDArray[np.float32]]]) -> list[int]:
    """Write vectors, shape (chunks, dim) each, of posts whose words are still those encoded; the ids of these."""
    first, active = _revisions(session, len(found))
    ids = [waited.post_id for waited, _ in found]
    rows = _rows(session, encoder, ids)
    present = rows if encoder == active else _rows(session, active, ids)
    digests = {row.post_id: row.digest for row in present.values() if not row.removed}
    stored = []
    for revision, (waited, vectors) in enumerate(found, first):
        if digests.get(waited.post_id) != waited.digest:
            continue
        row = rows.get(waited.post_id) or PostVector(post_id=waited.post_id, encoder=encoder)
        row.revision, row.removed, row.digest = revision, False, waited.digest
        row.chunks, row.data = len(vectors), np.ascontiguousarray(vectors, "<f4").tobytes()
        session.add(row)
        stored.append(waited.post_id)
    session.flush()
    return stored


def state(session: Session) -> tuple[int, str]:
    """The newest revision and the name of the encoder in use; one SELECT."""
    row = session.execute(select(IndexState.revision, IndexState.encoder)).one()
    return row[0], row[1]


def changes(session: Session, encoder: str, after: int, limit: int) -> list[Change]:
    """What happened after that revision under that encoder, oldest first, at most `limit` posts."""
    rows = select(PostVector, _EVERY).join(_EVERY, _EVERY.id == PostVector.post_id)
    newer = rows.where(PostVector.encoder == encoder, PostVector.revision > after)
    found = session.execute(newer.order_by(PostVector.revision).limit(limit))
    return [_change(vector, post) for vector, post in found]


def live(session: Session, encoder: str) -> dict[Kind, int]:
    """How many posts of each kind are to be found."""
    rows = select(Post.kind, func.count()).join(PostVector, PostVector.post_id == Post.id)
    kept = rows.where(PostVector.encoder == encoder, PostVector.removed.is_(False), Post.state == State.PUBLISHED.value)
    counted = {Kind(row[0]): int(row[1]) for row in session.execute(kept.group_by(Post.kind))}
    return {kind: counted.get(kind, 0) for kind in Kind}


def ask_reindex(session: Session, encoder: str) -> None:
    """Have the worker put `encoder` to use if another is, else try again what could not be encoded.

    A worker whose settings name a third does nothing.
    """
    if state(session)[1] != encoder:
        jobs.enqueue(session, "reindex", {"encoder": encoder}, dedupe_key=encoder[-DEDUPE_LENGTH:])
    else:
        jobs.retry(session, kind="embed")


def adopt(session: Session, encoder: str) -> None:
    """Make the first encoder of an installation the one in use; later ones have to fill their vectors first."""
    _, active = _revisions(session, 1)
    if not active:
        _set_active(session, encoder)
        session.execute(update(PostVector).where(PostVector.encoder == "").values(encoder=encoder))


def lacking(session: Session, encoder: str, after: int = 0, limit: int | None = None) -> list[int]:
    """Posts to be found, by id, that have no vectors of `encoder` for their present words."""
    other = aliased(PostVector)
    fits = and_(other.post_id == PostVector.post_id, other.encoder == encoder, other.digest == PostVector.digest,
                other.data.is_not(None))
    active = select(IndexState.encoder).scalar_subquery()
    posts = select(PostVector.post_id).join(Post, Post.id == PostVector.post_id).where(
        PostVector.encoder == active, PostVector.removed.is_(False), Post.state == State.PUBLISHED.value,
        PostVector.post_id > after, ~exists(select(other.post_id).where(fits)))
    return list(session.scalars(posts.order_by(PostVector.post_id).limit(limit)))


def switch(session: Session, encoder: str) -> bool:
    """Make `encoder` the one in use; False (and nothing happens) while any post lacks its vectors."""
    _, active = _revisions(session, 1)
    if lacking(session, encoder, limit=1):
        return False
    if encoder == active:
        return True
    gone = select(PostVector.post_id).where(PostVector.encoder == active, PostVector.removed.is_(True))
    session.execute(delete(PostVector).where(PostVector.encoder == encoder, PostVector.post_id.in_(gone)))
    _set_active(session, encoder)
    return True


def _set_active(session: Session, encoder: str) -> None:
    session.execute(update(IndexState).where(IndexState.id == 1).values(encoder=encoder))


def _published() -> Select[Post]:
    return select(_EVERY).where(_EVERY.state == State.PUBLISHED.value)


def _change(row: PostVector, post: Post) -> Change:
    kind = Kind(post.kind)
    if row.removed or post.state != State.PUBLISHED:
        return Change(post.id, kind, row.revision, None, None)
    vectors = None if row.data is None else np.frombuffer(row.data, "<f4").reshape(row.chunks, -1)
    return Change(post.id, kind, row.revision, passage_of(post), vectors)


def _revisions(session: Session, n: int) -> tuple[int, str]:
    """Take `n` revisions: the first of them, and the encoder in use, which stays so until the transaction ends."""
    raised = update(IndexState).where(IndexState.id == 1).values(revision=IndexState.revision + n)
    row = session.execute(raised.returning(IndexState.revision, IndexState.encoder)).one()
    return row[0] - n + 1, row[1]


def _rows(session: Session, encoder: str, post_ids: Sequence[int]) -> dict[int, PostVector]:
    """The posts' rows under an encoder, by post; asked in parts that every database takes."""
    found: dict[int, PostVector] = {}
    for at in range(0, len(post_ids), 500):
        some = PostVector.post_id.in_(post_ids[at : at + 500])
        rows = session.scalars(select(PostVector).where(PostVector.encoder == encoder, some))
        found |= {row.post_id: row for row in rows}
    return found


def _forget_others(session: Session, encoder: str, post_ids: Sequence[int]) -> None:
    """Delete what other encoders made of words that hold no more."""
    for at in range(0, len(post_ids), 500):
        some = PostVector.post_id.in_(post_ids[at : at + 500])
        session.execute(delete(PostVector).where(PostVector.encoder != encoder, some))

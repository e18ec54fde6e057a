"""Files of posts: adding, finding for a reader, removing. Who reads one follows the part that it is disclosed with."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from matchmaker.services import events, permissions, posts
from matchmaker.services.problems import NotFound, Problem
from matchmaker.services.reading import files
from matchmaker.services.reading.files import Received
from models import Attachment, Post, Sessions, User
from models.vocabulary import ATTACHMENT_PARTS

MOST = 20
"""Files of one post."""
FOLDER = "attachments"
"""Under the instance folder. Not `uploads`: what lies there is forgotten after a while."""
GONE = "没有找到这个附件，它可能已被删除。"


def of_post(session: Session, viewer: User | None, post: Post) -> list[Attachment]:
    """The files of a post that the viewer may read, in the order in which they came."""
    found = session.scalars(select(Attachment).where(Attachment.post_id == post.id).order_by(Attachment.id))
    return [one for one in found if permissions.can_read_attachment(viewer, post, one.part)]


def get(session: Session, viewer: User | None, attachment_id: int) -> Attachment:
    """Raises NotFound for one that is absent or hidden from the viewer."""
    found = session.get(Attachment, attachment_id, options=[joinedload(Attachment.post)])
    if found is None or not permissions.can_see(viewer, found.post):
        raise NotFound(GONE)
    if not permissions.can_read_attachment(viewer, found.post, found.part):
        raise NotFound(GONE)
    return found


def add(session: Session, actor: User, root: Path, post: Post, part: str, found: Received) -> Attachment:
    """Keep a received file with the post. Raises NotAllowed, Problem."""
    posts.check_edit(actor, post)
    if part not in ATTACHMENT_PARTS or not permissions.can_read_attachment(actor, post, part):
        raise Problem("请选择附件给谁看。")
    there = session.scalars(select(Attachment).where(Attachment.post_id == post.id)).all()
    if len(there) >= MOST:
        raise Problem(f"一条信息最多 {MOST} 个附件，请先删除不需要的。")
    if any(one.sha256 == found.sha256 for one in there):
        raise Problem("这个文件已经上传过了。")
    _hold(session, [found.sha256])
    files.keep(root, found)
    added = Attachment(post_id=post.id, part=part, name=found.name, size=found.size, sha256=found.sha256,
                       media_type=found.media_type, uploaded_by=actor.id)
    session.add(added)
    session.flush()
    events.record(session, actor, "attachment.added", added, after=_told(added))
    return added


def remove(session: Session, actor: User, attachment: Attachment) -> None:
    """Raises NotAllowed. The bytes go with `sweep`, once no row names them."""
    posts.check_edit(actor, attachment.post)
    events.record(session, actor, "attachment.removed", attachment, before=_told(attachment))
    session.delete(attachment)
    session.flush()


def sweep(sessions: Sessions, root: Path, hashes: Collection[str]) -> None:
    """Delete the files of `hashes` that no row names any more; call it when the removal is committed.

    It looks and deletes under the lock that `add` holds until its row is committed: what somebody uploads again
    meanwhile stays.
    """
    if not hashes:
        return
    with sessions.write() as session:
        _hold(session, hashes)
        named = set(session.scalars(select(Attachment.sha256).where(Attachment.sha256.in_(list(hashes)))))
        for sha256 in set(hashes) - named:
            files.place(root, sha256).unlink(missing_ok=True)


def _hold(session: Session, hashes: Collection[str]) -> None:
    """Until the end of the transaction nobody else adds or deletes files of these hashes.

    In SQLite the writer's lock sees to it, which the first statement of a writing session takes.
    """
    if session.get_bind().dialect.name == "postgresql":
        for sha256 in sorted(hashes):
            session.execute(select(func.pg_advisory_xact_lock(int(sha256[:15], 16))))


def _told(one: Attachment) -> dict[str, object]:
    return {"post_id": one.post_id, "name": one.name, "part": one.part, "sha256": one.sha256}

"""What is being typed is kept by itself, as typed: right or wrong, saved or not, until it is saved or given up.

Every opened page of a form has a name of its own (`page`) and knows the save it began with (`base`). A page may save
again and again; a page that was opened before another one saved is refused and asked, so that nothing is overwritten
unseen.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from matchmaker.services import events, posts
from matchmaker.services.problems import Conflict, NotAllowed, Problem, TooLarge
from models import Draft, Post, User, now, title_key
from models.vocabulary import Kind, State

MOST_CHARACTERS = 2_000_000
LONGEST_TITLE = 100
PAGE = re.compile(r"[A-Za-z0-9_-]{16,32}")
UNNAMED = "未命名的{kind}"
Raw = Mapping[str, list[str]]
"""Names of inputs → what was typed into them."""


class Elsewhere(Conflict):
    """The same person went on with the draft in another page."""


@dataclass(frozen=True)
class Opened:
    """An opened page of a form: its name, the draft's save and the post's version that it began with. `insist`: what
    it holds is to win over another page."""

    page: str
    base: int = 0
    post_version: int = 0
    insist: bool = False


def keep(session: Session, actor: User, kind: Kind, post: Post | None, opened: Opened, raw: Raw) -> Draft:
    """Keep what was typed; of a new post there is none yet: make it.

    Raises NotAllowed, Elsewhere, TooLarge, Problem.
    """
    _check(opened, raw)
    found = _found(session, actor, post, opened.page)
    if found is None:
        subject = post or begin(session, actor, kind)
        posts.check_edit(actor, subject)
        found = Draft(post_id=subject.id, user_id=actor.id, version=0, page=opened.page,
                      post_version=opened.post_version or subject.version)
        session.add(found)
    else:
        subject = session.get_one(Post, found.post_id)
        posts.check_edit(actor, subject)
        if found.page != opened.page and found.version != opened.base and not opened.insist:
            raise Elsewhere("这份内容已在另一个窗口中修改，这里的修改还没有保存。")
    found.data, found.page, found.version, found.updated_at = dict(raw), opened.page, found.version + 1, now()
    _name(session, subject, raw)
    session.flush()
    return found


def begin(session: Session, actor: User, kind: Kind) -> Post:
    """A post of which nothing is said yet. Raises NotAllowed."""
    return posts.create(session, actor, kind, {"title": UNNAMED.format(kind=kind.label)})


def of(session: Session, actor: User, post: Post) -> Draft | None:
    """What the actor typed for the post and did not save; for one that was never submitted, else a colleague's."""
    drafts = session.scalars(select(Draft).where(Draft.post_id == post.id).order_by(Draft.updated_at.desc())).all()
    mine = next((draft for draft in drafts if draft.user_id == actor.id), None)
    shared = drafts[0] if drafts and post.state == State.DRAFT and not mine else None
    return mine or shared


def of_page(session: Session, actor: User, page: str) -> Draft | None:
    """The draft that this opened page kept."""
    return session.scalar(select(Draft).where(Draft.user_id == actor.id, Draft.page == page)) if page else None


def forget(session: Session, actor: User, post: Post) -> None:
    """What was typed is saved, or given up; others keep theirs, but of a post never submitted there is one text."""
    mine = or_(Draft.user_id == actor.id, select(Post.state).where(Post.id == post.id).scalar_subquery() == State.DRAFT)
    session.execute(delete(Draft).where(Draft.post_id == post.id, mine))


def unfinished(session: Session, actor: User) -> list[tuple[Post, Draft | None]]:
    """The actor's posts that wait to be finished, those touched last first, with what is typed and not saved."""
    typed = {draft.post_id: draft for draft in session.scalars(select(Draft).where(Draft.user_id == actor.id))}
    waiting = Post.state.in_((State.DRAFT.value, State.RETURNED.value)) & (Post.owner_id == actor.id)
    found = session.scalars(select(Post).where(or_(waiting, Post.id.in_(typed)))).all()
    pairs = [(post, typed.get(post.id)) for post in found if posts.can_edit(actor, post)]
    return sorted(pairs, key=lambda pair: pair[1].updated_at if pair[1] else pair[0].updated_at, reverse=True)


def check_discard(actor: User, post: Post) -> None:
    """Raises NotAllowed unless the post is the actor's and was never shown to anyone."""
    if post.state != State.DRAFT or post.owner_id != actor.id:
        raise NotAllowed("只有自己的、从未提交过的草稿可以删除。")


def discard(session: Session, actor: User, post: Post) -> None:
    """Delete a post that was never submitted, with all that belongs to it. Raises NotAllowed."""
    check_discard(actor, post)
    events.record(session, actor, "post.discarded", post, before={"title": post.title})
    session.delete(post)
    session.flush()


def _check(opened: Opened, raw: Raw) -> None:
    if not PAGE.fullmatch(opened.page):
        raise Problem("页面已过期，请在新窗口中重新打开这张表单，把内容复制过去。")
    if sum(len(value) for values in raw.values() for value in values) > MOST_CHARACTERS:
        raise TooLarge("内容过长，无法自动保存。请把长篇材料作为附件上传。")


def _found(session: Session, actor: User, post: Post | None, page: str) -> Draft | None:
    if post is None:
        return of_page(session, actor, page)
    return session.scalar(select(Draft).where(Draft.user_id == actor.id, Draft.post_id == post.id))


def _name(session: Session, post: Post, raw: Raw) -> None:
    """A post never submitted goes by the title being typed; that is no save of it, so its version stays."""
    title = "".join(raw.get("title", [])).strip()[:LONGEST_TITLE]
    if title and post.state == State.DRAFT and title != post.title:
        session.execute(update(Post).where(Post.id == post.id).values(title=title, title_key=title_key(title)))

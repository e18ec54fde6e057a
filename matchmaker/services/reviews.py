"""Review: what waits, whose it is, and the decision that publishes a post, asks for changes, or refuses it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.orm import Session, joinedload

from matchmaker.services import events, notices, permissions, posts, revisions
from matchmaker.services.content import EDITABLE, missing
from matchmaker.services.problems import Conflict, Problem
from matchmaker.services.revisions import Change
from matchmaker.speech import own
from models import Post, Review, User, now
from models.vocabulary import STAFF, Kind, State

APPROVE, RETURN, REFUSE = "approve", "return", "refuse"
LABELS = {APPROVE: "通过", RETURN: "退回修改", REFUSE: "不予通过"}
PAGE, LONGEST = 30, 500
MINE, NOBODY, ALL = "mine", "nobody", "all"
WHOSE = {ALL: "全部", MINE: "分给我的", NOBODY: "未分配"}
AGES = (0, 3, 7, 14)


class Item(NamedTuple):
    """One thing that a reviewer makes sure of."""

    code: str
    label: str
    help: str


EVERY = (
    Item("owner", "单位与联系人属实", "单位已登记，联系人能联系上。"),
    Item("clear", "内容清楚、具体", "外行读得懂要解决什么、有什么用。"),
    Item("public", "公开部分不含秘密", "名称、关键词、简介里没有商业秘密、个人隐私和涉密内容。"),
    Item("single", "没有重复发布", "与已有的信息不重复，或重复有理由。"),
)
CHECKLIST: dict[Kind, tuple[Item, ...]] = {
    Kind.NEED: (*EVERY, Item("measured", "指标可以核对", "主要指标有数值、单位和条件，或说明了为什么没有。"),
                Item("terms", "预算与期限合理", "预算、时间与要解决的问题相称。")),
    Kind.ACHIEVEMENT: (*EVERY, Item("rights", "知识产权清楚", "权利人、状态与编号能对上，没有未决的争议。"),
                       Item("level", "成熟度与证据相符", "填写的级别有样机、测试或应用支持。")),
    Kind.EXPERT: (*EVERY, Item("consent", "本人同意入库", "专家本人知道并同意公开这些内容。")),
    Kind.FACILITY: (*EVERY, Item("open", "确实对外服务", "有可预约的服务，收费说明清楚。")),
}


@dataclass(frozen=True)
class Opinion:
    """A decision with what goes with it, as a reviewer gave it. `comments`: field → what to mend there."""

    decision: str
    checked: frozenset[str] = frozenset()
    comments: Mapping[str, str] = field(default_factory=dict)
    note: str = ""


@dataclass(frozen=True)
class Asked:
    """What the queue is narrowed to."""

    whose: str = ALL
    kind: str = ""
    days: int = 0
    """Waiting for at least so many days."""


@dataclass(frozen=True)
class Sheet:
    """A post as its reviewer sees it."""

    changes: list[Change]
    """Against what was published last; empty for a post that never was."""
    published_before: bool
    history: list[Review]
    approved: list[Review]
    """Who approved these very words, where two are needed."""
    two_needed: bool
    lacking: list[str]


def queue(
    session: Session, viewer: User | None, asked: Asked, after: tuple[dt.datetime, int] | None = None,
) -> list[Post]:
    """What waits for review, the longest waiting first; one more than PAGE when there are more. Raises NotAllowed."""
    permissions.check_staff(viewer)
    found = _waiting(viewer, asked)
    if after is not None:
        found.append(or_(_since() > after[0], and_(_since() == after[0], Post.id > after[1])))
    wanted = select(Post).where(*found).order_by(_since(), Post.id).limit(PAGE + 1)
    return list(session.scalars(wanted.options(joinedload(Post.organisation), joinedload(Post.broker))))


def counts(session: Session, viewer: User) -> dict[str, int]:
    """How many wait, by whose they are."""
    return {whose: session.scalar(select(func.count(Post.id)).where(*_waiting(viewer, Asked(whose)))) or 0
            for whose in WHOSE}


def waits_since(post: Post) -> dt.datetime:
    return post.submitted_at or post.updated_at


def sheet(session: Session, post: Post) -> Sheet:
    """Everything a reviewer needs beside the post itself."""
    last = revisions.latest(session, post)
    compared = revisions.changes(Kind(post.kind), last.content, revisions.content(post)) if last else []
    return Sheet(compared, last is not None, history(session, post), revisions.approved(session, post),
                 revisions.two_needed(session), missing(post))


def history(session: Session, post: Post) -> list[Review]:
    """All decisions about a post, the newest first."""
    wanted = select(Review).where(Review.post_id == post.id).order_by(Review.id.desc())
    return list(session.scalars(wanted.options(joinedload(Review.reviewer)).limit(50)))


def told(session: Session, viewer: User | None, post: Post) -> Review | None:
    """What the poster is to mend, or why it was refused; None once that is over, and for those it does not concern."""
    if post.state not in (State.RETURNED, State.REFUSED) or not permissions.can_match(viewer, post):
        return None
    decisive = select(Review).where(Review.post_id == post.id, Review.decision != APPROVE)
    return session.scalar(decisive.order_by(Review.id.desc()).limit(1))


def brokers(session: Session) -> list[User]:
    """To whom a post may be assigned."""
    staff = [role.value for role in STAFF]
    return list(session.scalars(select(User).where(User.active, User.role.in_(staff)).order_by(User.name, User.id)))


def assign(session: Session, actor: User, post: Post, broker_id: int | None) -> None:
    """Put a member of the staff in charge of a post, or nobody. Who edits the post meanwhile is not disturbed.

    Raises NotAllowed, or Problem for somebody who cannot be in charge.
    """
    permissions.check_staff(actor)
    if broker_id is not None and not permissions.is_staff(session.get(User, broker_id)):
        raise Problem("请从列表中选择一位在职的工作人员。")
    before = post.broker_id
    if before == broker_id:
        return
    quietly = update(Post).where(Post.id == post.id).values(broker_id=broker_id, updated_at=Post.updated_at)
    session.execute(quietly, execution_options={"synchronize_session": False})
    session.expire(post, ["broker_id", "broker"])
    events.record(session, actor, "post.assigned", post, before={"broker_id": before}, after={"broker_id": broker_id})


def decide(session: Session, actor: User, post: Post, version: int, opinion: Opinion) -> Review:
    """Decide about a post that still is as the reviewer read it, and tell its owner.

    1. The opinion must be whole. 2. It is kept with the wording that was read. 3. The post takes its step: an approval
    publishes, unless the office wants a second person and this is the first. Raises NotAllowed, Conflict, Problem.
    """
    permissions.check_staff(actor)
    if post.state != State.SUBMITTED:
        raise Conflict(f"这条信息现在的状态是“{State(post.state).label}”，已不在待审核中。请刷新页面。")
    if post.version != version:
        raise Conflict("您阅读期间发布者修改了内容。请刷新页面，看过最新内容后再决定。")
    comments, note = _checked(session, actor, post, opinion)
    ticked = {item.code: item.code in opinion.checked for item in CHECKLIST[Kind(post.kind)]}
    said = Review(post_id=post.id, version=post.version, digest=revisions.digest(revisions.content(post)),
                  reviewer_id=actor.id, decision=opinion.decision, checklist=ticked, comments=comments, note=note)
    session.add(said)
    session.flush()
    events.record(session, actor, "review.decided", said, after={
        "post": post.id, "decision": opinion.decision, "fields": sorted(comments)})
    if opinion.decision != APPROVE:
        posts.review(session, actor, post, opinion.decision)
    elif _is_last(session, actor, post):
        posts.review(session, actor, post, "publish")
    else:
        return said
    _tell(session, post, said)
    return said


def _checked(session: Session, actor: User, post: Post, opinion: Opinion) -> tuple[dict[str, str], str]:
    kind, note = Kind(post.kind), opinion.note.strip()
    names = revisions.content(post).keys() | EDITABLE.get(kind, revisions.NOTHING).keys()
    comments = {name: text.strip() for name, text in opinion.comments.items() if name in names and text.strip()}
    if opinion.decision not in LABELS:
        raise Problem("请选择：通过、退回修改，或不予通过。")
    if too_long := [revisions.label(kind, name) for name, text in comments.items() if len(text) > LONGEST]:
        raise Problem(f"{'、'.join(too_long)}的意见超过 {LONGEST} 字，请精简。")
    if len(note) > LONGEST:
        raise Problem(f"总体说明最多 {LONGEST} 字，现有 {len(note)} 字，请精简。")
    if opinion.decision == RETURN and not (comments or note):
        raise Problem("请写明要修改什么：在相应栏目旁填写意见，或填写总体说明。")
    if opinion.decision == REFUSE and not note:
        raise Problem("不予通过须在总体说明中写明理由，发布者会看到。")
    if opinion.decision == APPROVE:
        _check_approval(session, actor, post, opinion, note)
    return comments if opinion.decision == RETURN else {}, note


def _check_approval(session: Session, actor: User, post: Post, opinion: Opinion, note: str) -> None:
    unticked = [item.label for item in CHECKLIST[Kind(post.kind)] if item.code not in opinion.checked]
    if unticked and not note:
        raise Problem(f"还有未核对的项目：{'、'.join(unticked)}。请核对后勾选；确属例外的，请在总体说明中写明。")
    if lacking := missing(post):
        raise Problem(f"还不能发布，请先退回补全：{'、'.join(lacking)}。")
    if revisions.two_needed(session) and any(one.reviewer_id == actor.id for one in revisions.approved(session, post)):
        raise Problem("您已经通过了这条信息，须由另一位工作人员复核后发布。")


def _is_last(session: Session, actor: User, post: Post) -> bool:
    others = [one for one in revisions.approved(session, post) if one.reviewer_id != actor.id]
    return not revisions.two_needed(session) or bool(others)


def _tell(session: Session, post: Post, said: Review) -> None:
    if post.owner is None or post.owner_id == said.reviewer_id:
        return
    title = own(post.title[:40])
    subjects = {APPROVE: f"已发布：{title}", RETURN: f"请修改：{title}", REFUSE: f"未通过审核：{title}"}
    lines = [f"{revisions.label(Kind(post.kind), name)}：{own(text)}" for name, text in said.comments.items()]
    text = "\n".join([*([own(said.note)] if said.note else []), *lines])
    path = f"/posts/{post.id}/edit" if said.decision == RETURN else f"/posts/{post.id}"
    notices.notify(session, post.owner, "review", subjects[said.decision], text, path, f"review:{said.id}")


def _since() -> ColumnElement[dt.datetime]:
    return func.coalesce(Post.submitted_at, Post.updated_at)


def _waiting(viewer: User | None, asked: Asked) -> list[ColumnElement[bool]]:
    found = [Post.state == State.SUBMITTED.value]
    if asked.whose == MINE and viewer is not None:
        found.append(Post.broker_id == viewer.id)
    if asked.whose == NOBODY:
        found.append(Post.broker_id.is_(None))
    if asked.kind:
        found.append(Post.kind == asked.kind)
    if asked.days:
        found.append(_since() <= now() - dt.timedelta(days=asked.days))
    return found

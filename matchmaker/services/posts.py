"""The verbs of posts: write, submit, publish, withdraw. Who may do what from which state is one table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, with_polymorphic

from matchmaker.services import (
    affiliation,
    clock,
    completers,
    events,
    indexing,
    jobs,
    measures,
    permissions,
    revisions,
    rows,
)
from matchmaker.services.content import EDITABLE, check, missing
from matchmaker.services.problems import Conflict, NotAllowed, Problem
from models import CLASSES, Job, Post, User, now
from models.vocabulary import Kind, Role, State

OWNER, STAFF, SYSTEM = "owner", "staff", "system"


@dataclass(frozen=True)
class Transition:
    """One way from a state to another; `warning` is what a person is told before it is done."""

    action: str
    label: str
    before: frozenset[State]
    after: State
    by: frozenset[str]
    warning: str
    reviewed: bool = False
    """Taken only by a review, which says why."""


TRANSITIONS = {step.action: step for step in (
    Transition("submit", "提交审核", frozenset({State.DRAFT, State.RETURNED, State.WITHDRAWN}), State.SUBMITTED,
               frozenset({OWNER}), "提交后由中心工作人员审核，审核通过即公开发布。"),
    Transition("publish", "发布", frozenset({State.DRAFT, State.SUBMITTED, State.RETURNED, State.WITHDRAWN}),
               State.PUBLISHED, frozenset({STAFF}), "发布后任何人都能看到其公开部分，并开始匹配。"),
    Transition("return", "退回修改", frozenset({State.SUBMITTED}), State.RETURNED, frozenset({STAFF}),
               "退回后发布者可以修改并重新提交。", reviewed=True),
    Transition("refuse", "不予通过", frozenset({State.SUBMITTED}), State.REFUSED, frozenset({STAFF}),
               "不予通过后不能再提交。", reviewed=True),
    Transition("withdraw", "撤回", frozenset({State.SUBMITTED, State.PUBLISHED, State.FROZEN}), State.WITHDRAWN,
               frozenset({OWNER, STAFF}), "撤回后他人不再看到此信息，匹配也随之停止；以后可以重新提交。"),
    Transition("freeze", "冻结", frozenset({State.PUBLISHED}), State.FROZEN, frozenset({STAFF, SYSTEM}),
               "冻结后他人不再找到此信息，匹配也随之停止；发布者确认仍然有效后即恢复。"),
    Transition("renew", "仍然有效", frozenset({State.PUBLISHED, State.FROZEN}), State.PUBLISHED,
               frozenset({OWNER, STAFF, SYSTEM}), "确认后有效期随之延长；已冻结的恢复发布，重新参与匹配。"),
)}
POSTERS = {
    Role.ENTERPRISE: frozenset({Kind.NEED}),
    Role.RESEARCHER: frozenset({Kind.ACHIEVEMENT, Kind.EXPERT, Kind.FACILITY}),
    Role.BROKER: frozenset(Kind), Role.HEAD: frozenset(Kind), Role.ADMIN: frozenset(Kind),
}


def get(session: Session, viewer: User | None, post_id: int) -> Post:
    """A post with all it says. Raises NotFound for one that is absent or hidden from the viewer."""
    every = with_polymorphic(Post, "*")
    wanted = select(every).where(every.id == post_id).options(joinedload(every.organisation))
    found: Post | None = session.scalar(wanted) if rows.possible(post_id) else None
    return permissions.check_see(viewer, found)


def can_create(viewer: User | None, kind: Kind) -> bool:
    return viewer is not None and viewer.active and kind in EDITABLE and kind in POSTERS[Role(viewer.role)]


def check_create(viewer: User | None, kind: Kind) -> None:
    if not can_create(viewer, kind):
        raise NotAllowed(f"您的账号不能发布{kind.label}。如需开通，请联系中心工作人员。")


def can_edit(viewer: User | None, post: Post) -> bool:
    mine = permissions.is_staff(viewer) or permissions.owns(viewer, post)
    return mine and Kind(post.kind) in EDITABLE and post.state != State.REFUSED


def check_edit(viewer: User | None, post: Post) -> None:
    if not can_edit(viewer, post):
        raise NotAllowed("您不能修改这条信息。")


def actions(viewer: User | None, post: Post) -> list[Transition]:
    """What the viewer may do with the post as it stands."""
    parts = _parts(viewer, post)
    return [step for step in TRANSITIONS.values()
            if State(post.state) in step.before and step.by & parts and not step.reviewed]


def check_step(viewer: User | None, post: Post, action: str) -> Transition:
    """The transition, if the viewer may take it now. Raises NotAllowed."""
    step = TRANSITIONS.get(action)
    if step is None or step not in actions(viewer, post):
        raise NotAllowed(f"当前状态为“{State(post.state).label}”，不能进行此操作。请刷新页面查看最新状态。")
    return step


def create(session: Session, actor: User, kind: Kind, values: Mapping[str, Any]) -> Post:
    """A new draft of the actor's. Raises NotAllowed, or Invalid naming each field that cannot be used."""
    check_create(actor, kind)
    clean = check(kind, values)
    measured, whose = clean.pop("indicators", None), clean.pop("organisation_name", None) or ""
    post = CLASSES[kind](kind=kind.value, owner_id=actor.id, organisation_id=actor.organisation_id, **clean)
    measures.write(post, measured or [])
    session.add(post)
    session.flush()
    completers.relink(session, post)
    affiliation.affiliate(session, actor, post, whose)
    events.record(session, actor, "post.created", post)
    return post


def update(session: Session, actor: User, post: Post, version: int, values: Mapping[str, Any]) -> None:
    """Change a post that still is as the actor saw it. Raises NotAllowed, Invalid, Conflict.

    What staff changes stays published, unless two have to review; what its owner changes goes back to review.
    """
    check_edit(actor, post)
    if post.version != version:
        raise Conflict("保存失败：您编辑期间，他人修改了这条信息。请在新窗口打开最新内容，核对后再保存。")
    clean = check(Kind(post.kind), values)
    measured, whose = clean.pop("indicators", None), clean.pop("organisation_name", None) or ""
    changed = [name for name, value in clean.items() if getattr(post, name) != value]
    for name in changed:
        setattr(post, name, clean[name])
    if measured is not None and measures.write(post, measured):
        changed.append("indicators")
        post.updated_at = now()
    completers.relink(session, post)
    if affiliation.affiliate(session, actor, post, whose):
        changed.append("organisation")
    events.record(session, actor, "post.changed", post, after={"fields": changed})
    if changed:
        _again(session, actor, post)


def move(session: Session, actor: User, post: Post, action: str) -> Transition:
    """Take a post from one state to the next. Raises NotAllowed, or Problem for what is missing before it may."""
    step = check_step(actor, post, action)
    if step.action == "publish":
        revisions.check_second(session, actor, post)
    return _take(session, actor, post, step)


def review(session: Session, actor: User, post: Post, action: str) -> Transition:
    """Take the step that a review decided on (`services.reviews` says who may, and keeps why)."""
    step = TRANSITIONS[action]
    if State(post.state) not in step.before:
        raise NotAllowed(f"当前状态为“{State(post.state).label}”，不能进行此操作。请刷新页面查看最新状态。")
    return _take(session, actor, post, step)


def move_by_itself(session: Session, post: Post, action: str) -> Transition:
    """Take a step that time takes, or a person known by the link of a mail. Raises NotAllowed, or Problem."""
    step = TRANSITIONS[action]
    if State(post.state) not in step.before or SYSTEM not in step.by:
        raise NotAllowed(f"当前状态为“{State(post.state).label}”，不能进行此操作。")
    return _take(session, None, post, step)


def _take(session: Session, actor: User | None, post: Post, step: Transition) -> Transition:
    if step.after in (State.SUBMITTED, State.PUBLISHED) and (lacking := missing(post)):
        raise Problem(f"还不能{step.label}，请先补全：{'、'.join(lacking)}。")
    _enter(session, actor, post, step.after)
    return step


def rematch(session: Session, actor: User, post: Post) -> Job:
    """Have the partners of a published post computed anew; asking twice makes one job."""
    permissions.check_match(actor, post)
    if post.state != State.PUBLISHED:
        raise Problem("只有已发布的信息才能匹配，请先发布。")
    return jobs.enqueue(session, "shortlist", {"post_id": post.id}, dedupe_key=str(post.id), priority=0,
                        created_by=actor.id)


def matching_job(session: Session, post: Post) -> Job | None:
    """The latest computation of the post's partners, waiting, running or ended."""
    wanted = select(Job).where(Job.kind == "shortlist", Job.dedupe_key == str(post.id))
    return session.scalar(wanted.order_by(Job.id.desc()).limit(1))


def back_to_review(session: Session, actor: User | None, post: Post) -> None:
    """What was reviewed has changed. A frozen post counts too: its owner may bring it back without a review."""
    if post.state in (State.PUBLISHED, State.FROZEN):
        _enter(session, actor, post, State.SUBMITTED)


def _again(session: Session, actor: User, post: Post) -> None:
    if not permissions.is_staff(actor) or revisions.two_needed(session):
        back_to_review(session, actor, post)
    elif post.state == State.PUBLISHED:
        revisions.keep(session, actor, post)
        indexing.publish(session, post)


def _enter(session: Session, actor: User | None, post: Post, state: State) -> None:
    """Write the state, tell of it, and let the indexes know."""
    before, post.state = post.state, state.value
    if state == State.SUBMITTED:
        post.submitted_at = now()
    session.flush()
    events.record(session, actor, f"post.{state.value}", post, before={"state": before}, after={"state": state.value})
    if state == State.PUBLISHED:
        post.published_at = post.published_at or now()
        if before not in (State.FROZEN, State.PUBLISHED):
            post.confirmed_on = clock.today()
        revisions.keep(session, actor, post)
        indexing.publish(session, post)
    elif before == State.PUBLISHED:
        indexing.withdraw(session, post)


def _parts(viewer: User | None, post: Post) -> set[str]:
    owner = {OWNER} if permissions.owns(viewer, post) else set()
    return owner | ({STAFF} if permissions.is_staff(viewer) else set())

"""Success stories: drafted from the facts, agreed to by both parties word for word, then public."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload
from sqlalchemy.orm.exc import StaleDataError

from matchmaker.services import events, follow_ups, permissions
from matchmaker.services.problems import Conflict, NotAllowed, NotFound, Problem
from models import Contract, Story, User, now
from models.vocabulary import CONTRACT_TYPES, FIELDS, OUTCOMES, Kind

LONGEST, LONGEST_TITLE, PAGE = 5000, 100, 20
STALE = "操作未完成：案例内容刚刚被修改过。请刷新页面，核对最新内容后再操作。"
SIDES = ("buyer", "seller")


def of_contract(session: Session, viewer: User | None, contract: Contract) -> Story | None:
    """The story of a contract for the office and its parties."""
    if not permissions.can_see_contract(viewer, contract):
        return None
    return session.scalar(select(Story).where(Story.contract_id == contract.id))


def draft(session: Session, actor: User, contract: Contract) -> Story:
    """A draft from the facts: what was needed, who answered, how it went. Amounts are left out. Raises Problem."""
    permissions.check_staff(actor)
    if contract.state not in follow_ups.LIVE or contract.introduction is None:
        raise Problem("签约之后、且有对接双方的合同才能起草案例。")
    if session.scalar(select(Story.id).where(Story.contract_id == contract.id)) is not None:
        raise Problem("这份合同已经有案例，请直接修改。")
    story = Story(contract_id=contract.id, title=contract.project_name[:LONGEST_TITLE], text=_text(session, contract),
                  created_by=actor.id)
    session.add(story)
    session.flush()
    events.record(session, actor, "story.drafted", story, after={"contract": contract.id})
    return story


def edit(session: Session, actor: User, story: Story, version: int, title: str, text: str) -> None:
    """Change the text; whoever agreed before is asked again, and a published story is taken back until then."""
    permissions.check_staff(actor)
    _check_version(story, version)
    title, text = title.strip(), text.strip()
    if not title or len(title) > LONGEST_TITLE or not text or len(text) > LONGEST:
        raise Problem(f"请填写标题（最多 {LONGEST_TITLE} 字）和正文（最多 {LONGEST} 字）。")
    if (title, text) == (story.title, story.text):
        return
    story.title, story.text = title, text
    for side in SIDES:
        _consent(story, side, None)
    before, story.state = story.state, "draft"
    _save(session, story)
    events.record(session, actor, "story.changed", story, before={"state": before}, after={"state": "draft"})


def consent(session: Session, actor: User, story: Story, version: int, agrees: bool) -> None:
    """A party agrees to the text as it is, or no longer does; then the story is public no more."""
    side = permissions.contract_side(actor, story.contract)
    if side is None:
        raise NotAllowed("只有合同双方可以表示同意。")
    _check_version(story, version)
    before = story.state
    _consent(story, side, actor if agrees else None)
    if not agrees and story.state == "published":
        story.state = "withdrawn"
    _save(session, story)
    events.record(session, actor, "story.agreed" if agrees else "story.refused", story, before={"state": before},
                  after={"state": story.state, "side": side})


def publish(session: Session, actor: User, story: Story, version: int, public: bool) -> None:
    """Make the story public, for which both sides must have agreed; or take it back."""
    permissions.check_staff(actor)
    _check_version(story, version)
    if public and not (story.buyer_consent_at and story.seller_consent_at):
        raise Problem("双方都同意之后才能发布。请等待双方在合同页面确认。")
    if public and story.contract.state not in follow_ups.LIVE:
        raise Problem("合同已终止，案例不能再发布。")
    before, story.state = story.state, "published" if public else "withdrawn"
    if public:
        story.published_at = now()
    _save(session, story)
    events.record(session, actor, f"story.{story.state}", story, before={"state": before},
                  after={"state": story.state})


def end(session: Session, actor: User, contract: Contract) -> None:
    """What is told of a contract that was terminated is public no more."""
    story = session.scalar(select(Story).where(Story.contract_id == contract.id, Story.state == "published"))
    if story is not None:
        publish(session, actor, story, story.version, public=False)


def get(session: Session, viewer: User | None, story_id: int) -> Story:
    """A published story, or one of the viewer's own contract. Raises NotFound."""
    found = session.get(Story, story_id)
    if found is None or (found.state != "published" and not permissions.can_see_contract(viewer, found.contract)):
        raise NotFound("没有找到这个案例，它可能已被撤下。")
    return found


def published(session: Session, before: int | None = None) -> tuple[list[Story], int | None]:
    """The public stories, the newest first, and the mark of the next page."""
    wanted = select(Story).where(Story.state == "published").options(joinedload(Story.contract))
    older = wanted.where(Story.id < before) if before else wanted
    found = list(session.scalars(older.order_by(Story.id.desc()).limit(PAGE + 1)))
    return found[:PAGE], found[PAGE - 1].id if len(found) > PAGE else None


def _text(session: Session, contract: Contract) -> str:
    said, found = contract, follow_ups.outcome(session, contract)
    signed = f"于 {said.signed_on.year} 年 {said.signed_on.month} 月" if said.signed_on else ""
    supply = said.introduction.supply if said.introduction else None
    based = f"以成果“{supply.title}”" if supply is not None and supply.kind == Kind.ACHIEVEMENT else ""
    parts = [
        f"{said.buyer.get('name')}在{FIELDS.label(said.field) or '生产'}方面遇到难题：{said.project_name}。",
        f"经中心匹配与对接，{said.seller.get('name')}{based}提出了解决办法，双方{signed}签订"
        f"{CONTRACT_TYPES.label(said.type)}合同。",
    ]
    if found is not None and found.outcome in ("in_use", "produced"):
        parts.append(f"签约 {found.days} 天后回访，成果{OUTCOMES[found.outcome]}。{found.note}")
    return "\n\n".join(parts)


def _consent(story: Story, side: str, person: User | None) -> None:
    setattr(story, f"{side}_consent_at", now() if person else None)
    setattr(story, f"{side}_consent_by", person.id if person else None)


def _check_version(story: Story, version: int) -> None:
    if story.version != version:
        raise Conflict(STALE)


def _save(session: Session, story: Story) -> None:
    try:
        session.flush()
    except StaleDataError as error:
        raise Conflict(STALE) from error

"""The office's activities: entered, changed and removed by staff, listed by date."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session, joinedload

from matchmaker.services import events, permissions, saving
from matchmaker.services.figures import period as periods
from matchmaker.services.problems import NotFound, Problem
from models import Activity, Organisation, User
from models.vocabulary import FIELDS, GATHERINGS, REGIONS

PAGE = 30
MOST_PEOPLE = 1_000_000


@dataclass(frozen=True)
class Held:
    """An activity as it was typed."""

    kind: str
    title: str
    held_on: dt.date | None
    participants: int
    place: str
    field: str | None
    region: str | None
    institute_id: int | None
    note: str


@dataclass(frozen=True)
class ActivityPage:
    rows: list[Activity]
    after: str | None


def listing(session: Session, viewer: User, kind: str | None = None, after: str | None = None) -> ActivityPage:
    """The latest first, of one kind or all. `after` is what the page before said."""
    people = permissions.colleagues(session, viewer)
    wanted = select(Activity).options(joinedload(Activity.organiser), joinedload(Activity.institute))
    if people is not None:
        wanted = wanted.where(or_(Activity.organiser_id.in_(people), Activity.organiser_id.is_(None)))
    if kind in GATHERINGS:
        wanted = wanted.where(Activity.kind == kind)
    day, _, last = (after or "").partition("~")
    if last.isdecimal() and (place := _day(day)):
        earlier = and_(Activity.held_on == place, Activity.id < int(last[:9]))
        wanted = wanted.where(or_(Activity.held_on < place, earlier))
    found = list(session.scalars(wanted.order_by(Activity.held_on.desc(), Activity.id.desc()).limit(PAGE + 1)))
    more = found[PAGE - 1] if len(found) > PAGE else None
    return ActivityPage(found[:PAGE], f"{more.held_on}~{more.id}" if more else None)


def get(session: Session, viewer: User, activity_id: int) -> Activity:
    """Raises NotFound for one that is absent or of another office."""
    found = session.get(Activity, activity_id)
    people = permissions.colleagues(session, viewer)
    if found is None or (people is not None and found.organiser_id is not None and found.organiser_id not in people):
        raise NotFound("没有找到这次活动，它可能已被删除。")
    return found


def save(session: Session, actor: User, held: Held, changed: Activity | None = None, version: int = 0) -> Activity:
    """A new activity of the actor's, or a change of one. Raises NotAllowed, Problem, Conflict."""
    permissions.check_staff(actor)
    _check(session, held)
    values = asdict(held)
    if changed is None:
        return saving.add(session, actor, Activity(**values, organiser_id=actor.id, created_by=actor.id), values)
    saving.change(session, actor, changed, version, values, "这次活动")
    return changed


def remove(session: Session, actor: User, activity: Activity) -> None:
    """Take an activity out of the list. Raises NotAllowed."""
    permissions.check_staff(actor)
    before = {name: getattr(activity, name) for name in Held.__dataclass_fields__}
    events.record(session, actor, "activity.removed", activity, before=saving.plain(before))
    session.delete(activity)


def _check(session: Session, held: Held) -> None:
    if held.kind not in GATHERINGS:
        raise Problem("“类型”请从列表中选择。")
    if not held.title or len(held.title) > 200:
        raise Problem("请填写活动名称，200 字以内。")
    if held.held_on is None or not periods.FIRST <= held.held_on <= periods.LAST:
        raise Problem("请填写举办日期，例如 2026-03-31。")
    if not 0 <= held.participants <= MOST_PEOPLE:
        raise Problem("“参加人数”请填写 0 以上的整数。")
    if len(held.place) > 200:
        raise Problem("“地点”请控制在 200 字以内。")
    if (held.field and held.field not in FIELDS) or (held.region and held.region not in REGIONS):
        raise Problem("“技术领域”与“地区”请从列表中选择。")
    if held.institute_id is not None and session.get(Organisation, held.institute_id) is None:
        raise Problem("“合作院所”请从列表中选择。")


def _day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None

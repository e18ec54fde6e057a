"""What came of a meeting: minutes, decisions, tasks; and what a diagnosis visit found, which may become a need."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from matchmaker.services import events, permissions, posts, telling
from matchmaker.services.clock import HERE
from matchmaker.services.meetings import check_version
from matchmaker.services.problems import NotAllowed, NotFound, Problem
from matchmaker.speech import own
from models import CaseTask, Introduction, Meeting, Need, Post, User, now
from models.vocabulary import Kind

LONGEST_MINUTES, LONGEST_LINE, LONGEST_FINDING, MOST = 5000, 200, 500, 20
FINDINGS = {
    "situation": "现场情况", "main_problem": "主要问题", "key_technique": "关键指标与现有水平",
    "tried": "已尝试的办法", "expected_goal": "希望达到的目标", "conditions": "预算、期限与配合条件",
}
"""What a diagnosis visit records; those that a need has too go into the draft made of it."""
CARRIED = ("main_problem", "key_technique", "tried", "expected_goal")


@dataclass(frozen=True)
class Todo:
    """A task as it was typed: what, who (a user id), by when."""

    text: str
    who_id: int
    due: dt.date | None = None


@dataclass(frozen=True)
class Result:
    """What is written after a meeting."""

    minutes: str
    decisions: Sequence[str] = ()
    tasks: Sequence[Todo] = ()
    findings: Mapping[str, str] | None = None


def write(session: Session, actor: User, meeting: Meeting, version: int, result: Result) -> None:
    """The office writes down what came of a meeting that was agreed; tasks are added to those there are.

    Raises Conflict, NotAllowed, Problem.
    """
    permissions.check_staff(actor)
    check_version(meeting, version)
    if meeting.state not in ("agreed", "held"):
        raise NotAllowed("时间定下来的会谈才能写纪要。")
    clean = _checked(result)
    before = meeting.state
    meeting.minutes, meeting.decisions, meeting.state = clean.minutes, list(clean.decisions), "held"
    if meeting.kind == "visit":
        meeting.findings = dict(clean.findings or {})
    session.flush()
    events.record(session, actor, "meeting.held", meeting, before={"state": before}, after={"state": "held"})
    for todo in clean.tasks:
        add_task(session, actor, meeting.introduction, todo, meeting)


def add_task(
    session: Session, actor: User, case: Introduction, todo: Todo, meeting: Meeting | None = None,
) -> CaseTask:
    """Note who does what by when, and tell that person. Raises NotAllowed, Problem."""
    if permissions.side_of(actor, case) is None:
        raise NotAllowed("只有参与对接的人可以安排待办。")
    who = next((one for one in telling.everyone(case) if one.id == todo.who_id), None)
    if who is None:
        raise Problem("待办：请从参与对接的人中选择负责人。")
    if not 1 <= len(todo.text) <= LONGEST_LINE:
        raise Problem(f"待办：请用 1–{LONGEST_LINE} 字写明做什么。")
    task = CaseTask(introduction_id=case.id, introduction=case, meeting_id=meeting.id if meeting else None,
                    text=todo.text, who_id=who.id, who=who, due=todo.due)
    session.add(task)
    session.flush()
    events.record(session, actor, "case_task.added", task, after={"case": case.id, "who": who.id,
                                                                 "due": str(todo.due or "")})
    telling.person(session, actor, case, who, "task", f"您有一项待办：{own(todo.text)}")
    return task


def finish_task(session: Session, actor: User, task_id: int, done: bool = True) -> CaseTask:
    """Tick a task off, or take the tick back; the one who does it, or the office. Raises NotFound, NotAllowed."""
    task = session.get(CaseTask, task_id)
    if task is None or permissions.side_of(actor, task.introduction) is None:
        raise NotFound("没有找到这项待办。")
    if task.who_id != actor.id and not permissions.is_staff(actor):
        raise NotAllowed("只有负责人本人与中心工作人员可以完成待办。")
    task.done_at = (task.done_at or now()) if done else None
    session.flush()
    events.record(session, actor, "case_task.done" if done else "case_task.reopened", task)
    return task


def tasks_of(session: Session, case: Introduction) -> list[CaseTask]:
    """The case's tasks: those to do first, by their day, then what was done."""
    wanted = select(CaseTask).where(CaseTask.introduction_id == case.id).options(joinedload(CaseTask.who))
    return list(session.scalars(wanted.order_by(
        CaseTask.done_at.is_not(None), CaseTask.due.is_(None), CaseTask.due, CaseTask.id)))


def make_need(session: Session, actor: User, meeting: Meeting) -> Post:
    """A draft need of what a visit found: the enterprise's, in the hands of the one who made it. Made once."""
    permissions.check_staff(actor)
    if meeting.need_id:
        return session.get_one(Post, meeting.need_id)
    if meeting.kind != "visit" or not meeting.findings.get("main_problem"):
        raise Problem("请先在走访记录中写明“主要问题”，再生成需求草稿。")
    case = meeting.introduction
    said = {name: meeting.findings.get(name, "") for name in CARRIED}
    draft = posts.create(session, actor, Kind.NEED, {
        "title": meeting.findings["main_problem"].splitlines()[0][:60], "field": case.need.field,
        "region": case.need.region, **said})
    assert isinstance(draft, Need)
    draft.organisation_id, draft.broker_id = case.need.organisation_id, case.broker_id
    meeting.need_id = draft.id
    session.flush()
    events.record(session, actor, "meeting.need_made", meeting, after={"need": draft.id})
    return draft


def facts(session: Session, meeting: Meeting) -> dict[str, Any]:
    """What the paper of the minutes says of a meeting. Raises Problem before the minutes are written."""
    if meeting.state != "held" or meeting.starts_at is None:
        raise Problem("请先写好这次会谈的纪要，再生成会议纪要文件。")
    tasks = [one for one in tasks_of(session, meeting.introduction) if one.meeting_id == meeting.id]
    return {
        "title": meeting.title, "held_on": _wall(meeting.starts_at), "place": meeting.place or meeting.link or "",
        "people": "、".join(one.name for one in telling.everyone(meeting.introduction)),
        "minutes": meeting.minutes, "decisions": list(meeting.decisions),
        "tasks": [{"text": one.text, "who": one.who.name, "due": _day(one.due) if one.due else ""} for one in tasks],
    }


def _wall(moment: dt.datetime) -> str:
    here = moment.astimezone(HERE)
    return f"{_day(here.date())} {here:%H:%M}"


def _day(day: dt.date) -> str:
    return f"{day.year} 年 {day.month} 月 {day.day} 日"


def _checked(result: Result) -> Result:
    minutes = result.minutes.strip()
    decisions = [line.strip() for line in result.decisions if line.strip()]
    findings = {name: (result.findings or {}).get(name, "").strip() for name in FINDINGS}
    if not minutes:
        raise Problem("纪要：请写下谈了什么。")
    if len(minutes) > LONGEST_MINUTES:
        raise Problem(f"纪要：最多 {LONGEST_MINUTES} 字，现有 {len(minutes)} 字。")
    if len(decisions) > MOST or any(len(line) > LONGEST_LINE for line in decisions):
        raise Problem(f"决定：最多 {MOST} 条，每条最多 {LONGEST_LINE} 字。")
    for name, text in findings.items():
        if len(text) > LONGEST_FINDING:
            raise Problem(f"{FINDINGS[name]}：最多 {LONGEST_FINDING} 字，现有 {len(text)} 字。")
    tasks = [Todo(one.text.strip(), one.who_id, one.due) for one in result.tasks if one.text.strip()]
    return Result(minutes, decisions, tasks, {name: text for name, text in findings.items() if text})

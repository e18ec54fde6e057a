"""Meetings and visits: proposing, choosing and changing times, minutes, and calendars."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from matchmaker import auth, db
from matchmaker.services import brokering, calendars, documents, meetings, minutes, permissions, telling
from matchmaker.services.document_facts import Wanted
from matchmaker.services.meetings import MOST_TIMES, Plan, Slot
from matchmaker.services.minutes import FINDINGS, Result, Todo
from matchmaker.services.problems import Conflict, Problem
from matchmaker.views import times
from matchmaker.views.cases import number
from matchmaker.views.documents import root as paper_root
from matchmaker.views.metadata import absolute
from matchmaker.views.typed import typed_day
from models import Meeting, User
from models.vocabulary import MEETING_KINDS

pages = Blueprint("meetings", __name__)
LENGTHS = (30, 45, 60, 90, 120, 180, 240, 480)
TASK_ROWS = 5


@pages.get("/cases/<int:case_id>/meetings/new")
@auth.signed_in
def new(case_id: int) -> ResponseReturnValue:
    case = brokering.get(db.session(), auth.current(), case_id)
    return _form(case, {"kind": request.args.get("kind", "meeting")})


@pages.post("/cases/<int:case_id>/meetings/new")
@auth.signed_in
def create(case_id: int) -> ResponseReturnValue:
    viewer, given = auth.person(), request.form
    case = brokering.get(db.session(), viewer, case_id)
    try:
        kind, title, place, link = (given.get(name, "") for name in ("kind", "title", "place", "link"))
        plan = Plan(kind, title, place, link, _slots())
        meeting = meetings.propose(db.session(), viewer, case, plan)
    except Problem as problem:
        db.session().rollback()
        return _form(brokering.get(db.session(), auth.current(), case_id), given, str(problem)), 400
    db.session().commit()
    flash(_("已提出时间，请等对方选择。"))
    return redirect(url_for("meetings.show", meeting_id=meeting.id))


@pages.get("/meetings/<int:meeting_id>")
@auth.signed_in
def show(meeting_id: int) -> ResponseReturnValue:
    return _page(meetings.get(db.session(), auth.person(), meeting_id))


@pages.post("/meetings/<int:meeting_id>/accept")
@auth.signed_in
def accept(meeting_id: int) -> ResponseReturnValue:
    chosen = request.form.get("slot", "")
    return _changed(meeting_id, _("时间已定，日历邀请已发给各方。"), lambda viewer, meeting: meetings.accept(
        db.session(), viewer, meeting, _version(), number(chosen) if chosen else -1))


@pages.post("/meetings/<int:meeting_id>/times")
@auth.signed_in
def counter(meeting_id: int) -> ResponseReturnValue:
    return _changed(meeting_id, _("已提出新的时间，请等对方选择。"), lambda viewer, meeting: meetings.counter(
        db.session(), viewer, meeting, _version(), _slots()))


@pages.post("/meetings/<int:meeting_id>/cancel")
@auth.signed_in
def cancel(meeting_id: int) -> ResponseReturnValue:
    return _changed(meeting_id, _("会谈已取消，各方会收到通知。"), lambda viewer, meeting: meetings.cancel(
        db.session(), viewer, meeting, _version()))


@pages.post("/meetings/<int:meeting_id>/minutes")
@auth.staff_only
def write(meeting_id: int) -> ResponseReturnValue:
    return _changed(meeting_id, _("纪要已保存。"), lambda viewer, meeting: minutes.write(
        db.session(), viewer, meeting, _version(), _result()))


@pages.post("/meetings/<int:meeting_id>/need")
@auth.staff_only
def make_need(meeting_id: int) -> ResponseReturnValue:
    viewer = auth.person()
    draft = minutes.make_need(db.session(), viewer, meetings.get(db.session(), viewer, meeting_id))
    db.session().commit()
    flash(_("已由走访记录生成需求草稿，请补全后提交。"))
    return redirect(url_for("posts.edit", post_id=draft.id))


@pages.post("/meetings/<int:meeting_id>/paper")
@auth.staff_only
def make_paper(meeting_id: int) -> ResponseReturnValue:
    """The minutes as a paper of the case; each time its next version."""
    viewer, session = auth.person(), db.session()
    meeting = meetings.get(session, viewer, meeting_id)
    try:
        name = current_app.config["SETTINGS"].text("SITE_NAME")
        wanted = Wanted(meeting.introduction, name, meeting=minutes.facts(session, meeting))
        made = documents.generate(session, viewer, paper_root(), "minutes", wanted, session.rollback)
    except Problem as problem:
        session.rollback()
        return _page(meetings.get(session, auth.person(), meeting_id), 400, {"problem": str(problem)})
    session.commit()
    flash(_("已生成：%(title)s 第 %(n)s 版。", title=made.title, n=made.number))
    return redirect(url_for("documents.listing", case_id=made.introduction_id))


@pages.get("/meetings/<int:meeting_id>.ics")
@auth.signed_in
def download(meeting_id: int) -> ResponseReturnValue:
    meeting = meetings.get(db.session(), auth.person(), meeting_id)
    if meeting.starts_at is None:
        raise Problem(_("时间还没有定下来，暂时没有日历文件。"))
    return _calendar(calendars.invitation(meeting, [], "PUBLISH"), f"meeting-{meeting.id}.ics")


@pages.get("/calendar")
@auth.signed_in
def calendar() -> ResponseReturnValue:
    return render_template("meetings/calendar.html", feed=calendars.feed_of(db.session(), auth.person()), address="")


@pages.post("/calendar")
@auth.signed_in
def rotate() -> ResponseReturnValue:
    """The address is shown this once; only its hash is kept."""
    viewer = auth.person()
    token = calendars.rotate(db.session(), viewer)
    db.session().commit()
    return render_template("meetings/calendar.html", feed=calendars.feed_of(db.session(), viewer),
                           address=absolute(url_for("meetings.feed", token=token)))


@pages.get("/calendar/<token>.ics")
def feed(token: str) -> ResponseReturnValue:
    """What a calendar program asks for; whoever knows the address is the one it was made for."""
    return _calendar(calendars.by_token(db.session(), token), "calendar.ics")


def _page(meeting: Meeting, status: int = 200, typed: dict[str, Any] | None = None) -> ResponseReturnValue:
    viewer, case = auth.person(), meeting.introduction
    return render_template(
        "meetings/show.html", meeting=meeting, case=case, side=permissions.side_of(viewer, case), typed=typed or {},
        slots=meetings.stored_slots(meeting), may_answer=meetings.may_answer(viewer, meeting), lengths=LENGTHS,
        most=MOST_TIMES, findings=FINDINGS, everyone=telling.everyone(case), rows=TASK_ROWS, times=times,
        tasks=[one for one in minutes.tasks_of(db.session(), case) if one.meeting_id == meeting.id]), status


def _form(case: Any, typed: Any, problem: str = "") -> str:
    return render_template("meetings/new.html", case=case, typed=typed, problem=problem, kinds=MEETING_KINDS,
                           most=MOST_TIMES, lengths=LENGTHS, times=times)


def _changed(meeting_id: int, said: str, change: Callable[[User, Meeting], None]) -> ResponseReturnValue:
    viewer = auth.person()
    meeting = meetings.get(db.session(), viewer, meeting_id)
    try:
        change(viewer, meeting)
    except Problem as problem:
        db.session().rollback()
        fresh = meetings.get(db.session(), auth.person(), meeting_id)
        conflict = isinstance(problem, Conflict)
        return _page(fresh, 409 if conflict else 400, {"problem": str(problem), **request.form})
    db.session().commit()
    flash(said)
    return redirect(url_for("meetings.show", meeting_id=meeting_id))


def _slots() -> list[Slot]:
    """The rows of times that were filled in. Raises Problem for one that is half or wrong."""
    given, found = request.form, []
    length = dt.timedelta(minutes=number(given.get("length")))
    for row in range(MOST_TIMES):
        day, clock = given.get(f"day-{row}", "").strip(), given.get(f"clock-{row}", "").strip()
        if day or clock:
            start = meetings.at(day, clock, times.zone())
            found.append(Slot(start, (start.astimezone(dt.UTC) + length).astimezone(times.zone())))
    return found


def _result() -> Result:
    given, todos = request.form, []
    for row in range(TASK_ROWS):
        by = typed_day(given.get(f"due-{row}", ""), "待办：期限")
        todos.append(Todo(given.get(f"task-{row}", ""), number(given.get(f"who-{row}")), by))
    return Result(given.get("minutes", ""), given.get("decisions", "").splitlines(), todos,
                  {name: given.get(name, "") for name in FINDINGS})


def _version() -> int:
    return number(request.form.get("version"))


def _calendar(text: str, name: str) -> Response:
    return Response(text, mimetype="text/calendar", headers={
        "Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"})

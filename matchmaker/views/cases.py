"""Brokered cases: the board, the day, one case with all that belongs to it, and taking it a step on."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from matchmaker import auth, db
from matchmaker.services import (
    assigning,
    brokering,
    casesteps,
    casework,
    clock,
    meetings,
    messages,
    minutes,
    office,
    permissions,
    requirements,
    snapshots,
    telling,
)
from matchmaker.services import posts as posting
from matchmaker.services.brokering import Duplicate, Given, Pair
from matchmaker.services.caps import OverCap
from matchmaker.services.casesteps import TRANSITIONS, Transition
from matchmaker.services.problems import Conflict, Problem
from matchmaker.views import times
from matchmaker.views.typed import typed_day
from models import Introduction, User
from models.introduction import ENDED
from models.vocabulary import CASE_STATES, FIELDS, PASSING_REASONS

pages = Blueprint("cases", __name__)
MAIN = tuple(state for state in CASE_STATES if state not in ("passed", "stalled"))
AGES = (7, 30, 90)
SHARED = 100
"""Most rows of the plan on one page; what is proposed makes room for the next."""


@pages.get("/cases")
@auth.staff_only
def board() -> ResponseReturnValue:
    viewer, session = auth.person(), db.session()
    chosen = casework.Chosen.of(request.args)
    found = casework.board(session, viewer, chosen, request.args.get("state", ""))
    return render_template("cases/board.html", board=found, chosen=chosen, brokers=casework.brokers(session),
                           regions=casework.regions(session), ages=AGES, moves=_moves(viewer), fields=FIELDS,
                           case_states=dict(CASE_STATES), today=clock.today(), loads=casework.loads(session))


@pages.get("/cases/day")
@auth.staff_only
def day() -> ResponseReturnValue:
    return render_template("cases/day.html", day=casework.day(db.session(), auth.person()), times=times)


@pages.get("/cases/sharing")
@auth.staff_only
def sharing() -> ResponseReturnValue:
    """Which expert for which need, when nobody is to carry more than the office allows."""
    most = office.get(db.session(), "case.cap_expert")
    found = assigning.plan(db.session(), each=1, cap=most)
    return render_template("cases/sharing.html", plan=found, rows=found.rows[:SHARED], most=most)


@pages.post("/cases")
@auth.staff_only
def propose() -> ResponseReturnValue:
    """From a shortlist: the office brings the two together."""
    viewer, given = auth.person(), request.form
    need, supply = (posting.get(db.session(), viewer, number(given.get(name))) for name in ("need", "supply"))
    try:
        pair = Pair.of(need, supply)
        case = brokering.propose(db.session(), viewer, pair, given.get("override", ""))
    except Duplicate as twin:
        db.session().rollback()
        flash(str(twin))
        return redirect(url_for("cases.show", case_id=twin.case_id))
    except OverCap as full:
        db.session().rollback()
        return render_template("cases/over_cap.html", problem=str(full), need=need, supply=supply), 400
    db.session().commit()
    flash(_("已建立对接，并通知了双方。"))
    return redirect(auth.local_path(given.get("next")) or url_for("cases.show", case_id=case.id))


@pages.get("/cases/<int:case_id>")
@auth.signed_in
def show(case_id: int) -> ResponseReturnValue:
    return _page(brokering.get(db.session(), auth.current(), case_id))


@pages.get("/cases/<int:case_id>/steps/<action>")
@auth.signed_in
def confirm(case_id: int, action: str) -> ResponseReturnValue:
    viewer = auth.person()
    case = brokering.get(db.session(), viewer, case_id)
    return _step_form(case, brokering.check_step(viewer, case, action))


@pages.post("/cases/<int:case_id>/steps/<action>")
@auth.signed_in
def step(case_id: int, action: str) -> ResponseReturnValue:
    """From the board it answers with the card as it stands now, whoever moved it."""
    viewer, given = auth.person(), request.form
    case = brokering.get(db.session(), viewer, case_id)
    try:
        taken = brokering.move(db.session(), viewer, case, number(given.get("version")), action, _given())
    except Problem as problem:
        return _refused(case_id, action, problem)
    db.session().commit()
    if auth.partial():
        return _card(brokering.get(db.session(), viewer, case_id))
    flash(_("%(step)s：已完成。", step=taken.label))
    return redirect(url_for("cases.board") if given.get("back") == "board" and permissions.is_staff(viewer)
                    else url_for("cases.show", case_id=case_id))


@pages.post("/cases/<int:case_id>/plan")
@auth.signed_in
def plan(case_id: int) -> ResponseReturnValue:
    given = request.form
    return _changed(case_id, "plan", _("下一步已保存。"), lambda viewer, case: brokering.set_next_step(
        db.session(), viewer, case, number(given.get("version")), (given.get("next_step", ""), _day("next_due"))))


@pages.post("/cases/<int:case_id>/broker")
@auth.staff_only
def assign(case_id: int) -> ResponseReturnValue:
    given = request.form

    def change(viewer: User, case: Introduction) -> None:
        broker = brokering.check_found(db.session().get(User, number(given.get("broker"))))
        brokering.assign(db.session(), viewer, case, number(given.get("version")), broker, given.get("override", ""))

    return _changed(case_id, "broker", _("负责人已更改。"), change)


@pages.post("/cases/<int:case_id>/contact")
@auth.staff_only
def contact(case_id: int) -> ResponseReturnValue:
    given = request.form

    def change(viewer: User, case: Introduction) -> None:
        person = brokering.check_found(db.session().get(User, number(given.get("person"))))
        brokering.set_contact(db.session(), viewer, case, number(given.get("version")), given.get("side", ""), person)

    return _changed(case_id, "contact", _("联系人已更改，并已通知本人。"), change)


@pages.post("/cases/<int:case_id>/people")
@auth.signed_in
def people(case_id: int) -> ResponseReturnValue:
    given = request.form

    def change(viewer: User, case: Introduction) -> None:
        person = brokering.check_found(db.session().get(User, number(given.get("person"))))
        brokering.add_person(db.session(), viewer, case, given.get("side", ""), person)

    return _changed(case_id, "people", _("已加入对接，并已通知本人。"), change)


@pages.post("/cases/<int:case_id>/messages")
@auth.signed_in
def write(case_id: int) -> ResponseReturnValue:
    given = request.form

    def change(viewer: User, case: Introduction) -> None:
        if given.get("ask_back"):
            messages.ask_back(db.session(), viewer, case, number(given.get("version")), given.get("text", ""))
        else:
            messages.send(db.session(), viewer, case, given.get("text", ""), internal="internal" in given)

    return _changed(case_id, "internal" if "internal" in given else "message", _("已发送。"), change)


@pages.post("/cases/<int:case_id>/seen")
@auth.signed_in
def seen(case_id: int) -> ResponseReturnValue:
    """The page says so itself once its messages are shown: reading alone changes nothing."""
    viewer = auth.person()
    messages.read(db.session(), viewer, brokering.get(db.session(), viewer, case_id))
    db.session().commit()
    return ("", 204) if auth.partial() else redirect(url_for("cases.show", case_id=case_id))


@pages.post("/cases/<int:case_id>/tasks")
@auth.signed_in
def add_task(case_id: int) -> ResponseReturnValue:
    given = request.form
    return _changed(case_id, "task", _("待办已加入。"), lambda viewer, case: minutes.add_task(
        db.session(), viewer, case, minutes.Todo(given.get("text", "").strip(), number(given.get("who")), _day("due"))))


@pages.post("/tasks/<int:task_id>")
@auth.signed_in
def finish_task(task_id: int) -> ResponseReturnValue:
    task = minutes.finish_task(db.session(), auth.person(), task_id, done="undo" not in request.form)
    db.session().commit()
    flash(_("待办已更新。"))
    return redirect(auth.local_path(request.form.get("next")) or url_for("cases.show", case_id=task.introduction_id))


@pages.get("/messages/<token>")
@auth.signed_in
def message(token: str) -> ResponseReturnValue:
    """Where the mail about a message leads."""
    found = messages.by_token(db.session(), auth.person(), token)
    return redirect(url_for("cases.show", case_id=found.introduction_id, _anchor=f"message-{found.id}"))


def _page(case: Introduction, status: int = 200, typed: dict[str, Any] | None = None) -> ResponseReturnValue:
    """The whole page of a case; `typed` is what could not be saved: its place on the page, and why."""
    viewer, session = auth.person(), db.session()
    side = permissions.side_of(viewer, case)
    asked = request.args
    said = messages.thread(session, viewer, case, number(asked.get("before")) or None)
    happened = casework.log(session, case, number(asked.get("log")) or None)
    return render_template(
        "cases/show.html", case=case, side=side, steps=casesteps.allowed(viewer, case), main=MAIN, typed=typed or {},
        messages=said[-messages.PAGE:], earlier=said[-messages.PAGE].id if len(said) > messages.PAGE else None,
        readers=messages.readers(session, said) if side == "office" else {}, name_for=messages.name_for,
        news=messages.unread(session, viewer).get(case.id, 0), evidence=snapshots.for_viewer(viewer, case),
        meetings=meetings.of_case(session, case), tasks=minutes.tasks_of(session, case),
        everyone=telling.everyone(case), log=happened[:casework.PAGE],
        log_more=happened[casework.PAGE - 1].id if len(happened) > casework.PAGE else None,
        brokers=casework.brokers(session) if side == "office" else [], telling=telling,
        colleagues={one: casework.colleagues(session, case, one) for one in ("need", "supply")},
        questions=requirements.QUESTIONS, ended=ENDED, times=times, today=clock.today()), status


def _step_form(
    case: Introduction, taken: Transition, problem: str = "", status: int = 200,
) -> ResponseReturnValue:
    lacking = requirements.lacking(db.session(), case, taken)
    return render_template(
        "cases/step.html", case=case, step=taken, problem=problem, lacking=lacking, reasons=PASSING_REASONS,
        asks=casesteps.REQUIREMENTS, today=clock.today(), back=request.values.get("back", ""),
        decides=casesteps.DECIDER in taken.needs and permissions.is_staff(auth.current())), status


def _refused(case_id: int, action: str, problem: Problem) -> ResponseReturnValue:
    """What was typed stays; somebody else's change is shown as it is now."""
    db.session().rollback()
    case = brokering.get(db.session(), auth.current(), case_id)
    status = 409 if isinstance(problem, Conflict) else 403 if action not in _open_to(case) else 400
    if auth.partial():
        return render_template("cases/card.html", case=case, problem=str(problem), today=clock.today(),
                               news={}), status
    if status == 403:
        raise problem
    return _step_form(case, TRANSITIONS[action], str(problem), status)


def _open_to(case: Introduction) -> set[str]:
    return {one.action for one in casesteps.allowed(auth.current(), case)}


def _changed(case_id: int, place: str, said: str, change: Any) -> ResponseReturnValue:
    """Do `change` to a case; when it is refused, the page comes back with what was typed and the reason beside it."""
    viewer = auth.person()
    case = brokering.get(db.session(), viewer, case_id)
    try:
        change(viewer, case)
    except Problem as problem:
        db.session().rollback()
        case = brokering.get(db.session(), auth.person(), case_id)
        conflict = isinstance(problem, Conflict)
        return _page(case, 409 if conflict else 400, {"place": place, "problem": str(problem), **request.form})
    db.session().commit()
    flash(said)
    return redirect(auth.local_path(request.form.get("next")) or url_for("cases.show", case_id=case_id))


def _card(case: Introduction) -> ResponseReturnValue:
    return render_template("cases/card.html", case=case, today=clock.today(),
                           news=messages.unread(db.session(), auth.person()))


def _moves(viewer: User) -> dict[str, list[dict[str, Any]]]:
    """State → the steps that the viewer may take from there: where each leads, and whether it asks for something."""
    found: dict[str, list[dict[str, Any]]] = {}
    for state in CASE_STATES:
        standing = Introduction(state=state, intent_side=None)
        found[state] = [{"action": one.action, "label": one.label, "to": one.after, "asks": bool(one.needs)}
                        for one in casesteps.allowed(viewer, standing)]
    return found


def _given() -> Given:
    typed = request.form
    return Given(typed.get("reason") or None, typed.get("note", ""), _day("need_nda_on"), _day("supply_nda_on"))


def _day(name: str) -> dt.date | None:
    return typed_day(request.form.get(name, ""))


def number(text: str | None) -> int:
    """What a form or an address says, 0 for what is no number that a row can have."""
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 10 else 0

"""The office's own pages: how the installation is."""

from __future__ import annotations

from flask import Blueprint, current_app, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from matchmaker import auth, db
from matchmaker.services import desk, health, jobs
from models import Job

pages = Blueprint("desk", __name__, url_prefix="/desk")
SHOWN = 20


@pages.get("/status")
@auth.staff_only
def status() -> ResponseReturnValue:
    found = health.check(db.session(), current_app.extensions["finder"])
    states = {"failed": Job.state == "failed", "troubled": jobs.troubled(), "running": Job.state == "running"}
    shown = {name: desk.jobs_in(db.session(), state, SHOWN) for name, state in states.items()}
    return render_template("desk/status.html", health=found, **shown)


@pages.post("/jobs/<int:job_id>/retry")
@auth.staff_only
def retry(job_id: int) -> ResponseReturnValue:
    again = jobs.retry(db.session(), job_id)
    db.session().commit()
    flash("任务已重新排队。" if again else "任务已不在失败状态，或已有相同任务在排队。")
    return redirect(url_for("desk.status"))

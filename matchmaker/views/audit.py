"""The log, for those who answer for the office: read, filtered, taken out. Nothing here changes it."""

from __future__ import annotations

import datetime as dt
import tempfile
from pathlib import Path

from flask import Blueprint, render_template, request, send_file
from flask.typing import ResponseReturnValue

from matchmaker import auth, db
from matchmaker.services import audit, audit_values, audit_words, permissions
from matchmaker.services.audit import Asked
from matchmaker.services.audit_values import Reader
from matchmaker.services.problems import NotFound
from matchmaker.views.languages import zone
from matchmaker.views.typed import row_number
from matchmaker.views.words import said

pages = Blueprint("audit", __name__, url_prefix="/audit")
pages.add_app_template_filter(audit_words.action, "audit_action")
pages.add_app_template_filter(audit_words.subject, "audit_subject")


@pages.get("/")
@auth.signed_in
def entries() -> ResponseReturnValue:
    viewer, asked = auth.current(), _asked()
    found = audit.page(db.session(), viewer, asked, request.args.get("before", type=row_number))
    more = found[audit.PAGE - 1].id if len(found) > audit.PAGE else None
    reader = Reader(said, zone(), audit.people(db.session(), found))
    return render_template("audit/entries.html", entries=found[: audit.PAGE], more=more, asked=asked,
                           told=lambda entry, kept: audit_values.told(entry, kept, reader),
                           who=audit_words.WHO, query={"who": asked.who} | asked.as_query(),
                           actions=audit_words.groups(), subjects=audit.subjects(db.session()),
                           head=audit.head(db.session()))


@pages.post("/export")
@auth.signed_in
def export() -> ResponseReturnValue:
    """Asked for by POST, as taking the log out is itself logged."""
    viewer, asked, form = auth.person(), _asked(), request.form.get("form", "")
    permissions.check_head(viewer)
    if form not in audit.FORMATS:
        raise NotFound("只能导出为 xlsx 或 csv。")
    audit.exported(db.session(), viewer, asked)
    db.session().commit()
    with tempfile.TemporaryDirectory(prefix="audit-") as folder, db.sessions().read() as reading:
        path = Path(folder) / f"audit.{form}"
        audit.export(reading, viewer, asked, path)
        return send_file(path.open("rb"), as_attachment=True, download_name=f"操作日志.{form}")


def _asked() -> Asked:
    """What was asked for; a day or a number that cannot be read is left out.

    Unless somebody asks for all, what people did is shown: what the system does by itself is nine tenths of the log.
    """
    given = request.values
    who = given.get("who", "people")
    return Asked(who if who in audit_words.WHO else "", given.get("person", "").strip()[:100],
                 given.get("action", "").strip()[:64], given.get("subject", "")[:32],
                 given.get("number", type=row_number), given.get("since", type=_day),
                 given.get("until", type=_day), zone())


def _day(text: str) -> dt.date:
    found = dt.date.fromisoformat(text)
    if not 2000 <= found.year <= 2100:
        raise ValueError(text)
    return found

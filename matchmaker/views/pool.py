"""The talent pool: the maturity helper, needs that fit what one offers, finding experts by name."""

from __future__ import annotations

from flask import Blueprint, Flask, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from matchmaker import auth, db
from matchmaker.services import completers, openings, serving
from matchmaker.services.trl import QUESTIONS, Answers
from matchmaker.views.parts import part
from models.vocabulary import SUPPLIES, Kind

pages = Blueprint("pool", __name__)


def init(app: Flask) -> None:
    """What pages of posts ask of the pool."""
    app.jinja_env.globals.update(
        completers_of=lambda post: completers.experts(db.session(), post),
        achievements_of=lambda post: completers.achievements(db.session(), post),
        keeps_services=serving.can_keep)


@pages.get("/trl")
def maturity() -> ResponseReturnValue:
    """The questions that lead to a level; as a part of a form when htmx asks, else as a page of its own."""
    answers = _answers()
    template = "pool/trl_part.html" if auth.partial() else "pool/trl.html"
    return render_template(template, answers=answers, questions=QUESTIONS)


@pages.get("/openings")
@auth.signed_in
def listing() -> ResponseReturnValue:
    viewer, session = auth.person(), db.session()
    offered = openings.supplies(session, viewer)
    chosen = [post for post in offered if str(post.id) == request.args.get("of")] or offered
    return render_template("pool/openings.html", offered=offered, chosen=chosen if len(chosen) == 1 else [],
                           found=openings.openings(session, viewer, chosen),
                           busy=openings.computing(session, chosen), supply_kinds=SUPPLIES)


@pages.get("/experts/named")
@auth.signed_in
def named() -> ResponseReturnValue:
    """Published experts of a name, to be linked as completers."""
    typed = next((value for name, value in request.args.items() if name == "q" or name.endswith("-name")), "")
    text = typed.strip()[:50]
    return part("pool/named.html", _("按姓名查找专家"), url_for("posts.listing", kind=Kind.EXPERT),
                found=completers.named(db.session(), text) if text else [], text=text)


def _answers() -> Answers:
    try:
        return Answers(int(request.args.get("reached", "0")), int(request.args.get("missed", "10")))
    except ValueError:
        return Answers()

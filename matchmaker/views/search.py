"""Searching over everything, and asking with a problem in one's own words."""

from __future__ import annotations

from flask import Blueprint, current_app, render_template, request
from flask.typing import ResponseReturnValue

from matchmaker import auth, db
from matchmaker.services import matching
from matchmaker.services.ports import FinderUnavailable
from matchmaker.services.search import Wanted
from matchmaker.services.search import search as find
from models.vocabulary import SUPPLIES, Kind

pages = Blueprint("search", __name__)
FOUND = 50
CANDIDATES = 8
LONGEST = 5000
"""Characters of a described problem; more is refused with a sentence."""


@pages.get("/search")
def search() -> ResponseReturnValue:
    text, chosen = request.args.get("q", "").strip(), request.args.get("kind", "")
    kinds = [kind for kind in Kind if kind == chosen] or list(Kind)
    wanted = Wanted(tuple(kinds), most=FOUND)
    result = find(db.session(), current_app.extensions["finder"], auth.current(), text, wanted)
    template = "search/results.html" if auth.partial() else "search/page.html"
    return render_template(template, text=text, chosen=chosen if len(kinds) == 1 else "", kinds=list(Kind),
                           result=result)


@pages.post("/describe")
def describe() -> ResponseReturnValue:
    """Candidates for a problem told in one's own words; nothing is stored."""
    db.only_reads()
    text = request.form.get("problem", "").strip()
    if not text or len(text) > LONGEST:
        sentence = f"请把问题精简到 {LONGEST} 字以内（现在是 {len(text)} 字）。" if text else "请先描述您的问题。"
        return render_template("search/described.html", text=text[:LONGEST], problem=sentence, groups={}), 400
    finder, viewer = current_app.extensions["finder"], auth.current()
    try:
        groups = {kind: matching.free_text(db.session(), finder, viewer, text, kind, CANDIDATES) for kind in SUPPLIES}
    except FinderUnavailable:
        found = find(db.session(), finder, viewer, text, Wanted(SUPPLIES, most=FOUND))
        return render_template("search/described.html", text=text, groups={}, result=found)
    return render_template("search/described.html", text=text, groups=groups)

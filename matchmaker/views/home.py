"""The first page: what this is, and for those who work here, what waits; and what every reason means."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from matchmaker import auth, db
from matchmaker.ranking import features, rules
from matchmaker.services import desk, halls, jobs, lists, permissions, seeing
from matchmaker.views import metadata, waiting
from models.vocabulary import Kind

pages = Blueprint("home", __name__)
SHELF = 4
"""Newest posts of each hall."""
EXAMPLES = (
    "注塑的薄壁件出模后翘曲，装配间隙超差；希望翘曲量不大于 0.3 mm，年用量约 200 吨。",
    "车载镜头膜层在湿热环境下脱落，要求 85 ℃、85% 湿度 1000 小时不起泡。",
    "中药提取车间的废水 COD 约 8000 mg/L，想降到 500 mg/L 以下，处理成本每吨不超过 15 元。",
)
"""Problems that a stranger may try with one click."""


@pages.get("/")
def home() -> ResponseReturnValue:
    viewer, session = auth.current(), db.session()
    if viewer and permissions.is_staff(viewer):
        fresh = seeing.fresh(session, viewer)
        return render_template(
            "home/desk.html", fresh=[post for post, _ in fresh], news={post.id: n for post, n in fresh},
            counts=desk.counts(session), waiting=desk.waiting(session), waits=waiting.of(viewer),
            unanswered=desk.without_partners(session), backlog=jobs.backlog(session))
    if viewer:
        mine = lists.mine(session, viewer)
        return render_template("home/mine.html", mine=mine, news=seeing.news(session, viewer, mine), kinds=list(Kind),
                               waits=waiting.of(viewer))
    newest = {kind: halls.newest(session, None, kind, SHELF) for kind in Kind}
    return render_template("home/stranger.html", counts=desk.published(session), newest=newest, examples=EXAMPLES,
                           about=metadata.ABOUT, meta=metadata.of_home())


@pages.get("/help/reasons")
def reasons() -> ResponseReturnValue:
    return render_template("home/reasons.html", features=features.explain(), rules=rules.explain())

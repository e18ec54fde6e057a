"""What waits for whom on the first page: a table, a row for each thing that a role has to do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from flask import current_app, url_for
from flask_babel import LazyString
from flask_babel import lazy_gettext as _

from matchmaker import db
from matchmaker.services import notices, waiting
from models import User
from models.vocabulary import STAFF, Role

OFFICE = STAFF
POSTERS = frozenset({Role.ENTERPRISE, Role.RESEARCHER})
EVERYONE = frozenset(Role)


@dataclass(frozen=True)
class Line:
    """One thing that may wait: for which roles, how it reads, how many, and where it is done."""

    roles: frozenset[Role]
    label: LazyString
    count: Callable[..., int]
    """Of the session and the viewer."""
    endpoint: str
    values: Mapping[str, Any] = field(default_factory=dict)


LINES = (
    Line(OFFICE, _("待审核的信息"), waiting.submitted, "reviews.queue"),
    Line(OFFICE, _("已匹配但没有强候选的需求"), waiting.unanswered, "home.home", {"_anchor": "unanswered-title"}),
    Line(OFFICE, _("您看过之后有新候选的需求"), waiting.with_news, "home.home", {"_anchor": "fresh-title"}),
    Line(OFFICE, _("下一步今天到期或已过期的对接"), waiting.due_cases, "cases.day", {"_anchor": "due-title"}),
    Line(OFFICE, _("停滞的对接"), waiting.stalled_cases, "cases.day", {"_anchor": "stalled-title"}),
    Line(OFFICE, _("等您处理的对接"), waiting.office_cases, "cases.day", {"_anchor": "waiting-title"}),
    Line(OFFICE, _("今天到期或已过期的回访"), waiting.due_follow_ups, "follow_ups.listing"),
    Line(POSTERS, _("加入或创建单位，之后才能以单位名义发布"), waiting.without_organisation, "organisations.mine"),
    Line(POSTERS, _("等您答复的对接意向与推荐"), waiting.intents, "intents.inbox"),
    Line(POSTERS, _("退回后等您修改的信息"), waiting.returned, "home.home", {"_anchor": "mine-title"}),
    Line(POSTERS, _("还没有提交的草稿"), waiting.drafts, "home.home", {"_anchor": "mine-title"}),
    Line(POSTERS, _("30 天内到期的信息"), waiting.expiring, "home.home", {"_anchor": "mine-title"}),
    Line(POSTERS, _("您的待办"), waiting.tasks, "intents.inbox", {"_anchor": "tasks-title"}),
    Line(OFFICE, _("您的待办"), waiting.tasks, "cases.day", {"_anchor": "tasks-title"}),
    Line(POSTERS, _("未读留言"), waiting.messages_unread, "intents.inbox"),
    Line(OFFICE, _("未读留言"), waiting.messages_unread, "cases.day", {"_anchor": "waiting-title"}),
    Line(EVERYONE, _("未读通知"), notices.unread, "notices.listing"),
)


class Waits(NamedTuple):
    """A line with something in it."""

    label: str
    n: int
    to: str


def of(viewer: User) -> list[Waits]:
    """What waits for the viewer, in the order of the table; lines whose page is not there are left out."""
    mine = [line for line in LINES if viewer.role in line.roles and line.endpoint in current_app.view_functions]
    counted = [(line, line.count(db.session(), viewer)) for line in mine]
    return [Waits(str(line.label), n, url_for(line.endpoint, **line.values)) for line, n in counted if n]

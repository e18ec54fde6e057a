"""The main navigation: one table of places, for whom each is there, and under which heading."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import current_app, request, url_for
from flask_babel import LazyString
from flask_babel import lazy_gettext as _

from matchmaker.services import permissions
from models import User
from models.vocabulary import Role

Who = Callable[[User | None], bool]


def everybody(_viewer: User | None) -> bool:
    return True


def signed_in(viewer: User | None) -> bool:
    return viewer is not None


def member(viewer: User | None) -> bool:
    """Somebody of an enterprise or institute."""
    return viewer is not None and not permissions.is_staff(viewer)


def stranger(viewer: User | None) -> bool:
    return viewer is None


def _of(role: Role) -> Who:
    return lambda viewer: viewer is not None and viewer.role == role


@dataclass(frozen=True)
class Place:
    """A link. `values`: what its address needs."""

    endpoint: str
    text: LazyString
    who: Who = everybody
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return url_for(self.endpoint, **self.values)

    @property
    def here(self) -> bool:
        given = request.view_args or {}
        same = all(str(given.get(name)) == value for name, value in self.values.items())
        return request.endpoint == self.endpoint and same


@dataclass(frozen=True)
class Group:
    """Places under one heading; without heading they stand in the bar itself."""

    text: LazyString | None
    places: tuple[Place, ...]

    @property
    def here(self) -> bool:
        return any(place.here for place in self.places)


staff, head = permissions.is_staff, permissions.is_head
GROUPS = (
    Group(None, (
        Place("home.home", _("工作台"), staff),
        Place("home.home", _("首页"), lambda viewer: not permissions.is_staff(viewer)),
        Place("posts.listing", _("技术需求"), values={"kind": "need"}),
        Place("posts.listing", _("科技成果"), values={"kind": "achievement"}),
        Place("posts.listing", _("专家"), values={"kind": "expert"}),
        Place("posts.listing", _("开放实验室"), values={"kind": "facility"}),
        Place("follow_ups.story_list", _("成功案例"), stranger),
        Place("pool.listing", _("适合我的需求"), _of(Role.RESEARCHER)),
        Place("intents.inbox", _("我的对接"), member),
        Place("cases.board", _("对接看板"), staff),
        Place("cases.day", _("我的一天"), staff),
        Place("reviews.queue", _("审核"), staff),
    )),
    Group(_("我的"), (
        Place("drafts.listing", _("草稿"), member),
        Place("liveness.listing", _("有效期"), member),
        Place("contracts.listing", _("技术合同"), member),
        Place("searches.mine", _("保存的搜索"), member),
        Place("disclosure.mine", _("查看记录"), member),
        Place("organisations.mine", _("我的单位"), member),
    )),
    Group(_("业务"), (
        Place("cases.sharing", _("统筹分派"), staff),
        Place("contracts.listing", _("技术合同"), staff),
        Place("follow_ups.listing", _("回访"), staff),
        Place("liveness.listing", _("有效期"), staff),
        Place("drafts.listing", _("草稿"), staff),
        Place("transfer.start", _("导入导出"), staff),
        Place("activities.listing", _("活动"), staff),
        Place("searches.mine", _("保存的搜索"), staff),
    )),
    Group(_("统计"), (
        Place("dashboard.show", _("数据看板"), staff),
        Place("reports.start", _("报表"), staff),
        Place("targets.overview", _("指标与目标"), staff),
    )),
    Group(_("管理"), (
        Place("organisations.queue", _("单位核验"), staff),
        Place("people.listing", _("用户"), _of(Role.ADMIN)),
        Place("office.settings", _("中心设置"), head),
        Place("documents.templates_page", _("文书模板"), head),
        Place("audit.entries", _("操作日志"), head),
        Place("desk.status", _("系统状态"), staff),
    )),
)


def groups(viewer: User | None) -> list[Group]:
    """What the viewer's navigation has."""
    known = current_app.view_functions
    kept = [Group(one.text, tuple(place for place in one.places if place.who(viewer) and place.endpoint in known))
            for one in GROUPS]
    return [one for one in kept if one.places]

"""What was imported without an owner is asked of its broker, 赵经理, or of the head of the office, 钱主任."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.services import liveness, unowned
from matchmaker.services.problems import NotFound
from matchmaker.speech import plain
from models import Event, Notice
from models.vocabulary import Role, State
from tests.builders import achievement, facility, need, organisation, user
from tests.services.test_liveness import OFFICE, TERMS, days, sweep


@pytest.fixture
def staff(session: Session) -> SimpleNamespace:
    found = {"broker": user(Role.BROKER, "赵经理"), "other": user(Role.BROKER, "孙经理"),
             "head": user(Role.HEAD, "钱主任"), "admin": user(Role.ADMIN, "周管理员")}
    session.add_all(found.values())
    session.flush()
    return SimpleNamespace(**found)


def told(session: Session) -> list[tuple[str, str]]:
    rows = session.scalars(select(Notice).order_by(Notice.user_id, Notice.id))
    return [(row.user.name, plain(row.subject)) for row in rows]


def test_the_broker_is_asked_else_the_heads_once_a_day(session: Session, staff: SimpleNamespace):
    gone = user(Role.ENTERPRISE, "离职者", active=False)
    session.add_all([need("甲", valid_until=days(10), broker=staff.broker), need("乙", valid_until=days(10)),
                     need("丙", valid_until=days(10), owner=gone), need("丁", valid_until=days(10), owner=staff.other)])
    session.flush()
    assert sweep(session, days(0)) == (4, 0)
    assert sweep(session, days(0)) == (0, 0)
    asked = "请确认是否仍然有效："
    assert told(session) == [("赵经理", f"{asked}1 条没有发布者的信息"), ("孙经理", f"{asked}丁"),
                             ("钱主任", f"{asked}2 条没有发布者的信息")]
    assert [post.title for post in unowned.waiting(session, staff.head)] == ["乙", "丙"]


def test_a_post_whose_broker_left_is_the_heads_and_without_heads_the_administrators(
        session: Session, staff: SimpleNamespace):
    staff.broker.active = staff.head.active = False
    session.add(need("甲", valid_until=days(10), broker=staff.broker))
    session.flush()
    sweep(session, days(0))
    assert [name for name, _ in told(session)] == ["周管理员"]


def test_what_froze_is_told_too_and_comes_back_by_the_link(session: Session, staff: SimpleNamespace):
    whole = facility("甲", valid_until=days(0), broker=staff.broker, organisation=organisation(), field="materials")
    bare = achievement("乙", valid_until=days(0), broker=staff.broker)
    session.add_all([whole, bare])
    session.flush()
    assert sweep(session, days(91)) == (0, 2)
    link = session.scalars(select(Notice.link)).one()
    person = liveness.asked_office(session, OFFICE.secret, link.rpartition("/")[2])
    left = liveness.renew_all(session, person, unowned.waiting(session, person), TERMS, days(92))
    assert person is staff.broker
    assert whole.state == State.PUBLISHED
    assert whole.valid_until == days(92 + 365)
    assert list(left) == [bare]
    assert "请先补全" in left[bare]
    session.expire_all()
    assert (bare.state, bare.valid_until) == (State.FROZEN, days(0))
    assert unowned.waiting(session, person) == [bare]
    assert session.scalars(select(Event.actor_id).where(Event.action == "post.renewed")).all() == [staff.broker.id]


def test_a_long_list_is_named_in_part_and_counted_whole(session: Session, staff: SimpleNamespace):
    session.add_all(need(f"第{n}条", valid_until=days(n % 5)) for n in range(60))
    session.flush()
    sweep(session, days(0))
    notice = session.scalars(select(Notice)).one()
    assert "60 条" in notice.subject
    assert notice.text.count("·") == unowned.NAMED
    assert f"另有 {60 - unowned.NAMED} 条" in notice.text
    assert len(unowned.waiting(session, staff.head)) == unowned.SHOWN


def test_a_link_is_of_one_who_serves(session: Session, staff: SimpleNamespace):
    token = liveness.office_link(OFFICE, staff.broker).rpartition("/")[2]
    for forged in (token[:-2], "x", "", liveness.link(OFFICE, _stored(session), None, days(0)).rpartition("/")[2]):
        with pytest.raises(NotFound):
            liveness.asked_office(session, OFFICE.secret, forged)
    with pytest.raises(NotFound):
        liveness.asked(session, OFFICE.secret, token)
    staff.broker.active = False
    with pytest.raises(NotFound):
        liveness.asked_office(session, OFFICE.secret, token)


def _stored(session: Session):
    post = need(valid_until=dt.date(2027, 1, 1))
    session.add(post)
    session.flush()
    return post

"""Who reads how much of a post: stage by stage, through the cases that lead there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from matchmaker.services import permissions
from models import Introduction, Post, now
from models.vocabulary import Role
from tests.builders import achievement, need, organisation, user

HIDDEN = {"disclosure": "staged", "hide_organisation": True, "annex": "示例保密附件", "contact_phone": "示例电话"}


@pytest.fixture
def case(session: Session) -> SimpleNamespace:
    """王工's need and 李研究员's achievement, both staged, and a case between them that nobody accepted yet."""
    firm, university = organisation(), organisation(kind="university")
    people = {
        "asker": user(organisation=firm), "colleague": user(organisation=firm),
        "rival": user(organisation=organisation()),
        "researcher": user(Role.RESEARCHER, organisation=university),
        "neighbour": user(Role.RESEARCHER, organisation=university),
        "broker": user(Role.BROKER), "other_broker": user(Role.BROKER), "head": user(Role.HEAD),
    }
    session.add_all(people.values())
    asked = need(organisation=firm, owner=people["asker"], **HIDDEN)
    offered = achievement(organisation=university, owner=people["researcher"], **HIDDEN)
    opened = Introduction(need=asked, supply=offered, state="intent", opened_side="need", broker=people["broker"])
    session.add(opened)
    session.flush()
    return SimpleNamespace(opened=opened, need=asked, supply=offered, **people)


def reach(viewer, post) -> str:
    """How far the viewer reads: nothing beyond the brief, full text, or the annex."""
    full = permissions.can_read_full(viewer, post)
    assert full == permissions.can_read_organisation(viewer, post)
    assert full == permissions.can_read_contact(viewer, post, "phone")
    assert full == permissions.can_read_field(viewer, post, "main_problem")
    if permissions.can_read_annex(viewer, post):
        assert full
        return "annex"
    return "full" if full else "brief"


def test_an_intent_alone_opens_nothing(case):
    assert [reach(one, case.supply) for one in (None, case.asker, case.rival, case.neighbour)] == ["brief"] * 4
    assert reach(case.researcher, case.need) == "brief"


def test_once_accepted_both_sides_read_each_others_full_text(case, session):
    case.opened.accepted_at, case.opened.state = now(), "accepted"
    session.flush()
    assert [reach(one, case.supply) for one in (case.asker, case.colleague)] == ["full", "full"]
    assert reach(case.researcher, case.supply) == "annex"
    assert reach(case.researcher, case.need) == "full"
    assert [reach(one, case.need) for one in (case.neighbour, case.rival, None)] == ["brief"] * 3


def test_one_signature_is_not_enough_for_the_annex(case, session):
    case.opened.accepted_at = case.opened.need_nda_at = now()
    session.flush()
    assert reach(case.asker, case.supply) == reach(case.researcher, case.need) == "full"
    case.opened.supply_nda_at = now()
    session.flush()
    assert reach(case.asker, case.supply) == reach(case.researcher, case.need) == "annex"
    assert reach(case.rival, case.supply) == "brief"


def test_a_passed_case_opens_nothing_any_more(case, session):
    case.opened.accepted_at = case.opened.need_nda_at = case.opened.supply_nda_at = now()
    case.opened.state = "passed"
    session.flush()
    assert reach(case.asker, case.supply) == reach(case.researcher, case.need) == "brief"


def test_annexes_are_for_the_broker_in_charge_and_the_head(case, session):
    assert [reach(one, case.need) for one in (case.broker, case.other_broker, case.head)] == ["annex", "full", "annex"]
    case.need.broker_id = case.other_broker.id
    session.flush()
    assert reach(case.other_broker, case.need) == "annex"
    assert reach(case.other_broker, case.supply) == "full"


def test_who_was_let_go_reads_nothing_any_more(case, session):
    case.opened.accepted_at = now()
    for one in (case.asker, case.broker, case.head):
        one.active = False
    session.flush()
    assert [reach(one, case.supply) for one in (case.asker, case.broker, case.head)] == ["brief"] * 3


def test_lists_follow_the_same_rule(case, session):
    case.opened.accepted_at, case.supply.state = now(), "frozen"
    session.flush()
    people = (case.asker, case.colleague, case.rival, case.researcher, case.neighbour, case.broker, case.head)
    for viewer in (None, *people):
        seen = set(session.scalars(select(Post.id).where(permissions.visible_posts(viewer))))
        for post in (case.need, case.supply):
            assert (post.id in seen) == permissions.can_see(viewer, post)


def test_a_frozen_post_stays_open_to_the_other_side_of_its_case(case, session):
    case.supply.state = "frozen"
    session.flush()
    assert not permissions.can_see(case.asker, case.supply)
    case.opened.accepted_at = now()
    session.flush()
    assert permissions.can_see(case.asker, case.supply)
    assert not permissions.can_see(case.rival, case.supply)


@contextmanager
def counting(session: Session) -> Iterator[SimpleNamespace]:
    """How many statements the database is sent."""
    told, engine = SimpleNamespace(n=0), session.get_bind()

    def more(*_ignored: object) -> None:
        told.n += 1

    event.listen(engine, "before_cursor_execute", more)
    yield told
    event.remove(engine, "before_cursor_execute", more)


def test_many_posts_cost_one_question(case, session):
    for _ in range(20):
        session.add(need(**HIDDEN))
    session.flush()
    posts = session.scalars(select(Post)).all()
    with counting(session) as asked:
        assert not any(permissions.can_read_full(case.rival, post) for post in posts)
    assert asked.n == 1


"""李研究员's profile and 王工's need through the years: asked, confirmed, stale, frozen, revived."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.services import clock, content, expiring, liveness, posts
from matchmaker.services.expiring import Part, Scope
from matchmaker.services.problems import NotAllowed, NotFound, Problem
from matchmaker.services.validity import Terms
from matchmaker.speech import plain
from models import Event, Job, Notice, Post, PostVector, User
from models.vocabulary import Role, State
from tests.builders import achievement, expert, facility, need, organisation, user

TERMS = Terms(notice=30, renewal=365, abandoned=90, expert=730)
OFFICE = liveness.Office(TERMS, "a key for tests")
START = dt.date(2026, 3, 1)


def days(n: int) -> dt.date:
    return START + dt.timedelta(n)


def sweep(session: Session, day: dt.date) -> tuple[int, int]:
    """Asked and frozen on a day."""
    step = liveness.sweep(session, OFFICE, day)
    assert step.after is None
    return step.asked, step.frozen


def told(session: Session) -> list[str]:
    return [plain(said) for said in session.scalars(select(Notice.subject).order_by(Notice.id))]


@pytest.fixture
def li(session: Session) -> User:
    person = user(Role.RESEARCHER, "李研究员", organisation=organisation("示例理工大学", kind="university"))
    session.add(person)
    session.flush()
    return person


@pytest.fixture
def profile(session: Session, li: User) -> Post:
    """Whole, published and confirmed at START."""
    row = expert("李示例", owner=li, organisation=li.organisation, confirmed_on=START, keywords=["成型"],
                 brief="研究高分子成型。", field="materials", offers=["consulting"], contact_email=li.email,
                 consented_at=dt.datetime(2026, 3, 1, tzinfo=dt.UTC))
    session.add(row)
    session.flush()
    return row


def test_an_expert_is_asked_each_year_and_frozen_after_two(session: Session, profile: Post):
    timeline = [(day, *sweep(session, days(day)))
                for day in (1, 334, 335, 336, 365, 366, 367, 699, 700, 701, 729, 730, 731)]
    assert [(day, asked) for day, asked, _ in timeline if asked] == [(335, 1), (366, 1), (700, 1)]
    assert [day for day, _, frozen in timeline if frozen] == [730]
    assert profile.state == State.FROZEN
    assert len(told(session)) == 4
    assert told(session)[-1] == "已冻结：李示例"


def test_confirming_starts_the_year_anew(session: Session, li: User, profile: Post):
    assert sweep(session, days(335)) == (1, 0)
    liveness.renew(session, li, profile, TERMS, days(340))
    assert (profile.confirmed_on, profile.valid_until) == (days(340), days(340 + 365))
    assert [sweep(session, days(day)) for day in (366, 600, 340 + 334)] == [(0, 0)] * 3
    assert sweep(session, days(340 + 335)) == (1, 0)


def test_two_sweeps_on_a_day_ask_once(session: Session, profile: Post):
    assert sweep(session, days(335)) == (1, 0)
    assert sweep(session, days(335)) == (0, 0)
    assert len(told(session)) == 1


@pytest.mark.parametrize("row", [need, achievement, facility])
def test_what_expires_is_asked_about_and_freezes_when_abandoned(session: Session, li: User, row: Any):
    post = row(owner=li, valid_until=days(100))
    session.add(post)
    session.flush()
    seen = [(day, *sweep(session, days(day))) for day in (69, 70, 100, 101, 160, 161, 190, 191)]
    assert [(day, asked) for day, asked, _ in seen if asked] == [(70, 1), (101, 1), (161, 1)]
    assert [day for day, _, frozen in seen if frozen] == [191]


def test_a_frozen_post_leaves_the_index_and_a_renewed_one_is_back(session: Session, li: User, profile: Post):
    posts.move_by_itself(session, profile, "freeze")
    liveness.renew(session, li, profile, TERMS, days(800))
    row = session.scalars(select(PostVector).where(PostVector.post_id == profile.id)).one()
    assert (profile.state, row.removed) == (State.PUBLISHED, False)
    posts.move_by_itself(session, profile, "freeze")
    session.refresh(row)
    assert row.removed is True
    actions = session.scalars(select(Event.action).where(Event.subject == "post").order_by(Event.id)).all()
    assert actions == ["post.frozen", "post.published", "post.renewed", "post.frozen"]
    frozen = session.scalars(select(Event).where(Event.action == "post.frozen")).first()
    assert frozen is not None
    assert frozen.actor_id is None


def test_a_post_without_a_day_gets_one_and_asking_changes_neither_version_nor_age(session: Session, li: User):
    post = need(owner=li, confirmed_on=START)
    session.add(post)
    session.flush()
    version, changed = post.version, post.updated_at
    sweep(session, days(5))
    assert post.valid_until == days(365)
    sweep(session, days(335))
    session.refresh(post)
    assert (post.asked_on, post.version, post.updated_at) == (days(335), version, changed)


def test_an_expert_listed_by_the_office_is_asked_at_their_own_address(session: Session):
    broker = user(Role.BROKER, "赵经理")
    session.add(expert("周示例", owner=broker, confirmed_on=START, contact_email="zhou@example.com"))
    session.flush()
    sweep(session, days(335))
    letter = session.scalars(select(Job).where(Job.kind == "mail")).one().payload
    assert letter["to"] == "zhou@example.com"
    assert letter["link"].startswith("/confirm/")
    asked = liveness.asked(session, "a key for tests", letter["link"].rpartition("/")[2])
    liveness.renew(session, asked.person, asked.post, TERMS, days(336))
    assert asked.person is None
    assert asked.post.confirmed_on == days(336)
    assert session.scalars(select(Event).where(Event.action == "post.renewed")).one().actor_id is None


def test_a_link_opens_only_what_it_was_signed_for(session: Session, li: User, profile: Post):
    token = liveness.link(OFFICE, profile, li, days(335)).rpartition("/")[2]
    assert liveness.asked(session, OFFICE.secret, token).post is profile
    for forged in (token[:-2], token.upper(), "x", ""):
        with pytest.raises(NotFound):
            liveness.asked(session, OFFICE.secret, forged)
    with pytest.raises(NotFound):
        liveness.asked(session, "another key", token)
    for other in (5, "ab", [1, 2], {"post": 1}, None):
        with pytest.raises(NotFound):
            liveness.asked(session, OFFICE.secret, URLSafeTimedSerializer(OFFICE.secret, "liveness").dumps(other))
    posts.move(session, li, profile, "withdraw")
    with pytest.raises(NotFound):
        liveness.asked(session, OFFICE.secret, token)


def test_a_link_dies_with_the_right_it_was_given_for(session: Session, li: User, profile: Post):
    token = liveness.link(OFFICE, profile, li, days(335)).rpartition("/")[2]
    profile.owner = user(Role.BROKER, "赵经理")
    session.flush()
    with pytest.raises(NotFound):
        liveness.asked(session, OFFICE.secret, token)


def test_only_owner_and_office_renew(session: Session, profile: Post):
    rival, broker = user(Role.ENTERPRISE, "孙工"), user(Role.BROKER, "赵经理")
    session.add_all([rival, broker])
    session.flush()
    with pytest.raises(NotAllowed):
        liveness.renew(session, rival, profile, TERMS, START)
    liveness.renew(session, broker, profile, TERMS, START)


def test_a_renewal_never_shortens(session: Session, li: User):
    post = need(owner=li, valid_until=days(1000))
    session.add(post)
    session.flush()
    liveness.renew(session, li, post, TERMS, START)
    assert post.valid_until == days(1000)


def test_a_past_day_cannot_be_published(session: Session):
    over = need(valid_until=clock.today() - dt.timedelta(1))
    assert any("有效期至" in said and "过去" in said for said in content.missing(over))
    assert not any("过去" in said for said in content.missing(need(valid_until=clock.today())))


def test_a_frozen_post_that_lacks_something_says_what(session: Session, li: User):
    post = achievement(owner=li, organisation=li.organisation, state="frozen", valid_until=START)
    session.add(post)
    session.flush()
    with pytest.raises(Problem, match="请先补全"):
        liveness.renew(session, li, post, TERMS, days(900))


def test_owners_and_brokers_see_what_ends(session: Session, li: User):
    broker, other = user(Role.BROKER, "赵经理"), user(Role.RESEARCHER, "他人")
    session.add_all([
        need("一", owner=li, valid_until=days(10)), need("二", owner=li, valid_until=days(5), broker=broker),
        need("三", owner=li, valid_until=days(-1)), need("四", owner=other, valid_until=days(3)),
        need("五", owner=li, valid_until=days(31)), need("六", owner=li, valid_until=days(-99), state="frozen"),
        need("七", owner=li, valid_until=days(3), state="draft")])
    session.flush()

    def titles(viewer: User, part: Part, *, mine: bool = False) -> list[str]:
        return [post.title for post in expiring.listing(session, Scope(viewer, TERMS, START, mine), part).posts]

    assert titles(li, Part.SOON) == ["二", "一"]
    assert titles(li, Part.STALE) == ["三"]
    assert titles(li, Part.FROZEN) == ["六"]
    assert titles(broker, Part.SOON) == ["四", "二", "一"]
    assert titles(broker, Part.SOON, mine=True) == ["二"]
    assert titles(other, Part.STALE) == []
    assert expiring.counts(session, Scope(li, TERMS, START)) == {Part.SOON: 2, Part.STALE: 1, Part.FROZEN: 1}


def test_long_lists_go_on_where_they_stopped(session: Session, li: User):
    session.add_all(need(f"第{n}条", owner=li, valid_until=days(n % 3)) for n in range(45))
    session.flush()
    scope, seen, after = Scope(li, TERMS, START), list[int](), ""
    while True:
        page = expiring.listing(session, scope, Part.SOON, after)
        seen += [post.id for post in page.posts]
        if page.after is None:
            break
        after = page.after
    assert len(seen) == len(set(seen)) == 45
    assert len(expiring.listing(session, scope, Part.SOON, "nonsense").posts) == 20


def test_large_sweeps_go_step_by_step(session: Session, li: User, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(liveness, "BATCH", 3)
    session.add_all(need(f"第{n}条", owner=li, valid_until=days(0)) for n in range(7))
    session.flush()
    steps, after = 0, 0
    while True:
        step = liveness.sweep(session, OFFICE, days(1), after)
        steps += 1
        if step.after is None:
            break
        after = step.after
    assert steps == 3
    assert len(told(session)) == 7

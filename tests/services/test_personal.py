"""李研究员 takes her data with her and goes; what a contract needs stays."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from sqlalchemy import func, select

from matchmaker.services import accounts, notices, organisations, people, personal, privacy, revisions
from matchmaker.services.problems import NotAllowed, NotFound, Problem
from models import Contract, Event, Introduction, LoginSession, Notice, Post, PostRevision, User, now
from models.vocabulary import Role
from tests.builders import achievement, expert, need, organisation, user

PASSWORD = "a long enough pass phrase"
HASH = accounts.hash_password(PASSWORD)


@pytest.fixture
def li(session) -> User:
    person = user(Role.RESEARCHER, "李研究员", email="li@example.com", password_hash=HASH,
                  organisation=organisation("示例理工大学", kind="university"))
    session.add(person)
    session.flush()
    return person


def test_an_export_has_what_is_hers_and_no_key(session, li):
    other = user(name="孙工", email="sun@example.com")
    session.add_all([achievement("她的成果", owner=li, annex="她的附件"),
                     need("别人的需求", owner=other, annex="别人的附件")])
    accounts.sign_in(session, li, [], dt.timedelta(days=1))
    notices.notify(session, li, "match", "新的匹配", "", "", "m")
    notices.notify(session, other, "match", "别人的通知", "", "", "m")
    found = personal.export(session, li)
    said = json.dumps(found, ensure_ascii=False)
    assert all(word in said for word in ("她的成果", "她的附件", "li@example.com", "示例理工大学", "新的匹配"))
    assert not any(word in said for word in ("别人", "sun@example.com", "argon2", "token_hash"))
    assert {"user_account", "organisation", "post", "notice", "event", "login_session"} <= set(found)


def test_an_account_ends_and_nothing_personal_is_left(session, li):
    session.add_all([
        achievement("已发布的成果", owner=li, contact_name="李研究员", contact_email=li.email,
                    contact_public=["email"]),
        achievement("草稿", owner=li, state="draft"),
        profile := expert("李研究员", owner=li, brief="李研究员的简历", homepage="https://li.example.com"),
    ])
    session.flush()
    revisions.keep(session, li, profile)
    accounts.sign_in(session, li, [], dt.timedelta(days=1))
    notices.notify(session, li, "match", "新的匹配", "", "", "m")
    session.flush()
    personal.erase(session, li, PASSWORD)
    session.flush()
    session.expire_all()
    assert (li.email, li.name, li.active, li.organisation_id) == (f"erased-{li.id}@invalid", "已注销用户", False, None)
    posts = {post.title: post for post in session.scalars(select(Post))}
    assert set(posts) == {"已发布的成果", "已注销用户"}
    assert {post.state for post in posts.values()} == {"withdrawn"}
    assert posts["已发布的成果"].contact_email is None
    assert posts["已注销用户"].brief == ""
    for table in (LoginSession, Notice, PostRevision):
        assert session.scalar(select(func.count()).select_from(table)) == 0
    left = json.dumps([[row.before, row.after] for row in session.scalars(select(Event))])
    assert "li@example.com" not in left
    assert accounts.verify(session, "li@example.com", PASSWORD, []) is None


def test_another_password_ends_nothing(session, li):
    with pytest.raises(Problem, match="密码"):
        personal.erase(session, li, "not her pass phrase")
    assert li.active


def test_what_a_contract_needs_is_counted_and_kept_and_the_broker_told(session, li):
    broker = user(Role.BROKER, "赵经理")
    supply, wanted = achievement("已转化的成果", owner=li), need()
    case = Introduction(need=wanted, supply=supply, state="signed", opened_side="need", broker=broker)
    signed = Contract(introduction=case, project_name="示例项目", type="commissioned", state="signed",
                      seller={"name": "示例理工大学", "contact": "李研究员"}, selling=li.organisation)
    session.add_all([case, signed])
    session.flush()
    assert personal.kept(session, li) == {"cases": 1, "contracts": 1, "files": 0}
    personal.erase(session, li, PASSWORD)
    session.flush()
    assert signed.seller["contact"] == "李研究员"
    assert "注销" in notices.page(session, broker)[0].subject


def test_an_enterprise_keeps_its_needs_when_one_of_its_people_goes(session):
    firm = organisation()
    wang = user(name="王工", organisation=firm, position="owner", password_hash=HASH)
    sun = user(name="孙工", organisation=firm, position="member", password_hash=HASH)
    session.add_all([wang, sun, need("单位的需求", owner=sun, organisation=firm)])
    session.flush()
    with pytest.raises(Problem, match="移交"):
        personal.erase(session, wang, PASSWORD)
    personal.erase(session, sun, PASSWORD)
    session.flush()
    post = session.scalars(select(Post)).one()
    assert (post.state, post.owner_id) == ("published", wang.id)
    assert organisations.members(session, firm) == [wang]


def test_consent_is_recorded_with_its_version_and_time(session, li):
    li.privacy_version = "2020-01"
    assert privacy.is_due(li)
    privacy.consent(session, li)
    assert not privacy.is_due(li)
    assert now() - li.privacy_at < dt.timedelta(minutes=1)
    event = session.scalars(select(Event).where(Event.action == "user.consented")).one()
    assert event.after == {"version": privacy.VERSION}


def test_the_administrator_finds_people_page_by_page(session, li, monkeypatch):
    admin = user(Role.ADMIN, "周管理员")
    session.add_all([admin, *(user(name=f"孙工{number}") for number in range(5))])
    session.flush()
    monkeypatch.setattr(people, "PAGE", 3)
    first = people.listing(session, "孙工")
    rest = people.listing(session, "孙工", after=first[2].id)
    assert [one.name for one in first] == ["孙工0", "孙工1", "孙工2", "孙工3"]
    assert [one.name for one in rest] == ["孙工3", "孙工4"]
    assert people.listing(session, "LI@example") == people.listing(session, role="researcher") == [li]
    assert people.listing(session, "%") == []


def test_roles_and_accounts_change_with_an_event_and_never_ones_own(session, li):
    admin = user(Role.ADMIN, "周管理员")
    session.add(admin)
    session.flush()
    accounts.sign_in(session, li, [], dt.timedelta(days=1))
    people.change_role(session, admin, li.id, "broker")
    people.switch(session, admin, li.id, False)
    assert (li.role, li.active) == ("broker", False)
    assert session.scalar(select(func.count()).select_from(LoginSession)) == 0
    people.switch(session, admin, li.id, True)
    told = session.scalars(select(Event.action).where(Event.actor_id == admin.id).order_by(Event.id)).all()
    assert told == ["user.role_changed", "user.deactivated", "user.activated"]
    with pytest.raises(Problem, match="自己"):
        people.switch(session, admin, admin.id, False)
    with pytest.raises(Problem, match="身份"):
        people.change_role(session, admin, li.id, "king")
    with pytest.raises(NotAllowed):
        people.change_role(session, li, admin.id, "broker")
    with pytest.raises(NotFound):
        people.switch(session, admin, 999, False)

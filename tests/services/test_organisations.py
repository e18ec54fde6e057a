"""王工 founds an enterprise, his colleague joins it, and nobody is ever left without an owner."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from matchmaker.services import notices, organisations, permissions, registering, verifying
from matchmaker.services.content import Invalid
from matchmaker.services.problems import Conflict, NotAllowed, NotFound, Problem
from matchmaker.speech import plain
from models import Contract, Event, JoinRequest, MailLink, Organisation, Post
from models.vocabulary import Role
from tests.builders import achievement, need, organisation, user

CODE = "91220100MA0000001L"
OTHER = "91220100MA0000002P"


def values(**more: str) -> dict[str, str]:
    return {"name": "示例精工有限公司", "kind": "enterprise", "credit_code": CODE} | more


@pytest.fixture
def people(session):
    found = {name: user(role, name, email=f"{name}@example.com") for name, role in (
        ("wang", Role.ENTERPRISE), ("sun", Role.ENTERPRISE), ("li", Role.RESEARCHER), ("zhao", Role.BROKER),
        ("qian", Role.HEAD))}
    session.add_all(found.values())
    session.flush()
    return found


def test_the_founder_owns_it_and_brings_what_he_wrote(session, people):
    session.add(need("先写的草稿", owner=people["wang"], state="draft"))
    session.flush()
    firm = organisations.create(session, people["wang"], values(credit_code=f" {CODE.lower()[:9]} {CODE[9:]} "))
    assert (firm.credit_code, people["wang"].position) == (CODE, "owner")
    assert session.scalars(select(Post)).one().organisation_id == firm.id
    actions = session.scalars(select(Event.action).where(Event.subject == "organisation").order_by(Event.id)).all()
    assert actions == ["organisation.created", "organisation.member_joined"]


@pytest.mark.parametrize("wrong", [
    "", f"{CODE[:-1]}A", "1234", CODE[:-1], f"{CODE}1", f"{CODE[:-2]}IL", "码" * 18])
def test_a_code_whose_check_digit_is_wrong_is_refused(session, people, wrong):
    with pytest.raises(Invalid) as caught:
        organisations.create(session, people["wang"], values(credit_code=wrong))
    assert set(caught.value.errors) == {"credit_code"}


def test_each_wrong_field_is_named(session, people):
    given = {"name": "", "kind": "circus", "credit_code": "1", "region": "999999", "website": "javascript:alert(1)"}
    with pytest.raises(Invalid) as caught:
        organisations.create(session, people["wang"], given)
    assert set(caught.value.errors) == set(given)


def test_the_same_code_or_name_is_not_founded_twice(session, people):
    organisations.create(session, people["wang"], values())
    for same in (values(name="另一家示例公司"), values(credit_code=OTHER)):
        with pytest.raises(Invalid):
            organisations.create(session, people["sun"], same, certain=True)


@pytest.mark.parametrize("near", [
    "示例精工", "示例精工股份有限公司", "（示例）精工 有限责任公司", "示例精工吉林分公司"])
def test_a_near_name_is_shown_first(session, people, near):
    organisations.create(session, people["wang"], values())
    assert organisations.twins(session, "示例精工有限公司", None)
    if name_holds(near):
        with pytest.raises(Conflict):
            organisations.create(session, people["sun"], values(name=near, credit_code=OTHER))
    organisations.create(session, people["sun"], values(name=near, credit_code=OTHER), certain=True)


def name_holds(near: str) -> bool:
    """A longer name is near when looked for from the shorter one only."""
    return "分公司" not in near


def test_others_are_found_by_part_of_the_name_and_by_the_code(session, people):
    firm = organisations.create(session, people["wang"], values())
    assert organisations.named(session, "精工") == organisations.named(session, CODE.lower()) == [firm]
    assert organisations.named(session, "%") == organisations.named(session, "") == []


def test_an_owner_lets_a_colleague_in(session, people):
    firm = organisations.create(session, people["wang"], values())
    request = organisations.ask_to_join(session, people["sun"], firm, "设备部")
    assert notices.unread(session, people["wang"]) == 1
    with pytest.raises(NotFound):
        organisations.decide(session, people["sun"], request.id, True)
    with pytest.raises(NotAllowed):
        organisations.decide(session, people["zhao"], request.id, True)
    organisations.decide(session, people["wang"], request.id, True)
    assert (people["sun"].organisation_id, people["sun"].position) == (firm.id, "member")
    with pytest.raises(Conflict):
        organisations.decide(session, people["wang"], request.id, False)
    assert notices.unread(session, people["sun"]) == 1


def test_the_office_answers_where_nobody_owns_and_the_first_owns(session, people):
    university = organisation("示例理工大学", kind="university")
    session.add(university)
    session.flush()
    first = organisations.ask_to_join(session, people["li"], university, "")
    second = organisations.ask_to_join(session, people["sun"], university, "")
    assert verifying.unowned_requests(session) == [first, second]
    assert notices.unread(session, people["qian"]) == 2
    organisations.decide(session, people["zhao"], first.id, True)
    assert people["li"].position == "owner"
    assert verifying.unowned_requests(session) == []
    organisations.decide(session, people["li"], second.id, False)
    assert people["sun"].organisation_id is None


def test_one_request_at_a_time_and_it_can_be_taken_back(session, people):
    firm = organisations.create(session, people["wang"], values())
    organisations.ask_to_join(session, people["sun"], firm, "")
    with pytest.raises(Problem, match="待处理"):
        organisations.ask_to_join(session, people["sun"], firm, "")
    organisations.cancel(session, people["sun"])
    organisations.ask_to_join(session, people["sun"], firm, "")
    assert session.scalars(select(JoinRequest.state).order_by(JoinRequest.id)).all() == ["cancelled", "waiting"]
    with pytest.raises(Problem, match="只属于一个单位"):
        organisations.ask_to_join(session, people["wang"], firm, "")


def test_what_an_enterprise_posted_stays_with_it(session, people):
    firm = organisations.create(session, people["wang"], values())
    organisations.decide(session, people["wang"], organisations.ask_to_join(session, people["sun"], firm, "").id, True)
    session.add(need("求密封材料", owner=people["sun"], organisation=firm))
    session.flush()
    organisations.remove(session, people["wang"], people["sun"].id)
    post = session.scalars(select(Post)).one()
    assert (post.owner_id, post.organisation_id) == (people["wang"].id, firm.id)
    assert not permissions.owns(people["sun"], post)


def test_the_last_owner_stays_until_another_owns(session, people):
    firm = organisations.create(session, people["wang"], values())
    organisations.decide(session, people["wang"], organisations.ask_to_join(session, people["sun"], firm, "").id, True)
    with pytest.raises(Problem, match="移交"):
        organisations.leave(session, people["wang"])
    for verb in (organisations.remove, organisations.hand_over):
        with pytest.raises(NotAllowed):
            verb(session, people["sun"], people["wang"].id)
        with pytest.raises(NotFound):
            verb(session, people["wang"], people["li"].id)
        with pytest.raises(Problem):
            verb(session, people["wang"], people["wang"].id)
    organisations.hand_over(session, people["wang"], people["sun"].id)
    organisations.leave(session, people["wang"])
    assert [one.name for one in organisations.owners_of(session, firm)] == ["sun"]


def link_of(session, email: str) -> MailLink:
    return session.scalars(select(MailLink).where(MailLink.email == email, MailLink.used_at.is_(None))).one()


def test_an_invitation_lets_the_invited_in_and_nobody_else(session, people):
    firm = organisations.create(session, people["wang"], values())
    organisations.invite(session, people["wang"], " SUN@example.com ")
    link = link_of(session, "sun@example.com")
    with pytest.raises(Problem, match=r"sun@example\.com"):
        organisations.accept(session, people["li"], link)
    organisations.accept(session, people["sun"], link)
    assert people["sun"].organisation_id == firm.id
    with pytest.raises(Problem, match="已是本单位成员"):
        organisations.invite(session, people["wang"], "sun@example.com")
    with pytest.raises(NotAllowed):
        organisations.invite(session, people["sun"], "li@example.com")


def test_an_invitation_taken_back_is_worthless(session, people):
    organisations.create(session, people["wang"], values())
    organisations.invite(session, people["wang"], "sun@example.com")
    link = link_of(session, "sun@example.com")
    organisations.take_back(session, people["wang"], link.id)
    session.refresh(link)
    with pytest.raises(Problem):
        organisations.accept(session, people["sun"], link)
    with pytest.raises(NotFound):
        organisations.take_back(session, people["wang"], link.id)
    assert people["sun"].organisation_id is None


def test_staff_verify_or_say_why_not_and_see_twins(session, people):
    firm = organisations.create(session, people["wang"], values())
    known = organisation("示例精工股份有限公司")
    session.add(known)
    session.flush()
    (case,) = verifying.queue(session)
    assert (case.organisation, case.people, case.twins) == (firm, [people["wang"]], [known])
    with pytest.raises(Problem):
        verifying.refuse(session, people["zhao"], firm, "  ")
    verifying.refuse(session, people["zhao"], firm, "代码与名称不符")
    assert (firm.refused_why, firm.verified_at, verifying.queue(session)) == ("代码与名称不符", None, [])
    verifying.verify(session, people["zhao"], firm)
    assert firm.verified_at is not None
    assert firm.refused_at is None
    subjects = [plain(notice.subject) for notice in notices.page(session, people["wang"])]
    assert subjects == ["示例精工有限公司已通过核验", "示例精工有限公司未通过核验"]


@pytest.mark.parametrize("odd", ["", "x", "a@b", "@example.com", "a b@example.com", "王@example.com", "a@例子.中国",
                                 "a@example.com\r\nBcc: b@example.com", "a@example.com,b@example.com",
                                 "a" * 250 + "@example.com"])
def test_what_is_no_address_is_refused(odd):
    with pytest.raises(Problem, match="邮箱"):
        registering.clean_email(odd)


def test_name_keys_follow_the_name(session):
    firm = organisation("（示例）ＡＢＣ 科技有限公司")
    session.add(firm)
    session.flush()
    assert firm.name_key == "示例abc科技"
    firm.name = "示例新名有限责任公司"
    assert session.scalars(select(Organisation.name_key).where(Organisation.id == firm.id)).one() == "示例新名"


def test_of_thousands_of_institutes_those_with_most_are_offered_and_the_chosen_one(session, monkeypatch):
    monkeypatch.setattr(organisations, "OFFERED", 2)
    idle, posting, selling, firm = (organisation(f"示例{name}", kind) for name, kind in (
        ("甲大学", "university"), ("乙研究所", "institute"), ("丙大学", "university"), ("丁公司", "enterprise")))
    broker = user(Role.BROKER)
    session.add_all([idle, posting, selling, firm, broker, *(achievement(organisation=one) for one in (posting, firm))])
    session.flush()
    session.add(Contract(state="draft", project_name="示例项目", type="service", seller_id=selling.id,
                         created_by=broker.id))
    session.flush()
    assert organisations.institutes(session) == [selling, posting]
    assert set(organisations.institutes(session, idle.id)) == {selling, posting, idle}

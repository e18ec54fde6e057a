"""A stranger becomes somebody by a link in a mail; nobody learns who has an account."""

from __future__ import annotations

import datetime as dt
import statistics
import time

import pytest
from sqlalchemy import select

from matchmaker.services import notices, throttle
from models import LoginSession, MailLink, Organisation, TokenBucket, User, now
from tests.letters import delivered, path_of, text_of
from tests.views.conftest import PASSWORD, browser, words_of

NEW = "another long pass phrase"


def stored(sessions, statement):
    with sessions.read() as reading:
        return reading.scalars(statement).all()


def ask(client, email, path="/register"):
    return client.post(path, data={"email": email})


def fill(client, path, **more):
    given = {"name": "王小工", "role": "enterprise", "password": NEW, "consent": "y"} | more
    return client.post(path, data={name: value for name, value in given.items() if value is not None})


@pytest.fixture
def link(app, config, sessions):
    ask(browser(app), "new@example.com")
    return path_of(delivered(config, sessions)[-1], "/register/")


def test_a_link_in_a_mail_makes_an_account_which_is_signed_in(app, link, sessions):
    client = browser(app)
    page = client.get(link)
    assert "new@example.com" in page.text
    assert page.headers["Cache-Control"] == "no-store"
    assert fill(client, link).headers["Location"] == "/organisation"
    assert client.get("/organisation").status_code == 200
    (user,) = stored(sessions, select(User).where(User.email == "new@example.com"))
    assert (user.name, user.role, user.privacy_version is not None) == ("王小工", "enterprise", True)


def test_a_link_works_once_and_not_after_its_time(app, config, sessions, session, link):
    client = browser(app)
    fill(client, link)
    assert browser(app).get(link).status_code == fill(browser(app), link).status_code == 404
    ask(browser(app), "late@example.com")
    late = path_of(delivered(config, sessions)[-1], "/register/")
    session.scalars(select(MailLink).where(MailLink.email == "late@example.com")).one().expires_at = now()
    session.commit()
    assert fill(browser(app), late).status_code == 404


def test_no_token_is_stored_as_it_is(link, sessions):
    token = link.rpartition("/")[2]
    assert stored(sessions, select(MailLink.token_hash)) == [throttle.digest(token)]
    assert throttle.digest(token) != token


@pytest.mark.parametrize(("wrong", "said"), [
    ({"name": ""}, "请填写姓名"), ({"role": "admin"}, "请选择企业或科研人员"), ({"role": None}, "请选择身份"),
    ({"password": "short"}, "12–256"), ({"consent": None}, "隐私政策"), ({"name": "长" * 101}, "姓名"),
])
def test_what_cannot_be_used_is_said_and_the_rest_is_kept(app, link, sessions, wrong, said):
    answer = fill(browser(app), link, **wrong)
    assert answer.status_code == 400
    assert said in words_of(answer.text)
    assert "name" in wrong or "王小工" in answer.text
    assert stored(sessions, select(User)) == []
    assert fill(browser(app), link).status_code == 302


@pytest.mark.parametrize("path", ["/register", "/reset"])
def test_the_answer_never_tells_whether_somebody_has_the_e_mail(app, people, config, sessions, path):
    known, unknown = (ask(browser(app), email, path) for email in (people.broker.email, "nobody@example.com"))
    assert (known.status_code, known.headers["Location"], known.data) == (
        unknown.status_code, unknown.headers["Location"], unknown.data)
    letters = {letter["To"]: letter for letter in delivered(config, sessions)}
    assert "/register/" in text_of(letters["nobody@example.com"])
    assert "/reset/" in text_of(letters[people.broker.email])
    assert len(letters) == 2


def test_both_cost_the_same_time(app, people, session):
    def seconds(email):
        session.query(TokenBucket).delete()
        session.commit()
        start = time.perf_counter()
        ask(browser(app), email)
        return time.perf_counter() - start

    taken = [(seconds(people.broker.email), seconds(f"u{number}@example.com")) for number in range(12)]
    known, unknown = (statistics.median(one) for one in zip(*taken, strict=True))
    assert abs(known - unknown) < 0.5 * max(known, unknown)


def test_a_forgotten_password_is_set_anew_and_every_browser_ends(app, people, config, sessions):
    other = browser(app, people.broker)
    ask(browser(app), people.broker.email, "/reset")
    link = path_of(delivered(config, sessions)[-1], "/reset/")
    assert browser(app).get(link).status_code == 200
    assert browser(app).post(link, data={"new": "short"}).status_code == 400
    assert browser(app).post(link, data={"new": NEW}).headers["Location"] == "/sign-in"
    assert browser(app).post(link, data={"new": NEW}).status_code == 404
    assert other.get("/account").status_code == 302
    assert stored(sessions, select(LoginSession)) == []
    given = {"email": people.broker.email, "password": NEW}
    assert browser(app).post("/sign-in", data=given).status_code == 302
    assert delivered(config, sessions)[-1]["Subject"] == "密码已更改"


def test_a_second_link_makes_the_first_worthless_once_used(app, people, config, sessions):
    for _ in range(2):
        ask(browser(app), people.broker.email, "/reset")
    links = {path_of(letter, "/reset/") for letter in delivered(config, sessions)}
    assert len(links) == 2
    answers = [browser(app).post(link, data={"new": NEW}).status_code for link in links]
    assert answers == [302, 404]


def test_a_link_for_one_purpose_opens_no_other(app, link):
    token = link.rpartition("/")[2]
    assert browser(app).get(f"/reset/{token}").status_code == browser(app).get(f"/invite/{token}").status_code == 404


def test_a_switched_off_account_gets_no_link(app, people, config, sessions, session):
    session.merge(people.broker).active = False
    session.commit()
    for path in ("/register", "/reset"):
        ask(browser(app), people.broker.email, path)
    assert not any("http" in text_of(letter) for letter in delivered(config, sessions))


def test_mails_lead_to_the_site_and_not_to_whom_the_request_names(app, config, sessions):
    headers = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "ftp"}
    browser(app).post("/register", data={"email": "new@example.com"}, headers=headers)
    (letter,) = delivered(config, sessions)
    assert "evil" not in letter.as_string() + text_of(letter)
    assert f"{config.public_url}/register/" in text_of(letter)


@pytest.mark.parametrize("path", ["/register", "/reset"])
def test_asking_is_slowed_down_by_e_mail_and_by_address(app, path):
    same = [ask(browser(app), "new@example.com", path).status_code for _ in range(7)]
    assert same == [302] * throttle.TRIES + [429] * 2
    assert ask(browser(app), "other@example.com", path).status_code == 429


def test_guessing_tokens_is_slowed_down(app):
    answers = [browser(app).post(f"/reset/{number}", data={"new": NEW}).status_code for number in range(7)]
    assert answers == [404] * throttle.TRIES + [429] * 2


@pytest.mark.parametrize("odd", ["", "x", "a@example.com\r\nBcc: b@example.com", "王@example.com", "<script>@x.cn"])
def test_odd_e_mails_are_refused_in_words(app, odd, config, sessions):
    answer = ask(browser(app), odd)
    assert answer.status_code == 400
    assert "邮箱" in words_of(answer.text)
    assert "<script>@x" not in answer.text
    assert delivered(config, sessions) == []


def test_an_invited_newcomer_registers_into_the_organisation(app, people, config, sessions, session):
    session.merge(people.enterprise).position = "owner"
    session.commit()
    mine = browser(app, people.enterprise)
    assert mine.post("/organisation/invitations", data={"email": "new@example.com"}).status_code == 302
    link = path_of(delivered(config, sessions)[-1], "/invite/")
    assert "示例精工有限公司" in browser(app).get(link).text
    assert browser(app, people.rival).post(link).status_code == 400
    assert fill(browser(app), link, consent=None).status_code == 400
    assert fill(browser(app), link).headers["Location"] == "/organisation"
    (user,) = stored(sessions, select(User).where(User.email == "new@example.com"))
    assert (user.organisation_id, user.position) == (people.enterprise.organisation_id, "member")
    assert browser(app).get(link).status_code == 404


def test_who_has_an_account_signs_in_to_accept(app, people, config, sessions, session):
    session.merge(people.enterprise).position = "owner"
    session.merge(people.broker).organisation_id = None
    session.commit()
    browser(app, people.enterprise).post("/organisation/invitations", data={"email": people.broker.email})
    link = path_of(delivered(config, sessions)[-1], "/invite/")
    assert "去登录" in browser(app).get(link).text
    assert fill(browser(app), link).status_code == 400
    assert browser(app, people.broker).post(link).headers["Location"] == "/organisation"


def test_consent_is_asked_before_all_else_and_again_for_a_new_version(app, people, session):
    session.merge(people.enterprise).privacy_version = "2020-01"
    session.commit()
    client = browser(app, people.enterprise)
    asked = client.get("/needs?q=x").headers["Location"]
    assert asked == "/privacy/consent?next=/needs?q%3Dx"
    assert "2020-01" in client.get(asked).text
    assert client.get("/privacy").status_code == client.get("/account/data").status_code == 200
    assert client.post("/privacy/consent", data={}).status_code == 400
    assert client.post("/privacy/consent", data={"consent": "y", "next": "//evil.cn"}).headers["Location"] == "/"
    assert client.get("/needs?q=x").status_code == 200


def test_data_are_taken_along_and_the_account_ends(app, people, sessions):
    client = browser(app, people.researcher)
    found = client.get("/account/data.json")
    assert found.json["user_account"][0]["name"] == "李研究员"
    assert "attachment" in found.headers["Content-Disposition"]
    assert client.post("/account/erase", data={"password": "wrong"}).status_code == 400
    assert client.post("/account/erase", data={"password": PASSWORD}).headers["Location"] == "/"
    assert client.get("/account").status_code == 302
    assert stored(sessions, select(User.name).where(User.id == people.researcher.id)) == ["已注销用户"]


def test_guessing_the_password_of_an_open_browser_is_slowed_down(app, people):
    client = browser(app, people.researcher)
    answers = [client.post("/account/erase", data={"password": f"guess {n}"}).status_code for n in range(7)]
    assert answers == [400] * throttle.TRIES + [429] * 2


def test_an_organisation_is_founded_on_the_page(app, people, session, sessions):
    session.merge(people.rival).organisation_id = None
    session.commit()
    client = browser(app, people.rival)
    given = {"name": "示例新材有限公司", "kind": "enterprise", "credit_code": "91220100MA0000001X"}
    answer = client.post("/organisation/new", data=given)
    assert answer.status_code == 400
    assert "校验码" in answer.text
    assert "示例新材有限公司" in answer.text
    near = client.post("/organisation/new", data=given | {"credit_code": "91220100MA0000001L", "name": "示例精工公司"})
    assert near.status_code == 409
    assert "示例精工有限公司" in near.text
    good = client.post("/organisation/new", data=given | {"credit_code": "91220100MA0000001L"})
    assert good.headers["Location"] == "/organisation"
    founded = select(Organisation.created_by).where(Organisation.name == "示例新材有限公司")
    assert stored(sessions, founded) == [people.rival.id]
    page = browser(app, people.broker).get("/desk/organisations")
    assert "91220100MA0000001L" in page.text


def test_one_click_ends_mails_without_a_token_of_ours(app, people, config):
    app.config["WTF_CSRF_ENABLED"] = True
    path = f"/unsubscribe/{notices.unsubscribe_token(config.secret(), people.broker.id, 'match')}"
    assert "退订" in browser(app).get(path).text
    answer = browser(app).post(path, data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    with app.extensions["sessions"].read() as reading:
        assert notices.channels(reading, people.broker)["match"] == "off"


def test_notices_are_listed_read_and_led_from(app, people, session):
    notices.notify(session, people.broker, "task", "待办一", "", "/desk/status", "t1")
    notices.notify(session, people.broker, "task", "待办二", "", "", "t2")
    session.commit()
    client = browser(app, people.broker)
    assert "2 条未读" in client.get("/").text
    assert client.post("/notices/1/read").headers["Location"] == "/desk/status"
    assert browser(app, people.rival).post("/notices/2/read").status_code == 404
    assert "1 条未读" in client.get("/notices").text
    client.post("/notices/read", data={"newest": 2})
    assert "未读" not in client.get("/notices").text
    assert client.post("/notices/settings", data={"task": "weekly"}).status_code == 302
    assert client.post("/notices/settings", data={"task": "pigeon"}).status_code == 400
    with app.extensions["sessions"].read() as reading:
        assert notices.channels(reading, people.broker)["task"] == "weekly"


def test_the_administrator_switches_an_account_off_and_on(app, people):
    client, theirs = browser(app, people.admin), browser(app, people.rival)
    assert "孙工" in client.get("/admin/users?q=孙").text
    assert client.post(f"/admin/users/{people.rival.id}/deactivate").status_code == 302
    assert theirs.get("/account").status_code == 302
    assert client.post(f"/admin/users/{people.rival.id}/activate").status_code == 302
    assert client.post(f"/admin/users/{people.rival.id}/role", data={"role": "broker"}).status_code == 302
    assert browser(app, people.rival).get("/desk/status").status_code == 200


def test_mail_links_that_ran_out_long_ago_are_forgotten(app, session, sessions, link):
    session.scalars(select(MailLink)).one().expires_at = now() - dt.timedelta(days=31)
    session.commit()
    ask(browser(app), "next@example.com")
    assert stored(sessions, select(MailLink.email)) == ["next@example.com"]

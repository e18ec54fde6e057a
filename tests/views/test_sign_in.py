"""王工 signs in and out; a stranger guesses."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker import create_app
from matchmaker.services import accounts, throttle
from models import LoginSession
from tests.views.conftest import PASSWORD, browser


def sign_in(client, person, password=PASSWORD, **more):
    return client.post("/sign-in", data={"email": person.email, "password": password} | more)


def test_right_password_opens_the_door_and_leads_back(app, people):
    client = browser(app)
    assert client.get("/account").headers["Location"] == "/sign-in?next=/account"
    answer = sign_in(client, people.enterprise, next="/account")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/account")
    assert "王工" in client.get("/account").text


def test_e_mail_is_told_apart_neither_by_case_nor_by_spaces(app, people):
    client = browser(app)
    given = {"email": f"  {people.enterprise.email.upper()} ", "password": PASSWORD}
    assert client.post("/sign-in", data=given).status_code == 302


def test_wrong_password_and_unknown_e_mail_read_the_same(app, people):
    wrong = sign_in(browser(app), people.enterprise, "not the pass phrase")
    unknown = browser(app).post("/sign-in", data={"email": "nobody@example.com", "password": PASSWORD})
    assert wrong.status_code == unknown.status_code == 400
    assert accounts.WRONG in wrong.text
    assert accounts.WRONG in unknown.text


def test_an_unknown_e_mail_costs_a_hash_like_a_known_one(session, people, monkeypatch):
    hashed = []
    matches = accounts._matches
    monkeypatch.setattr(accounts, "_matches", lambda stored, given: hashed.append(stored) or matches(stored, given))
    accounts.verify(session, "nobody@example.com", PASSWORD, [])
    assert len(hashed) == 1
    assert hashed[0].startswith("$argon2id$v=19$m=19456,t=2,p=1$")


@pytest.mark.parametrize("data", [{}, {"email": "a@example.com"}, {"password": "x"}, {"email": "", "password": ""}])
def test_an_empty_field_is_named(app, data):
    answer = browser(app).post("/sign-in", data=data)
    assert answer.status_code == 400
    assert "请填写" in answer.text


@pytest.mark.parametrize("odd", ["\x00", "🐟" * 50, "a" * 250 + "@example.com", "' OR 1=1 --", "<script>@x.cn"])
def test_odd_e_mails_are_only_wrong(app, odd):
    answer = browser(app).post("/sign-in", data={"email": odd, "password": "x"})
    assert answer.status_code == 400
    assert "<script>@x" not in answer.text


def test_signing_out_makes_the_old_cookie_worthless(app, people):
    client = browser(app)
    sign_in(client, people.broker)
    stolen = client.get_cookie("session").value
    client.post("/sign-out")
    thief = app.test_client()
    thief.set_cookie("session", stolen)
    assert thief.get("/account").status_code == 302


def test_a_new_password_ends_every_browser(app, people):
    mine, other = browser(app), browser(app)
    sign_in(mine, people.broker)
    sign_in(other, people.broker)
    given = {"old": PASSWORD, "new": "another long pass phrase"}
    assert mine.post("/account/password", data=given).headers["Location"] == "/sign-in"
    assert other.get("/account").status_code == mine.get("/account").status_code == 302
    assert sign_in(browser(app), people.broker).status_code == 400
    assert sign_in(browser(app), people.broker, "another long pass phrase").status_code == 302


@pytest.mark.parametrize(("old", "new", "said"), [
    ("wrong", "another long pass phrase", "当前密码不正确"),
    (PASSWORD, "short", "12–256"),
    (PASSWORD, "x" * 300, "12–256"),
    (PASSWORD, "aaaaaaaaaaaaaaaa", "过于简单"),
])
def test_a_password_that_will_not_do_changes_nothing(app, people, old, new, said):
    client = browser(app, people.broker)
    answer = client.post("/account/password", data={"old": old, "new": new})
    assert answer.status_code == 400
    assert said in answer.text
    assert client.get("/account").status_code == 200


def test_a_switched_off_account_is_out_at_once(app, people, session):
    client = browser(app, people.enterprise)
    session.merge(people.enterprise).active = False
    session.commit()
    assert client.get("/account").status_code == 302
    assert sign_in(browser(app), people.enterprise).status_code == 400


def test_the_cookie_changes_at_sign_in_and_keeps_no_earlier_content(app, people):
    client = browser(app)
    with client.session_transaction() as stored:
        stored["left_by_an_attacker"] = "yes"
    before = client.get_cookie("session").value
    sign_in(client, people.broker)
    assert client.get_cookie("session").value != before
    with client.session_transaction() as stored:
        assert "left_by_an_attacker" not in stored


def test_no_token_is_stored_as_it_is(app, people, session):
    client = browser(app)
    sign_in(client, people.broker)
    with client.session_transaction() as stored:
        token = stored["_user_id"]
    stored_hashes = session.scalars(select(LoginSession.token_hash)).all()
    assert len(stored_hashes) == 1
    assert token not in stored_hashes


def test_guessing_is_slowed_down_over_all_processes(app, config, finder, people):
    """Two applications on one database stand for two web processes."""
    other = create_app(config, finder=finder)
    other.config["WTF_CSRF_ENABLED"] = False
    answers = [sign_in(browser(one), people.broker, f"guess {n}").status_code
               for n in range(10) for one in (app, other)]
    other.extensions["sessions"].dispose()
    assert answers.count(400) == throttle.TRIES
    assert set(answers) == {400, 429}
    assert sign_in(browser(app), people.broker).status_code == 429


def test_guessing_many_names_from_one_address_is_slowed_down(app):
    answers = [browser(app).post("/sign-in", data={"email": f"u{n}@example.com", "password": "x"}).status_code
               for n in range(9)]
    assert answers == [400] * throttle.TRIES + [429] * (9 - throttle.TRIES)


def test_a_forged_address_header_gives_no_new_tries(app):
    answers = [browser(app).post("/sign-in", data={"email": f"u{n}@example.com", "password": "x"},
                                 headers={"X-Forwarded-For": f"10.0.0.{n}"}).status_code for n in range(8)]
    assert answers.count(400) == throttle.TRIES


def test_signing_in_rightly_uses_no_tries_up(app, people):
    for _ in range(throttle.TRIES * 2):
        assert sign_in(browser(app), people.broker).status_code == 302


def test_nobody_can_lock_out_a_browser_that_was_in_before(app, people):
    client = browser(app)
    sign_in(client, people.broker)
    client.post("/sign-out")
    for n in range(throttle.TRIES + 1):
        sign_in(browser(app), people.broker, f"guess {n}")
    assert sign_in(browser(app), people.broker).status_code == 429
    assert sign_in(client, people.broker).status_code == 302


def test_a_known_browser_may_not_guess_for_ever_either(app, people):
    client = browser(app)
    sign_in(client, people.broker)
    client.post("/sign-out")
    answers = [sign_in(client, people.broker, f"guess {n}").status_code for n in range(8)]
    assert answers.count(400) == throttle.TRIES


def test_cookies_are_out_of_reach_of_scripts_and_other_sites(app, people):
    answer = sign_in(browser(app), people.broker)
    for cookie in answer.headers.getlist("Set-Cookie"):
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie


def test_behind_https_the_cookie_is_bound_to_the_host(config, finder, people):
    app = create_app(replace(config, values=dict(config.values) | {"SECURE_COOKIES": True}), finder=finder)
    app.config["WTF_CSRF_ENABLED"] = False
    answer = app.test_client().post("/sign-in", data={"email": people.broker.email, "password": PASSWORD})
    app.extensions["sessions"].dispose()
    names = {cookie.split("=")[0]: cookie for cookie in answer.headers.getlist("Set-Cookie")}
    assert "__Host-session" in names
    assert all("Secure" in cookie for cookie in names.values())


def test_sessions_that_ran_out_open_nothing_and_are_swept_away(app: Flask, people, session: Session):
    client = browser(app, people.broker)
    for row in session.scalars(select(LoginSession)):
        row.expires_at = row.created_at
    session.commit()
    assert client.get("/account").status_code == 302
    sign_in(client, people.broker)
    assert session.scalar(select(func.count()).select_from(LoginSession)) == 1

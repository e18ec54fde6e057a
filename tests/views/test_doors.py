"""Who may open which address: one table for every route and every role; an address without a row fails."""

from __future__ import annotations

import datetime as dt

import pytest
from flask import Flask

from models import Activity, CaseTask, Contract, Goal, Introduction, Job, Meeting, SavedSearch, now
from tests.builders import achievement, need
from tests.views.conftest import browser

ROLES = ("stranger", "enterprise", "rival", "researcher", "broker", "head", "admin")
ALL = dict.fromkeys(ROLES, 200)
STAFF = {"stranger": 302, "enterprise": 403, "rival": 403, "researcher": 403, "broker": 200, "head": 200, "admin": 200}
HEADS = STAFF | {"broker": 403}
SIGNED_IN = ALL | {"stranger": 302}
OWNER = SIGNED_IN | {"rival": 403, "researcher": 403}
UNSEEN = {"stranger": 302, "enterprise": 200, "rival": 404, "researcher": 404, "broker": 200, "head": 200, "admin": 200}
PARTIES = SIGNED_IN | {"rival": 404}
DONE = 302
AWAY = dict.fromkeys(ROLES, DONE)
NOTHING = dict.fromkeys(ROLES, 404)
ADMIN = SIGNED_IN | dict.fromkeys(ROLES[1:6], 403)
MINE = dict.fromkeys(ROLES, 404) | {"stranger": DONE}


def instead(answers: dict[str, int], code: int) -> dict[str, int]:
    """The same doors, where those who may pass get another answer than a page."""
    return {role: code if found == 200 else found for role, found in answers.items()}


# case 1: between post 1 and 李研究员's published achievement; its meeting 1 is agreed, its task 1 is 王工's.
# post 1: 王工's published need. post 2: 王工's submitted need. post 3: 李研究员's draft.
DOORS: dict[tuple[str, str], tuple[str, dict[str, int]]] = {
    ("GET", "home.home"): ("/", ALL),
    ("GET", "home.reasons"): ("/help/reasons", ALL),
    ("GET", "auth.sign_in"): ("/sign-in", AWAY | {"stranger": 200}),
    ("POST", "auth.sign_in_post"): ("/sign-in", dict.fromkeys(ROLES, 400)),
    ("POST", "auth.sign_out"): ("/sign-out", AWAY),
    ("GET", "auth.account"): ("/account", SIGNED_IN),
    ("POST", "auth.change_password"): ("/account/password", SIGNED_IN | dict.fromkeys(ROLES[1:], 400)),
    ("GET", "posts.listing"): ("/needs", ALL),
    ("GET", "posts.show"): ("/posts/1", ALL),
    ("GET", "posts.new"): ("/needs/new", SIGNED_IN | {"researcher": 403}),
    ("POST", "posts.create"): ("/needs/new", dict.fromkeys(ROLES, 400) | {"stranger": 302, "researcher": 403}),
    ("GET", "posts.edit"): ("/posts/1/edit", OWNER),
    ("POST", "posts.update"): ("/posts/1/edit", instead(OWNER, 400)),
    ("POST", "posts.keep_new"): ("/needs/draft", dict.fromkeys(ROLES, 400) | {"stranger": 401, "researcher": 403}),
    ("POST", "posts.keep"): ("/posts/1/draft", instead(OWNER, 400) | {"stranger": 401}),
    ("POST", "posts.advise"): ("/needs/advice", SIGNED_IN),
    ("POST", "posts.would_match"): ("/needs/preview", SIGNED_IN | {"researcher": 403}),
    ("POST", "posts.outside"): ("/needs/outside", SIGNED_IN | {"researcher": 403}),
    ("GET", "attachments.download"): ("/attachments/9", dict.fromkeys(ROLES, 404)),
    ("GET", "attachments.ask_remove"): ("/attachments/9/remove", dict.fromkeys(ROLES, 404) | {"stranger": 302}),
    ("POST", "attachments.remove"): ("/attachments/9/remove", dict.fromkeys(ROLES, 404) | {"stranger": 302}),
    ("GET", "attachments.ask_take"): ("/attachments/9/text", dict.fromkeys(ROLES, 404) | {"stranger": 302}),
    ("POST", "attachments.take"): ("/attachments/9/text", dict.fromkeys(ROLES, 404) | {"stranger": 302}),
    ("GET", "official_form.start"): ("/needs/sheet", SIGNED_IN | {"researcher": 403}),
    ("POST", "official_form.upload"): (
        "/needs/sheet", dict.fromkeys(ROLES, 400) | {"stranger": 302, "researcher": 403}),
    ("GET", "official_form.blank"): ("/needs/sheet/blank.docx", ALL),
    ("GET", "drafts.listing"): ("/drafts", SIGNED_IN),
    ("GET", "drafts.ask_discard"): (
        "/drafts/3/discard", dict.fromkeys(ROLES, 404) | {"stranger": 302, "researcher": 200}),
    ("POST", "drafts.discard"): ("/drafts/1/discard", dict.fromkeys(ROLES, 403) | {"stranger": 302}),
    ("GET", "drafts.ask_drop"): ("/drafts/1/drop", OWNER),
    ("POST", "drafts.drop"): ("/drafts/1/drop", instead(OWNER, DONE)),
    ("GET", "posts.confirm"): ("/posts/2/publish", UNSEEN | {"enterprise": 403}),
    ("POST", "posts.move"): ("/posts/2/withdraw", instead(UNSEEN, DONE)),
    ("GET", "matches.partners"): ("/posts/1/partners", OWNER),
    ("GET", "matches.progress"): ("/posts/1/progress", OWNER),
    ("POST", "matches.rematch"): ("/posts/1/match", instead(OWNER, DONE)),
    ("POST", "matches.seen"): ("/posts/1/seen", instead(OWNER, DONE)),
    ("POST", "matches.judge"): ("/posts/1/candidates/9/judgement", instead(OWNER, 400)),
    ("POST", "matches.undo"): ("/posts/1/candidates/9/judgement/undo", instead(OWNER, DONE)),
    ("GET", "search.search"): ("/search", ALL),
    ("POST", "search.describe"): ("/describe", dict.fromkeys(ROLES, 400)),
    ("GET", "halls.organisation"): ("/organisations/1/posts", ALL),
    ("GET", "feeds.hall"): ("/needs.atom", ALL),
    ("GET", "feeds.robots"): ("/robots.txt", ALL),
    ("GET", "feeds.sitemap"): ("/sitemap.xml", ALL),
    ("GET", "feeds.sitemap_file"): ("/sitemap-1.xml", ALL),
    ("GET", "feeds.opensearch"): ("/opensearch.xml", ALL),
    ("GET", "api.listing"): ("/api/v1/needs", ALL),
    ("GET", "api.show"): ("/api/v1/needs/1", ALL),
    ("GET", "languages.display"): ("/settings/display", ALL),
    ("POST", "languages.choose"): ("/settings/display", AWAY),
    ("GET", "searches.mine"): ("/searches", SIGNED_IN),
    ("GET", "searches.new"): ("/searches/new", instead(SIGNED_IN, 404)),
    ("POST", "searches.create"): ("/searches", instead(SIGNED_IN, 404)),
    ("GET", "searches.results"): ("/searches/1/results", MINE | {"enterprise": DONE}),
    ("POST", "searches.change"): ("/searches/1", MINE | {"enterprise": 400}),
    ("GET", "searches.stop"): ("/searches/stop/known", ALL),
    ("POST", "searches.stopped"): ("/searches/stop/known", ALL),
    ("POST", "searches.delete"): ("/searches/1/delete", MINE | {"enterprise": DONE}),
    ("GET", "desk.status"): ("/desk/status", STAFF),
    ("POST", "desk.retry"): ("/desk/jobs/1/retry", instead(STAFF, DONE)),
    ("GET", "contracts.listing"): ("/contracts/", SIGNED_IN),
    ("GET", "contracts.show"): ("/contracts/1", UNSEEN | {"enterprise": 404}),
    ("GET", "contracts.new"): ("/contracts/new", STAFF),
    ("POST", "contracts.create"): ("/contracts/new", instead(STAFF, 400)),
    ("GET", "contracts.edit"): ("/contracts/1/edit", STAFF),
    ("POST", "contracts.update"): ("/contracts/1/edit", instead(STAFF, 400)),
    ("GET", "contracts.confirm"): ("/contracts/1/steps/sign", STAFF),
    ("POST", "contracts.move"): ("/contracts/1/steps/sign", instead(STAFF, 409)),
    ("GET", "contracts.version"): ("/contracts/1/versions/1", instead(STAFF, 404)),
    ("GET", "contracts.schedule"): ("/contracts/1/schedule", STAFF),
    ("POST", "contracts.save_schedule"): ("/contracts/1/schedule", instead(STAFF, 409)),
    ("POST", "contracts.receive"): ("/contracts/1/payments/1", instead(STAFF, 400)),
    ("POST", "contracts.royalty"): ("/contracts/1/royalties", instead(STAFF, 400)),
    ("POST", "contracts.split"): ("/contracts/1/split", instead(STAFF, 403) | {"head": 400, "admin": 400}),
    ("GET", "sharing.edit"): ("/contracts/1/sharing", STAFF),
    ("POST", "sharing.save"): ("/contracts/1/sharing", instead(STAFF, 409)),
    ("GET", "sharing.download"): ("/contracts/1/sharing.xlsx", STAFF),
    ("GET", "contracts.registration"): ("/contracts/1/registration.xlsx", STAFF),
    ("GET", "reviews.queue"): ("/reviews/", STAFF),
    ("GET", "reviews.show"): ("/reviews/2", STAFF),
    ("POST", "reviews.decide"): ("/reviews/2", instead(STAFF, 409)),
    ("POST", "reviews.assign"): ("/reviews/2/broker", instead(STAFF, DONE)),
    ("GET", "audit.entries"): ("/audit/", HEADS),
    ("POST", "audit.export"): ("/audit/export", instead(HEADS, 404)),
    ("GET", "disclosure.mine"): ("/disclosures", SIGNED_IN),
    ("GET", "disclosure.of_post"): ("/posts/1/disclosures", OWNER),
    ("GET", "documents.listing"): ("/cases/9/documents", dict.fromkeys(ROLES, 404) | {"stranger": 302}),
    ("POST", "documents.upload"): ("/cases/9/documents", dict.fromkeys(ROLES, 404) | {"stranger": 302}),
    ("POST", "documents.make"): ("/cases/9/documents/make", instead(STAFF, 404)),
    ("GET", "documents.download"): ("/documents/9", dict.fromkeys(ROLES, 404) | {"stranger": 302}),
    ("GET", "documents.templates_page"): ("/office/templates", HEADS),
    ("GET", "documents.template"): ("/office/templates/nda", HEADS),
    ("POST", "documents.upload_template"): ("/office/templates/nda", instead(HEADS, 400)),
    ("POST", "documents.activate"): ("/office/templates/nda/activate", instead(HEADS, DONE)),
    ("GET", "documents.template_file"): ("/office/templates/nda/0.docx", HEADS),
    ("GET", "documents.sample"): ("/office/templates/nda/9/sample.docx", instead(HEADS, 404)),
    ("GET", "follow_ups.listing"): ("/follow-ups/", STAFF),
    ("POST", "follow_ups.finish"): ("/follow-ups/9", instead(STAFF, 404)),
    ("POST", "follow_ups.rate"): ("/contracts/1/rating", instead(UNSEEN, 403) | {"enterprise": 404}),
    ("POST", "follow_ups.draft_story"): ("/contracts/1/story", instead(STAFF, 400)),
    ("POST", "follow_ups.edit_story"): ("/contracts/1/story/edit", instead(STAFF, 404)),
    ("POST", "follow_ups.consent"): ("/contracts/1/story/consent", dict.fromkeys(ROLES, 404) | {"stranger": 302}),
    ("POST", "follow_ups.publish"): ("/contracts/1/story/publish", instead(STAFF, 404)),
    ("GET", "follow_ups.story_list"): ("/stories/", ALL),
    ("GET", "follow_ups.story"): ("/stories/9", dict.fromkeys(ROLES, 404)),
    ("GET", "office.settings"): ("/office/settings", HEADS),
    ("POST", "office.save_settings"): ("/office/settings", HEADS | {"head": 400, "admin": 400}),
    ("GET", "office.split"): ("/office/split", HEADS),
    ("POST", "office.save_split"): ("/office/split", HEADS | {"head": 400, "admin": 400}),
    ("GET", "liveness.listing"): ("/expiring", SIGNED_IN),
    ("POST", "liveness.renew"): ("/posts/1/renew", instead(OWNER, DONE)),
    ("GET", "liveness.confirm"): ("/confirm/forged", dict.fromkeys(ROLES, 404)),
    ("POST", "liveness.confirmed"): ("/confirm/forged", dict.fromkeys(ROLES, 404)),
    ("GET", "liveness.confirm_office"): ("/confirm/office/forged", dict.fromkeys(ROLES, 404)),
    ("POST", "liveness.confirmed_office"): ("/confirm/office/forged", dict.fromkeys(ROLES, 404)),
    ("GET", "serving.listing"): ("/posts/1/services", UNSEEN | dict.fromkeys(ROLES[1:], 404)),
    ("POST", "serving.add"): ("/posts/1/services", UNSEEN | dict.fromkeys(ROLES[1:], 404)),
    ("POST", "serving.remove"): ("/posts/1/services/1/remove", UNSEEN | dict.fromkeys(ROLES[1:], 404)),
    ("GET", "pool.maturity"): ("/trl", ALL),
    ("GET", "pool.listing"): ("/openings", SIGNED_IN),
    ("GET", "pool.named"): ("/experts/named", SIGNED_IN),
    ("GET", "dashboard.show"): ("/dashboard", STAFF),
    ("GET", "dashboard.chart"): ("/dashboard/charts/months.csv", STAFF),
    ("GET", "dashboard.definitions"): ("/figures", STAFF),
    ("GET", "dashboard.rows"): ("/figures/needs_published", STAFF),
    ("GET", "dashboard.download"): ("/figures/needs_published.csv", STAFF),
    ("GET", "reports.start"): ("/reports/", STAFF),
    ("GET", "reports.show"): ("/reports/agency", STAFF),
    ("GET", "reports.download"): ("/reports/agency.docx", STAFF),
    ("GET", "targets.overview"): ("/targets/", STAFF),
    ("GET", "targets.definitions"): ("/targets/goals", STAFF | {"broker": 403}),
    ("GET", "targets.new"): ("/targets/goals/new", STAFF | {"broker": 403}),
    ("POST", "targets.create"): ("/targets/goals/new", instead(STAFF | {"broker": 403}, 400)),
    ("GET", "targets.goal"): ("/targets/goals/1", STAFF),
    ("GET", "targets.edit"): ("/targets/goals/1/edit", STAFF | {"broker": 403}),
    ("POST", "targets.update"): ("/targets/goals/1/edit", instead(STAFF | {"broker": 403}, 400)),
    ("POST", "targets.set_target"): ("/targets/goals/1/targets", instead(STAFF | {"broker": 403}, 400)),
    ("POST", "targets.drop_target"): ("/targets/set/9/remove", instead(STAFF | {"broker": 403}, 404)),
    ("POST", "targets.enter"): ("/targets/goals/1/entries", instead(STAFF, 400)),
    ("POST", "targets.drop_entry"): ("/targets/entries/9/remove", instead(STAFF, 404)),
    ("GET", "activities.listing"): ("/activities/", STAFF),
    ("GET", "activities.new"): ("/activities/new", STAFF),
    ("POST", "activities.create"): ("/activities/new", instead(STAFF, 400)),
    ("GET", "activities.edit"): ("/activities/1", STAFF),
    ("POST", "activities.update"): ("/activities/1", instead(STAFF, 400)),
    ("POST", "activities.remove"): ("/activities/9/remove", instead(STAFF, 404)),
    ("GET", "registration.ask"): ("/register", ALL),
    ("POST", "registration.ask_post"): ("/register", dict.fromkeys(ROLES, 400)),
    ("GET", "registration.forgot"): ("/reset", ALL),
    ("POST", "registration.forgot_post"): ("/reset", dict.fromkeys(ROLES, 400)),
    ("GET", "registration.sent"): ("/mail-sent", ALL),
    ("GET", "registration.confirm"): ("/register/unknown", NOTHING),
    ("POST", "registration.confirm_post"): ("/register/unknown", NOTHING),
    ("GET", "registration.reset"): ("/reset/unknown", NOTHING),
    ("POST", "registration.reset_post"): ("/reset/unknown", NOTHING),
    ("GET", "registration.invited"): ("/invite/unknown", NOTHING),
    ("POST", "registration.accept"): ("/invite/unknown", NOTHING),
    ("GET", "privacy.notice"): ("/privacy", ALL),
    ("GET", "privacy.consent"): ("/privacy/consent", SIGNED_IN),
    ("POST", "privacy.consent_post"): ("/privacy/consent", instead(SIGNED_IN, 400)),
    ("GET", "privacy.data"): ("/account/data", SIGNED_IN),
    ("GET", "privacy.export"): ("/account/data.json", SIGNED_IN),
    ("POST", "privacy.erase"): ("/account/erase", instead(SIGNED_IN, 400)),
    ("GET", "organisations.mine"): ("/organisation", SIGNED_IN),
    ("GET", "organisations.new"): ("/organisation/new", SIGNED_IN),
    ("POST", "organisations.create"): ("/organisation/new", instead(SIGNED_IN, 400)),
    ("POST", "organisations.join"): ("/organisation/join/999", instead(SIGNED_IN, 404)),
    ("POST", "organisations.cancel"): ("/organisation/join/cancel", instead(SIGNED_IN, DONE)),
    ("POST", "organisations.decide"): ("/organisation/requests/999/accept", instead(SIGNED_IN, 404)),
    ("POST", "organisations.invite"): ("/organisation/invitations", instead(SIGNED_IN, 400)),
    ("POST", "organisations.take_back"): ("/organisation/invitations/999/take-back", instead(SIGNED_IN, 403)),
    ("POST", "organisations.remove"): ("/organisation/members/999/remove", instead(SIGNED_IN, 403)),
    ("POST", "organisations.hand_over"): ("/organisation/members/999/hand-over", instead(SIGNED_IN, 403)),
    ("POST", "organisations.leave"): ("/organisation/leave", instead(STAFF, 400) | dict.fromkeys(ROLES[1:4], DONE)),
    ("GET", "organisations.queue"): ("/desk/organisations", STAFF),
    ("POST", "organisations.verify"): ("/desk/organisations/1/verify", instead(STAFF, DONE)),
    ("POST", "organisations.refuse"): ("/desk/organisations/1/refuse", instead(STAFF, 400)),
    ("GET", "notices.listing"): ("/notices", SIGNED_IN),
    ("POST", "notices.read"): ("/notices/999/read", instead(SIGNED_IN, 404)),
    ("POST", "notices.read_all"): ("/notices/read", instead(SIGNED_IN, DONE)),
    ("GET", "notices.settings"): ("/notices/settings", SIGNED_IN),
    ("POST", "notices.choose"): ("/notices/settings", instead(SIGNED_IN, DONE)),
    ("GET", "notices.unsubscribe"): ("/unsubscribe/unknown", NOTHING),
    ("POST", "notices.unsubscribe_post"): ("/unsubscribe/unknown", NOTHING),
    ("GET", "people.listing"): ("/admin/users", ADMIN),
    ("POST", "people.change_role"): ("/admin/users/999/role", instead(ADMIN, 404)),
    ("POST", "people.switch"): ("/admin/users/999/deactivate", instead(ADMIN, 404)),
    ("GET", "intents.inbox"): ("/intents", SIGNED_IN | dict.fromkeys(("broker", "head", "admin"), DONE)),
    ("GET", "intents.new"): ("/intents/new", instead(SIGNED_IN, 404)),
    ("POST", "intents.create"): ("/intents/new", instead(SIGNED_IN, 404)),
    ("GET", "cases.board"): ("/cases", STAFF),
    ("GET", "cases.day"): ("/cases/day", STAFF),
    ("GET", "cases.sharing"): ("/cases/sharing", STAFF),
    ("POST", "cases.propose"): ("/cases", instead(STAFF, 404)),
    ("GET", "cases.show"): ("/cases/1", PARTIES),
    ("GET", "cases.card"): ("/cases/1/card", STAFF),
    ("GET", "cases.confirm"): ("/cases/1/steps/pass", PARTIES),
    ("POST", "cases.step"): ("/cases/1/steps/pass", instead(PARTIES, 409)),
    ("POST", "cases.plan"): ("/cases/1/plan", instead(PARTIES, 409)),
    ("POST", "cases.assign"): ("/cases/1/broker", instead(STAFF, 400)),
    ("POST", "cases.contact"): ("/cases/1/contact", instead(STAFF, 400)),
    ("POST", "cases.people"): ("/cases/1/people", instead(PARTIES, 400)),
    ("POST", "cases.write"): ("/cases/1/messages", instead(PARTIES, 400)),
    ("POST", "cases.seen"): ("/cases/1/seen", instead(PARTIES, DONE)),
    ("POST", "cases.add_task"): ("/cases/1/tasks", instead(PARTIES, 400)),
    ("POST", "cases.finish_task"): ("/tasks/1", instead(PARTIES, DONE) | {"researcher": 403}),
    ("GET", "cases.message"): ("/messages/unknown", instead(SIGNED_IN, 404)),
    ("POST", "disclosure.sign"): ("/cases/1/nda", instead(PARTIES, 400) | {"enterprise": DONE, "researcher": DONE}),
    ("GET", "meetings.new"): ("/cases/1/meetings/new", PARTIES),
    ("POST", "meetings.create"): ("/cases/1/meetings/new", instead(PARTIES, 400)),
    ("GET", "meetings.show"): ("/meetings/1", PARTIES),
    ("GET", "meetings.download"): ("/meetings/1.ics", PARTIES),
    ("POST", "meetings.accept"): ("/meetings/1/accept", instead(PARTIES, 409)),
    ("POST", "meetings.counter"): ("/meetings/1/times", instead(PARTIES, 409)),
    ("POST", "meetings.cancel"): ("/meetings/1/cancel", instead(PARTIES, 409)),
    ("POST", "meetings.write"): ("/meetings/1/minutes", instead(STAFF, 409)),
    ("POST", "meetings.make_need"): ("/meetings/1/need", instead(STAFF, 400)),
    ("POST", "meetings.make_paper"): ("/meetings/1/paper", instead(STAFF, 400)),
    ("GET", "meetings.calendar"): ("/calendar", SIGNED_IN),
    ("POST", "meetings.rotate"): ("/calendar", SIGNED_IN),
    ("GET", "meetings.feed"): ("/calendar/unknown.ics", dict.fromkeys(ROLES, 404)),
    ("GET", "health.alive"): ("/healthz", ALL),
    ("GET", "health.ready"): ("/readyz", ALL),
}
ELSEWHERE = {"static", "transfer"}
"""Served by the web server; and the pages of import and export, whose own tests have their table."""
HIDDEN = [("/posts/2", "404 200 404 404 200 200 200"), ("/posts/3", "404 404 404 200 404 404 404"),
          ("/posts/999", "404 404 404 404 404 404 404"), ("/posts/2/edit", "302 200 404 404 200 200 200"),
          ("/posts/2/partners", "302 200 404 404 200 200 200")]


@pytest.fixture
def house(app, session, people) -> Flask:
    firm = people.enterprise.organisation
    session.add_all([
        need("求薄壁件翘曲控制", organisation=firm, owner=people.enterprise),
        need("求低温密封材料", organisation=firm, owner=people.enterprise, state="submitted"),
        achievement("未完成的成果", owner=people.researcher, state="draft"),
        Contract(project_name="示例合同", type="service", state="draft"),
        SavedSearch(user_id=people.enterprise.id, name="翘曲", kind="need", query="q=翘曲", token="known"),
        Job(kind="shortlist", state="failed", dedupe_key="1", error="示例错误"),
        Goal(name="示例服务收入", unit="万元"),
        Activity(kind="training", title="示例培训", held_on=dt.date(2026, 3, 1)),
    ])
    session.flush()
    session.add(offered := achievement("翘曲补偿技术", owner=people.researcher))
    session.flush()
    session.add(case := Introduction(need_id=1, supply_id=offered.id, state="accepted", opened_side="need",
                                     intent_side="need", accepted_at=now()))
    session.flush()
    start = now() + dt.timedelta(days=3)
    session.add_all([
        Meeting(uid="1@meeting", introduction_id=case.id, kind="meeting", state="agreed", title="首次会谈", side="need",
                starts_at=start, ends_at=start + dt.timedelta(hours=1), minutes=""),
        CaseTask(introduction_id=case.id, text="带样件", who_id=people.enterprise.id)])
    session.commit()
    return app


def test_every_address_has_its_row(app):
    known = {endpoint for _, endpoint in DOORS}
    found = {rule.endpoint for rule in app.url_map.iter_rules()}
    undeclared = {name for name in found if name not in known and name.split(".")[0] not in ELSEWHERE}
    assert undeclared == set()


def test_every_row_is_an_address(app):
    """The table names each address by the endpoint that answers it."""
    adapter = app.url_map.bind("localhost")
    for (method, endpoint), (path, _) in DOORS.items():
        assert adapter.match(path, method=method)[0] == endpoint


@pytest.mark.parametrize("role", ROLES)
def test_each_door_opens_for_whom_the_table_says(house, people, role):
    person = getattr(people, role, None)
    for (method, endpoint), (path, answers) in DOORS.items():
        if (method, endpoint) == ("POST", "posts.move"):
            continue
        answer = browser(house, person).open(path, method=method)
        assert (endpoint, answer.status_code) == (endpoint, answers[role])


@pytest.mark.parametrize("role", ROLES)
def test_only_the_owner_and_the_office_withdraw(house, people, role):
    path, answers = DOORS["POST", "posts.move"]
    assert browser(house, getattr(people, role, None)).post(path).status_code == answers[role]


@pytest.mark.parametrize(("path", "codes"), HIDDEN)
def test_what_is_hidden_looks_like_what_is_not_there(house, people, path, codes):
    answers = [browser(house, getattr(people, role, None)).get(path).status_code for role in ROLES]
    assert " ".join(map(str, answers)) == codes


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_reading_addresses_are_not_written_to(house, people, method):
    for path in ("/needs", "/posts/1", "/search", "/desk/status"):
        answer = browser(house, people.admin).open(path, method=method)
        assert answer.status_code == 405
        assert "GET" in answer.headers["Allow"]


@pytest.mark.parametrize("number", [2**31, 2**63, 10**40])
def test_a_number_that_no_row_has_is_no_page(house, people, number):
    admin = browser(house, people.admin)
    reading = (f"/posts/{number}", f"/posts/{number}/edit", f"/transfer/jobs/{number}")
    writing = (f"/desk/jobs/{number}/retry", f"/posts/{number}/match", f"/posts/1/candidates/{number}/judgement",
               f"/posts/1/candidates/{number}/judgement/undo")
    assert {admin.get(path).status_code for path in reading} == {404}
    assert {admin.post(path, data={"verdict": "fits"}).status_code for path in writing} == {404}

"""A page speaks the language that its reader chose."""

import datetime as dt
import email
import email.policy
import re

import pytest

from matchmaker.services import notices
from matchmaker.services.clock import HERE
from matchmaker.speech import own
from matchmaker.worker import Worker
from models import Event, now
from tests.builders import need
from tests.views.conftest import PASSWORD, browser, words_of


@pytest.mark.parametrize(("language", "word"), [("en", "Technology needs"), ("zh", "技术需求"), ("xx", "技术需求")])
def test_a_page_speaks_the_language_that_was_chosen(app, language, word):
    client = app.test_client()
    client.set_cookie("language", language)
    assert word in client.get("/").text


def test_mails_speak_the_language_that_their_reader_chose(app, people, session, config):
    for person, code in ((people.enterprise, "en"), (people.researcher, "zh")):
        reader = browser(app, person)
        assert reader.post("/settings/display", data={"language": code}).status_code == 302
    for person in (people.enterprise, people.researcher):
        notices.notify(session, person, "expiry", "请确认是否仍然有效：Warp control", "如有疑问，请联系单位管理者。",
                       "/expiring", "one")
    session.commit()
    worker = Worker(config, app.extensions["sessions"])
    while worker.step():
        pass
    found = {mail["To"]: mail for mail in (
        email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        for path in (config.instance / "mail").glob("*.eml"))}
    english, chinese = found[people.enterprise.email], found[people.researcher.email]
    assert english["Subject"] == "Is it still valid: Warp control"
    assert "Hello 王工,\n\nAsk the owner of the organisation if you have questions." in english.get_content()
    assert "To receive no more mails of this kind: " in english.get_content()
    assert chinese["Subject"] == "请确认是否仍然有效：Warp control"
    assert "您好，李研究员：" in chinese.get_content()


@pytest.mark.parametrize(("asked", "chosen", "said"), [
    (None, None, "没有找到这条信息"), ("en-GB,en;q=0.8", None, "This was not found"),
    ("fr", None, "没有找到这条信息"),
    ("zh-CN,zh;q=0.9,en;q=0.8", None, "没有找到这条信息"), ("en", "zh", "没有找到这条信息"),
    ("zh-CN", "en", "This was not found"),
])
def test_the_api_answers_in_the_language_of_the_browser_else_of_the_program(app, asked, chosen, said):
    client = app.test_client()
    if chosen:
        client.set_cookie("language", chosen)
    answer = client.get("/api/v1/needs/999", headers={"Accept-Language": asked} if asked else {})
    assert answer.status_code == 404
    assert answer.json["error"].startswith(said)
    assert "Accept-Language" in answer.vary


def test_the_api_says_labels_in_that_language_and_keeps_what_people_wrote(app, session):
    session.add(post := need("企业", field="energy", brief="材料"))
    session.commit()
    facts = app.test_client().get(f"/api/v1/needs/{post.id}", headers={"Accept-Language": "en"}).json
    assert (facts["title"], facts["brief"], facts["field"]) == ("企业", "材料", "energy")
    assert facts["field_label"].isascii()


def test_another_browser_speaks_as_its_user_chose_elsewhere_unless_a_choice_was_made_in_it(app, people, session):
    people.enterprise.language, people.enterprise.zone = "en", "Asia/Tokyo"
    session.commit()
    given = {"email": people.enterprise.email, "password": PASSWORD}
    fresh, chosen = app.test_client(), app.test_client()
    chosen.set_cookie("language", "zh")
    for client in (fresh, chosen):
        assert client.post("/sign-in", data=given).status_code == 302
    assert [client.get_cookie("language").value for client in (fresh, chosen)] == ["en", "zh"]
    assert fresh.get_cookie("zone").value == "Asia/Tokyo"


def test_names_that_are_words_of_the_product_stay_as_they_are(app, people, session):
    """王工 of 企业 is called 发布 now, and hurries a need called 材料 along."""
    firm = people.enterprise.organisation
    firm.name, people.enterprise.name = "企业", "发布"
    session.add(need("材料", owner=people.enterprise, organisation=firm))
    session.commit()
    reader = browser(app, people.enterprise)
    reader.set_cookie("language", "en")
    home, mine, hall = (words_of(reader.get(path).text) for path in ("/", "/organisation", "/needs"))
    assert "发布" in home
    assert "企业" in mine
    assert {"材料", "企业"} <= set(hall.split())


def test_times_are_those_of_the_zone_that_was_chosen_on_pages_in_forms_and_filters(app, people, session):
    """钱主任 reads from Berlin what was logged at 01:00 in Beijing: there it is the evening before."""
    head = browser(app, people.head)
    assert head.post("/settings/display", data={"zone": "Europe/Berlin"}).status_code == 302
    session.refresh(people.head)
    assert people.head.zone == "Europe/Berlin"
    logged = dt.datetime(2026, 1, 10, 1, tzinfo=HERE)
    session.add(Event(at=logged, action="post.published", subject="post", subject_id=7))
    session.commit()
    page = head.get("/audit/?who=&since=2026-01-09&until=2026-01-09").text
    assert "2026-01-09 18:00" in page
    assert "柏林" in page
    assert "2026-01-09 18:00" not in head.get("/audit/?who=&since=2026-01-10&until=2026-01-10").text


def test_the_log_is_read_in_words_and_narrowed_by_them(app, people, session):
    session.add_all([Event(at=now(), action=action, subject=thing) for action, thing in (
        ("introduction.accept", "introduction"), ("contract.signed", "contract"))])
    session.add(Event(action="introduction.assigned", subject="introduction", after={"broker": people.broker.id},
                      before={"broker": None, "state": "intent"}))
    session.commit()
    head = browser(app, people.head)
    assert f"负责人：{people.broker.name}" in entries(head.get("/audit/?who=&action=introduction.assigned").text)
    assert "状态：已提意向" in entries(head.get("/audit/?who=&action=introduction.assigned").text)
    assert "接受意向" in entries(head.get("/audit/?who=&action=introduction.").text)
    assert "合同签订" not in entries(head.get("/audit/?who=&action=introduction.").text)
    assert "<tbody>" not in head.get("/audit/?action=contract.").text, "what the system did is shown when asked for"
    head.set_cookie("language", "en")
    page = head.get("/audit/?who=&action=contract.signed").text
    assert '<option value="contract.signed" selected>' in page
    assert "introduction.accept" not in entries(page)
    assert entries(page).isascii()


def entries(page: str) -> str:
    return words_of(page[page.index("<tbody>"):page.index("</tbody>")])


def test_a_notice_leaves_what_posts_and_people_are_called_as_it_is(app, people, session):
    """A post called 需求, as the catalogue calls a need; also in a notice of before names were marked."""
    notices.notify(session, people.enterprise, "review", f"已发布：{own('需求')}", "", "", "new")
    notices.notify(session, people.enterprise, "review", "已发布：薄壁件", "", "", "old")
    session.commit()
    mine = browser(app, people.enterprise)
    assert {"已发布：需求", "已发布：薄壁件"} <= set(subjects(mine))
    mine.set_cookie("language", "en")
    assert {"Published: 需求", "Published: 薄壁件"} <= set(subjects(mine))


def subjects(client):
    return re.findall(r"<h2[^>]*>(?:<span[^<]*</span>)?([^<]*)</h2>", client.get("/notices").text)

"""A page speaks the language that its reader chose."""

import email
import email.policy

import pytest

from matchmaker.services import notices
from matchmaker.worker import Worker
from tests.views.conftest import browser


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

"""李研究员 answers 王工's need; 赵经理 brings the two from the intent to a registered contract, all through forms."""

import datetime as dt
import io
import re

import docx
import pytest

from models import Document, Introduction, now
from tests.builders import achievement, need
from tests.services.cases import ANSWERS
from tests.views.conftest import browser, words_of
from tests.views.test_contracts import TODAY, TYPED, saved

SECRET, ANNEX = "出模后翘曲零点八毫米，装配超差。", "模温曲线见附件。"


@pytest.fixture
def posts(session, people):
    asked = need("求薄壁件翘曲控制", owner=people.enterprise, organisation=people.enterprise.organisation,
                 main_problem=SECRET, annex=ANNEX, disclosure="staged", hide_organisation=True,
                 brief="薄壁件变形，求控制办法。")
    offered = achievement("翘曲补偿技术", owner=people.researcher, organisation=people.researcher.organisation)
    session.add_all([asked, offered])
    session.commit()
    return asked.id, offered.id


def form(client, address, **typed):
    """Send a form and follow where it leads: the page then shown."""
    answer = client.post(address, data=typed)
    assert answer.status_code == 302, words_of(answer.text)
    return client.get(answer.location)


def test_from_an_intent_to_a_closed_case(app, people, posts):
    firm, university, office, rival = (browser(app, one) for one in (
        people.enterprise, people.researcher, people.broker, people.rival))
    asked, offered = posts

    def step(client, action, **typed):
        return form(client, f"/cases/1/steps/{action}", version=saved(app, Introduction).version, **typed)

    before = university.get(f"/posts/{asked}").text
    assert SECRET not in before
    assert "示例精工有限公司" not in before
    form(university, "/intents/new", need=asked, supply=offered, side="supply", **ANSWERS)
    assert ANSWERS["why"] in firm.get("/cases/1").text
    assert people.enterprise.email not in university.get("/cases/1").text
    assert rival.get("/cases/1").status_code == 404

    step(firm, "accept")
    after = university.get(f"/posts/{asked}").text
    assert SECRET in after
    assert ANNEX not in after
    assert people.enterprise.email in university.get("/cases/1").text
    assert SECRET not in rival.get(f"/posts/{asked}").text

    form(office, "/cases/1/broker", version=saved(app, Introduction).version, broker=people.broker.id)
    form(firm, "/cases/1/messages", text="下周可以看样件吗？")
    form(office, "/cases/1/messages", text="注意预算。", internal=1)
    assert "下周可以看样件吗？" in university.get("/cases/1").text
    assert "注意预算。" not in university.get("/cases/1").text + firm.get("/cases/1").text
    assert "未读留言" in university.get("/").text

    minutes_of_a_meeting(app, people, firm, university, office)

    form(firm, "/cases/1/nda", side="need")
    assert ANNEX not in university.get(f"/posts/{asked}").text
    assert university.post("/cases/1/nda", data={"side": "need"}).status_code == 403
    form(university, "/cases/1/nda", side="supply")
    step(office, "nda")
    assert ANNEX in university.get(f"/posts/{asked}").text

    step(office, "negotiate")
    form(office, "/contracts/new?case=1", **TYPED)
    base = f"/contracts/{saved(app).id}"
    assert "起草" in firm.get("/cases/1").text
    form(office, f"{base}/steps/sign", version=saved(app).version)
    form(office, f"{base}/steps/register", version=saved(app).version, on=TODAY, registry_number="2026220100000009")
    assert saved(app, Introduction).state == "registered"
    for side in (firm, university):
        assert "2026220100000009" in side.get(base).text
    assert rival.get(base).status_code == 404

    step(office, "perform")
    step(office, "close")
    assert saved(app, Introduction).state == "closed"
    assert "对接已结束。" in words_of(firm.get("/cases/1").text)
    assert "翘曲补偿技术" not in words_of(office.get("/cases").text)
    assert firm.post("/cases/1/messages", data={"text": "还在吗？"}).status_code in (400, 403)


def minutes_of_a_meeting(app, people, firm, university, office):
    """王工 proposes a time, 李研究员 takes it, 赵经理 writes the minutes and makes a paper of them."""
    day = (now() + dt.timedelta(days=3)).date().isoformat()
    form(firm, "/cases/1/meetings/new", kind="meeting", title="首次会谈", place="示例会议室", length=60,
         **{"day-0": day, "clock-0": "14:00"})
    assert "等对方从以下时间中选择" in firm.get("/meetings/1").text
    early = office.post("/meetings/1/paper")
    assert early.status_code == 400
    assert "请先写好这次会谈的纪要" in early.text
    form(university, "/meetings/1/accept", version=1, slot=0)
    written = {"minutes": "双方介绍情况。", "decisions": "寄样件\n再会面", "task-0": "寄出样件",
               "who-0": people.enterprise.id, "due-0": day}
    form(office, "/meetings/1/minutes", version=2, **written)
    assert "寄出样件" in firm.get("/intents").text
    form(office, "/meetings/1/paper")
    paper = docx.Document(io.BytesIO(university.get(f"/documents/{saved(app, Document).id}").data))
    said = "\n".join(one.text for one in paper.paragraphs)
    assert re.search(r"寄出样件（王工，\d+ 年 \d+ 月 \d+ 日前）", said)
    assert "王工、李研究员、赵经理" in said + "\n".join(
        cell.text for table in paper.tables for row in table.rows for cell in row.cells)

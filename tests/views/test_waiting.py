"""赵经理 and 王工 see on their first page what waits for them, and each count leads to its page."""

import datetime as dt
import re

import pytest

from matchmaker.services import brokering, messages
from matchmaker.services.brokering import Pair
from matchmaker.services.clock import today
from models import CaseTask, Contract, FollowUp, Match
from tests.builders import achievement, expert, need
from tests.services.cases import ANSWERS
from tests.views.conftest import browser, words_of


@pytest.fixture
def posts(session, people):
    asked = need("求薄壁件翘曲控制", owner=people.enterprise, organisation=people.enterprise.organisation)
    offered = achievement("翘曲补偿技术", owner=people.researcher, organisation=people.researcher.organisation)
    session.add_all([asked, offered])
    session.flush()
    return Pair(asked, offered)


def lines(page):
    """What the section of waiting things says: label → count, address."""
    section = re.search(r'aria-labelledby="waits-title".*?</section>', page, re.DOTALL).group()
    found = re.findall(r'<a href="([^"]+)"><strong>(\d+)</strong> <span>([^<]+)</span>', section)
    return {label: (int(n), address) for address, n, label in found}


def test_an_intent_and_a_message_wait_for_those_who_are_to_answer(app, session, people, posts):
    case = brokering.express_intent(session, people.researcher, posts, "supply", ANSWERS)
    messages.send(session, people.broker, case, "请先看一下。")
    session.commit()
    waiting = lines(browser(app, people.enterprise).get("/").text)
    assert waiting["等您答复的对接意向与推荐"] == (1, "/intents")
    assert waiting["未读留言"] == (1, "/intents")
    assert "等您答复的对接意向与推荐" not in lines(browser(app, people.researcher).get("/").text)
    assert "未读留言" not in lines(browser(app, people.rival).get("/").text)


def test_the_office_sees_cases_due_stalled_and_its_own_tasks_and_follow_ups(app, session, people, posts):
    case = brokering.propose(session, people.broker, posts)
    case.broker_id, case.state, case.next_due = people.broker.id, "stalled", today()
    deal = Contract(project_name="示例项目", type="service", state="signed", broker_id=people.broker.id)
    session.add_all([deal, CaseTask(introduction_id=case.id, text="约时间", who_id=people.broker.id)])
    session.flush()
    session.add_all([FollowUp(contract_id=deal.id, days=90, due_on=today()),
                     FollowUp(contract_id=deal.id, days=180, due_on=today() + dt.timedelta(days=40))])
    session.commit()
    office = browser(app, people.broker)
    waiting = lines(office.get("/").text)
    expected = {"下一步今天到期或已过期的对接": (1, "/cases/day#due-title"),
                "停滞的对接": (1, "/cases/day#stalled-title"),
                "您的待办": (1, "/cases/day#tasks-title"), "今天到期或已过期的回访": (1, "/follow-ups/")}
    assert expected.items() <= waiting.items()
    for _, address in waiting.values():
        path, _, anchor = address.partition("#")
        page = office.get(path)
        assert page.status_code == 200
        assert f'id="{anchor}"' in page.text or not anchor


def test_the_board_says_who_carries_how_much(app, session, people, posts):
    brokering.propose(session, people.broker, posts).broker_id = people.broker.id
    session.commit()
    page = words_of(browser(app, people.head).get("/cases").text)
    assert re.search(r"赵经理 1 30", page)
    assert "钱主任 0" not in page


def test_the_plan_of_sharing_out_is_proposed_row_by_row(app, session, people, posts):
    session.add(person := expert("示例专家", owner=people.researcher, organisation=people.researcher.organisation))
    session.flush()
    session.add(Match(post_id=posts.need.id, candidate_id=person.id, candidate_kind="expert", rank=1, score=1.0,
                      probability=0.6, band="strong", passed=True, reasons=[], rules=[], evidence={}, produced_by={}))
    session.commit()
    office = browser(app, people.broker)
    page = office.get("/cases/sharing").text
    assert re.search(r"求薄壁件翘曲控制 → 示例专家 相关的可能性 60%", words_of(page))
    sent = dict(re.findall(r'name="(need|supply|next)" value="([^"]+)"', page))
    answer = office.post("/cases", data=sent)
    assert (answer.status_code, answer.location) == (302, "/cases/sharing")
    after = words_of(office.get("/cases/sharing").text)
    assert "已建立对接" in after
    assert "没有可分派的需求" in after
    assert "示例专家" in browser(app, people.enterprise).get("/intents").text

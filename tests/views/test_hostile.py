"""What nobody types by hand: invisible characters, numbers that no row has, days of no calendar."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest

from matchmaker.services import lists, saved_searches
from matchmaker.services.figures.table import FIGURES
from models import Draft, Introduction, SavedSearch
from models.vocabulary import Kind
from tests.builders import achievement, facility, need
from tests.views.conftest import browser

INVISIBLE = "\u200b\u2060\ufeff"


@pytest.mark.parametrize("title", [INVISIBLE, "\u200d", "\0", " \u3000"])
def test_a_title_that_nobody_sees_is_no_title(app, people, title):
    answer = browser(app, people.enterprise).post("/needs/new", data={"title": title, "main_problem": "翘曲"})
    assert answer.status_code == 400
    assert "请填写名称。" in answer.text


def test_invisible_characters_never_reach_a_row(app, session, people):
    """No database keeps NUL in a text: one that came through would end in an error there."""
    browser(app, people.enterprise).post("/searches", data={
        "kind": "need", "query": "q=翘曲", "frequency": "daily", "name": f"翘\0曲{INVISIBLE}"})
    assert session.query(SavedSearch.name).scalar() == "翘曲"


@pytest.mark.parametrize("path", ["/figures/a%00b", "/messages/%00", "/searches/stop/a%00", "/confirm/%0d%0a"])
def test_an_address_with_a_control_character_is_no_page(app, people, path):
    assert browser(app, people.head).get(path).status_code == 404


@pytest.mark.parametrize("path", [
    "/contracts/?after=", "/contracts/new?case=", "/stories/?before=", "/targets/?year=020269", "/targets/?year=2026",
    "/notices?before=", "/desk/organisations?after=", "/admin/users?after="])
@pytest.mark.parametrize("number", ["9" * 25, "-1", "²"])
def test_a_number_that_no_row_has_is_passed_over(app, people, path, number):
    assert browser(app, people.admin).get(path + number).status_code == 200


@pytest.fixture
def case(session, people) -> Introduction:
    session.add_all([asked := need("求薄壁件翘曲控制", owner=people.enterprise),
                     offered := achievement("翘曲补偿技术", owner=people.researcher)])
    session.flush()
    session.add(found := Introduction(need_id=asked.id, supply_id=offered.id, state="accepted", opened_side="need",
                                      intent_side="need", broker_id=people.broker.id))
    session.commit()
    return found


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01"])
def test_a_task_is_due_on_a_day_of_this_century(app, people, case, day):
    """9999-12-31 has no next day, at which the entry of a calendar ends."""
    told = {"text": "带样件", "who": people.enterprise.id, "due": day}
    answer = browser(app, people.broker).post(f"/cases/{case.id}/tasks", data=told)
    assert answer.status_code == 400
    assert "2000–2100" in answer.text
    times = {"kind": "meeting", "title": "会谈", "length": "60", "day-0": day, "clock-0": "23:59"}
    assert browser(app, people.broker).post(f"/cases/{case.id}/meetings/new", data=times).status_code == 400
    plan = {"version": case.version, "next_step": "拜访", "next_due": day}
    assert browser(app, people.broker).post(f"/cases/{case.id}/plan", data=plan).status_code == 400


@pytest.mark.parametrize("number", ["9" * 25, "2147483648", "-1", "²"])
def test_a_version_that_no_row_has_is_kept_with_no_draft(app, session, people, number):
    typed = {"title": "", "main_problem": "翘曲", "page": "p" * 200, "version": number, "base": number}
    assert browser(app, people.enterprise).post("/needs/new", data=typed).status_code == 400
    assert {(draft.version, draft.post_version) for draft in session.query(Draft)} <= {(1, 0), (1, 1)}


def test_a_write_that_fails_half_way_is_told_on_a_page(app, people, monkeypatch):
    """The session of the request is worth nothing then; the page that says so names the reader from a fresh one."""
    def broken(session, *_):
        session.add(SavedSearch(user_id=people.enterprise.id, kind="need", query="", name=None, token="t"))
        session.flush()

    monkeypatch.setattr(saved_searches, "create", broken)
    answer = browser(app, people.enterprise).post("/searches", data={"kind": "need", "frequency": "daily"})
    assert answer.status_code == 500
    assert "服务出现故障" in answer.text


@pytest.mark.parametrize("path", ["/needs?after=0_1_" + "9" * 40, "/dashboard?days=" + "9" * 5000])
def test_an_order_of_pages_that_no_page_said_means_the_first(app, people, path):
    assert browser(app, people.head).get(path).status_code == 200


NINES = "9" * 30
HOSTILE = (
    "0_" + NINES + "_1", "0_Infinity_1", "0_sNaN_1", "0_1E+400_1", "0_1E-999999999_1", "0_10000000000000000_1",
    "0_2147483648_1", "1_1_2147483648", "0_0001-01-01_1", "0_9999-12-31_" + NINES, "000000000000" + NINES, "2147483648",
    "-1", "²", "2020-01-01~5", "2020-01-01~2147483648", "2020-01-01T00:00:00~5", "0001-01-01T00:00:00+08:00~5",
    "2020-01-01T00:00:00+00:00~99999999999999999", "2020-01-01_" + NINES, "99999999999999999-99999999999999999",
    "1-2147483648", "x" * 5000)
"""Places at which no page ended."""

LISTS = (
    "/needs?q=翘曲", "/achievements?q=翘曲&sort=cheap", "/needs.atom?", "/api/v1/needs?sort=trl",
    *(f"/needs?sort={sort}" for sort in lists.sorts_of(Kind.NEED)), "/experts?sort=deadline", "/facilities?",
    "/audit/?", "/reviews/?", "/follow-ups/?", "/activities/?", "/notices?", "/contracts/?", "/stories/?", "/expiring?",
    "/desk/organisations?", "/admin/users?", "/disclosures?", "/intents?",
    "/posts/{need}/disclosures?", "/posts/{facility}/services?", "/cases/{case}?", "/figures/needs_published?",
    "/figures/contracts_count?")


@pytest.mark.parametrize("sessions", ["sqlite", "postgresql"], indirect=True)
@pytest.mark.parametrize("path", LISTS)
def test_a_place_at_which_no_page_ended_is_passed_over(app, session, people, case, path):
    session.add(bench := facility("示例中试平台"))
    session.commit()
    client, address = browser(app, people.admin), path.format(need=case.need_id, facility=bench.id, case=case.id)
    asked = {mark: urlencode(dict.fromkeys(("after", "before", "log", "page"), mark)) for mark in HOSTILE}
    assert [mark for mark in HOSTILE if client.get(f"{address}&{asked[mark]}").status_code not in (200, 302)] == []


@pytest.mark.parametrize("mark", ["2020-01-01~5", "2020-01-01T00:00:00~5"])
def test_the_rows_of_every_figure_are_shown_whatever_the_place(app, people, mark):
    head = browser(app, people.head)
    assert [key for key in FIGURES
            if head.get(f"/figures/{key}", query_string={"after": mark}).status_code != 200] == []


def test_a_case_whose_match_knows_no_places_has_its_page(app, session, people, case):
    """The demonstration's cases keep a match without its places."""
    said = {"need_sentence": "", "candidate_sentence": "", "sentence_similarity": 0.0, "terms": [], "indicators": [],
            "places": {"pool": 3}, "summary": ""}
    case.evidence = {"rank": 3, "score": 1.0, "probability": 0.6, "band": "medium", "passed": True, "reasons": [],
                     "rules": [], "evidence": said, "produced_by": {}, "asked": "need", "post_version": 1,
                     "candidate_version": 1}
    session.commit()
    assert browser(app, people.broker).get(f"/cases/{case.id}").status_code == 200

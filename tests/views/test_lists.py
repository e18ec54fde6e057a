"""The broker narrows lists down; everybody sees only what is theirs to see."""

from __future__ import annotations

import pytest

from matchmaker.services import lists
from matchmaker.services.counting import Asked
from matchmaker.services.lists import PAGE, Filters
from models.vocabulary import Kind
from tests.builders import achievement, need
from tests.views.conftest import browser, words_of

HTMX = {"HX-Request": "true"}


@pytest.fixture
def needs(session, people):
    firm = people.enterprise.organisation
    session.add_all([
        need("求薄壁件翘曲控制", field="materials", region="220102", organisation=firm),
        need("求低温密封材料", field="materials", region="220500", organisation=firm),
        need("求天麻干燥工艺", field="agriculture", region="220503", organisation=firm, hide_organisation=True),
        need("还在审核的需求", field="agriculture", region="220503", organisation=firm, state="submitted"),
        need("别人的草稿", field="agriculture", state="draft"),
    ])
    session.commit()


def test_filters_narrow_and_stand_in_the_address(app, needs):
    client = browser(app)
    everything = words_of(client.get("/needs").text)
    assert "共 3 条" in everything
    assert "新材料及其应用 2" in everything
    page = client.get("/needs?field=materials&region=220500").text
    assert "求低温密封材料" in page
    assert "求薄壁件翘曲控制" not in page


def test_a_region_holds_all_its_places(app, needs):
    page = browser(app).get("/needs?region=220500").text
    assert "求天麻干燥工艺" in page
    assert "求低温密封材料" in page
    assert "求薄壁件" not in page
    assert "共 3 条" in words_of(browser(app).get("/needs?region=220000").text)


def test_counts_say_what_each_choice_would_leave(app, needs):
    said = words_of(browser(app).get("/needs?field=materials").text)
    assert "通化市 1" in said
    assert "长春市 1" in said
    assert "农业 1" in said


def test_the_office_finds_what_waits_and_no_draft(app, people, needs):
    broker = browser(app, people.broker)
    assert "还在审核的需求" not in broker.get("/needs").text
    assert "待审核 1" in words_of(broker.get("/needs").text)
    waiting = words_of(broker.get("/needs?state=submitted").text)
    assert "还在审核的需求" in waiting
    assert "别人的草稿" not in waiting + broker.get("/needs?state=draft").text
    assert "还在审核的需求" in browser(app, people.enterprise).get("/needs?state=submitted").text
    for person in (None, people.rival):
        assert "还在审核的需求" not in browser(app, person).get("/needs?state=submitted").text


def test_unknown_filters_are_left_out(app, needs):
    answer = browser(app).get("/needs?field=nothing&region=%27&state=%00&after=xx")
    assert answer.status_code == 200
    assert "共 3 条" in words_of(answer.text)


def test_typing_answers_with_the_list_alone(app, needs):
    answer = browser(app).get("/needs?q=密封", headers=HTMX)
    assert "<html" not in answer.text
    assert "求低温" in answer.text
    assert "求天麻" not in answer.text


@pytest.mark.parametrize("text", ["🐟🐠", "%", "_", "'", "\"*:^~", "<b>", "\x00", "激" * 100_000, "AND OR NOT (", " "])
def test_any_text_may_be_looked_for(app, needs, text):
    client = browser(app)
    for path in ("/needs", "/search"):
        assert client.get(path, query_string={"q": text}).status_code == 200


def test_without_the_engine_keywords_stand_in_and_the_page_says_so(app, people, needs, finder):
    finder.away = True
    page = browser(app).get("/needs?q=密封").text
    assert "语义检索暂不可用，当前按关键词查找" in page
    assert "求低温" in words_of(page)
    assert "语义检索暂不可用" in browser(app).get("/search?q=密封").text
    assert "语义检索暂不可用" in browser(app, people.broker).get("/needs?q=密封&state=published").text
    assert "语义检索暂不可用" not in browser(app, people.broker).get("/needs?q=审核&state=submitted").text
    described = browser(app).post("/describe", data={"problem": "没有人写过的话"})
    assert described.status_code == 200
    assert "语义检索暂不可用" in described.text
    assert "按关键词没有找到" in described.text


def test_an_empty_list_says_what_to_do(app, needs):
    assert "还没有科技成果" in browser(app).get("/achievements").text
    assert "清除筛选" in browser(app).get("/needs?field=nuclear").text
    assert "没有找到" in browser(app).get("/needs?q=zzzz").text


def test_pages_follow_each_other_without_gap_or_repetition(app, session):
    session.add_all([achievement(f"成果{n:03}") for n in range(PAGE * 2 + 3)])
    session.commit()
    client, path, seen = browser(app), "/achievements", []
    while path:
        page = client.get(path).text
        seen += [line for line in words_of(page).split() if line.startswith("成果0")]
        path = page.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&") \
            if 'rel="next"' in page else ""
    assert len(seen) == len(set(seen)) == PAGE * 2 + 3
    assert seen == sorted(seen, reverse=True)


def test_a_hidden_organisation_is_named_to_its_own_and_to_the_office_only(app, people, needs):
    firm = people.enterprise.organisation.name
    for person, told in ((None, False), (people.rival, False), (people.enterprise, True), (people.broker, True)):
        assert (firm in browser(app, person).get("/posts/3").text.split("alike-title")[0]) is told
        assert (firm in browser(app, person).get("/needs?field=agriculture").text) is told


@pytest.mark.parametrize(("region", "inside", "outside"), [
    ("220000", "220503", "230100"), ("220500", "220503", "220100"), ("220503", "220503", "220500"),
    ("100000", "100100", "110000"),
])
def test_how_far_a_region_reaches(session, region, inside, outside):
    session.add_all([need("在内", region=inside), need("在外", region=outside)])
    session.flush()
    found = lists.listing(session, Asked(None, Kind.NEED, Filters(region=region)))
    assert [post.title for post in found.posts] == ["在内"]


@pytest.mark.parametrize("role", [None, "broker"])
def test_asking_in_own_words_waits_for_nobody_who_writes(app, people, session, sessions, role):
    session.add(achievement("薄壁注塑件翘曲预测"))
    session.commit()
    asking = browser(app, getattr(people, role) if role else None)
    with sessions.write() as writing:
        writing.add(achievement("写到一半的成果"))
        writing.flush()
        answer = asking.post("/describe", data={"problem": "薄壁注塑件翘曲"})
        writing.rollback()
    assert answer.status_code == 200

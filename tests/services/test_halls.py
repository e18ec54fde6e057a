"""Halls: counts equal those of the rows counted one by one, pages hold under change, digests tell a thing once."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from decimal import Decimal

import pytest
from sqlalchemy import select

from matchmaker.services import counting, facets, feeds, lists, permissions, saved_searches
from matchmaker.services.counting import Asked
from matchmaker.services.facets import Filters
from matchmaker.services.halls import Question
from matchmaker.speech import plain
from models import Job, Need, Notice, now
from models.vocabulary import Kind, Role
from tests.builders import achievement, need, organisation, user
from tests.services.fakes import FakeFinder

FIELDS, REGIONS = ("materials", "energy", None), ("220102", "220503", "110000", None)
BUDGETS = (None, Decimal(50_000), Decimal(100_000), Decimal(4_999_999), Decimal(9_000_000))


@pytest.fixture
def people(session):
    """A stranger, 王工 whose firm posts, 孙工 of another, and 赵经理 of the office."""
    firm, rival = organisation("示例精工"), organisation("示例同行")
    found = {"stranger": None, "enterprise": user(Role.ENTERPRISE, organisation=firm),
             "rival": user(Role.ENTERPRISE, organisation=rival), "broker": user(Role.BROKER)}
    session.add_all([one for one in found.values() if one])
    session.add_all([
        need(f"示例需求{n}", field=FIELDS[n % 3], region=REGIONS[n % 4], budget=BUDGETS[n % 5], trl=n % 10 or None,
             industry=("C3670", "C2770", "A0171", None)[n % 4], modes=[["joint"], ["joint", "transfer"], []][n % 3],
             organisation=(firm, rival)[n % 2], hide_organisation=n % 7 == 0,
             disclosure="staged" if n % 6 == 0 else "open",
             state=("published", "published", "submitted", "draft")[n % 4])
        for n in range(60)])
    session.flush()
    return found


def codes(post, part, chosen):
    """Under which codes a post counts, written down once more."""
    if part in ("trl", "amount") and post.disclosure != "open":
        return []
    section = (post.industry or "")[:1]
    found = {
        "field": [post.field], "region": [post.region and post.region[:4] + "00"], "mode": post.modes,
        "industry": [section, post.industry[:3]] if section and (chosen or "")[:1] == section else [section],
        "trl": [code for code, (low, high) in facets.MATURITIES.items() if post.trl and low <= post.trl <= high],
        "amount": ["open"] if post.budget is None else [
            code for code, (low, high) in facets.AMOUNTS.items()
            if low * 10_000 <= post.budget and (high is None or post.budget < high * 10_000)],
        "organisation": [] if post.hide_organisation else [str(post.organisation_id)],
    }[part]
    return [code for code in found if code]


def passes(post, filters, but=""):
    for part, code in filters.as_query().items():
        reach = {"region": facets.area_prefix(code), "industry": code}.get(part)
        if part == but:
            continue
        if reach is not None:
            if not (getattr(post, part) or "").startswith(reach):
                return False
        elif code not in codes(post, part, None):
            return False
    return True


@pytest.mark.parametrize("role", ["stranger", "enterprise", "rival", "broker"])
@pytest.mark.parametrize("filters", [
    Filters(), Filters(field="materials"), Filters(region="220000", mode="joint"), Filters(industry="C"),
    Filters(amount="u10", trl="pilot"), Filters(amount="open"), Filters(industry="C36", region="220500"),
], ids=str)
def test_counts_equal_those_of_the_rows(session, people, role, filters):
    shown = [post for post in session.scalars(select(Need)) if permissions.can_see(people[role], post)
             and post.state == "published"]
    found = counting.tally(session, Asked(people[role], Kind.NEED, filters))
    assert found.total == sum(passes(post, filters) for post in shown)
    for facet in found.facets:
        if facet.name == "state":
            continue
        counted = Counter(code for post in shown if passes(post, filters, facet.name)
                          for code in codes(post, facet.name, facet.chosen))
        assert {one.code: one.n for one in facet.choices if one.n} == dict(counted), facet.name


def test_counts_follow_a_change_at_once(session, people):
    asked = Asked(None, Kind.NEED, Filters())
    before = counting.total(session, asked)
    session.add(need("新的示例需求"))
    session.flush()
    assert counting.total(session, asked) == before + 1


@pytest.mark.parametrize("sort", lists.sorts_of(Kind.NEED))
def test_pages_by_key_hold_while_others_publish(session, people, sort):
    asked, after, seen = Asked(None, Kind.NEED, Filters()), None, []
    there = {post.id for post in session.scalars(select(Need)) if post.state == "published"}
    while True:
        page = lists.listing(session, asked, sort, after, most=4)
        seen += [post.id for post in page.posts]
        session.add(need("插进来的需求", budget=Decimal(200_000), trl=5, valid_until=dt.date(2999, 1, 1)))
        session.flush()
        after = page.after
        if after is None or len(seen) > 200:
            break
    assert len(seen) == len(set(seen))
    assert there <= set(seen)


def test_the_order_of_amounts_tells_nothing_of_staged_posts(session):
    session.add_all([need("公开的", budget=Decimal(10_000)),
                     need("分级的", budget=Decimal(9_000_000), disclosure="staged")])
    session.flush()
    found = lists.listing(session, Asked(None, Kind.NEED, Filters()), "amount").posts
    assert [post.title for post in found] == ["公开的", "分级的"]


def test_what_is_past_its_date_stands_last(session):
    session.add_all([need("过期的", valid_until=dt.date(2020, 1, 1)), need("有效的", valid_until=dt.date(2999, 1, 1))])
    session.flush()
    found = lists.listing(session, Asked(None, Kind.NEED, Filters())).posts
    assert [post.title for post in found] == ["有效的", "过期的"]


def test_a_feed_tells_what_a_stranger_may_read(session):
    hidden = {"organisation": organisation("示例保密单位"), "hide_organisation": True, "disclosure": "staged"}
    session.add(need("求薄膜\x0b应力控制", brief="膜层超差", main_problem="配方甲三三", annex="附件乙四四",
                     contact_phone="13900000000", **hidden))
    session.flush()
    posts = lists.listing(session, Asked(None, Kind.NEED, Filters())).posts
    for form in feeds.FORMS:
        said = feeds.write(form, feeds.Channel("需求", "说明", "http://x/a", "http://x/n"), posts,
                           lambda post: f"http://x/{post.id}").decode()
        assert "膜层超差" in said
        assert not any(word in said for word in ("示例保密单位", "甲三三", "乙四四", "13900000000"))


def test_an_unpublished_post_is_in_no_feed(session):
    session.add(waits := need("待审核的需求", state="submitted"))
    session.flush()
    with pytest.raises(ValueError, match="published"):
        feeds.write("atom", feeds.Channel("需求", "说明", "http://x/a", "http://x/n"), [waits], str)


def test_a_digest_tells_each_post_once_and_only_what_is_new(session):
    reader = user(Role.ENTERPRISE, "王工")
    session.add_all([reader, achievement("旧的翘曲技术", published_at=now() - dt.timedelta(days=9))])
    session.flush()
    asked = Question.of(Kind.ACHIEVEMENT, {"q": "翘曲", "sort": "trl"})
    saved = saved_searches.create(session, reader, asked, "", "daily")
    session.add_all([achievement("新的翘曲技术"), achievement("翘曲的草稿", state="draft"),
                     achievement("无关的废水处理", description="活性污泥")])
    session.flush()
    for slot in ("2026-11-22T07", "2026-11-23T07"):
        found = saved_searches.news(session, FakeFinder(session), saved)
        saved_searches.tell(session, saved, found, slot, "https://example.com")
        session.flush()
    told = session.scalars(select(Notice)).all()
    assert [plain(one.text).splitlines()[0] for one in told] == ["· 新的翘曲技术"]
    (mail,) = session.scalars(select(Job).where(Job.kind == "mail"))
    assert f"https://example.com/searches/stop/{saved.token}" in mail.payload["text"]
    assert saved_searches.due(session, "daily") == [saved.id]
    saved_searches.stop(saved)
    session.flush()
    assert saved_searches.due(session, "daily") == []


def test_a_digest_counts_all_that_is_new_and_finds_it_behind_what_was_only_changed(session):
    reader = user(Role.ENTERPRISE, "王工")
    old = [achievement(f"旧成果{n}", published_at=now() - dt.timedelta(days=9)) for n in range(220)]
    session.add_all([reader, *old])
    session.flush()
    saved = saved_searches.create(session, reader, Question.of(Kind.ACHIEVEMENT, {}), "全部", "daily")
    session.add_all(achievement(f"新成果{n}") for n in range(230))
    session.flush()
    for post in old:
        post.brief = "重新导入"
    session.flush()
    for slot in ("2026-11-22T07", "2026-11-23T07"):
        found = saved_searches.news(session, FakeFinder(session), saved)
        saved_searches.tell(session, saved, found, slot, "https://example.com")
        session.flush()
    (told,) = session.scalars(select(Notice))
    assert plain(told.subject) == "“全部”有 230 条新科技成果"
    assert "另有 210 条。" in plain(told.text)
    assert "旧成果" not in plain(told.text)

"""Searching: by words and meaning, by keywords while the engine is away, and never more than one may know."""

import datetime as dt
import time

import pytest
from sqlalchemy import event, select

from matchmaker.ranking.nearness import MEASURED, Nearness
from matchmaker.services import search
from matchmaker.services.lists import Filters
from matchmaker.services.search import Wanted, keywords
from models import Post
from models.vocabulary import Kind, Role
from tests.builders import achievement, facility, need, organisation, user
from tests.services.fakes import AwayFinder, FakeFinder

ALL = Wanted(tuple(Kind))
ODD = ("%", "_", "\\", "'; drop table post; --", "🙂", "<b>", "((", "\"", "a" * 100_000, "长" * 100_000)


@pytest.fixture
def hall(session):
    """A hall with four published posts, a draft, and a staged need."""
    company = organisation("示例光电公司")
    owner = user(Role.ENTERPRISE, "赵工", organisation=company)
    posts = {
        "lidar": achievement("激光雷达回波去噪", description="雨雾中的点云去噪算法，误检率降低一半。",
                             field="electronics", region="220100", keywords=["激光雷达", "点云"]),
        "laser": achievement("激光焊接熔深监测", description="光谱信号估计焊缝熔深。", field="manufacturing",
                             region="220500"),
        "bench": facility("示例光学检测平台", services="激光器参数测试与点云标定"),
        "need": need("求车载摄像头镜片镀膜工艺", main_problem="湿热环境下膜层脱落。", field="materials"),
        "staged": need("求光学薄膜应力控制", brief="膜层应力超差", main_problem="配方代号甲三三，应力 200 MPa",
                       disclosure="staged", organisation=company, owner=owner),
        "draft": achievement("激光清洗设备（草稿）", state="draft", owner=owner, field="manufacturing"),
        "returned": need("求激光打标方案", state="returned", owner=owner, organisation=company),
    }
    broker = user(Role.BROKER)
    session.add_all([owner, broker, *posts.values()])
    session.flush()
    return posts | {"session": session, "owner": owner, "broker": broker}


def titles(hall, text, viewer=None, wanted=ALL, away=False):
    finder = AwayFinder() if away else FakeFinder(hall["session"])
    found = search.search(hall["session"], finder, viewer, text, wanted)
    assert found.degraded is (away and bool(text.strip()))
    return [row.post.title for row in found.rows]


@pytest.mark.parametrize("away", [False, True], ids=["engine", "keywords"])
class TestEitherWay:
    def test_words_are_found_in_every_kind(self, hall, away):
        assert set(titles(hall, "点云", away=away)) == {"激光雷达回波去噪", "示例光学检测平台"}

    def test_a_kind_can_be_asked_for(self, hall, away):
        assert titles(hall, "点云", wanted=Wanted((Kind.FACILITY,)), away=away) == ["示例光学检测平台"]

    def test_filters_narrow(self, hall, away):
        where = Wanted((Kind.ACHIEVEMENT,), Filters(field="manufacturing"))
        assert titles(hall, "激光", wanted=where, away=away) == ["激光焊接熔深监测"]
        province = Wanted((Kind.ACHIEVEMENT,), Filters(region="220000"))
        assert len(titles(hall, "激光", wanted=province, away=away)) == 2

    def test_a_stranger_finds_no_draft(self, hall, away):
        assert "激光清洗设备（草稿）" not in titles(hall, "激光清洗", away=away)
        assert "求激光打标方案" not in titles(hall, "激光打标", away=away)

    def test_its_owner_does(self, hall, away):
        assert "激光清洗设备（草稿）" in titles(hall, "激光清洗", hall["owner"], away=away)

    def test_the_office_sees_what_was_returned_but_no_draft(self, hall, away):
        assert "求激光打标方案" in titles(hall, "激光打标", hall["broker"], away=away)
        assert "激光清洗设备（草稿）" not in titles(hall, "激光清洗", hall["broker"], away=away)

    def test_hidden_words_find_nothing(self, hall, away):
        for viewer in (None, hall["broker"]):
            assert "求光学薄膜应力控制" not in titles(hall, "甲三三", viewer, away=away)

    def test_the_newest_come_without_words(self, hall, away):
        assert len(titles(hall, "  ", away=away)) == 5
        assert len(titles(hall, "", wanted=Wanted(tuple(Kind), most=2), away=away)) == 2

    @pytest.mark.parametrize("text", ODD, ids=range(len(ODD)))
    def test_any_words_are_answered(self, hall, away, text):
        assert isinstance(titles(hall, text, away=away), list)


@pytest.mark.parametrize("text", ["%", "_", "__", "%%%", "*"])
def test_wildcards_find_nothing(hall, text):
    assert titles(hall, text, away=True) == []


def test_keywords_in_a_json_column_are_found(hall):
    hall["lidar"].description, hall["lidar"].title = "", "示例成果"
    hall["session"].flush()
    assert titles(hall, "点云", wanted=Wanted((Kind.ACHIEVEMENT,)), away=True) == ["示例成果"]


def test_a_long_question_is_split():
    assert keywords("车载镜头 AR-HUD 膜层脱落怎么办") == ["车载镜头", "ar-hud", "膜层", "脱落", "怎么"]


def test_a_sentence_finds_by_its_pieces(hall):
    assert titles(hall, "摄像头镜片膜层脱落怎么办", away=True)[:1] == ["求车载摄像头镜片镀膜工艺"]


class TestSnippet:
    def found(self, hall, text, viewer=None):
        rows = search.search(hall["session"], FakeFinder(hall["session"]), viewer, text, ALL).rows
        return {row.post.title: row for row in rows}

    def test_marks_the_words(self, hall):
        row = self.found(hall, "点云")["激光雷达回波去噪"]
        assert [piece.text for piece in row.pieces if piece.hit] == ["点云"]
        assert row.snippet == "雨雾中的点云去噪算法，误检率降低一半。"

    def test_begins_near_the_first_word(self, hall):
        hall["lidar"].description = "铺垫。" * 100 + "这里讲点云配准。" + "后文。" * 100
        hall["session"].flush()
        snippet = self.found(hall, "点云")["激光雷达回波去噪"].snippet
        assert "点云配准" in snippet
        assert (snippet[0], snippet[-1]) == ("…", "…")
        assert len(snippet) <= search.SNIPPET + 2

    def test_shows_a_stranger_only_the_brief(self, hall):
        assert self.found(hall, "膜层应力")["求光学薄膜应力控制"].snippet == "膜层应力超差"

    def test_shows_the_owner_the_text(self, hall):
        assert "甲三三" in self.found(hall, "膜层应力", hall["owner"])["求光学薄膜应力控制"].snippet


def test_keywords_answer_in_time(hall):
    hall["session"].add_all([achievement(f"示例成果第{n}号", description="重复的说明文字" * 30) for n in range(2000)])
    hall["session"].flush()
    start = time.perf_counter()
    titles(hall, "天麻烘干破损率控制与含水率在线监测方法", away=True)
    assert time.perf_counter() - start < 3


@pytest.mark.parametrize("away", [False, True], ids=["engine", "keywords"])
@pytest.mark.parametrize(("filters", "there"), [
    (Filters(), 3), (Filters(region="220000"), 2), (Filters(state="withdrawn"), 1),
    (Filters(state="published", region="220000"), 2), (Filters(state="withdrawn", region="220000"), 0)], ids=str)
def test_a_rare_choice_is_not_lost_among_newer_finds(hall, away, filters, there):
    """The hall looks at no more than it can page through, of what passes the filters first."""
    session = hall["session"]
    hall["lidar"].updated_at = hall["laser"].updated_at = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    session.add(achievement("激光切割（已撤回）", state="withdrawn", updated_at=hall["lidar"].updated_at))
    session.add_all([achievement(f"激光示例{n}", region="110000") for n in range(9)])
    session.flush()
    finder = AwayFinder() if away else FakeFinder(session)
    wanted = Wanted((Kind.ACHIEVEMENT,), filters, most=3, pool=3)
    found = search.rank(session, finder, hall["broker"], "激光", wanted)
    passing = select(Post.id).where(Post.id.in_(found.ids), *filters.conditions())
    assert len(session.scalars(passing).all()) >= there
    assert found.degraded is (away and filters.state != "withdrawn")


def test_only_what_is_shown_is_read_in_the_order_of_all_that_was_found(hall):
    session, past = hall["session"], dt.date(2020, 1, 1)
    session.add_all([achievement(f"激光示例{n}", description="激光" * (n % 4), valid_until=past if n % 3 else None)
                     for n in range(40)])
    session.flush()
    finder, wanted, read = FakeFinder(session), Wanted((Kind.ACHIEVEMENT, Kind.FACILITY), most=20), []
    ranked = [id_ for id_, _ in search._Asked.of(finder, "激光", wanted.kinds).found(session, wanted)]
    over = set(session.scalars(select(Post.id).where(Post.valid_until == past)))
    expected = [id_ for id_ in ranked if id_ not in over] + [id_ for id_ in ranked if id_ in over]
    session.expunge_all()
    event.listen(session, "loaded_as_persistent", lambda _, row: read.append(row))
    rows = search.search(session, finder, None, "激光", wanted).rows
    assert [row.post.id for row in rows] == expected[:20]
    assert {expected[0], expected[19]} & over == {expected[19]}
    assert sum(isinstance(row, Post) for row in read) == 20


def test_what_only_shares_a_word_is_not_related(hall, monkeypatch):
    finder = FakeFinder(hall["session"])
    hits = {hit.post_id: hit.similarity for hit in finder.search("激光焊接熔深监测", Kind.ACHIEVEMENT)}
    laser, lidar = hall["laser"].id, hall["lidar"].id
    assert hits[lidar] < hits[laser]
    found = search.near(hall["session"], finder, "激光焊接熔深监测", Kind.ACHIEVEMENT)
    assert found == [laser, lidar]
    limit = (hits[laser] + hits[lidar]) / 2
    monkeypatch.setitem(MEASURED, finder.encoder.name, Nearness(related=limit))
    assert search.near(hall["session"], finder, "激光焊接熔深监测", Kind.ACHIEVEMENT) == [laser]

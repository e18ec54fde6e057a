"""The same need posted twice, in the same words or in others: who is warned, and of what."""

import pytest

from matchmaker.services import duplicates
from matchmaker.services.ports import Hit
from models.vocabulary import Kind, State
from tests.builders import achievement, expert, need, organisation, user
from tests.services.fakes import AwayFinder, FakeFinder
from tests.services.lists import counts, csv_file, load

HEADER = ["需求名称", "企业名称", "主要问题", "编号"]


class Near(FakeFinder):
    """Finds posts at cosines that the test says."""

    def __init__(self, **cosines):
        self.cosines = {int(name[1:]): cosine for name, cosine in cosines.items()}
        self.named = "any@1/512/abc"

    def search(self, text, kind, k=200, allowed=None):
        return [Hit(post_id, 1.0, cosine) for post_id, cosine in self.cosines.items()]

    def status(self):
        return {"encoder": self.named}


@pytest.fixture
def scene(session):
    wang, broker = user("enterprise", "王工", organisation=organisation()), user("broker")
    stored = need("求薄壁注塑件 翘曲控制（方法）")
    session.add_all([wang, broker, stored])
    session.flush()
    mine = need("求薄壁注塑件翘曲控制方法", state=State.DRAFT.value, owner_id=wang.id)
    session.add(mine)
    session.flush()
    return wang, broker, stored, mine


def found(session, finder, viewer, post):
    return [(twin.post.title, twin.same_title) for twin in duplicates.of_post(session, finder, viewer, post)]


def test_the_same_title_is_found_without_the_engine(session, scene):
    wang, _, stored, mine = scene
    for finder in (None, AwayFinder()):
        assert found(session, finder, wang, mine) == [(stored.title, True)]


def test_other_kinds_and_what_was_withdrawn_are_not_the_same(session, scene):
    wang, _, stored, mine = scene
    stored.state = State.WITHDRAWN.value
    session.add(achievement(mine.title))
    session.flush()
    assert found(session, None, wang, mine) == []


def test_nobody_learns_of_what_is_not_published_that_way(session, scene):
    wang, broker, stored, mine = scene
    stored.state = State.SUBMITTED.value
    session.flush()
    assert found(session, None, wang, mine) == []
    assert found(session, None, broker, mine) == [(stored.title, True)]


def test_other_words_of_the_same_meaning_are_found_and_mere_neighbours_are_not(session, scene):
    wang, _, stored, mine = scene
    mine.title = "薄壁件出模变形怎么解决"
    neighbour = need("厚壁件缩痕控制")
    session.add(neighbour)
    session.flush()
    near = Near(**{f"_{stored.id}": 0.95, f"_{neighbour.id}": 0.88, f"_{mine.id}": 1.0})
    assert found(session, near, wang, mine) == [(stored.title, False)]
    near.cosines[neighbour.id] = float("nan")
    assert found(session, near, wang, mine) == [(stored.title, False)]


def test_the_built_in_encoder_has_a_limit_of_its_own(session, scene):
    wang, _, stored, mine = scene
    stored.title = "别的说法"
    near = Near(**{f"_{stored.id}": 0.88})
    assert found(session, near, wang, mine) == []
    near.named = "adapted@1/512/abc"
    assert found(session, near, wang, mine) == [(stored.title, False)]


def test_namesakes_are_the_same_only_within_one_organisation(session):
    here, there = organisation(), organisation()
    session.add_all([here, there])
    session.flush()
    session.add(expert("示例专家甲", organisation_id=here.id))
    session.flush()
    twin, namesake = (expert("示例专家甲", organisation_id=at.id) for at in (here, there))
    session.add_all([twin, namesake])
    session.flush()
    assert len(found(session, None, None, twin)) == 1
    assert found(session, None, None, namesake) == []
    rows = [duplicates.Row(1, "示例专家甲", here.name), duplicates.Row(2, "示例专家甲", "别的单位")]
    assert set(duplicates.of_rows(session, Kind.EXPERT, rows, {})) == {1}


def test_a_list_names_its_suspects_and_imports_them_all_the_same(sessions, tmp_path):
    with sessions.write() as session:
        session.add(need("求薄壁注塑件翘曲控制方法"))
        session.commit()
    path = csv_file(tmp_path / "list.csv", [
        HEADER, ["求薄壁注塑件 翘曲控制方法", "示例甲有限公司", "翘曲", "1"],
        ["求人参皂苷富集工艺", "示例乙有限公司", "收率", "2"]])
    for dry_run in (True, False):
        report = load(sessions, path, dry_run=dry_run)
        assert counts(report) == (2, 0, 0, 0)
        assert report.similar == 1
        assert [(row["row"], row["like"]) for row in report.samples["similar"]] == [(2, "求薄壁注塑件翘曲控制方法")]
    assert load(sessions, path).similar == 0


def test_a_previewed_list_is_compared_by_meaning_too(sessions, tmp_path):
    with sessions.write() as session:
        session.add(stored := need("求薄壁注塑件翘曲控制方法"))
        session.commit()
    path = csv_file(tmp_path / "list.csv", [HEADER, ["薄壁件出模变形怎么解决", "示例甲有限公司", "翘曲", "1"]])
    report = load(sessions, path, dry_run=True, finder=Near(**{f"_{stored.id}": 0.96}))
    assert (report.similar, report.samples["similar"][0]["post"]) == (1, stored.id)
    assert load(sessions, path, dry_run=True, finder=AwayFinder()).similar == 0

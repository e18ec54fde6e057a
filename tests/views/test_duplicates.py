"""Before a post is submitted or published, its page shows what says the same already."""

from models.vocabulary import State
from tests.builders import need
from tests.views.conftest import browser, words_of


def test_submitting_a_repetition_warns_and_may_be_done_all_the_same(app, session, people, finder):
    ready = {"keywords": ["注塑"], "field": "manufacturing", "modes": ["joint"], "brief": "翘曲"}
    mine = need("求注塑件 翘曲控制方法", state=State.DRAFT.value, owner_id=people.enterprise.id, **ready)
    session.add_all([need("求注塑件翘曲控制方法"), mine])
    session.commit()
    client = browser(app, people.enterprise)
    for away in (False, True):
        finder.away = away
        page = words_of(client.get(f"/posts/{mine.id}/submit").text)
        assert "已有 1 条相近的信息" in page
        assert "求注塑件翘曲控制方法" in page
        assert "标题相同" in page
        assert "仍要提交审核" in page


def test_a_post_of_its_own_is_simply_confirmed(app, session, people):
    mine = need("求注塑件翘曲控制方法", state=State.DRAFT.value, owner_id=people.enterprise.id)
    session.add(mine)
    session.commit()
    page = words_of(browser(app, people.enterprise).get(f"/posts/{mine.id}/submit").text)
    assert "相近的信息" not in page
    assert "确认提交审核" in page

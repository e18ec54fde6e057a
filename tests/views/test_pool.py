"""李研究员 finds the level by questions, experts by name, and the needs that fit."""

from __future__ import annotations

import datetime as dt

from sqlalchemy.orm import Session

from matchmaker.services import clock
from models import Job, Match, Post
from tests.builders import achievement, expert, need
from tests.views.conftest import browser, words_of
from tests.views.test_liveness import EVIDENCE

HX = {"HX-Request": "true"}


def fits(session: Session, supply: Post, wanted: Post, probability: float, **more) -> None:
    session.flush()
    evidence = EVIDENCE | {"need_sentence": "压力反馈补偿收缩", "candidate_sentence": "出模后翘曲"}
    row = {"band": "strong", "passed": True, "rank": 1, "score": 1.0, "rules": [], "produced_by": {},
           "reasons": [{"feature": "words", "score": 1, "weight": 1, "contribution": 1, "detail": "用词吻合度排第 1"}]}
    session.add(Match(post_id=supply.id, candidate_id=wanted.id, candidate_kind="need", probability=probability,
                      evidence=evidence, **(row | more)))


def test_the_questions_lead_to_a_level(app):
    page = browser(app).get("/trl?reached=0&missed=10")
    assert "第 5 级：相关环境组件验证" in page.text
    assert "</html>" in page.text
    level = browser(app).get("/trl?reached=6&missed=7", headers=HX)
    assert "技术成熟度 6 级：相关环境系统模型" in level.text
    assert 'data-value="6"' in level.text
    assert "</html>" not in level.text
    assert "尚未达到 1 级" in browser(app).get("/trl?reached=0&missed=1").text
    for nonsense in ("?reached=x", "?reached=9&missed=2", "?reached=-4", "?missed=99"):
        assert "第 5 级" in browser(app).get(f"/trl{nonsense}").text


def test_experts_are_found_by_name(app, people, session):
    session.add_all([expert("李示例", organisation=people.researcher.organisation), expert("李示例二", state="draft"),
                     expert("李%"), expert("周示例")])
    session.commit()
    mine = browser(app, people.researcher)
    page = words_of(mine.get("/experts/named?q=李", headers=HX).text)
    assert "李示例 示例理工大学" in page
    assert "李示例二" not in page
    assert "周示例" not in page
    assert "李示例" not in mine.get("/experts/named?q=%25").text
    assert "专家库中没有“王”" in mine.get("/experts/named?q=王").text
    assert mine.get("/experts/named", headers=HX).text.strip() == ""


def test_a_researcher_sees_the_needs_that_fit(app, people, session):
    supply = achievement("压力反馈技术", owner=people.researcher)
    other = achievement("他人的成果", owner=people.rival)
    good, better = need("求翘曲控制"), need("求收缩补偿")
    over = need("过期的需求", valid_until=clock.today() - dt.timedelta(1))
    out, foreign = need("不合条件的需求"), need("他人的机会")
    session.add_all([supply, other, good, better, over, out, foreign])
    fits(session, supply, good, 0.5, band="medium")
    fits(session, supply, better, 0.9)
    fits(session, supply, over, 0.9)
    fits(session, supply, out, 0.9, passed=False)
    fits(session, other, foreign, 0.9)
    session.commit()
    page = browser(app, people.researcher).get("/openings").text
    assert page.index("求收缩补偿") < page.index("求翘曲控制")
    for hidden in ("过期的需求", "不合条件的需求", "他人的机会"):
        assert hidden not in page
    assert "您的科技成果“压力反馈技术”" in words_of(page)
    assert "用词吻合度排第 1" in page


def test_what_a_staged_need_hides_is_not_in_the_reasons(app, people, session):
    supply = achievement("压力反馈技术", owner=people.researcher)
    secret = need("求一种方法", disclosure="staged", brief="公开的一句", main_problem="保密正文甲")
    session.add_all([supply, secret])
    fits(session, supply, secret, 0.9)
    session.flush()
    session.query(Match).update({"evidence": EVIDENCE | {"candidate_sentence": "保密正文甲",
                                                         "terms": [{"term": "保密正文", "weight": 1}]}})
    session.commit()
    page = browser(app, people.researcher).get("/openings").text
    assert "求一种方法" in page
    assert "保密正文" not in page


def test_who_has_nothing_published_is_told_what_to_do(app, people, session):
    page = browser(app, people.researcher).get("/openings").text
    assert "还没有已发布的成果或专家档案" in page
    session.add(achievement(owner=people.researcher))
    session.commit()
    assert "暂无合适的需求" in browser(app, people.researcher).get("/openings").text
    session.add(Job(kind="embed", payload={}))
    session.commit()
    page = browser(app, people.researcher).get("/openings").text
    assert "正在匹配" in page
    assert "暂无合适的需求" not in page

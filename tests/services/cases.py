"""People around one brokered case: 王工's need, 李研究员's achievement, two brokers and the head of the office."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from sqlalchemy.orm import Session

from matchmaker.services import brokering
from matchmaker.services.brokering import Given, Pair
from models import Contract, Introduction, Match
from tests.builders import achievement, need, organisation, user

ANSWERS = {"why": "对方的补偿方法与我们的模具接近。", "want": "想看实测数据。", "when": "下周任意下午电话沟通。"}


def people(session: Session) -> SimpleNamespace:
    firm, university = organisation("示例精工有限公司"), organisation("示例理工大学", kind="university")
    found = {
        "wang": user("enterprise", "王工", organisation=firm),
        "li": user("researcher", "李研究员", organisation=university),
        "broker": user("broker", "赵经理"), "other": user("broker", "冯经理"), "head": user("head", "钱主任"),
        "stranger": user("enterprise", "孙工", organisation=organisation("示例同行有限公司")),
    }
    session.add_all(found.values())
    session.flush()
    asked = need("求薄壁件翘曲控制", owner=found["wang"], organisation=firm)
    offered = achievement("翘曲补偿技术", owner=found["li"], organisation=university)
    session.add_all([asked, offered])
    session.flush()
    return SimpleNamespace(**found, need=asked, supply=offered, pair=Pair(asked, offered))


def matched(session: Session, who: SimpleNamespace, **more: Any) -> Match:
    """The shortlist row of the pair, as the ranking would store it."""
    match = Match(**({
        "post_id": who.need.id, "candidate_id": who.supply.id, "candidate_kind": "achievement", "rank": 2, "score": 1.5,
        "probability": 0.6, "band": "strong", "passed": True,
        "reasons": [{"feature": "words", "score": 1.5, "weight": 0.7, "contribution": 1.05, "detail": "用词吻合"}],
        "rules": [], "produced_by": {"encoder": "m@1/2", "weights": "abc"},
        "evidence": {"need_sentence": "", "candidate_sentence": "", "sentence_similarity": None, "terms": [],
                     "indicators": [], "places": {"pool": 1, "words": 1, "meaning": None}, "summary": ""}} | more))
    session.add(match)
    session.flush()
    return match


def asked(session: Session, who: SimpleNamespace) -> Introduction:
    """王工 has asked 李研究员."""
    return brokering.express_intent(session, who.wang, who.pair, "need", ANSWERS)


def accepted(session: Session, who: SimpleNamespace) -> Introduction:
    case = asked(session, who)
    brokering.accept(session, who.li, case, case.version)
    brokering.assign(session, who.broker, case, case.version, who.broker)
    return case


def step(session: Session, actor: Any, case: Introduction, action: str, **given: Any) -> None:
    """Take a step with the newest version."""
    brokering.move(session, actor, case, case.version, action, Given(**given))


def contract(case: Introduction, **more: Any) -> Contract:
    return Contract(**({"introduction_id": case.id, "project_name": "示例翘曲控制开发", "type": "commissioned"} | more))

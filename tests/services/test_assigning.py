"""An office shares out its open needs among its experts."""

import pytest

from matchmaker.services import assigning, caps
from models import Introduction, Match
from tests.builders import achievement, expert, need, user


def candidate(asked, offered, probability, **more):
    return Match(**({"post_id": asked.id, "candidate_id": offered.id, "candidate_kind": "expert", "rank": 1,
                     "score": 1.0, "probability": probability, "band": "strong", "passed": True, "reasons": [],
                     "rules": [], "evidence": {}, "produced_by": {}} | more))


@pytest.fixture
def office(session):
    """Two needs; 甲 fits both, 乙 only the first."""
    posts = [need("需求一"), need("需求二"), expert("示例专家甲"), expert("示例专家乙")]
    session.add_all(posts)
    session.flush()
    one, two, first, second = posts
    session.add_all([candidate(one, first, 0.9), candidate(one, second, 0.8, rank=2), candidate(two, first, 0.7)])
    session.commit()
    return posts


def pairs(plan):
    return {(row.need.title, row.expert.title) for row in plan.rows}


def test_the_whole_office_is_served_better_than_by_taking_the_best_pair_first(session, office):
    plan = assigning.plan(session, each=1, cap=1)
    assert pairs(plan) == {("需求一", "示例专家乙"), ("需求二", "示例专家甲")}
    assert (round(plan.value, 6), round(plan.greedy_value, 6), plan.unserved) == (1.5, 0.9, 0)


def test_what_an_expert_carries_already_counts(session, office):
    _, _, first, _ = office
    third = need("需求三")
    session.add(third)
    session.flush()
    session.add(Introduction(need_id=third.id, supply_id=first.id, state="meeting", opened_side="office"))
    session.flush()
    plan = assigning.plan(session, each=1, cap=1)
    assert pairs(plan) == {("需求一", "示例专家乙")}
    assert plan.unserved == 1


def test_a_person_with_several_posts_carries_as_one_here_and_at_the_cap(session, office):
    """甲 posted an achievement too; a case about it takes 甲's time. What an agent enters belongs to somebody else."""
    _, _, first, second = office
    owner, agent, third = user("researcher", "示例甲"), user("broker", "示例经理"), need("需求三")
    offered, other = achievement("示例成果", owner=owner), expert("示例专家丙", owner=agent)
    first.owner, second.owner = owner, agent
    session.add_all([third, offered, other])
    session.flush()
    session.add(Introduction(need_id=third.id, supply_id=offered.id, state="meeting", opened_side="office"))
    session.flush()
    assert [caps.carried_by_supply(session, one) for one in (offered, first, second, other)] == [1, 1, 0, 0]
    assert pairs(assigning.plan(session, each=1, cap=1)) == {("需求一", "示例专家乙")}
    session.add(another := expert("示例专家丁", owner=owner))
    session.flush()
    assert [caps.carried_by_supply(session, one) for one in (offered, first, another)] == [1, 0, 0]
    assert pairs(assigning.plan(session, each=1, cap=1)) == {("需求一", "示例专家乙"), ("需求二", "示例专家甲")}


def test_a_pair_that_said_no_is_not_proposed_again(session, office):
    one, _, first, _ = office
    session.add(Introduction(need_id=one.id, supply_id=first.id, state="passed", reason="price", opened_side="office",
                             opened_by=None))
    session.flush()
    assert pairs(assigning.plan(session, each=2, cap=5)) == {("需求一", "示例专家乙"), ("需求二", "示例专家甲")}


def test_withdrawn_posts_and_failed_rules_are_left_out(session, office):
    _, _, first, second = office
    first.state = "withdrawn"
    session.query(Match).filter_by(candidate_id=second.id).update({"passed": False})
    session.flush()
    assert assigning.plan(session).rows == []


def test_the_command_says_what_is_gained(app, session, office):
    said = app.test_cli_runner().invoke(args=["assign", "--cap", "1"]).output
    assert "需求二  →  示例专家甲" in said
    assert "期望成功 1.50；逐对择优为 0.90" in said


def test_an_empty_office_is_told_what_to_do(app, session):
    assert "请先发布需求与专家" in app.test_cli_runner().invoke(args=["assign"]).output

"""Who reads how much, whatever happens in whatever order: `permissions` against a model of a page that shares no code.

The model knows of each case four facts (accepted, over, signed by either side) and of each post its state.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.services import brokering, disclosure, permissions, posts
from matchmaker.services.brokering import Given, Pair
from matchmaker.services.problems import Problem
from models import Introduction, Post, User
from models.vocabulary import Role
from tests.builders import achievement, need, organisation, user

ANSWERS = {"why": "示例", "want": "示例", "when": "示例"}
STAGED = {"disclosure": "staged", "hide_organisation": True, "annex": "示例保密附件"}
OWNERS = {"need": "wang", "offer": "li", "second": "wu"}
SIDES = {"wang": {"wang", "zheng"}, "li": {"li"}, "wu": {"wu"}}
"""Who stands with an owner: colleagues of an enterprise do, those of a university do not."""
STAFF, HEADS = {"zhao", "feng", "qian"}, {"qian"}
EVERYBODY = (None, "wang", "zheng", "sun", "li", "neighbour", "wu", "zhao", "feng", "qian")
NOTHING, BRIEF, FULL, ANNEX = range(4)


@dataclass
class Facts:
    """A case as the model knows it."""

    supply: str
    broker: str | None
    accepted: bool = False
    over: bool = False
    signed: set[str] = field(default_factory=set)

    def other(self, post: str) -> str | None:
        """The post on the other side of this one."""
        return {"need": self.supply, self.supply: "need"}.get(post)


@dataclass
class World:
    """What the model knows: the state of each post, the cases, who was let go."""

    state: dict[str, str]
    cases: dict[int, Facts] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)

    def reads(self, who: str | None, post: str) -> int:
        """How far somebody reads a post."""
        published = self.state[post] == "published"
        if who is None or who in self.gone:
            return BRIEF if published else NOTHING
        if who in SIDES[OWNERS[post]]:
            return ANNEX
        open_cases = [one for one in self.cases.values() if one.other(post) and not one.over]
        if who in STAFF:
            in_charge = any(one.broker == who for one in open_cases) or (post, who) == ("need", "zhao")
            return ANNEX if who in HEADS or in_charge else FULL
        shared = [one for one in open_cases if one.accepted and who in SIDES[OWNERS[str(one.other(post))]]]
        if not published and not (shared and self.state[post] == "frozen"):
            return NOTHING
        if not shared:
            return BRIEF
        return ANNEX if any(len(one.signed) == 2 for one in shared) else FULL


class Disclosure(RuleBasedStateMachine):
    """Two supplies answer one need; their cases and posts go any way that the service allows."""

    session: Session
    cases: Any = Bundle("cases")

    def __init__(self) -> None:
        super().__init__()
        self.people, self.posts = _settled(self.session)
        self.world = World(dict.fromkeys(self.posts, "published"))

    def teardown(self) -> None:
        self.session.rollback()

    @rule(target=cases, supply=st.sampled_from(["offer", "second"]), by=st.sampled_from(["wang", "supply", "zhao"]))
    def ask(self, supply: str, by: str) -> int:
        """王工 asks, or the owner of the supply does, or the broker does for 王工."""
        who = OWNERS[supply] if by == "supply" else by
        pair = Pair(self.posts["need"], self.posts[supply])
        side = "supply" if by == "supply" else "need"
        try:
            Pair.of(pair.need, pair.supply)
            case = brokering.express_intent(self.session, self.person(who), pair, side, ANSWERS)
        except Problem:
            return 0
        self.world.cases[case.id] = Facts(supply, self.name(case.broker_id))
        return case.id

    @rule(case=cases, by=st.sampled_from(["wang", "zheng", "li", "wu", "sun", "zhao", "qian"]),
          action=st.sampled_from(["accept", "withdraw", "pass", "meet", "stall"]))
    def step(self, case: int, by: str, action: str) -> None:
        given = Given(reason="other", note="示例说明")
        if self.tried(case, lambda one: brokering.move(self.session, self.person(by), one, one.version, action, given)):
            facts = self.world.cases[case]
            facts.accepted |= action == "accept"
            facts.over |= action in ("withdraw", "pass")

    @rule(case=cases, by=st.sampled_from(["zhao", "qian", "wang", "li"]))
    def reopen(self, case: int, by: str) -> None:
        if self.tried(case, lambda one: brokering.move(self.session, self.person(by), one, one.version, "reopen")):
            self.world.cases[case].over = False

    @rule(case=cases, by=st.sampled_from(["wang", "zheng", "li", "wu", "sun", "zhao"]),
          side=st.sampled_from(["", "need", "supply"]))
    def sign(self, case: int, by: str, side: str) -> None:
        if self.tried(case, lambda one: disclosure.sign_nda(self.session, self.person(by), one, side)):
            self.world.cases[case].signed.add(side or ("need" if by in SIDES["wang"] else "supply"))

    @rule(case=cases, to=st.sampled_from(["zhao", "feng"]))
    def hand_over(self, case: int, to: str) -> None:
        if self.tried(case, lambda one: brokering.assign(
                self.session, self.person("qian"), one, one.version, self.people[to])):
            self.world.cases[case].broker = to

    @rule(post=st.sampled_from(["need", "offer", "second"]), by=st.sampled_from(["owner", "sun", "zhao"]),
          action=st.sampled_from(["withdraw", "freeze", "renew", "submit", "publish"]))
    def post_goes(self, post: str, by: str, action: str) -> None:
        who = OWNERS[post] if by == "owner" else by
        try:
            after = posts.move(self.session, self.person(who), self.posts[post], action).after
        except Problem:
            return
        self.world.state[post] = after.value

    @rule(who=st.sampled_from(["wang", "li", "zhao", "qian"]))
    def let_go_or_take_back(self, who: str) -> None:
        self.world.gone ^= {who}
        self.people[who].active = who not in self.world.gone
        self.session.flush()

    @invariant()
    def everybody_reads_what_the_model_says(self) -> None:
        for who in EVERYBODY:
            viewer = self.people[who] if who else None
            seen, annexes = self.listed(viewer)
            for name, post in self.posts.items():
                wanted = self.world.reads(who, name)
                assert (who, name, _reach(viewer, post)) == (who, name, wanted)
                assert (post.id in seen) == (wanted > NOTHING)
                assert (name in annexes) == (wanted == ANNEX)

    def listed(self, viewer: User | None) -> tuple[set[int], set[str]]:
        """The same as lists have it: which posts the viewer may know of, and whose annex may be read."""
        seen = set(self.session.scalars(select(Post.id).where(permissions.visible_posts(viewer))))
        return seen, {name for name, post in self.posts.items()
                            if permissions.can_see(viewer, post)
                            and permissions.can_read_attachment(viewer, post, "annex")}

    def tried(self, case_id: int, act: Any) -> bool:
        """Whether the service allowed it."""
        case = self.session.get(Introduction, case_id) if case_id else None
        if case is None:
            return False
        try:
            act(case)
        except Problem:
            return False
        return True

    def person(self, name: str) -> User:
        return self.people[name]

    def name(self, user_id: int | None) -> str | None:
        return next((name for name, one in self.people.items() if one.id == user_id), None)


def _settled(session: Session) -> tuple[dict[str, User], dict[str, Post]]:
    firm, university = organisation("示例精工"), organisation("示例大学", kind="university")
    people = {
        "wang": user(organisation=firm), "zheng": user(organisation=firm), "sun": user(organisation=organisation()),
        "li": user(Role.RESEARCHER, organisation=university), "wu": user(Role.RESEARCHER),
        "neighbour": user(Role.RESEARCHER, organisation=university),
        "zhao": user(Role.BROKER), "feng": user(Role.BROKER), "qian": user(Role.HEAD)}
    session.add_all(people.values())
    found: dict[str, Post] = {
        "need": need(organisation=firm, owner=people["wang"], broker=people["zhao"], **STAGED),
        "offer": achievement("甲技术", organisation=university, owner=people["li"], **STAGED),
        "second": achievement("乙技术", owner=people["wu"], **STAGED)}
    session.add_all(found.values())
    session.flush()
    return people, found


def _reach(viewer: User | None, post: Post) -> int:
    """How far the service lets somebody read; its finer questions agree with each other."""
    if not permissions.can_see(viewer, post):
        return NOTHING
    full, annex = permissions.can_read_full(viewer, post), permissions.can_read_annex(viewer, post)
    for name in ("main_problem", "description", "contact_phone", "organisation"):
        assert permissions.can_read_field(viewer, post, name) == full
    assert permissions.can_read_field(viewer, post, "annex") == annex
    assert full or not annex
    return ANNEX if annex else FULL if full else BRIEF


@pytest.mark.parametrize("sessions", ["sqlite"], indirect=True)
def test_whatever_happens_each_reads_what_the_stages_allow(session):
    Disclosure.session = session
    run_state_machine_as_test(Disclosure, settings=settings(
        max_examples=5, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck)))

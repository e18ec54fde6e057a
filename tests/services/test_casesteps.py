"""The table of a case's steps is total: every state is reached, left or an end, and every step is told apart."""

import itertools

import pytest

from matchmaker.services import casesteps
from matchmaker.services.casesteps import BACK, PARTIES, REQUIREMENTS, STARTS, TRANSITIONS
from matchmaker.services.requirements import CHECKS
from models.introduction import ENDED
from models.vocabulary import CASE_STATES

ORDER = ("intent", "accepted", "meeting", "diagnosis", "nda", "negotiation", "drafted", "signed", "registered",
         "performed", "closed")
AFTER_SIGNING = ("signed", "registered", "performed", "closed")


def ways():
    """Every single way of the table: from, action, to."""
    for step in TRANSITIONS.values():
        for before in step.before:
            after = casesteps.stood_before(before) if step.after == BACK else [step.after]
            yield from ((before, step.action, one) for one in after)


def test_every_word_of_the_table_is_known():
    for step in TRANSITIONS.values():
        assert step.before, step.action
        assert step.before <= set(CASE_STATES)
        assert step.after in CASE_STATES or step.after == BACK
        assert step.by, step.action
        assert step.by <= PARTIES
        assert set(step.needs) <= set(REQUIREMENTS)
        assert step.label
        assert step.warning
    assert set(CHECKS) <= set(REQUIREMENTS)


def test_every_state_is_reached_from_the_start():
    reached, grown = set(STARTS), True
    while grown:
        grown = {after for before, _, after in ways() if before in reached} - reached
        reached |= grown
    assert reached == set(CASE_STATES)


def test_every_state_leads_on_to_an_end():
    for state in CASE_STATES:
        reached = {state}
        for _ in CASE_STATES:
            reached |= {after for before, _, after in ways() if before in reached}
        assert "closed" in reached, state
    assert {before for before, _, _ in ways()} == set(CASE_STATES)


def test_between_two_states_one_step_leads_for_a_party():
    for before in CASE_STATES:
        for party in PARTIES - {"need", "supply"}:
            plain = [step.after for step in TRANSITIONS.values()
                     if before in step.before and party in step.by and step.after not in (BACK, *ENDED)]
            assert len(plain) == len(set(plain)), (before, party)


def test_the_way_to_a_closed_case_goes_through_every_state():
    for before, after in itertools.pairwise(ORDER):
        assert any((one, other) == (before, after) for one, _, other in ways()), (before, after)


def test_a_signed_case_never_goes_back_to_talking():
    back = {(before, after) for before, action, after in ways()
            if before in AFTER_SIGNING and after not in (*AFTER_SIGNING, "stalled") and action != "reopen"}
    assert back == set()


def test_the_system_only_marks_what_stalls():
    assert [step.action for step in TRANSITIONS.values() if casesteps.SYSTEM in step.by] == ["stall"]


def test_the_parties_decide_only_about_the_intent_and_their_leaving():
    theirs = {step.action for step in TRANSITIONS.values() if step.by & {"need", "supply"}}
    assert theirs == {"ask", "accept", "withdraw", "pass"}


def test_the_diagram_has_every_way():
    drawn = casesteps.diagram()
    for before, action, after in ways():
        assert f"    {before} --> {after}: {action}" in drawn


@pytest.mark.parametrize("state", ENDED)
def test_what_ended_is_reopened(state):
    assert state in TRANSITIONS["reopen"].before
    assert casesteps.stood_before(state)

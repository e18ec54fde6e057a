"""Every action that the code can record has words, so that nobody reads a code in the log."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import matchmaker
from matchmaker.services import audit_words, casesteps, contracts, judging, matching
from matchmaker.services.audit_words import ACTIONS, SUBJECTS, action, groups, subject
from models.vocabulary import STORY_STATES, State

ROOT = Path(matchmaker.__file__).parent
FORMS = {
    "post.{}": State, "introduction.{}": casesteps.TRANSITIONS, "story.{}": set(STORY_STATES) - {"draft"},
    "contract.{}": {step.after for step in contracts.TRANSITIONS.values()},
    "judgement.{}": (judging.FITS, judging.UNFITS, judging.WITHDRAWN), "join.{}": ("accepted", "refused"),
    "{}.created": ("activity", "goal"), "{}.changed": ("activity", "goal"),
}
"""Actions that are put together, with what may stand in their place."""
NAMED = {"ACTION": (matching.ACTION,), "action": ("document.generated", "document.uploaded")}
"""Actions that are named elsewhere."""
DEMO = "services/demo_history.py"
"""Its cases and contracts take the steps of the others."""


def recorded() -> Iterator[tuple[str, ast.expr]]:
    """(file, action) of every place that writes into the log."""
    for path in sorted(ROOT.rglob("*.py")):
        name = path.relative_to(ROOT).as_posix()
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or name == "services/events.py":
                continue
            if ast.unparse(node.func) == "events.record":
                yield name, node.args[2]
            elif ast.unparse(node.func) == "Event":
                yield from ((name, one.value) for one in node.keywords if one.arg == "action")


def codes(said: ast.expr) -> Iterator[str]:
    """The actions that an expression may be."""
    if isinstance(said, ast.IfExp):
        yield from (*codes(said.body), *codes(said.orelse))
    elif isinstance(said, ast.Constant):
        yield str(said.value)
    elif isinstance(said, ast.JoinedStr):
        form = "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in said.values)
        yield from (form.format(one) for one in FORMS[form])
    else:
        yield from NAMED[ast.unparse(said)]


def test_every_action_that_is_recorded_has_words_and_no_other():
    places = [said for name, said in recorded() if name != DEMO]
    assert len(places) > 80
    assert {code for said in places for code in codes(said)} == set(ACTIONS)
    assert "" not in ACTIONS.values()


def test_what_is_acted_on_has_words_too():
    assert set(groups()) <= set(SUBJECTS)
    assert [code for named in groups().values() for code in named] == sorted(ACTIONS, key=list(ACTIONS).index)
    assert sum(map(len, groups().values())) == len(ACTIONS)


@pytest.mark.parametrize(("code", "words"), [("post.published", "发布信息"), ("older.code", "older.code")])
def test_an_action_without_words_reads_as_its_code(code: str, words: str):
    assert action(code) == words
    assert subject("introduction") == "对接"


def test_no_two_actions_on_a_thing_read_alike():
    for named in audit_words.groups().values():
        assert len(set(named.values())) == len(named)

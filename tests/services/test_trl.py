"""The questions lead to the level that the answers mean, whatever it is."""

from __future__ import annotations

import pytest

from matchmaker.services.trl import QUESTIONS, TOP, Answers
from models.vocabulary import TRL


@pytest.mark.parametrize("level", range(TOP + 1))
def test_true_answers_lead_to_the_level(level: int):
    answers, asked = Answers(), 0
    while answers.question:
        answers = answers.said(answers.question.level <= level)
        asked += 1
    assert answers.level == level
    assert asked <= 4


def test_every_level_has_its_question_and_its_national_title():
    assert [str(level) for level in QUESTIONS] == list(TRL)
    assert QUESTIONS[4].title == "实验室组件验证"
    assert all(question.text.endswith("？") and question.example for question in QUESTIONS.values())


def test_what_lacks_to_the_next_level_is_named():
    lacking = Answers(4, 5).lacking
    assert lacking is not None
    assert lacking.level == 5
    assert Answers(9, 10).lacking is None


@pytest.mark.parametrize(("reached", "missed"), [(5, 5), (6, 2), (-1, 3), (0, 11), (9, 99)])
def test_answers_that_cannot_be_are_refused(reached: int, missed: int):
    with pytest.raises(ValueError, match="no such answers"):
        Answers(reached, missed)

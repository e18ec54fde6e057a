"""Forms: what a person may type, and the sentence at the field when it cannot be used.

`form_for` and `steps_for` are the tables of what can be written by hand: one form and its steps per kind.
"""

from __future__ import annotations

from matchmaker.forms.accounts import PasswordForm, SignInForm
from matchmaker.forms.posts import NeedForm, PostForm
from matchmaker.forms.steps import NEED_STEPS, Step
from matchmaker.forms.supplies import AchievementForm, ExpertForm, FacilityForm
from matchmaker.forms.supply_steps import ACHIEVEMENT_STEPS, EXPERT_STEPS, FACILITY_STEPS
from models.vocabulary import Kind

__all__ = ["PasswordForm", "PostForm", "SignInForm", "Step", "form_for", "steps_for"]
FORMS: dict[Kind, tuple[type[PostForm], tuple[Step, ...]]] = {
    Kind.NEED: (NeedForm, NEED_STEPS), Kind.ACHIEVEMENT: (AchievementForm, ACHIEVEMENT_STEPS),
    Kind.EXPERT: (ExpertForm, EXPERT_STEPS), Kind.FACILITY: (FacilityForm, FACILITY_STEPS),
}


def form_for(kind: Kind) -> type[PostForm]:
    """The form of a kind that can be written by hand."""
    return FORMS[kind][0]


def steps_for(kind: Kind) -> tuple[Step, ...]:
    """The steps in which that form is filled in."""
    return FORMS[kind][1]

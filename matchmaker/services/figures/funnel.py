"""The way from a shortlist to a registered contract, counted in one pass over the needs of the period."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from matchmaker.services.figures import parts
from matchmaker.services.figures.counting import aggregate
from matchmaker.services.figures.scope import Scope
from matchmaker.services.figures.table import FIGURES, Value, days_between
from models import Post


@dataclass(frozen=True)
class Step:
    """How many needs came this far, which share (%) of those at the step before, and in how many days (median)."""

    key: str
    name: str
    count: int
    conversion: Value
    days: Value

    @property
    def figure(self) -> str:
        return f"funnel_{self.key}"

    @property
    def pace(self) -> str:
        return f"pace_{self.key}"

    @property
    def rate(self) -> str:
        return f"rate_{self.key}"


def funnel(session: Session, scope: Scope) -> list[Step]:
    """Every step from the shortlist on; its numbers are those of the figures funnel_*, rate_* and pace_*."""
    found = parts.reached(scope)
    query = parts.shortlisted(scope).outerjoin(found, found.c.need_id == Post.id)
    needs = session.execute(query.add_columns(*(found.c[step] for step in parts.STEPS))).all()
    steps = [Step("shortlist", "有匹配清单", len(needs), None, None)]
    before = "at"
    for step, name in parts.STEPS.items():
        there = [need for need in needs if getattr(need, step) is not None]
        days = [days_between(getattr(need, before), getattr(need, step)) for need in there]
        came = [1] * len(there) + [0] * (steps[-1].count - len(there))
        steps.append(Step(step, name, len(there), aggregate(FIGURES[f"rate_{step}"], came),
                          aggregate(FIGURES[f"pace_{step}"], days)))
        before = step
    return steps

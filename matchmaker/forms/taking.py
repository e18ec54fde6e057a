"""What is suggested beside a form goes into it when the poster says so; what was typed stays."""

from __future__ import annotations

from matchmaker.services.coaching import Coaching
from models.vocabulary import CLARITY

Raw = dict[str, list[str]]


def take(raw: Raw, what: str, told: Coaching) -> Raw:
    """The typed inputs with a suggestion taken over: `what` is indicators, elements or clarity."""
    found = dict(raw)
    if what == "indicators":
        places = [int(name.split("-")[1]) for name in raw if name.startswith("indicators-")]
        for place, row in enumerate(told.found, max(places, default=-1) + 1):
            found |= {f"indicators-{place}-{part}": [value] for part, value in _inputs(row).items()}
    elif what == "elements":
        found |= {name: ["、".join(phrases)] for name, phrases in told.elements.items()}
    elif what == "clarity" and told.clarity in CLARITY:
        found["clarity"] = [told.clarity]
    return found


def _inputs(row: dict[str, object]) -> dict[str, str]:
    """A row of indicators as its inputs hold it."""
    low, high = (f"{end:.12g}" if isinstance(end, float) else "" for end in (row["low"], row["high"]))
    return {"quantity": str(row["quantity"]), "comparison": str(row["comparison"]), "value": low or high,
            "upper": high if row["comparison"] == "range" else "", "unit": str(row["unit"]),
            "condition": str(row["condition"])}

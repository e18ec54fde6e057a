"""The match behind a case, kept as it was when the case began; and as a viewer may see it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.services import evidence
from models import Introduction, Match, Post, User

SHOWN = ("rank", "score", "probability", "band", "passed", "reasons", "rules", "evidence", "produced_by")


def of(session: Session, need: Post, supply: Post) -> dict[str, Any]:
    """The stored match of the two, that of the need's list first; {} when neither has the other in its list."""
    with session.no_autoflush:
        match = _match(session, need, supply) or _match(session, supply, need)
    if match is None:
        return {}
    asked, other = (need, supply) if match.post_id == need.id else (supply, need)
    return {name: getattr(match, name) for name in SHOWN} | {
        "asked": "need" if asked is need else "supply", "post_version": asked.version,
        "candidate_version": other.version}


def match_of(case: Introduction) -> Match | None:
    """The match as it was, not stored; None when there was none."""
    kept = case.evidence
    if not kept:
        return None
    post, candidate = (case.need, case.supply) if kept["asked"] == "need" else (case.supply, case.need)
    return Match(post=post, candidate=candidate, post_id=post.id, candidate_id=candidate.id,
                 candidate_kind=candidate.kind, **{name: kept[name] for name in SHOWN})


def for_viewer(viewer: User, case: Introduction) -> dict[str, Any]:
    """Band, evidence and reasons of the match without anything that `viewer` may not read; {} without a match."""
    match = match_of(case)
    if match is None:
        return {}
    return {"match": match, "shown": evidence.for_viewer(viewer, match),
            "reasons": evidence.reasons_for(viewer, match)}


def _match(session: Session, post: Post, candidate: Post) -> Match | None:
    return session.scalar(select(Match).where(Match.post_id == post.id, Match.candidate_id == candidate.id))

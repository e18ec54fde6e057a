"""Who could answer whom: the list for a post or for free text, how it is kept, and who reads it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.orm import Session, joinedload

from matchmaker.ranking.bands import LABELS
from matchmaker.ranking.rank import Ranked
from matchmaker.services import clock, events, evidence, indexing, jobs, permissions, validity
from matchmaker.services.ports import Reader
from matchmaker.services.shortlists import Judges, Row, free_text, shortlist
from models import Event, Job, Match, Post, Sessions, User
from models.vocabulary import SUPPLIES, Kind, State

__all__ = [
    "Computed", "Partner", "Partners", "Row", "as_data", "compute", "free_text", "partners", "shortlist", "store",
    "table",
]
ACTION = "post.matched"
ANSWERERS = 20
"""Owned supplies that one list of a need sends to be matched anew, the best first."""
LATER = 20
NEXT_STEPS: Mapping[str, tuple[str, ...]] = {
    Kind.NEED: ("补充量化指标、预算与期限，描述越具体越容易匹配", "请中心安排技术诊断，上门了解现场问题",
                "面向高校院所发布揭榜公告", "先联系相近领域的专家，而不只看成果"),
    Kind.ACHIEVEMENT: (
        "补充应用场景与可解决的问题，用企业的说法再写一遍", "请中心向对口企业定向推介", "参加产学研对接活动"),
    Kind.EXPERT: ("补充研究方向与可提供的服务", "请中心向对口企业推荐"),
    Kind.FACILITY: ("补充服务项目与能力范围", "请中心向对口企业推荐"),
}


def wanted_kinds(kind: str) -> tuple[Kind, ...]:
    """The kinds that a post of `kind` looks for."""
    return SUPPLIES if kind == Kind.NEED else (Kind.NEED,)


@dataclass(frozen=True)
class Computed:
    """All lists of one post, not yet stored."""

    post_id: int
    post_version: int
    judges: Judges
    lists: Mapping[Kind, list[Row]]


@dataclass(frozen=True)
class Partner:
    """One stored candidate as a viewer may see it."""

    match: Match
    evidence: dict[str, Any]
    reasons: list[dict[str, Any]]
    rules: list[dict[str, Any]]

    @classmethod
    def of(cls, viewer: User | None, match: Match) -> Partner:
        return cls(match, evidence.for_viewer(viewer, match), evidence.reasons_for(viewer, match),
                   evidence.rules_for(viewer, match))

    @property
    def post(self) -> Post:
        return self.match.candidate

    @property
    def band(self) -> str:
        return LABELS[self.match.band]

    @property
    def over(self) -> str:
        """What to say of a candidate whose time ran out since the list was made."""
        said = any(row["rule"] == "validity" and row["verdict"] == "fail" for row in self.match.rules)
        late = validity.is_stale(self.post, clock.today()) and not said
        return f"有效期至 {self.post.valid_until}，已过期。" if late else ""


@dataclass(frozen=True)
class Partners:
    """What a page shows of a post's candidates of one kind.

    `state`: waiting (not computed yet), none (暂无匹配), some.
    """

    kind: Kind
    counts: Mapping[Kind, int]
    """How many candidates that pass every rule, of each kind that the post looks for."""
    state: Literal["waiting", "none", "some"]
    rows: list[Partner]
    folded: list[Partner]
    """Those that a rule ruled out."""
    next_steps: tuple[str, ...]
    """What to do when there is no row."""


def compute(sessions: Sessions, finder: Reader, post_id: int) -> Computed | None:
    """All lists of a published post, read in a session of their own; None when there is nothing to match."""
    with sessions.read() as session:
        post = session.get(Post, post_id)
        if post is None or post.state != State.PUBLISHED:
            return None
        lists = {kind: shortlist(session, finder, post, kind) for kind in wanted_kinds(post.kind)}
        return Computed(post.id, post.version, Judges.of(session, finder), lists)


def store(session: Session, computed: Computed) -> int:
    """Replace the stored lists of a post by these; how many rows. Doing it twice changes nothing that can be seen.

    Candidates that were withdrawn in the meantime are left out; a post that was is left without lists. Of a post that
    changed in the meantime nothing is replaced: its lists are computed for what it says now.
    """
    post = session.get(Post, computed.post_id, with_for_update=True, populate_existing=True)
    if post is not None and post.state == State.PUBLISHED and post.version != computed.post_version:
        indexing.ask_shortlists(session, [post.id], 0)
        return 0
    known = select(Match.candidate_id, Match.first_at).where(Match.post_id == computed.post_id)
    since = {row[0]: row[1] for row in session.execute(known)}
    session.execute(delete(Match).where(Match.post_id == computed.post_id))
    if post is None or post.state != State.PUBLISHED:
        return 0
    ids = [row.post.id for rows in computed.lists.values() for row in rows]
    there = set(session.scalars(select(Post.id).where(Post.id.in_(ids), Post.state == State.PUBLISHED)))
    matches = [
        _match(computed, kind, place, row)
        for kind, rows in computed.lists.items()
        for place, row in enumerate((row for row in rows if row.post.id in there), 1)
    ]
    for match in matches:
        if match.candidate_id in since:
            match.first_at = since[match.candidate_id]
    session.add_all(matches)
    counted = {kind.value: sum(match.candidate_kind == kind for match in matches) for kind in computed.lists}
    events.record(session, None, ACTION, post, after=counted | _produced_by(computed.judges))
    session.flush()
    if post.kind == Kind.NEED:
        fresh = [match.candidate_id for match in matches if match.passed and match.candidate_id not in since]
        _let_owners_know(session, fresh)
    return len(matches)


def _let_owners_know(session: Session, fresh: list[int]) -> None:
    """Have the lists of supplies that a need now names computed anew, so that their owners find the need in them."""
    owned = select(Post.id).where(Post.id.in_(fresh[:ANSWERERS]), Post.owner_id.is_not(None))
    for supply_id in session.scalars(owned.order_by(Post.id)):
        jobs.enqueue(session, "shortlist", {"post_id": supply_id}, dedupe_key=str(supply_id), priority=LATER)


def partners(session: Session, viewer: User | None, post: Post, kind: str = "") -> Partners:
    """The stored candidates for a page; an unknown `kind` means the first that the post looks for.

    Raises NotAllowed for those who may not see them.
    """
    permissions.check_match(viewer, post)
    kinds = wanted_kinds(post.kind)
    chosen = next((one for one in kinds if one == kind), kinds[0])
    seen = [Match.post_id == post.id, permissions.visible_posts(viewer), Post.state == State.PUBLISHED]
    query = (
        select(Match).join(Match.candidate).where(*seen, Match.candidate_kind == chosen.value).order_by(Match.rank)
        .options(joinedload(Match.candidate).joinedload(Post.organisation), joinedload(Match.post))
    )
    found = [Partner.of(viewer, match) for match in session.scalars(query)]
    day = clock.today()
    rows = [one for one in found if one.match.passed and not validity.is_stale(one.post, day)]
    out = [one for one in found if not one.match.passed or validity.is_stale(one.post, day)]
    return Partners(
        chosen, _counts(session, seen, kinds), "some" if rows else "none" if _done(session, post) else "waiting", rows,
        out, () if rows else NEXT_STEPS[Kind(post.kind)],
    )


def _counts(session: Session, seen: list[ColumnElement[bool]], kinds: Iterable[Kind]) -> dict[Kind, int]:
    grouped = select(Match.candidate_kind, func.count()).join(Match.candidate).where(
        *seen, Match.passed.is_(True), ~validity.stale(clock.today()))
    counted = {row[0]: row[1] for row in session.execute(grouped.group_by(Match.candidate_kind))}
    return {kind: counted.get(kind.value, 0) for kind in kinds}


def as_data(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """The list as plain data, e.g. for JSON."""
    return [
        {
            "place": place, "id": row.post.id, "kind": row.post.kind, "title": row.post.title,
            "organisation": row.post.organisation.name if row.post.organisation else None,
            "band": row.ranked.band, "probability": round(row.ranked.probability, 4),
            "score": round(row.ranked.score, 4), "passed": row.ranked.passed,
            "reasons": _reasons(row.ranked), "rules": _rules(row.ranked), "evidence": row.evidence,
        }
        for place, row in enumerate(rows, 1)
    ]


def table(rows: Iterable[Row]) -> str:
    """The list for a terminal."""
    lines = []
    for place, row in enumerate(rows, 1):
        organisation = row.post.organisation.name if row.post.organisation else "单位未登记"
        chance = f"{row.ranked.probability:.0%}" if row.ranked.probability >= 0.01 else "<1%"
        mark = f"{LABELS[row.ranked.band]} {chance:>4}" if row.ranked.passed else "已折叠"
        lines.append(f"{place:>3}. [{mark}] {row.post.title}（{organisation}，编号 {row.post.id}）")
        lines += [f"       {line}" for line in _told(row)]
    return "\n".join(lines) or "暂无匹配"


def _told(row: Row) -> list[str]:
    """The lines under a candidate in the table."""
    shown = row.evidence
    pair = [f"原文：{shown['need_sentence']}", f"对应：{shown['candidate_sentence']}"] if shown["need_sentence"] else []
    return [shown["summary"], *pair]


def _match(computed: Computed, kind: Kind, place: int, row: Row) -> Match:
    one = row.ranked
    produced_by = _produced_by(computed.judges) | {
        "post_version": computed.post_version, "candidate_version": row.post.version}
    return Match(
        post_id=computed.post_id, candidate_id=row.post.id, candidate_kind=kind.value, rank=place, score=one.score,
        probability=one.probability, band=one.band, passed=one.passed, reasons=_reasons(one), rules=_rules(one),
        evidence=row.evidence, produced_by=produced_by,
    )


def _produced_by(judges: Judges) -> dict[str, Any]:
    return {"encoder": judges.encoder, "revision": judges.revision, "weights": judges.weights.id,
            "calibration": judges.calibration.id, "calibration_read": judges.calibration_read.id}


def _reasons(ranked: Ranked) -> list[dict[str, Any]]:
    return [asdict(reason) for reason in ranked.reasons]


def _rules(ranked: Ranked) -> list[dict[str, Any]]:
    return [verdict._asdict() for verdict in ranked.rules]


def _done(session: Session, post: Post) -> bool:
    """Whether lists were computed, and none is waited for."""
    queued = select(Job.id).where(Job.kind == "shortlist", Job.dedupe_key == str(post.id),
                                  Job.state.in_(("queued", "running")))
    done = select(Event.id).where(Event.subject == "post", Event.subject_id == post.id, Event.action == ACTION)
    waited = session.scalar(queued.limit(1)) is not None or indexing.encoding(session, post)
    return not waited and session.scalar(done.limit(1)) is not None

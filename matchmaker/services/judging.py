"""What people say of candidates: fits, or does not fit and why; taking it back; and who may read what was said.

Nothing is overwritten: each step adds a row, and a person's newest row of a pair is what counts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session, joinedload

from matchmaker.services import events, permissions
from matchmaker.services.problems import Conflict, Problem
from models import Introduction, Judgement, Match, Post, User
from models.vocabulary import PASSING_REASONS

FITS, UNFITS, WITHDRAWN = "fits", "unfits", "withdrawn"
LABELS = {FITS: "合适", UNFITS: "不合适", WITHDRAWN: "已撤销"}
OTHER = "other"
LONGEST_NOTE = 500


@dataclass(frozen=True)
class Opinion:
    """A verdict with what goes with it, as a person gave it."""

    verdict: str
    reason: str | None = None
    note: str = ""

    def checked(self) -> Opinion:
        """The opinion as it is stored. Raises Problem for one that says too little or too much."""
        note = self.note.strip()
        if self.verdict not in (FITS, UNFITS):
            raise Problem("请选择“合适”或“不合适”。")
        if len(note) > LONGEST_NOTE:
            raise Problem(f"说明最多 {LONGEST_NOTE} 字，现有 {len(note)} 字，请缩短。")
        if self.verdict == FITS:
            return Opinion(FITS, None, note)
        if self.reason not in PASSING_REASONS:
            raise Problem("请选择不合适的原因。")
        if self.reason == OTHER and not note:
            raise Problem("选择“其他”时，请在说明中写明原因。")
        return Opinion(UNFITS, self.reason, note)


@dataclass
class Said:
    """What was said of one candidate: by the viewer, and by others as far as the viewer may read it."""

    mine: Judgement | None = None
    others: list[Judgement] = field(default_factory=list)


def judge(session: Session, actor: User, post: Post, candidate_id: int, opinion: Opinion) -> Judgement:
    """Note what `actor` says of a candidate of the post; saying the same again changes nothing.

    Raises NotAllowed, Conflict when the candidate is in the list no more, Problem for an opinion that is not whole.
    """
    permissions.check_judge(actor, post)
    given, match = opinion.checked(), _match(session, actor, post, candidate_id)
    before = newest_of(session, actor, post, candidate_id)
    if before is not None and (before.verdict, before.reason, before.note) == (given.verdict, given.reason, given.note):
        return before
    return _add(session, actor, match, given, before)


def withdraw(session: Session, actor: User, post: Post, candidate_id: int) -> None:
    """Take back what `actor` said of a candidate; nothing happens when nothing was said. Raises NotAllowed."""
    permissions.check_judge(actor, post)
    before = newest_of(session, actor, post, candidate_id)
    if before is None or before.verdict == WITHDRAWN:
        return
    shown = ("rank", "score", "reasons", "encoder", "weights", "post_version", "candidate_version")
    session.add(taken := Judgement(
        post_id=post.id, candidate_id=candidate_id, user_id=actor.id, verdict=WITHDRAWN,
        **{name: getattr(before, name) for name in shown}))
    session.flush()
    _tell(session, actor, taken, before)


def passed(session: Session, actor: User, case: Introduction, side: str) -> Judgement:
    """Keep the reason for which a case was passed as what `actor` says of the pair, with the match as it was.

    The side that passed asks: the need of the supply, or the supply of the need; the office speaks for the need.
    """
    asked, other = (case.supply, case.need) if side == "supply" else (case.need, case.supply)
    kept = case.evidence if case.evidence.get("asked") == ("supply" if side == "supply" else "need") else {}
    made = kept.get("produced_by", {})
    before = newest_of(session, actor, asked, other.id)
    session.add(said := Judgement(
        post_id=asked.id, candidate_id=other.id, user_id=actor.id, user=actor, verdict=UNFITS, reason=case.reason,
        note=case.note, post_version=asked.version, candidate_version=other.version, rank=kept.get("rank", 0),
        score=kept.get("score", 0.0), reasons=kept.get("reasons", []), encoder=str(made.get("encoder", "")),
        weights=str(made.get("weights", ""))))
    session.flush()
    _tell(session, actor, said, before)
    return said


def said_of(session: Session, viewer: User, post: Post, candidate_ids: Iterable[int]) -> dict[int, Said]:
    """What counts of what was said of these candidates. Staff reads everybody's, others their own alone."""
    ids = list(candidate_ids)
    only = [Judgement.post_id == post.id, Judgement.candidate_id.in_(ids)]
    if not permissions.is_staff(viewer):
        only.append(Judgement.user_id == viewer.id)
    found = {candidate_id: Said() for candidate_id in ids}
    for row in session.scalars(newest(*only).options(joinedload(Judgement.user))):
        if row.user_id == viewer.id:
            found[row.candidate_id].mine = row
        else:
            found[row.candidate_id].others.append(row)
    return found


def newest(*only: ColumnElement[bool]) -> Select[Judgement]:
    """Each person's newest judgement of each pair among `only`, unless taken back; oldest first."""
    pair = (Judgement.post_id, Judgement.candidate_id, Judgement.user_id)
    latest = select(func.max(Judgement.id)).where(*only).group_by(*pair)
    return select(Judgement).where(Judgement.id.in_(latest), Judgement.verdict != WITHDRAWN).order_by(Judgement.id)


def newest_of(session: Session, person: User, post: Post, candidate_id: int) -> Judgement | None:
    """The person's newest row about a pair, taken back or not."""
    pair = select(Judgement).where(Judgement.post_id == post.id, Judgement.candidate_id == candidate_id,
                                   Judgement.user_id == person.id)
    return session.scalar(pair.order_by(Judgement.id.desc()).limit(1))


def _match(session: Session, actor: User, post: Post, candidate_id: int) -> Match:
    wanted = select(Match).join(Match.candidate).options(joinedload(Match.candidate))
    seen = wanted.where(Match.post_id == post.id, Match.candidate_id == candidate_id, permissions.visible_posts(actor))
    match = session.scalar(seen)
    if match is None:
        raise Conflict("匹配结果刚刚更新，这一候选已不在列表中。请刷新页面后再评价。")
    return match


def _add(session: Session, actor: User, match: Match, opinion: Opinion, before: Judgement | None) -> Judgement:
    session.add(said := Judgement(
        post_id=match.post_id, candidate_id=match.candidate_id, user_id=actor.id, user=actor, verdict=opinion.verdict,
        reason=opinion.reason, note=opinion.note, rank=match.rank, score=match.score, reasons=match.reasons,
        post_version=match.post.version, candidate_version=match.candidate.version,
        encoder=str(match.produced_by.get("encoder", "")), weights=str(match.produced_by.get("weights", ""))))
    session.flush()
    _tell(session, actor, said, before)
    return said


def _tell(session: Session, actor: User, said: Judgement, before: Judgement | None) -> None:
    """Log the step; what was written as a note stays out of the log."""
    pair = {"post": said.post_id, "candidate": said.candidate_id}
    events.record(session, actor, f"judgement.{said.verdict}", said,
                  before={"verdict": before.verdict, "reason": before.reason} if before else {},
                  after=pair | {"verdict": said.verdict, "reason": said.reason})

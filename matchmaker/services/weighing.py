"""Which weights the ranking uses: those that were learnt here and activated, else those that ship with the product."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.ranking.features import NAMES
from matchmaker.ranking.rank import Weights, weights_for
from matchmaker.services import events, indexing
from matchmaker.services.problems import NotFound, Problem
from matchmaker.services.rows import find
from models import Post, User, now
from models import Weights as Learnt
from models.vocabulary import Kind, State

PURPOSE = "ranking"
NIGHT = 19
"""Priority of computing all needs anew: after everything else."""


def model_of(encoder: str) -> str:
    """The model of an encoder's name (`model@fingerprint/…`): cutting texts otherwise leaves its weights valid."""
    return encoder.partition("@")[0]


def current(session: Session, encoder: str) -> Weights:
    """The weights to rank with. Active ones of another encoder or another list of features are passed over."""
    row, shipped = active(session), weights_for(encoder)
    return Weights(row.data, shipped.lean) if row is not None and fits(row, encoder) else shipped


def active(session: Session) -> Learnt | None:
    return session.scalar(select(Learnt).where(Learnt.purpose == PURPOSE, Learnt.active.is_(True)))


def fits(row: Learnt, encoder: str) -> bool:
    """Whether the weights were fitted on exactly these features, in any order, and this model."""
    return row.encoder == model_of(encoder) and sorted(row.features) == sorted(row.data) == sorted(NAMES)


def history(session: Session, most: int = 20) -> list[Learnt]:
    """What was learnt, the newest first."""
    rows = select(Learnt).where(Learnt.purpose == PURPOSE).order_by(Learnt.id.desc())
    return list(session.scalars(rows.limit(most)))


def activate(session: Session, actor: User | None, weights_id: int) -> Learnt:
    """Rank with these from now on, and have every open need's candidates computed anew.

    Raises NotFound, or Problem when they do not fit the encoder and features in use.
    """
    _, encoder = indexing.state(session)
    row = find(session, Learnt, weights_id)
    if row is None or row.purpose != PURPOSE:
        raise NotFound(f"没有编号为 {weights_id} 的权重。运行 flask --app wsgi weights 查看全部。")
    if not fits(row, encoder):
        raise Problem(f"权重 {weights_id} 是按模型 {row.encoder} 与当时的匹配理由拟合的，与现在使用的不一致，"
                      "不能启用。请运行 flask --app wsgi learn 重新拟合。")
    before = active(session)
    if before is not row:
        row.previous_id = before.id if before else None
        _switch(session, actor, before, row)
    return row


def rollback(session: Session, actor: User | None) -> Learnt | None:
    """Go back to the weights before the active ones; None: the shipped ones. Raises Problem when none are active."""
    before = active(session)
    if before is None:
        raise Problem("现在用的就是出厂权重，没有可以回退的。")
    after = session.get(Learnt, before.previous_id) if before.previous_id else None
    _switch(session, actor, before, after)
    return after


def _switch(session: Session, actor: User | None, before: Learnt | None, after: Learnt | None) -> None:
    """The first goes before the second comes: at no moment are two active."""
    if before is not None:
        before.active = False
        session.flush()
    if after is not None:
        after.active = True
        after.activated_by, after.activated_at = actor.id if actor else None, now()
        session.flush()
    events.record(session, actor, "weights.activated", after or before,
                  before={"weights": before.id if before else None}, after={"weights": after.id if after else None})
    needs = select(Post.id).where(Post.kind == Kind.NEED.value, Post.state == State.PUBLISHED.value)
    indexing.ask_shortlists(session, list(session.scalars(needs)), NIGHT)

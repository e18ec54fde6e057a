"""What a post says as one piece: kept at each publishing, compared before the next, and what two people agree on."""

from __future__ import annotations

import datetime as dt
import difflib
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.services import office
from matchmaker.services.content import CODES, EDITABLE
from matchmaker.services.problems import Problem
from matchmaker.services.transfer.columns import FIELDS
from models import Post, PostRevision, Review, User
from models.vocabulary import Kind

ABOUT = frozenset({
    "id", "kind", "state", "version", "source", "external_id", "source_url", "source_note", "demo", "title_key",
    "modes_key", "broker_id", "organisation_id", "owner_id", "confirmed_on", "created_at", "updated_at",
    "submitted_at", "published_at", "consented_at", "asked_on",
})
"""Columns that say something about a post, not what it says."""
NOTHING: dict[str, Any] = {}
EXTRA = {"hide_organisation": "隐藏单位名称", "contact_public": "公开的联系方式", "annex": "保密附件",
         "disclosure": "公开范围", "elements": "五要素", "indicators": "量化指标"}
EMPTY: tuple[Any, ...] = (None, "", [], {})


@dataclass(frozen=True)
class Piece:
    """A stretch of a text; `changed` where the other side differs."""

    text: str
    changed: bool


@dataclass(frozen=True)
class Change:
    """A field that says something else than before, both sides in pieces."""

    name: str
    label: str
    before: tuple[Piece, ...]
    after: tuple[Piece, ...]


def content(post: Post) -> dict[str, Any]:
    """All that a post says, column → value, as JSON holds it. What is empty is left out."""
    columns = {attribute.key for attribute in post.__mapper__.column_attrs} - ABOUT
    said = {name: _plain(getattr(post, name)) for name in sorted(columns)}
    rows = ("quantity", "comparison", "low", "high", "unit", "condition")
    said["indicators"] = [{name: _plain(getattr(row, name)) for name in rows} for row in post.indicators]
    return {name: value for name, value in said.items() if value not in EMPTY}


def digest(said: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(said, sort_keys=True, ensure_ascii=True).encode("ascii")).hexdigest()


def keep(session: Session, actor: User | None, post: Post) -> None:
    """Remember what is published now, unless that is what was published last."""
    said = content(post)
    mark, last = digest(said), latest(session, post)
    if last is None or last.digest != mark:
        session.add(PostRevision(post_id=post.id, version=post.version, digest=mark, content=said,
                                 published_by=actor.id if actor else None))


def latest(session: Session, post: Post) -> PostRevision | None:
    """What was published last; None for a post that never was."""
    found = select(PostRevision).where(PostRevision.post_id == post.id)
    return session.scalar(found.order_by(PostRevision.id.desc()).limit(1))


def approved(session: Session, post: Post) -> list[Review]:
    """Who approved the post as it stands, the first first; a later return or refusal takes that away."""
    newest = select(Review).where(Review.post_id == post.id).order_by(Review.id.desc())
    mark, found = digest(content(post)), list[Review]()
    for review in session.scalars(newest):
        if review.decision != "approve" or review.digest != mark:
            break
        found.append(review)
    return found[::-1]


def check_second(session: Session, actor: User, post: Post) -> None:
    """Raises Problem where the office wants a second person and nobody else has approved these words yet."""
    if two_needed(session) and not any(one.reviewer_id != actor.id for one in approved(session, post)):
        raise Problem("本中心实行双人审核：请先由另一位工作人员在“审核”中通过，再由您发布。")


def two_needed(session: Session) -> bool:
    return bool(office.get(session, office.FOUR_EYES))


def changes(kind: Kind, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """The fields that differ, in the order of the form."""
    order = list(EDITABLE.get(kind, NOTHING)) + sorted(before.keys() | after.keys())
    names = [name for name in dict.fromkeys(order) if before.get(name) != after.get(name)]
    return [Change(name, label(kind, name), *_compared(_said(name, before.get(name)), _said(name, after.get(name))))
            for name in names]


def label(kind: Kind, name: str) -> str:
    """How a field is called."""
    known = FIELDS[kind].get(name)
    return EDITABLE.get(kind, NOTHING).get(name) or (known.label if known else EXTRA.get(name, name))


def _compared(before: str, after: str) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    left, right = list[Piece](), list[Piece]()
    for kind, first, last, start, end in matcher.get_opcodes():
        left.append(Piece(before[first:last], kind != "equal"))
        right.append(Piece(after[start:end], kind != "equal"))
    return tuple(one for one in left if one.text), tuple(one for one in right if one.text)


def _said(name: str, value: Any) -> str:
    """A value in words; a code reads as its label."""
    if isinstance(value, list):
        rows = [_said(name, one) for one in value]
        return ("\n" if any(isinstance(one, dict) for one in value) else "、").join(rows)
    if isinstance(value, dict):
        return "；".join(_parts(name, value))
    if isinstance(value, bool):
        return "是" if value else "否"
    text = "" if value is None else str(value)
    return CODES[name].label(text) if name in CODES and text in CODES[name] else text


def _parts(name: str, row: Mapping[str, Any]) -> Iterator[str]:
    for part, value in row.items():
        if value not in EMPTY:
            said = "、".join(map(str, value)) if isinstance(value, list) else str(value)
            yield said if name == "indicators" else f"{part}：{said}"


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return str(value)
    return value.isoformat() if isinstance(value, dt.date) else value

"""A batch of rows: which are new, changed, unchanged or wrong, and writing those that are not wrong."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from matchmaker.services import clock, completers
from matchmaker.services.transfer.columns import FIELDS
from matchmaker.services.transfer.drafts import IDENTITY, NUMBER, Draft, Key, Speaker
from matchmaker.services.transfer.naming import organisation_kind
from models import CLASSES, Indicator, Organisation, Post, now
from models.vocabulary import Kind, State

MEASURED = ("quantity", "comparison", "low", "high", "unit", "condition")


@dataclass
class Seen:
    """Where in the list each identity and each post was first met."""

    keys: dict[Key, int] = field(default_factory=dict)
    posts: dict[int, int] = field(default_factory=dict)

    def recall(self, drafts: Sequence[Draft]) -> None:
        """Take note of rows that were dealt with before an interruption."""
        for draft in drafts:
            if not draft.faults:
                self.keys.setdefault(draft.key, draft.number)


@dataclass
class Verdicts:
    """What a batch comes to."""

    new: list[Draft] = field(default_factory=list)
    changed: list[tuple[Draft, Post, list[str]]] = field(default_factory=list)
    unchanged: int = 0
    wrong: list[Draft] = field(default_factory=list)


def system_number(post: Post) -> str:
    """The post's number in exported lists; its tail tells posts of another installation apart."""
    made = post.created_at.astimezone(dt.UTC).isoformat()
    return f"{post.id}-{hashlib.sha256(f'{post.kind}{post.id}{made}'.encode()).hexdigest()[:8]}"


def judge(session: Session, speaker: Speaker, drafts: Sequence[Draft], seen: Seen) -> Verdicts:
    """Compare a batch with what is stored; faults found here are added to the drafts. Writes nothing."""
    verdicts = Verdicts()
    stored = _stored(session, speaker, drafts)
    for draft in drafts:
        post = stored.get(draft.key)
        _doubt(draft, post, seen)
        _unlink(session, draft, post)
        if draft.faults:
            verdicts.wrong.append(draft)
            continue
        _remember(draft, post, seen)
        if post is None:
            verdicts.new.append(draft)
        elif names := differing(speaker.kind, post, draft.values):
            verdicts.changed.append((draft, post, names))
        else:
            verdicts.unchanged += 1
    return verdicts


def write(session: Session, speaker: Speaker, verdicts: Verdicts, *, reviewed: bool = False) -> list[Post]:
    """Store the new and the changed rows; returns their posts, flushed. New ones are published, or wait for review."""
    drafts = [*verdicts.new, *(draft for draft, _post, _names in verdicts.changed)]
    organisations = _organisations(session, speaker.kind, drafts)
    posts, linked = [], []
    for draft in verdicts.new:
        source, external = draft.key
        post = CLASSES[speaker.kind](
            kind=speaker.kind.value, source=source, external_id=external, **_entering(reviewed))
        for name, value in draft.values.items():
            _assign(post, name, value, organisations)
        posts.append(post)
        if _experts(draft.values.get("completers") or []):
            linked.append(post)
    session.add_all(posts)
    for draft, post, names in verdicts.changed:
        for name in names:
            _assign(post, name, draft.values[name], organisations)
        posts.append(post)
        if "completers" in names:
            linked.append(post)
    session.flush()
    for post in linked:
        completers.relink(session, post)
    return posts


def _entering(reviewed: bool) -> dict[str, Any]:
    """The state of a new post, and since when."""
    moment = now()
    if reviewed:
        return {"state": State.SUBMITTED.value, "submitted_at": moment}
    return {"state": State.PUBLISHED.value, "published_at": moment, "confirmed_on": clock.day_of(moment)}


def differing(kind: Kind, post: Post, values: dict[str, Any]) -> list[str]:
    """The fields in which a row says something else than the post."""
    return [name for name, value in values.items()
            if name not in IDENTITY and not FIELDS[kind][name].type.same(stored_value(post, name), value)]


def stored_value(post: Post, name: str) -> Any:
    """What the post says under the name of a field of lists."""
    if name == "organisation":
        return post.organisation.name if post.organisation else None
    if name == "indicators":
        return [{part: getattr(row, part) for part in MEASURED} for row in post.indicators]
    if name == "number":
        return system_number(post)
    if name.startswith("elements."):
        return (post.elements or {}).get(name.partition(".")[2])
    return getattr(post, name)


def _doubt(draft: Draft, post: Post | None, seen: Seen) -> None:
    """Add what only the other rows and the database can tell against a row."""
    row, (source, external) = f"第 {draft.number} 行", draft.key
    first = seen.keys.get(draft.key) or (seen.posts.get(post.id) if post else None)
    if first and first != draft.number:
        which = "单位与名称" if external.startswith("auto-") else f"编号“{external}”"
        draft.faults.append(f"{row}：与第 {first} 行重复（{which}相同），请删除其一或改正")
    elif not source and (post is None or system_number(post) != external):
        draft.faults.append(f"{row}「系统编号」：“{external[:20]}”不是本系统中的条目，作为新条目导入请清空此格")
    elif source and post and _another(post, draft):
        draft.faults.append(f"{row}：编号“{external}”已属于另一条内容（{post.title[:30]}）。"
                            "若来自不同的清单，请填写不同的清单名称后重新导入")


def _unlink(session: Session, draft: Draft, post: Post | None) -> None:
    """Take from a row's completers the numbers that are no expert's; those that the post has already stay."""
    rows: list[dict[str, Any]] = draft.values.get("completers") or []
    given = _experts(rows) - _experts(getattr(post, "completers", None) or [])
    if given and (unknown := given - completers.known(session, given)):
        draft.values["completers"] = [
            {name: row[name] for name in row if name != "expert_id"} if row.get("expert_id") in unknown else row
            for row in rows]
        which = "、".join(map(str, sorted(unknown)[:5]))
        draft.notes.append(f"第 {draft.number} 行「完成人」：没有编号为 {which} 的专家，只记姓名与单位")


def _experts(rows: list[dict[str, Any]]) -> set[int]:
    """The numbers of the experts among completers."""
    return {row["expert_id"] for row in rows if row.get("expert_id")}


def _another(post: Post, draft: Draft) -> bool:
    """Whether title and organisation both differ: the same number in two lists, not a correction."""
    name = draft.values.get("organisation")
    held = post.organisation.name if post.organisation else None
    return bool(draft.title) and draft.title != post.title and "organisation" in draft.values and name != held


def _remember(draft: Draft, post: Post | None, seen: Seen) -> None:
    seen.keys[draft.key] = draft.number
    if post is not None:
        seen.posts[post.id] = draft.number


def _stored(session: Session, speaker: Speaker, drafts: Sequence[Draft]) -> dict[Key, Post]:
    numbered = {int(match[1]): draft.key for draft in drafts
                if not draft.key[0] and (match := NUMBER.fullmatch(draft.key[1]))}
    by_list: dict[str, set[str]] = {}
    for source, external in (draft.key for draft in drafts if draft.key[0]):
        by_list.setdefault(source, set()).add(external)
    kind = CLASSES[speaker.kind]
    either = [and_(kind.source == source, kind.external_id.in_(sorted(ids))) for source, ids in by_list.items()]
    if numbered:
        either.append(kind.id.in_(sorted(numbered)))
    if not either:
        return {}
    found: dict[Key, Post] = {}
    for post in session.scalars(select(kind).where(or_(*either)).options(*loading(speaker.mapping.values()))):
        found[(post.source or "", post.external_id or "")] = post
        if post.id in numbered:
            found[numbered[post.id]] = post
    return found


def loading(names: Iterable[str]) -> list[Any]:
    """What to load with posts whose named fields are going to be read."""
    wanted = [joinedload(Post.organisation)]
    return [*wanted, selectinload(Post.indicators)] if "indicators" in names else list(wanted)


def _organisations(session: Session, kind: Kind, drafts: Iterable[Draft]) -> dict[str, Organisation]:
    """The organisations that rows name, those not known yet added."""
    names = sorted({name for draft in drafts if (name := draft.values.get("organisation"))})
    known = {row.name: row for row in session.scalars(select(Organisation).where(Organisation.name.in_(names)))}
    for name in names:
        if name not in known:
            known[name] = Organisation(name=name, kind=organisation_kind(name, kind))
            session.add(known[name])
    return known


def _assign(post: Post, name: str, value: Any, organisations: dict[str, Organisation]) -> None:
    if name in IDENTITY:
        return
    if name == "organisation":
        post.organisation = organisations[value] if value else None
    elif name == "indicators":
        post.indicators = [Indicator(position=at, **row) for at, row in enumerate(value)]
    elif name.startswith("elements."):
        part = name.partition(".")[2]
        kept = {key: phrases for key, phrases in (post.elements or {}).items() if key != part}
        post.elements = kept | ({part: value} if value else {})
    else:
        setattr(post, name, value)

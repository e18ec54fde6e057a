"""The demonstration data: fictitious enterprises with needs, and what may answer them.

The texts lie in `matchmaker/demo/`: `organisations.jsonl`, and one file per branch of industry whose lines are posts,
each with the names of the columns. Everything loaded is marked as demo.
"""

from __future__ import annotations

import datetime as dt
import json
import random
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.services import clock, demo_history, events, indexing, privacy
from models import CLASSES, Indicator, Organisation, Post, User, now
from models.vocabulary import Kind, State

TEXTS = Path(__file__).resolve().parent.parent / "demo"
SOURCE = "demo"
NOTE = "演示数据"
EMPLOYERS = {
    "enterprise@example.com": "示例通化参元药业有限公司", "researcher@example.com": "示例中医药大学",
    "broker@example.com": "示例净月技术转移中心", "head@example.com": "示例净月技术转移中心",
    "admin@example.com": "示例净月技术转移中心",
}
"""Where the demonstration accounts work; the posts of the first two organisations are theirs."""
HOURS_APART = 29
"""Between the publications of two posts: all of them together are some fourteen months of an office."""


def load(session: Session, actor: User | None = None) -> dict[str, int]:
    """Add what is missing of the demonstration data and publish it; what is there is left as it is.

    Returns how many organisations and posts of each kind were added; all 0 the second time.
    """
    organisations, added = _organisations(session)
    owners = _employ(session, organisations)
    stored = session.execute(select(Post.kind, Post.external_id).where(Post.source == SOURCE))
    known = {(kind, external_id) for kind, external_id in stored}
    posts = []
    written = list(rows())
    order = random.Random("order").sample(range(len(written)), len(written))  # noqa: S311 - the same each time
    for position, row in zip(order, written, strict=True):
        if (row["kind"], row["external_id"]) in known:
            continue
        organisation = organisations[row["organisation"]]
        post = _post(row, organisation, now() - dt.timedelta(hours=HOURS_APART * position))
        post.owner_id = owners.get(organisation.id)
        posts.append(post)
    session.add_all(posts)
    session.flush()
    for post in posts:
        events.record(session, actor, "post.published", post, after={"source": SOURCE})
    if posts:
        indexing.publish_many(session, posts)
    if posts and not known:
        demo_history.load(session, organisations[EMPLOYERS["broker@example.com"]], posts)
    return {"organisation": added} | {kind.value: sum(post.kind == kind for post in posts) for kind in Kind}


def rows() -> Iterator[dict[str, Any]]:
    """The posts as they are written down, branch by branch."""
    for path in sorted(TEXTS.glob("*.jsonl")):
        if path.stem != "organisations":
            yield from _lines(path)


def organisation_rows() -> list[dict[str, Any]]:
    """The organisations as they are written down."""
    return list(_lines(TEXTS / "organisations.jsonl"))


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def _organisations(session: Session) -> tuple[dict[str, Organisation], int]:
    """Every organisation of the data by name, and how many had to be added."""
    wanted = {row["name"]: row for row in organisation_rows()}
    stored = session.scalars(select(Organisation).where(Organisation.name.in_(wanted)))
    found = {organisation.name: organisation for organisation in stored}
    missing = [Organisation(**row, demo=True) for name, row in wanted.items() if name not in found]
    session.add_all(missing)
    session.flush()
    return found | {organisation.name: organisation for organisation in missing}, len(missing)


def _employ(session: Session, organisations: Mapping[str, Organisation]) -> dict[int, int]:
    """Give each demonstration account without an employer its own; returns who owns an organisation's posts."""
    owners: dict[int, int] = {}
    for user in session.scalars(select(User).where(User.email.in_(EMPLOYERS))):
        employer = organisations[EMPLOYERS[user.email]]
        if user.organisation_id is None:
            user.organisation_id, user.position = employer.id, "owner"
        if user.privacy_version is None:
            privacy.consent(session, user)
        if employer.kind != "transfer_agency":
            owners[employer.id] = user.id
    return owners


def _post(row: Mapping[str, Any], organisation: Organisation, at: dt.datetime) -> Post:
    kind = Kind(row["kind"])
    values = {name: _value(name, value) for name, value in row.items() if name not in ("organisation", "indicators")}
    post = CLASSES[kind](
        **values, organisation_id=organisation.id, demo=True, source=SOURCE, source_note=NOTE,
        state=State.PUBLISHED.value, created_at=at, updated_at=at, published_at=at, confirmed_on=clock.today(),
    )
    post.indicators = [
        Indicator(position=position, **indicator) for position, indicator in enumerate(row.get("indicators", ()))]
    if kind is Kind.EXPERT:
        post.consented_at = at  # type: ignore[attr-defined]
    return post


def _value(name: str, value: Any) -> Any:
    if name in ("valid_until", "research_from", "research_to"):
        return dt.date.fromisoformat(value)
    return Decimal(value) if name in ("budget", "price") else value

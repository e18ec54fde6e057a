"""Searches that a person keeps, and the digest that tells what is new in them.

A digest looks for posts published since it last looked (and a little before: what was published in a transaction that
ended later), leaves out those it told of before, and tells the rest in one notice. Only what the reader finds in the
hall at that moment is told.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Mapping, Sequence
from urllib.parse import parse_qsl, urlencode

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from matchmaker.services import halls, lists, mailing, notices
from matchmaker.services.halls import Question
from matchmaker.services.ports import Finder
from matchmaker.services.problems import NotFound, Problem
from matchmaker.speech import own
from models import Post, SavedSearch, User, now
from models.vocabulary import FREQUENCIES, Kind

MOST = 30
"""Searches that one person may keep."""
NAMED = 20
"""Posts that one digest names at most; of the rest it says how many."""
OVERLAP = dt.timedelta(hours=1)
LONGEST_NAME = 100


def question(saved: SavedSearch) -> Question:
    """What is looked for."""
    return Question.of(Kind(saved.kind), dict(parse_qsl(saved.query)))


def create(session: Session, user: User, asked: Question, name: str, frequency: str) -> SavedSearch:
    """Keep a search; an equal one of the user's is renamed instead. Raises Problem."""
    _check(frequency)
    query = urlencode(asked.as_query())
    named = name.strip()[:LONGEST_NAME] or describe(asked)
    own = of_user(session, user)
    found = next((one for one in own if (one.kind, one.query) == (asked.kind.value, query)), None)
    if found is None:
        if len(own) >= MOST:
            raise Problem(f"最多保存 {MOST} 个搜索，请先删除不再需要的。")
        found = SavedSearch(user_id=user.id, kind=asked.kind.value, query=query, token=secrets.token_urlsafe(32),
                            name=named, seen=[])
        session.add(found)
    found.name, found.frequency = named, frequency
    session.flush()
    return found


def describe(asked: Question) -> str:
    """A name for a search that was given none."""
    return f"{asked.kind.label}：{asked.text}"[:LONGEST_NAME] if asked.text else asked.kind.label


def of_user(session: Session, user: User) -> list[SavedSearch]:
    """The user's searches, the newest first."""
    wanted = select(SavedSearch).where(SavedSearch.user_id == user.id).order_by(SavedSearch.id.desc())
    return list(session.scalars(wanted))


def get(session: Session, user: User, search_id: int) -> SavedSearch:
    """A search of the user's. Raises NotFound for one that is absent or another's."""
    found = session.get(SavedSearch, search_id)
    if found is None or found.user_id != user.id:
        raise NotFound("没有找到这个保存的搜索，它可能已被删除。")
    return found


def by_token(session: Session, token: str) -> SavedSearch:
    """The search whose mails name the token. Raises NotFound."""
    found = session.scalar(select(SavedSearch).where(SavedSearch.token == token).options(joinedload(SavedSearch.user)))
    if found is None:
        raise NotFound("没有找到这个保存的搜索，它可能已被删除。")
    return found


def change(session: Session, saved: SavedSearch, values: Mapping[str, str]) -> None:
    """Rename a search, or have it told of at another pace. Raises Problem."""
    _check(values.get("frequency", ""))
    saved.name = values.get("name", "").strip()[:LONGEST_NAME] or saved.name
    saved.frequency = values["frequency"]


def stop(saved: SavedSearch) -> None:
    """No more digests of this search; it is kept."""
    saved.frequency = "none"


def delete(session: Session, saved: SavedSearch) -> None:
    session.delete(saved)


def due(session: Session, frequency: str) -> list[int]:
    """The ids of the searches that are told of at this pace."""
    wanted = select(SavedSearch.id).join(SavedSearch.user).where(SavedSearch.frequency == frequency, User.active)
    return list(session.scalars(wanted.order_by(SavedSearch.id)))


def news(session: Session, finder: Finder, saved: SavedSearch) -> list[int]:
    """Ids of what its reader would find in the hall now, was published since the last digest, and was not told before;
    the newest first."""
    since = saved.last_run - OVERLAP if saved.last_run else saved.created_at
    told = set(saved.seen)
    found = halls.published_since(session, finder, saved.user, question(saved), since)
    return [id_ for id_ in found if id_ not in told]


def tell(session: Session, saved: SavedSearch, found: Sequence[int], slot: str, site: str) -> None:
    """Write the notice and the mail about the posts, and remember that they were told, as long as they may be found
    again. `site`: where the site is."""
    saved.last_run = now()
    if not found:
        return
    again = select(Post.id).where(Post.kind == saved.kind, Post.published_at >= saved.last_run - OVERLAP)
    saved.seen = sorted({*saved.seen, *found} & set(session.scalars(again)))
    subject = f"“{own(saved.name)}”有 {len(found)} 条新{Kind(saved.kind).label}"
    lines = [f"· {own(post.title)}" for post in lists.load(session, Kind(saved.kind), found[:NAMED])]
    more = [f"另有 {len(found) - NAMED} 条。"] if len(found) > NAMED else []
    text, link = "\n".join([*lines, *more]), f"/searches/{saved.id}/results"
    written = notices.notify(session, saved.user, "match", subject, text, link, f"search:{saved.id}:{slot}")
    if written is None:
        return
    written.mailed_at = now()
    stop = f"不再接收这个搜索的提醒：{site}/searches/stop/{saved.token}"
    body = notices.GREETING.format(name=saved.user.name) + f"您保存的搜索{subject}：\n\n{text}\n\n{stop}"
    mailing.queue(session, mailing.Letter(saved.user.email, subject, body, link))


def _check(frequency: str) -> None:
    if frequency not in FREQUENCIES:
        raise Problem("提醒频率：请选择不提醒、每天或每周。")

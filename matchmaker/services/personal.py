"""What is kept of a person, as they may read it, and the end of an account."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, Table, delete, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from matchmaker.services import accounts, events, notices, organisations, posts
from matchmaker.speech import own
from models import (
    Attachment,
    Base,
    Contract,
    Expert,
    Indicator,
    Introduction,
    MailLink,
    Organisation,
    Post,
    PostRevision,
    User,
    now,
)
from models.vocabulary import State

SECRETS = frozenset({"password_hash", "token_hash", "evidence", "title_key", "name_key"})
"""Columns that an export leaves out: keys, and what was computed from other people's texts."""
OF_OFFICE = frozenset({"broker_id", "decided_by"})
"""Columns that name who works on a row, which is not that person's own."""
NOBODY = "已注销用户"
OVER = ("performed", "closed", "passed")


def export(session: Session, user: User) -> dict[str, Any]:
    """Every stored row that is the user's or was written by them: table → rows, in plain JSON values."""
    people, firms = _table(User), _table(Organisation)
    found = {people.name: _rows(session, people, people.c.id == user.id),
             firms.name: _rows(session, firms, firms.c.id == user.organisation_id)}
    for table, columns in _naming(people):
        mine = [column == user.id for column in columns if column.name not in OF_OFFICE]
        if mine:
            found[table.name] = _rows(session, table, or_(*mine))
    own = select(Post.id).where(Post.owner_id == user.id)
    found["indicator"] = _rows(session, _table(Indicator), Indicator.post_id.in_(own))
    return {name: rows for name, rows in found.items() if rows}


def kept(session: Session, user: User) -> dict[str, int]:
    """How much stays when the account ends: contracts and cases that the user's posts are part of, and files of posts
    that a signed contract came of."""
    cases = select(Introduction.id).where(_of_posts(user))
    contracts = select(func.count()).select_from(Contract).where(
        or_(Contract.introduction_id.in_(cases), Contract.created_by == user.id))
    files = select(func.count()).select_from(Attachment).join(Attachment.post).where(
        Post.owner_id == user.id, Post.id.in_(_contracted()))
    return {"cases": session.scalar(select(func.count()).select_from(cases.subquery())) or 0,
            "contracts": session.scalar(contracts) or 0, "files": session.scalar(files) or 0}


def erase(session: Session, user: User, password: str) -> list[str]:
    """End an account and blank what is personal in it. Raises Problem.

    1. What only this person answers for is withdrawn, drafts are deleted; what an enterprise posted stays with its
    other members. 2. The brokers of open cases are told. 3. Rows that live and die with an account go: browsers,
    notices, wishes, links. 4. The account keeps its number alone, so that contracts and the log still hold together.

    Returns the hashes of the files that went, whose bytes go with `attachments.sweep`.
    """
    accounts.check_own(user, password)
    organisations.check_may_leave(session, user)
    _tell_brokers(session, user)
    if user.organisation_id is not None:
        organisations.leave(session, user)
    own = session.scalars(select(Post).where(Post.owner_id == user.id)).all()
    hashes = _files(session, [post.id for post in own])
    for post in own:
        _let_go(session, user, post)
    for post in session.scalars(select(Post).where(Post.contact_email == user.email)):
        _blank(post)
    organisations.cancel(session, user)
    events.record(session, user, "user.erased", user)
    session.flush()
    for table, columns in _naming(_table(User)):
        for column in columns:
            if any(key.ondelete == "CASCADE" for key in column.foreign_keys):
                session.execute(delete(table).where(column == user.id))
    session.execute(delete(MailLink).where(MailLink.email == user.email))
    user.email, user.name, user.password_hash = f"erased-{user.id}@invalid", NOBODY, ""
    user.active, user.erased_at = False, now()
    return hashes


def _files(session: Session, posts: list[int]) -> list[str]:
    """Forget the files and earlier wordings of these posts, but for those that a signed contract came of."""
    going = Attachment.post_id.in_(posts), Attachment.post_id.not_in(_contracted())
    hashes = list(session.scalars(select(Attachment.sha256).where(*going)))
    session.execute(delete(Attachment).where(*going))
    session.execute(delete(PostRevision).where(
        PostRevision.post_id.in_(posts), PostRevision.post_id.not_in(_contracted())))
    return hashes


def _contracted() -> Select[int]:
    """Ids of the posts that a signed contract came of."""
    signed = select(Contract.introduction_id).where(Contract.signed_on.is_not(None))
    both = select(Introduction.need_id).where(Introduction.id.in_(signed)).union(
        select(Introduction.supply_id).where(Introduction.id.in_(signed))).subquery()
    return select(both.c[0])


def _let_go(session: Session, user: User, post: Post) -> None:
    """Withdraw a post of somebody who leaves, or delete what was never more than a draft."""
    if post.state == State.DRAFT and _deleted(session, post):
        return
    if any(step.action == "withdraw" for step in posts.actions(user, post)):
        posts.move(session, user, post, "withdraw")
    _blank(post)
    if isinstance(post, Expert):
        post.title, post.name_en, post.brief, post.orcid, post.homepage = NOBODY, None, "", None, None
        post.department, post.job_title, post.projects, post.awards = None, None, [], []


def _deleted(session: Session, post: Post) -> bool:
    """Whether nothing stood in the way of deleting the post."""
    try:
        with session.begin_nested():
            session.delete(post)
            session.flush()
    except IntegrityError:
        return False
    return True


def _blank(post: Post) -> None:
    post.contact_name = post.contact_phone = post.contact_email = None
    post.contact_public = []


def _tell_brokers(session: Session, user: User) -> None:
    wanted = select(Introduction).where(_of_posts(user), Introduction.state.not_in(OVER))
    for case in session.scalars(wanted):
        if case.broker is not None:
            need, supply = own(case.need.title), own(case.supply.title)
            notices.notify(session, case.broker, "account", "对接的一方已注销账号",
                           f"“{need}”与“{supply}”的对接中，一方已注销账号，请跟进或结案。", "",
                           f"erased:{user.id}:{case.id}")


def _of_posts(user: User) -> ColumnElement[bool]:
    own = select(Post.id).where(Post.owner_id == user.id)
    return or_(Introduction.need_id.in_(own), Introduction.supply_id.in_(own))


def _naming(people: Table) -> Iterator[tuple[Table, list[Any]]]:
    """Every other table with columns that name a user."""
    for table in Base.metadata.sorted_tables:
        columns = [column for column in table.columns
                   if any(key.column.table is people for key in column.foreign_keys)]
        if columns and table is not people:
            yield table, columns


def _table(model: type[Base]) -> Table:
    found = model.__table__
    assert isinstance(found, Table)
    return found


def _rows(session: Session, table: Table, condition: Any) -> list[dict[str, Any]]:
    shown = [column for column in table.columns if column.name not in SECRETS]
    return [{name: _plain(value) for name, value in row._mapping.items()}
            for row in session.execute(select(*shown).where(condition))]


def _plain(value: Any) -> Any:
    if isinstance(value, dt.date | dt.datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    return str(value) if isinstance(value, Decimal) else value

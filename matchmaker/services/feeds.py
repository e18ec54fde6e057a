"""Halls as feeds, and the list of public pages: what everyone may read, and nothing else, whoever asks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker.services import permissions, public
from models import Post, now
from models.vocabulary import FIELDS

FORMS = {"atom": "application/atom+xml", "rss": "application/rss+xml"}
PER_MAP = 10_000
"""Addresses in one file of the site map; the protocol takes 50,000."""


@dataclass(frozen=True)
class Channel:
    """What a feed is of: its title, its own address and that of the page it follows."""

    title: str
    about: str
    itself: str
    page: str


def write(form: str, channel: Channel, posts: Sequence[Post], address: Callable[[Post], str]) -> bytes:
    """The feed of published posts in one of FORMS; anything else in `posts` is a programming error (ValueError)."""
    if not all(permissions.can_see(None, post) for post in posts):
        raise ValueError("a feed is of published posts")
    from feedgen.feed import FeedGenerator  # noqa: PLC0415 — web processes stay small

    feed = FeedGenerator()
    feed.id(channel.page)
    feed.title(plain(channel.title))
    feed.description(channel.about)
    feed.subtitle(channel.about)
    feed.link(href=channel.page, rel="alternate")
    feed.link(href=channel.itself, rel="self")
    feed.language("zh-CN")
    feed.updated(max((post.updated_at for post in posts), default=now()))
    for post in posts:
        entry = feed.add_entry(order="append")
        entry.id(address(post))
        entry.title(plain(post.title))
        entry.link(href=address(post))
        entry.summary(plain(public.summary(post)))
        entry.updated(post.updated_at)
        entry.published(post.published_at or post.updated_at)
        if name := public.organisation_name(None, post):
            entry.author({"name": plain(name)})
        if post.field:
            entry.category(term=post.field, label=FIELDS.label(post.field))
    written: bytes = feed.atom_str(pretty=True) if form == "atom" else feed.rss_str(pretty=True)
    return written


def plain(text: str) -> str:
    """The text without the characters that XML has no place for."""
    return "".join(letter for letter in text if letter in "\t\n" or (letter >= " " and letter not in "\ufffe\uffff"
                                                                      and not "\ud800" <= letter <= "\udfff"))


def maps(session: Session) -> int:
    """How many files the site map has."""
    counted = session.scalar(select(func.count()).select_from(Post).where(permissions.published_posts(None))) or 0
    return max(1, -(-counted // PER_MAP))


def mapped(session: Session, number: int) -> list[tuple[int, str]]:
    """The published posts of one file of the site map, from 1: id and the day of the last change."""
    wanted = select(Post.id, Post.updated_at).where(permissions.published_posts(None)).order_by(Post.id)
    rows = session.execute(wanted.offset((number - 1) * PER_MAP).limit(PER_MAP))
    return [(row[0], row[1].date().isoformat()) for row in rows]

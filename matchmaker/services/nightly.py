"""Every open need matched anew in one go: candidates are found for many needs at once, then judged one by one."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any, Protocol

from sqlalchemy import select

from matchmaker.services import matching, subjects
from matchmaker.services.matching import Computed
from matchmaker.services.ports import Hit, Reader
from matchmaker.services.shortlists import POOL
from models import Need, Sessions
from models.vocabulary import SUPPLIES, Kind, State

TOGETHER = 64
"""Needs whose candidates are found in one step."""


class BatchFinder(Reader, Protocol):
    """A finder that answers many questions in one go; the engine in this process is one."""

    def search_many(self, texts: Sequence[str], kinds: Sequence[Kind], k: int = 200) -> dict[Kind, list[list[Hit]]]:
        """As `search` for each text and kind."""
        ...


class Prepared:
    """A finder whose answers to some questions are known; the rest is asked of the one behind it."""

    def __init__(self, finder: Reader, answers: dict[tuple[str, Kind], list[Hit]]) -> None:
        self._finder = finder
        self._answers = answers

    def search(self, text: str, kind: Kind, k: int = 200, allowed: Collection[int] | None = None) -> list[Hit]:
        if allowed is None and k == POOL and (text, kind) in self._answers:
            return self._answers[text, kind]
        return self._finder.search(text, kind, k, allowed)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._finder, name)


def open_needs(sessions: Sessions, after: int = 0) -> list[int]:
    """Ids of the published needs beyond the id `after`, in order."""
    with sessions.read() as session:
        wanted = select(Need.id).where(Need.state == State.PUBLISHED.value, Need.id > after)
        return list(session.scalars(wanted.order_by(Need.id)))


def compute(sessions: Sessions, finder: BatchFinder, need_ids: Sequence[int]) -> Iterator[tuple[int, Computed | None]]:
    """The lists of each need, computed as they are asked for; None for one that is no longer published.

    Raises FinderUnavailable.
    """
    for start in range(0, len(need_ids), TOGETHER):
        ids = need_ids[start : start + TOGETHER]
        with sessions.read() as session:
            needs = session.scalars(select(Need).where(Need.id.in_(ids)))
            texts = list(dict.fromkeys(subjects.asking(need).text for need in needs))
        answers = {(text, kind): hits for kind, found in finder.search_many(texts, SUPPLIES, POOL).items()
                   for text, hits in zip(texts, found, strict=True)}
        prepared = Prepared(finder, answers)
        for need_id in ids:
            yield need_id, matching.compute(sessions, prepared, need_id)

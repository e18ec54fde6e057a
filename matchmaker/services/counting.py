"""How many posts each choice of each facet of a hall would leave, the other facets kept.

Every facet is one pass over the index made for it. Counts of a whole hall are remembered until a post of its kind
changes; counts among the finds of a search are not.
"""

from __future__ import annotations

import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from matchmaker.services import permissions
from matchmaker.services.facets import IN_HALLS, PARTS, Filters, scope
from models import Organisation, Post, User
from models.vocabulary import Kind

Result = TypeVar("Result")
SHOWN_ORGANISATIONS = 12
KEPT, KEPT_SECONDS = 256, 60.0


class Choice(NamedTuple):
    """One entry of a facet; `n` is how many posts choosing it would leave, the other parts kept."""

    code: str
    label: str
    n: int


@dataclass(frozen=True)
class Facet:
    """One way to narrow a hall, with its choices and what is chosen."""

    name: str
    title: str
    choices: tuple[Choice, ...]
    chosen: str | None


@dataclass(frozen=True)
class Tally:
    """How long the whole list is, and how many posts each choice of each facet would leave."""

    total: int
    facets: tuple[Facet, ...]


@dataclass(frozen=True)
class Asked:
    """Who looks at which hall, narrowed to what; `among`: the finds of a search, None for the whole hall."""

    viewer: User | None
    kind: Kind
    filters: Filters
    among: Collection[int] | None = None

    def conditions(self, without: str = "") -> ColumnElement[bool]:
        """Under which a post counts, one part of the filters left out."""
        others = self.filters.without(without) if without else self.filters
        stands = scope(self.viewer, self.kind, others)
        if without == "state":
            stands = and_(Post.kind == self.kind.value, permissions.visible_posts(self.viewer))
        ids = [] if self.among is None else [Post.id.in_(list(self.among))]
        return and_(stands, *others.conditions(), *ids)


def tally(session: Session, asked: Asked) -> Tally:
    """The counts of a hall as the viewer may have them."""
    counting = _Counting.of(session, asked)
    names = IN_HALLS[asked.kind] + (("state",) if asked.viewer is not None else ())
    return Tally(counting.total(), tuple(counting.facet(name) for name in names))


def total(session: Session, asked: Asked) -> int:
    """How many posts a hall has for the viewer."""
    return _Counting.of(session, asked).total()


@dataclass(frozen=True)
class _Counting:
    session: Session
    asked: Asked
    mark: tuple[object, ...] | None

    @classmethod
    def of(cls, session: Session, asked: Asked) -> _Counting:
        return cls(session, asked, _mark(session, asked.kind) if asked.among is None else None)

    def total(self) -> int:
        wanted = select(func.count()).select_from(Post).where(self.asked.conditions())
        return self._kept("total", lambda: self.session.scalar(wanted) or 0)

    def facet(self, name: str) -> Facet:
        part, chosen = PARTS[name], self.asked.filters.as_query().get(name)
        counted: Counter[str] = Counter()
        for cell, n in self._kept(name, lambda: self._cells(name)):
            for code in part.codes(cell, chosen):
                counted[code] += n
        codes = [code for code in part.order if code in counted] if part.order else [
            code for code, _ in sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))]
        if name == "organisation":
            codes = codes[:SHOWN_ORGANISATIONS]
        if chosen and chosen not in codes:
            codes.insert(0, chosen)
        labels = self._names(codes) if name == "organisation" else {code: part.label(code) for code in codes}
        choices = tuple(Choice(code, labels[code], counted[code]) for code in codes if code in labels)
        return Facet(name, (part.titles or {}).get(self.asked.kind, part.title), choices, chosen)

    def _cells(self, name: str) -> list[tuple[Any, int]]:
        """What is counted of one part, with how many posts have it."""
        part = PARTS[name]
        public = [] if part.public is None else [part.public]
        cell = part.cell.label("cell")
        wanted = select(cell, func.count()).where(self.asked.conditions(name), part.cell.is_not(None), *public)
        return [(row[0], row[1]) for row in self.session.execute(wanted.group_by("cell"))]

    def _names(self, ids: list[str]) -> dict[str, str]:
        wanted = select(Organisation.id, Organisation.name).where(Organisation.id.in_(map(int, ids)))
        return {str(row[0]): row[1] for row in self.session.execute(wanted)}

    def _kept(self, what: str, count: Callable[[], Result]) -> Result:
        """`count()`, or what it gave before if no post of the kind was added, changed or taken away since."""
        if self.mark is None:
            return count()
        own = what == "state" or self.asked.filters.state
        whose = self.asked.viewer.id if self.asked.viewer is not None and own else None
        database = self.session.get_bind().engine.url.render_as_string()
        key = (database, self.asked.kind.value, what, str(self.asked.filters), str(whose))
        known: Result | None = _MEMORY.get(key, self.mark)
        if known is None:
            known = count()
            _MEMORY.put(key, self.mark, known)
        return known


def _mark(session: Session, kind: Kind) -> tuple[object, ...]:
    """What differs as soon as a post of the kind does."""
    return tuple(session.execute(select(func.count(), func.max(Post.updated_at)).where(Post.kind == kind.value)).one())


class _Memory:
    """Counts of long lists, those used last, each for KEPT_SECONDS at most; shared by the threads of a process."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, ...], tuple[float, object, Any]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: tuple[str, ...], mark: object) -> Any:
        with self._lock:
            at, of, value = self._kept.get(key, (0.0, None, None))
        return value if of == mark and time.monotonic() - at < KEPT_SECONDS else None

    def put(self, key: tuple[str, ...], mark: object, value: object) -> None:
        with self._lock:
            self._kept[key] = (time.monotonic(), mark, value)
            self._kept.move_to_end(key)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)


_MEMORY = _Memory()

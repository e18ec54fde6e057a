"""Rows by number. A number that no row can have finds none, on PostgreSQL too, which would refuse to look."""

from __future__ import annotations

from typing import TypeVar

from sqlalchemy.orm import Session

from models import Base

HIGHEST = 2**31 - 1
"""The greatest number of a row, on either database."""
Entity = TypeVar("Entity", bound=Base)


def possible(number: int) -> bool:
    return 0 < number <= HIGHEST


def find(session: Session, entity: type[Entity], number: int) -> Entity | None:
    """The row of that number, None when there is none."""
    return session.get(entity, number) if possible(number) else None

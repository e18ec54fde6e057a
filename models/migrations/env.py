"""Runs the revisions against the connection that `scripts.migrate` hands over."""

from typing import Any, Literal

from alembic import context

from models import Base
from models.base import Money, UtcTime

PLAIN = {UtcTime: "sa.DateTime(timezone=True)", Money: "sa.Numeric(18, 2).with_variant(sa.Text(), 'sqlite')"}


def render_item(kind: str, item: Any, _autogen: object) -> str | Literal[False]:
    """Write our own types as plain ones, so that no revision imports a model."""
    return PLAIN.get(type(item), False) if kind == "type" else False


def compare_type(_context: object, _inspected: object, _column: object, _found: object, wanted: Any) -> bool | None:
    """Our own types look different on each database; alembic judges all others."""
    return False if type(wanted) in PLAIN else None


context.configure(
    connection=context.config.attributes["connection"], target_metadata=Base.metadata, render_as_batch=True,
    render_item=render_item, compare_type=compare_type,
)
with context.begin_transaction():
    context.run_migrations()

"""first rows

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

index_state = sa.table("index_state", sa.column("id"), sa.column("revision"), sa.column("encoder"))


def upgrade() -> None:
    op.bulk_insert(index_state, [{"id": 1, "revision": 0, "encoder": ""}])


def downgrade() -> None:
    op.execute(index_state.delete())

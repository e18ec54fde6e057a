"""zone

Revision ID: 0016
Revises: 0015
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("user_account", sa.Column("zone", sa.String(length=40), nullable=True,
                                            comment="time zone chosen for pages and mails; none: Beijing's"))


def downgrade() -> None:
    op.drop_column("user_account", "zone")

"""language

Revision ID: 0015
Revises: 0014
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("user_account", sa.Column("language", sa.String(length=8), nullable=True,
                                            comment="chosen for pages and mails; none: Chinese"))


def downgrade() -> None:
    op.drop_column("user_account", "language")

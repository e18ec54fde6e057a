"""halls: what lists are counted by, and searches that people keep

Revision ID: 0010
Revises: 0009
"""

import json

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

COUNTED = [
    "kind", "state", "field", "region", "industry", "trl", "organisation_id", "hide_organisation", "disclosure",
    "budget", "price", "modes_key", "owner_id", "valid_until", "updated_at", "id",
]
AT_ONCE = 1000


def upgrade() -> None:
    with op.batch_alter_table("post", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("modes_key", sa.String(length=255), nullable=True, comment="the modes as they are counted")
        )
    _fill()
    op.create_index("ix_post_hall", "post", COUNTED, unique=False)
    op.create_table(
        "saved_search",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False, comment="the hall it looks in"),
        sa.Column(
            "query", sa.Text(), nullable=False, comment="words and filters, as they stand in the hall's address"
        ),
        sa.Column("frequency", sa.String(length=8), nullable=False, comment="code of FREQUENCIES"),
        sa.Column("token", sa.String(length=64), nullable=False, comment="opens the page that ends its mails"),
        sa.Column("last_run", sa.DateTime(timezone=True), nullable=True, comment="when a digest last looked"),
        sa.Column("seen", sa.JSON(), nullable=False, comment="ids of posts that a digest told of"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("frequency IN ('none', 'daily', 'weekly')", name=op.f("ck_saved_search_frequency")),
        sa.CheckConstraint(
            "kind IN ('need', 'achievement', 'expert', 'facility')", name=op.f("ck_saved_search_kind")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_saved_search_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_search")),
        sa.UniqueConstraint("token", name=op.f("uq_saved_search_token")),
    )
    op.create_index(op.f("ix_saved_search_user_id"), "saved_search", ["user_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_saved_search_user_id"), table_name="saved_search")
    op.drop_table("saved_search")
    op.drop_index("ix_post_hall", table_name="post")
    with op.batch_alter_table("post", schema=None) as batch_op:
        batch_op.drop_column("modes_key")


def _fill() -> None:
    """Give the posts that are there the key of their modes, a part at a time."""
    connection = op.get_bind()
    post = sa.table("post", sa.column("id", sa.Integer), sa.column("modes", sa.JSON), sa.column("modes_key", sa.String))
    last = 0
    while True:
        wanted = sa.select(post.c.id, post.c.modes).where(post.c.id > last).order_by(post.c.id).limit(AT_ONCE)
        rows = connection.execute(wanted).all()
        if not rows:
            return
        keyed = [{"post_id": row.id, "key": _key(row.modes)} for row in rows if row.modes]
        if keyed:
            filled = sa.update(post).where(post.c.id == sa.bindparam("post_id")).values(modes_key=sa.bindparam("key"))
            connection.execute(filled, keyed)
        last = rows[-1].id


def _key(modes: str | list[str]) -> str | None:
    listed: list[str] = json.loads(modes) if isinstance(modes, str) else modes
    return f",{','.join(sorted(set(listed)))}," if listed else None

"""title keys of the posts that are there already

Revision ID: 0004
Revises: 0003
"""

import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

BATCH = 1000
post = sa.table("post", sa.column("id"), sa.column("title"), sa.column("title_key"))


def key(title: str) -> str:
    plain = unicodedata.normalize("NFKC", title).casefold()
    return "".join(character for character in plain if character.isalnum())[:64]


def upgrade() -> None:
    connection, last = op.get_bind(), 0
    wanted = sa.select(post.c.id, post.c.title).order_by(post.c.id).limit(BATCH)
    change = sa.update(post).where(post.c.id == sa.bindparam("at")).values(title_key=sa.bindparam("key"))
    while rows := connection.execute(wanted.where(post.c.id > last)).all():
        connection.execute(change, [{"at": row.id, "key": key(row.title)} for row in rows])
        last = rows[-1].id


def downgrade() -> None:
    op.execute(post.update().values(title_key=None))

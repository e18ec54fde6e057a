"""review: decisions and revisions, the ledger of disclosures, the chain of events

Revision ID: 0009
Revises: 0008
"""

import datetime as dt
import hashlib
import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

START = "0" * 64
CHUNK = 1000
SEALED = ("event", "event_seal")
REFUSAL = "rows of this table are only ever added"


def upgrade() -> None:
    op.create_table(
        "review",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("post_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False, comment="of the post that was read"),
        sa.Column("digest", sa.String(64), nullable=False, comment="SHA-256 of the content that was read"),
        sa.Column("reviewer_id", sa.Integer(), nullable=False),
        sa.Column("decision", sa.String(8), nullable=False, comment="approve, return, refuse"),
        sa.Column("checklist", sa.JSON(), nullable=False, comment="item of the checklist → whether it holds"),
        sa.Column("comments", sa.JSON(), nullable=False, comment="field → what to mend there, read by the poster"),
        sa.Column("note", sa.Text(), nullable=False, comment="the reason as a whole, read by the poster"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("decision IN ('approve', 'return', 'refuse')", name=op.f("ck_review_decision")),
        sa.CheckConstraint("decision <> 'refuse' OR note <> ''", name=op.f("ck_review_reason")),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name=op.f("fk_review_post_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["reviewer_id"], ["user_account.id"], name=op.f("fk_review_reviewer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review")),
    )
    op.create_index("ix_review_post_id", "review", ["post_id", "id"])
    op.create_index("ix_review_reviewer_id", "review", ["reviewer_id"])
    op.create_table(
        "post_revision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("post_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False, comment="SHA-256 of the content"),
        sa.Column("content", sa.JSON(), nullable=False,
                  comment="column → value, as JSON; not for those who may not read it all"),
        sa.Column("published_by", sa.Integer(), nullable=True, comment="none: the system"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name=op.f("fk_post_revision_post_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["published_by"], ["user_account.id"], name=op.f("fk_post_revision_published_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_post_revision")),
    )
    op.create_index("ix_post_revision_post_id", "post_revision", ["post_id", "id"])
    op.create_table(
        "disclosure",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("post_id", sa.Integer(), nullable=False),
        sa.Column("part", sa.String(16), nullable=False, comment="full, annex, contact, attachment, organisation"),
        sa.Column("viewer_id", sa.Integer(), nullable=False),
        sa.Column("introduction_id", sa.Integer(), nullable=True,
                  comment="the case that allowed it; none: the office"),
        sa.Column("how", sa.String(64), nullable=False, comment="the page or file in which it was shown"),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("part IN ('full', 'annex', 'contact', 'attachment', 'organisation')",
                           name=op.f("ck_disclosure_part")),
        sa.ForeignKeyConstraint(["introduction_id"], ["introduction.id"], name=op.f("fk_disclosure_introduction_id"),
                                ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name=op.f("fk_disclosure_post_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["viewer_id"], ["user_account.id"], name=op.f("fk_disclosure_viewer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disclosure")),
    )
    op.create_index("ix_disclosure_post_id", "disclosure", ["post_id", "id"])
    op.create_index("ix_disclosure_viewer_id", "disclosure", ["viewer_id", "id"])
    op.create_table(
        "event_seal",
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False, comment="1, 2, 3 … without a gap"),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("previous", sa.String(64), nullable=False, comment="hash of the entry before; zeros for the first"),
        sa.Column("hash", sa.String(64), nullable=False, comment="SHA-256 of `previous` and what the event says"),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], name=op.f("fk_event_seal_event_id")),
        sa.PrimaryKeyConstraint("place", name=op.f("pk_event_seal")),
        sa.UniqueConstraint("event_id", name=op.f("uq_event_seal_event_id")),
    )
    op.create_table(
        "event_chain",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False, comment="always 1"),
        sa.Column("length", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False, comment="of the last entry"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_chain")),
    )
    op.create_index("ix_event_actor_id", "event", ["actor_id", "id"])
    op.create_index("ix_event_action", "event", ["action", "id"])
    with op.batch_alter_table("post") as batch_op:
        batch_op.add_column(sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True,
                                      comment="since when it waits for review, or last did"))
        batch_op.create_index("ix_post_state_submitted_at", ["state", "submitted_at", "id"])
    op.execute("UPDATE post SET submitted_at = updated_at WHERE state = 'submitted'")
    _seal_what_is_there()
    _refuse_changes()


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for table in SEALED:
            op.execute(f"DROP TRIGGER only_added ON {table}")
            op.execute(f"DROP TRIGGER never_emptied ON {table}")
        op.execute("DROP FUNCTION refuse_change()")
    else:
        for table in SEALED:
            op.execute(f"DROP TRIGGER {table}_never_changed")
            op.execute(f"DROP TRIGGER {table}_never_deleted")
    with op.batch_alter_table("post") as batch_op:
        batch_op.drop_index("ix_post_state_submitted_at")
        batch_op.drop_column("submitted_at")
    op.drop_index("ix_event_action", table_name="event")
    op.drop_index("ix_event_actor_id", table_name="event")
    for table in ("event_chain", "event_seal", "disclosure", "post_revision", "review"):
        op.drop_table(table)


def _seal_what_is_there() -> None:
    """Chain the events of earlier releases in the order of their ids, as `models.event` does."""
    event = sa.table(
        "event", sa.column("id", sa.Integer), sa.column("at", sa.DateTime(timezone=True)),
        sa.column("actor_id", sa.Integer), sa.column("action", sa.String), sa.column("subject", sa.String),
        sa.column("subject_id", sa.Integer), sa.column("before", sa.JSON), sa.column("after", sa.JSON))
    seal = sa.table("event_seal", *(sa.column(name) for name in ("place", "event_id", "previous", "hash")))
    chain = sa.table("event_chain", *(sa.column(name) for name in ("id", "length", "hash")))
    there, place, previous, last = op.get_bind(), 0, START, 0
    while rows := there.execute(sa.select(event).where(event.c.id > last).order_by(event.c.id).limit(CHUNK)).all():
        seals = []
        for row in rows:
            place, last, sealed = place + 1, row.id, _digest(previous, row)
            seals.append({"place": place, "event_id": row.id, "previous": previous, "hash": sealed})
            previous = sealed
        there.execute(seal.insert(), seals)
    there.execute(chain.insert().values(id=1, length=place, hash=previous))


def _digest(previous: str, row: sa.Row[Any]) -> str:
    at = row.at.replace(tzinfo=dt.UTC) if row.at.tzinfo is None else row.at.astimezone(dt.UTC)
    said = {
        "previous": previous, "id": row.id, "at": at.isoformat(timespec="microseconds"), "actor_id": row.actor_id,
        "action": row.action, "subject": row.subject, "subject_id": row.subject_id, "before": row.before,
        "after": row.after,
    }
    written = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(written.encode("ascii")).hexdigest()


def _refuse_changes() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
                   f"$$ BEGIN RAISE EXCEPTION '{REFUSAL}'; END $$")
        for table in SEALED:
            op.execute(f"CREATE TRIGGER only_added BEFORE UPDATE OR DELETE ON {table} "
                       "FOR EACH ROW EXECUTE FUNCTION refuse_change()")
            op.execute(f"CREATE TRIGGER never_emptied BEFORE TRUNCATE ON {table} "
                       "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()")
        return
    for table in SEALED:
        for verb, name in (("UPDATE", "changed"), ("DELETE", "deleted")):
            op.execute(f"CREATE TRIGGER {table}_never_{name} BEFORE {verb} ON {table} "
                       f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END")

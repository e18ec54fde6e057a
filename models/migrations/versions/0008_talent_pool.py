"""talent pool: until when posts hold, who completed what, what facilities did

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("post", schema=None) as batch_op:
        batch_op.add_column(sa.Column(
            "asked_on", sa.Date(), nullable=True, comment="when its owner was last asked whether it still holds"))
        batch_op.create_index("ix_post_state_valid_until", ["state", "valid_until", "id"], unique=False)
    op.create_table(
        "authorship",
        sa.Column("achievement_id", sa.Integer(), nullable=False),
        sa.Column("expert_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["achievement_id"], ["post.id"], name=op.f("fk_authorship_achievement_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["expert_id"], ["post.id"], name=op.f("fk_authorship_expert_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("achievement_id", "expert_id", name=op.f("pk_authorship")),
    )
    with op.batch_alter_table("authorship", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_authorship_expert_id"), ["expert_id"], unique=False)
    op.create_table(
        "service_record",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("facility_id", sa.Integer(), nullable=False),
        sa.Column("served_on", sa.Date(), nullable=False),
        sa.Column("client", sa.String(length=100), nullable=False, comment="for whom, in words"),
        sa.Column("mode", sa.String(length=16), nullable=False, comment="code of SERVICE_MODES"),
        sa.Column("amount", sa.Float(), nullable=False, comment="how much, in `unit`"),
        sa.Column("unit", sa.String(length=16), nullable=False, comment="e.g. 机时, 样品"),
        sa.Column("fee", sa.Numeric(18, 2).with_variant(sa.Text(), "sqlite"), nullable=True,
                  comment="yuan; none: free of charge or not told"),
        sa.Column("rating", sa.Integer(), nullable=True, comment="1–5, given by the client"),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("mode IN ('occupation', 'technical', 'commissioned', 'remote')",
                           name=op.f("ck_service_record_mode")),
        sa.CheckConstraint("rating IS NULL OR rating BETWEEN 1 AND 5", name=op.f("ck_service_record_rating")),
        sa.CheckConstraint("amount > 0", name=op.f("ck_service_record_amount")),
        sa.ForeignKeyConstraint(["created_by"], ["user_account.id"], name=op.f("fk_service_record_created_by")),
        sa.ForeignKeyConstraint(
            ["facility_id"], ["post.id"], name=op.f("fk_service_record_facility_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_record")),
    )
    with op.batch_alter_table("service_record", schema=None) as batch_op:
        batch_op.create_index(
            "ix_service_record_facility_served", ["facility_id", "served_on", "id"], unique=False)


def downgrade() -> None:
    op.drop_table("service_record")
    op.drop_table("authorship")
    with op.batch_alter_table("post", schema=None) as batch_op:
        batch_op.drop_index("ix_post_state_valid_until")
        batch_op.drop_column("asked_on")

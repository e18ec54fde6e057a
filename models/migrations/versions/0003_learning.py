"""judgements, learnt weights, what was looked at, and titles as they are compared

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "weights",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.String(length=32), nullable=False),
        sa.Column("encoder", sa.String(length=200), nullable=False, comment="model whose scores they weigh"),
        sa.Column(
            "features",
            sa.JSON(),
            nullable=False,
            comment="what they were fitted on, in order; no other list takes them",
        ),
        sa.Column("data", sa.JSON(), nullable=False, comment="feature → weight"),
        sa.Column(
            "metrics", sa.JSON(), nullable=False, comment="held out: old, new, difference with its interval"
        ),
        sa.Column(
            "training",
            sa.JSON(),
            nullable=False,
            comment="how many judgements, posts, people, benchmark pairs",
        ),
        sa.Column("active", sa.Boolean(), nullable=False, comment="at most one of a purpose"),
        sa.Column(
            "previous_id",
            sa.Integer(),
            nullable=True,
            comment="active before these were; none: the shipped ones",
        ),
        sa.Column("created_by", sa.Integer(), nullable=True, comment="none: an operator"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("activated_by", sa.Integer(), nullable=True),
        sa.Column("activated_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["activated_by"], ["user_account.id"], name=op.f("fk_weights_activated_by")),
        sa.ForeignKeyConstraint(["created_by"], ["user_account.id"], name=op.f("fk_weights_created_by")),
        sa.ForeignKeyConstraint(["previous_id"], ["weights.id"], name=op.f("fk_weights_previous_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_weights")),
    )
    with op.batch_alter_table("weights", schema=None) as batch_op:
        batch_op.create_index(
            "uq_weights_active",
            ["purpose"],
            unique=True,
            sqlite_where=sa.text("active"),
            postgresql_where=sa.text("active"),
        )

    op.create_table(
        "judgement",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("post_id", sa.Integer(), nullable=False, comment="who asks"),
        sa.Column("candidate_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column(
            "verdict",
            sa.String(length=16),
            nullable=False,
            comment="withdrawn: the person takes back what it said before",
        ),
        sa.Column("reason", sa.String(length=16), nullable=True, comment="code of PASSING_REASONS"),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("post_version", sa.Integer(), nullable=False, comment="the words that were judged"),
        sa.Column("candidate_version", sa.Integer(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False, comment="the place at which the candidate was shown"),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column(
            "reasons",
            sa.JSON(),
            nullable=False,
            comment="feature, score, weight, contribution, detail, as shown",
        ),
        sa.Column("encoder", sa.String(length=200), nullable=False, comment="that produced the reasons"),
        sa.Column(
            "weights",
            sa.String(length=64),
            nullable=False,
            comment="id of the weights that produced the score",
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(verdict = 'unfits') = (reason IS NOT NULL)", name=op.f("ck_judgement_reason")),
        sa.CheckConstraint(
            "reason IS NULL OR reason <> 'other' OR note <> ''", name=op.f("ck_judgement_note")
        ),
        sa.CheckConstraint("verdict IN ('fits', 'unfits', 'withdrawn')", name=op.f("ck_judgement_verdict")),
        sa.ForeignKeyConstraint(
            ["candidate_id"], ["post.id"], name=op.f("fk_judgement_candidate_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["post_id"], ["post.id"], name=op.f("fk_judgement_post_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_judgement_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_judgement")),
    )
    with op.batch_alter_table("judgement", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_judgement_candidate_id"), ["candidate_id"], unique=False)
        batch_op.create_index("ix_judgement_pair", ["post_id", "candidate_id", "user_id", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_judgement_user_id"), ["user_id"], unique=False)

    op.create_table(
        "seen",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("post_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, comment="the latest look"),
        sa.Column(
            "before", sa.DateTime(timezone=True), nullable=True, comment="the last look of the visit before"
        ),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name=op.f("fk_seen_post_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_seen_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "post_id", name=op.f("pk_seen")),
    )
    with op.batch_alter_table("seen", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_seen_post_id"), ["post_id"], unique=False)

    with op.batch_alter_table("match", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "first_at",
                sa.DateTime(timezone=True),
                nullable=True,
                comment="since when the candidate is in the list",
            )
        )
    op.execute("UPDATE match SET first_at = created_at")
    with op.batch_alter_table("match", schema=None) as batch_op:
        batch_op.alter_column("first_at", existing_type=sa.DateTime(timezone=True), nullable=False)

    with op.batch_alter_table("post", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("title_key", sa.String(length=64), nullable=True, comment="the title as it is compared")
        )
        batch_op.create_index("ix_post_title_key", ["title_key"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("post", schema=None) as batch_op:
        batch_op.drop_index("ix_post_title_key")
        batch_op.drop_column("title_key")

    with op.batch_alter_table("match", schema=None) as batch_op:
        batch_op.drop_column("first_at")

    with op.batch_alter_table("seen", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_seen_post_id"))

    op.drop_table("seen")
    with op.batch_alter_table("judgement", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_judgement_user_id"))
        batch_op.drop_index("ix_judgement_pair")
        batch_op.drop_index(batch_op.f("ix_judgement_candidate_id"))

    op.drop_table("judgement")
    with op.batch_alter_table("weights", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_weights_active", sqlite_where=sa.text("active"), postgresql_where=sa.text("active")
        )

    op.drop_table("weights")

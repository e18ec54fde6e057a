"""first tables

Revision ID: 0001
Revises:
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "index_state",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("encoder", sa.String(length=200), nullable=False, comment="name of the encoder in use"),
        sa.CheckConstraint("id = 1", name=op.f("ck_index_state_single")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_index_state")),
    )
    op.create_table(
        "organisation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False, comment="legal name as registered"),
        sa.Column("kind", sa.String(length=32), nullable=False, comment="code of ORGANISATION_KINDS"),
        sa.Column("credit_code", sa.String(length=18), nullable=True, comment="统一社会信用代码"),
        sa.Column("region", sa.String(length=6), nullable=True, comment="GB/T 2260 code"),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("website", sa.Text(), nullable=True),
        sa.Column("tiers", sa.JSON(), nullable=False, comment="codes of TIERS"),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True, comment="when staff checked it"),
        sa.Column("demo", sa.Boolean(), nullable=False, comment="belongs to the demonstration data"),
        sa.Column("source_url", sa.Text(), nullable=True, comment="public source of what is said about it"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('enterprise', 'university', 'institute', 'transfer_agency', 'incubator', 'finance', 'service', 'government')",
            name=op.f("ck_organisation_kind"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation")),
        sa.UniqueConstraint("credit_code", name=op.f("uq_organisation_credit_code")),
        sa.UniqueConstraint("name", name=op.f("uq_organisation_name")),
    )
    op.create_table(
        "token_bucket",
        sa.Column("key", sa.String(length=128), nullable=False),
        sa.Column("tokens", sa.Double(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_token_bucket")),
    )
    op.create_table(
        "user_account",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False, comment="lower case"),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False, comment="value of Role"),
        sa.Column("password_hash", sa.Text(), nullable=False, comment="argon2id"),
        sa.Column("organisation_id", sa.Integer(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "role IN ('enterprise', 'researcher', 'broker', 'head', 'admin')",
            name=op.f("ck_user_account_role"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_user_account_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_account")),
        sa.UniqueConstraint("email", name=op.f("uq_user_account_email")),
    )
    op.create_table(
        "event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True, comment="none: the system"),
        sa.Column("action", sa.String(length=64), nullable=False, comment="e.g. post.published"),
        sa.Column("subject", sa.String(length=32), nullable=False, comment="the table"),
        sa.Column("subject_id", sa.Integer(), nullable=True),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("after", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["user_account.id"], name=op.f("fk_event_actor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event")),
    )
    with op.batch_alter_table("event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_event_at"), ["at"], unique=False)
        batch_op.create_index("ix_event_subject", ["subject", "subject_id", "id"], unique=False)

    op.create_table(
        "job",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False, comment="embed, shortlist, import, mail …"),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column(
            "dedupe_key",
            sa.String(length=128),
            nullable=True,
            comment="at most one waiting job of a kind has it",
        ),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column(
            "priority", sa.Integer(), nullable=False, comment="lower runs first: 0 a person waits, 10 bulk"
        ),
        sa.Column("run_after", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("claimed_by", sa.String(length=128), nullable=True, comment="host:pid:token of the worker"),
        sa.Column(
            "lease_until",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="after this the job may be taken over",
        ),
        sa.Column("done", sa.Integer(), nullable=False, comment="progress: items finished"),
        sa.Column("total", sa.Integer(), nullable=False, comment="progress: items in all; 0 = unknown"),
        sa.Column("message", sa.Text(), nullable=False, comment="progress in words"),
        sa.Column("result", sa.JSON(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True, comment="why the last attempt failed"),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('queued', 'running', 'done', 'failed', 'cancelled')", name=op.f("ck_job_state")
        ),
        sa.ForeignKeyConstraint(["created_by"], ["user_account.id"], name=op.f("fk_job_created_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job")),
    )
    with op.batch_alter_table("job", schema=None) as batch_op:
        batch_op.create_index("ix_job_state_priority", ["state", "priority", "run_after", "id"], unique=False)
        batch_op.create_index(
            "uq_job_waiting",
            ["kind", "dedupe_key"],
            unique=True,
            sqlite_where=sa.text("state = 'queued' AND dedupe_key IS NOT NULL"),
            postgresql_where=sa.text("state = 'queued' AND dedupe_key IS NOT NULL"),
        )

    op.create_table(
        "login_session",
        sa.Column(
            "token_hash", sa.String(length=64), nullable=False, comment="SHA-256 of the cookie's token"
        ),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_login_session_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_login_session")),
    )
    with op.batch_alter_table("login_session", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_login_session_user_id"), ["user_id"], unique=False)

    op.create_table(
        "post",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column(
            "version",
            sa.Integer(),
            nullable=False,
            comment="counts saves; a save of an old version is refused",
        ),
        sa.Column("source", sa.String(length=64), nullable=True, comment="the list it was imported from"),
        sa.Column("external_id", sa.String(length=128), nullable=True, comment="its identifier in that list"),
        sa.Column("source_url", sa.Text(), nullable=True, comment="public page it was taken from"),
        sa.Column(
            "source_note",
            sa.Text(),
            nullable=True,
            comment="what it is when nobody posted it, e.g. 论文所述问题",
        ),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.Column(
            "title",
            sa.Text(),
            nullable=False,
            comment="a need's or achievement's title; an expert's or facility's name",
        ),
        sa.Column("keywords", sa.JSON(), nullable=False),
        sa.Column("brief", sa.Text(), nullable=False, comment="the part that everyone may read"),
        sa.Column("field", sa.String(length=32), nullable=True, comment="code of FIELDS"),
        sa.Column("industry", sa.String(length=8), nullable=True, comment="code of INDUSTRIES"),
        sa.Column("region", sa.String(length=6), nullable=True, comment="code of REGIONS"),
        sa.Column(
            "elements",
            sa.JSON(),
            nullable=False,
            comment="materials, methods, efficacy, products, applications → short phrases",
        ),
        sa.Column("modes", sa.JSON(), nullable=False, comment="codes of MODES accepted or offered"),
        sa.Column("secrecy", sa.String(length=16), nullable=False, comment="code of SECRECY"),
        sa.Column("disclosure", sa.String(length=16), nullable=False, comment="code of DISCLOSURE"),
        sa.Column("hide_organisation", sa.Boolean(), nullable=False),
        sa.Column("annex", sa.Text(), nullable=False, comment="confidential; after both signed the NDA"),
        sa.Column("organisation_id", sa.Integer(), nullable=True),
        sa.Column("owner_id", sa.Integer(), nullable=True),
        sa.Column("broker_id", sa.Integer(), nullable=True),
        sa.Column("contact_name", sa.Text(), nullable=True),
        sa.Column("contact_phone", sa.Text(), nullable=True),
        sa.Column("contact_email", sa.Text(), nullable=True),
        sa.Column(
            "contact_public", sa.JSON(), nullable=False, comment="which of name, phone, email anyone sees"
        ),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column(
            "confirmed_on", sa.Date(), nullable=True, comment="when its owner last said it still holds"
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "trl",
            sa.Integer(),
            nullable=True,
            comment="a need: the least maturity wanted; an achievement: its level",
        ),
        sa.Column("trl_low", sa.Integer(), nullable=True, comment="facility: lowest level served"),
        sa.Column("trl_high", sa.Integer(), nullable=True, comment="facility: highest level served"),
        sa.Column("main_problem", sa.Text(), nullable=True, comment="主要问题, ≤500 字"),
        sa.Column("key_technique", sa.Text(), nullable=True, comment="技术关键、主要指标, ≤500 字"),
        sa.Column("expected_goal", sa.Text(), nullable=True, comment="预期目标, ≤500 字"),
        sa.Column("tried", sa.Text(), nullable=True, comment="已尝试的办法与已探询单位"),
        sa.Column("activity", sa.String(length=16), nullable=True, comment="code of ACTIVITIES"),
        sa.Column("clarity", sa.String(length=16), nullable=True, comment="code of CLARITY"),
        sa.Column("chain_node", sa.Text(), nullable=True, comment="industry-chain node"),
        sa.Column("from_year", sa.Integer(), nullable=True),
        sa.Column("to_year", sa.Integer(), nullable=True),
        sa.Column(
            "budget",
            sa.Numeric(18, 2).with_variant(sa.Text(), "sqlite"),
            nullable=True,
            comment="total, yuan",
        ),
        sa.Column("wanted_partner", sa.Text(), nullable=True),
        sa.Column("regions_accepted", sa.JSON(), nullable=True, comment="codes of REGIONS; [] = any"),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("registration_number", sa.String(length=12), nullable=True, comment="成果登记号"),
        sa.Column(
            "completers",
            sa.JSON(),
            nullable=True,
            comment="name, organisation, expert_id; the first is the contact",
        ),
        sa.Column("discipline", sa.String(length=8), nullable=True, comment="code of DISCIPLINES"),
        sa.Column("research_from", sa.Date(), nullable=True),
        sa.Column("research_to", sa.Date(), nullable=True),
        sa.Column("funding", sa.Text(), nullable=True),
        sa.Column("stage", sa.String(length=16), nullable=True, comment="code of STAGES"),
        sa.Column("level", sa.String(length=32), nullable=True, comment="code of LEVELS"),
        sa.Column(
            "application_state", sa.String(length=16), nullable=True, comment="code of APPLICATION_STATES"
        ),
        sa.Column("category", sa.String(length=16), nullable=True, comment="code of CATEGORIES"),
        sa.Column("attribute", sa.String(length=16), nullable=True, comment="code of ATTRIBUTES"),
        sa.Column("form", sa.String(length=16), nullable=True, comment="code of FORMS"),
        sa.Column("evaluation", sa.String(length=16), nullable=True, comment="code of EVALUATIONS"),
        sa.Column(
            "ip", sa.JSON(), nullable=True, comment="kind (IP_KINDS), number, state (IP_STATES), owner"
        ),
        sa.Column(
            "price",
            sa.Numeric(18, 2).with_variant(sa.Text(), "sqlite"),
            nullable=True,
            comment="expected, yuan; none with price_negotiable = 面议",
        ),
        sa.Column("price_negotiable", sa.Boolean(), nullable=True),
        sa.Column("months_to_deliver", sa.Integer(), nullable=True, comment="from contract to delivery"),
        sa.Column("cases", sa.Text(), nullable=True, comment="cases of use"),
        sa.Column("name_en", sa.Text(), nullable=True),
        sa.Column("department", sa.Text(), nullable=True),
        sa.Column("job_title", sa.Text(), nullable=True),
        sa.Column("research_fields", sa.JSON(), nullable=True),
        sa.Column("offers", sa.JSON(), nullable=True, comment="codes of OFFERS"),
        sa.Column("days_per_year", sa.Integer(), nullable=True),
        sa.Column("regions_served", sa.JSON(), nullable=True, comment="codes of REGIONS; [] = any"),
        sa.Column("patents", sa.JSON(), nullable=True),
        sa.Column("projects", sa.JSON(), nullable=True, comment="name, field, years"),
        sa.Column("awards", sa.JSON(), nullable=True),
        sa.Column("orcid", sa.String(length=19), nullable=True),
        sa.Column("homepage", sa.Text(), nullable=True),
        sa.Column(
            "consented_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when the person agreed to be listed",
        ),
        sa.Column("facility_kind", sa.String(length=16), nullable=True, comment="code of FACILITY_KINDS"),
        sa.Column("capacity", sa.Text(), nullable=True),
        sa.Column("services", sa.Text(), nullable=True),
        sa.Column("price_note", sa.Text(), nullable=True, comment="what the services cost, in words"),
        sa.CheckConstraint(
            "kind IN ('need', 'achievement', 'expert', 'facility')", name=op.f("ck_post_kind")
        ),
        sa.CheckConstraint(
            "state IN ('draft', 'submitted', 'returned', 'published', 'frozen', 'withdrawn', 'refused')",
            name=op.f("ck_post_state"),
        ),
        sa.CheckConstraint("trl IS NULL OR trl BETWEEN 1 AND 9", name=op.f("ck_post_trl")),
        sa.CheckConstraint(
            "trl_low IS NULL OR trl_high IS NULL OR trl_low <= trl_high", name=op.f("ck_post_trl_range")
        ),
        sa.ForeignKeyConstraint(["broker_id"], ["user_account.id"], name=op.f("fk_post_broker_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_post_organisation_id")
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["user_account.id"], name=op.f("fk_post_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_post")),
        sa.UniqueConstraint("kind", "source", "external_id", name=op.f("uq_post_kind_source_external_id")),
    )
    with op.batch_alter_table("post", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_post_field"), ["field"], unique=False)
        batch_op.create_index(
            "ix_post_kind_state_updated", ["kind", "state", "updated_at", "id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_post_organisation_id"), ["organisation_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_post_owner_id"), ["owner_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_post_region"), ["region"], unique=False)

    op.create_table(
        "indicator",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("post_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column(
            "quantity", sa.String(length=100), nullable=False, comment="what is measured, e.g. 抗拉强度"
        ),
        sa.Column("comparison", sa.String(length=8), nullable=False, comment="code of COMPARISONS"),
        sa.Column("low", sa.Float(), nullable=True, comment="the value, or the lower end of a range"),
        sa.Column("high", sa.Float(), nullable=True, comment="the upper end of a range, or an upper bound"),
        sa.Column("unit", sa.String(length=32), nullable=False, comment="as written"),
        sa.Column("condition", sa.String(length=100), nullable=False, comment="e.g. 室温"),
        sa.Column(
            "confirmed", sa.Boolean(), nullable=False, comment="by the poster; false = read from the text"
        ),
        sa.CheckConstraint(
            "comparison IN ('ge', 'le', 'gt', 'lt', 'eq', 'range')", name=op.f("ck_indicator_comparison")
        ),
        sa.CheckConstraint("low IS NOT NULL OR high IS NOT NULL", name=op.f("ck_indicator_bounded")),
        sa.ForeignKeyConstraint(
            ["post_id"], ["post.id"], name=op.f("fk_indicator_post_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_indicator")),
    )
    with op.batch_alter_table("indicator", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_indicator_post_id"), ["post_id"], unique=False)

    op.create_table(
        "match",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("post_id", sa.Integer(), nullable=False, comment="who asks"),
        sa.Column("candidate_id", sa.Integer(), nullable=False),
        sa.Column("candidate_kind", sa.String(length=16), nullable=False),
        sa.Column(
            "rank",
            sa.Integer(),
            nullable=False,
            comment="1 is best; those a rule failed come after all others",
        ),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column(
            "probability", sa.Double(), nullable=False, comment="that the candidate is relevant, calibrated"
        ),
        sa.Column("band", sa.String(length=8), nullable=False),
        sa.Column("passed", sa.Boolean(), nullable=False, comment="no rule failed"),
        sa.Column("reasons", sa.JSON(), nullable=False, comment="feature, score, detail"),
        sa.Column(
            "rules", sa.JSON(), nullable=False, comment="rule, verdict (pass, fail, unknown), sentence"
        ),
        sa.Column("evidence", sa.JSON(), nullable=False, comment="sentences, terms, indicators"),
        sa.Column(
            "produced_by",
            sa.JSON(),
            nullable=False,
            comment="encoder, index revision, weights, post versions",
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("band IN ('strong', 'medium', 'weak')", name=op.f("ck_match_band")),
        sa.ForeignKeyConstraint(
            ["candidate_id"], ["post.id"], name=op.f("fk_match_candidate_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name=op.f("fk_match_post_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_match")),
    )
    with op.batch_alter_table("match", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_match_candidate_id"), ["candidate_id"], unique=False)
        batch_op.create_index("ix_match_post_kind_rank", ["post_id", "candidate_kind", "rank"], unique=False)
        batch_op.create_index("uq_match_post_candidate", ["post_id", "candidate_id"], unique=True)

    op.create_table(
        "post_vector",
        sa.Column("post_id", sa.Integer(), nullable=False),
        sa.Column("encoder", sa.String(length=200), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column(
            "removed",
            sa.Boolean(),
            nullable=False,
            comment="no longer to be found; kept so that others learn it",
        ),
        sa.Column(
            "digest", sa.String(length=64), nullable=False, comment="SHA-256 of the text that was encoded"
        ),
        sa.Column(
            "chunks",
            sa.Integer(),
            nullable=False,
            comment="vectors in `data`; 0 while only terms are indexed",
        ),
        sa.Column(
            "data",
            sa.LargeBinary(),
            nullable=True,
            comment="chunks × dim float32, little endian, unit length",
        ),
        sa.ForeignKeyConstraint(
            ["post_id"], ["post.id"], name=op.f("fk_post_vector_post_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("post_id", "encoder", name=op.f("pk_post_vector")),
    )
    with op.batch_alter_table("post_vector", schema=None) as batch_op:
        batch_op.create_index("ix_post_vector_encoder_revision", ["encoder", "revision"], unique=True)


def downgrade() -> None:
    with op.batch_alter_table("post_vector", schema=None) as batch_op:
        batch_op.drop_index("ix_post_vector_encoder_revision")

    op.drop_table("post_vector")
    with op.batch_alter_table("match", schema=None) as batch_op:
        batch_op.drop_index("uq_match_post_candidate")
        batch_op.drop_index("ix_match_post_kind_rank")
        batch_op.drop_index(batch_op.f("ix_match_candidate_id"))

    op.drop_table("match")
    with op.batch_alter_table("indicator", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_indicator_post_id"))

    op.drop_table("indicator")
    with op.batch_alter_table("post", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_post_region"))
        batch_op.drop_index(batch_op.f("ix_post_owner_id"))
        batch_op.drop_index(batch_op.f("ix_post_organisation_id"))
        batch_op.drop_index("ix_post_kind_state_updated")
        batch_op.drop_index(batch_op.f("ix_post_field"))

    op.drop_table("post")
    with op.batch_alter_table("login_session", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_login_session_user_id"))

    op.drop_table("login_session")
    with op.batch_alter_table("job", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_job_waiting",
            sqlite_where=sa.text("state = 'queued' AND dedupe_key IS NOT NULL"),
            postgresql_where=sa.text("state = 'queued' AND dedupe_key IS NOT NULL"),
        )
        batch_op.drop_index("ix_job_state_priority")

    op.drop_table("job")
    with op.batch_alter_table("event", schema=None) as batch_op:
        batch_op.drop_index("ix_event_subject")
        batch_op.drop_index(batch_op.f("ix_event_at"))

    op.drop_table("event")
    op.drop_table("user_account")
    op.drop_table("token_bucket")
    op.drop_table("organisation")
    op.drop_table("index_state")

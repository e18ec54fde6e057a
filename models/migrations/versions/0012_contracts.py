"""contracts as the registration asks them: versions, payments, documents, follow-ups; what the office decides

Revision ID: 0012
Revises: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


ADDED = {
    "technology_amount": "technology_amount IS NULL OR amount IS NULL OR technology_amount <= amount",
    "registry_number": "registry_number IS NULL OR length(registry_number) = 16",
    "term": "from_on IS NULL OR to_on IS NULL OR from_on <= to_on",
}


COMMENTS = (
    ("plan_source", sa.Text(), "the plan it belongs to, in words", "code of PLAN_SOURCES"),
    ("objective", sa.String(length=64), "social-economic goal", "social-economic goal; code of GOALS"),
    ("split", sa.JSON(), "who gets which share: name, percent", "who gets which share: party (SHARERS), percent"),
)


def upgrade() -> None:
    op.create_table('document_template',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=32), nullable=False, comment='code of DOCUMENT_KINDS'),
    sa.Column('number', sa.Integer(), nullable=False, comment='1, 2, 3 … within the kind'),
    sa.Column('name', sa.String(length=120), nullable=False, comment="the file's name, as it was uploaded"),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('size', sa.Integer(), nullable=False, comment='bytes'),
    sa.Column('placeholders', sa.JSON(), nullable=False, comment='the names it uses'),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.Column('made_by', sa.Integer(), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("kind IN ('nda', 'recommendation', 'minutes', 'brief', 'contract_development', 'contract_transfer', 'contract_licence', 'contract_consulting', 'contract_service', 'registration', 'signed_contract', 'material', 'internal', 'other')", name=op.f('ck_document_template_kind')),
    sa.ForeignKeyConstraint(['made_by'], ['user_account.id'], name=op.f('fk_document_template_made_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_document_template')),
    sa.UniqueConstraint('kind', 'number', name=op.f('uq_document_template_kind_number'))
    )
    with op.batch_alter_table('document_template', schema=None) as batch_op:
        batch_op.create_index('ix_document_template_active', ['kind'], unique=True, sqlite_where=sa.text('active'), postgresql_where=sa.text('active'))

    op.create_table('office_setting',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=64), nullable=False),
    sa.Column('value', sa.JSON(), nullable=False),
    sa.Column('updated_by', sa.Integer(), nullable=True),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['updated_by'], ['user_account.id'], name=op.f('fk_office_setting_updated_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_office_setting')),
    sa.UniqueConstraint('name', name=op.f('uq_office_setting_name'))
    )
    op.create_table('split_rule',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('shares', sa.JSON(), nullable=False, comment='party (SHARERS), percent; together 100'),
    sa.Column('note', sa.Text(), nullable=False, comment='the decision or document that it rests on'),
    sa.Column('made_by', sa.Integer(), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['made_by'], ['user_account.id'], name=op.f('fk_split_rule_made_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_split_rule'))
    )
    op.create_table('contract_version',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('contract_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False, comment='1, 2, 3 …'),
    sa.Column('kind', sa.String(length=16), nullable=False, comment='code of CONTRACT_VERSIONS'),
    sa.Column('on', sa.Date(), nullable=False, comment='since when it holds'),
    sa.Column('reason', sa.Text(), nullable=False, comment='why, and which supplementary agreement'),
    sa.Column('changed', sa.JSON(), nullable=False, comment='field, before, after: as they read'),
    sa.Column('snapshot', sa.JSON(), nullable=False, comment='every field and the payments, as then'),
    sa.Column('made_by', sa.Integer(), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("kind IN ('signed', 'amended', 'registered', 'performed', 'terminated')", name=op.f('ck_contract_version_kind')),
    sa.ForeignKeyConstraint(['contract_id'], ['contract.id'], name=op.f('fk_contract_version_contract_id')),
    sa.ForeignKeyConstraint(['made_by'], ['user_account.id'], name=op.f('fk_contract_version_made_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_contract_version')),
    sa.UniqueConstraint('contract_id', 'number', name=op.f('uq_contract_version_contract_id_number'))
    )
    op.create_table('document',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('introduction_id', sa.Integer(), nullable=False, comment='the case'),
    sa.Column('contract_id', sa.Integer(), nullable=True),
    sa.Column('kind', sa.String(length=32), nullable=False, comment='code of DOCUMENT_KINDS'),
    sa.Column('title', sa.String(length=120), nullable=False, comment='what its versions have in common'),
    sa.Column('number', sa.Integer(), nullable=False, comment='version: 1, 2, 3 …'),
    sa.Column('name', sa.String(length=150), nullable=False, comment='the name it is downloaded under'),
    sa.Column('audience', sa.String(length=16), nullable=False, comment='code of AUDIENCES'),
    sa.Column('sha256', sa.String(length=64), nullable=False, comment='of the content, which lies under this name'),
    sa.Column('size', sa.Integer(), nullable=False, comment='bytes'),
    sa.Column('media', sa.String(length=100), nullable=False, comment='media type, found from the content'),
    sa.Column('template', sa.String(length=64), nullable=True, comment='SHA-256 of the template; none: uploaded'),
    sa.Column('note', sa.Text(), nullable=False),
    sa.Column('made_by', sa.Integer(), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("audience IN ('parties', 'staff')", name=op.f('ck_document_audience')),
    sa.CheckConstraint("kind IN ('nda', 'recommendation', 'minutes', 'brief', 'contract_development', 'contract_transfer', 'contract_licence', 'contract_consulting', 'contract_service', 'registration', 'signed_contract', 'material', 'internal', 'other')", name=op.f('ck_document_kind')),
    sa.ForeignKeyConstraint(['contract_id'], ['contract.id'], name=op.f('fk_document_contract_id')),
    sa.ForeignKeyConstraint(['introduction_id'], ['introduction.id'], name=op.f('fk_document_introduction_id')),
    sa.ForeignKeyConstraint(['made_by'], ['user_account.id'], name=op.f('fk_document_made_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_document')),
    sa.UniqueConstraint('introduction_id', 'kind', 'title', 'number', name=op.f('uq_document_introduction_id_kind_title_number'))
    )
    with op.batch_alter_table('document', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_document_contract_id'), ['contract_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_document_sha256'), ['sha256'], unique=False)

    op.create_table('follow_up',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('contract_id', sa.Integer(), nullable=False),
    sa.Column('days', sa.Integer(), nullable=False, comment='after the signing'),
    sa.Column('due_on', sa.Date(), nullable=False),
    sa.Column('done_on', sa.Date(), nullable=True),
    sa.Column('outcome', sa.String(length=16), nullable=True, comment='code of OUTCOMES'),
    sa.Column('note', sa.Text(), nullable=False, comment='what was said; for a failure, why'),
    sa.Column('done_by', sa.Integer(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("outcome IS NULL OR outcome IN ('ongoing', 'in_use', 'produced', 'failed')", name=op.f('ck_follow_up_outcome')),
    sa.CheckConstraint('(done_on IS NULL) = (outcome IS NULL)', name=op.f('ck_follow_up_done')),
    sa.ForeignKeyConstraint(['contract_id'], ['contract.id'], name=op.f('fk_follow_up_contract_id')),
    sa.ForeignKeyConstraint(['done_by'], ['user_account.id'], name=op.f('fk_follow_up_done_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_follow_up')),
    sa.UniqueConstraint('contract_id', 'days', name=op.f('uq_follow_up_contract_id_days'))
    )
    with op.batch_alter_table('follow_up', schema=None) as batch_op:
        batch_op.create_index('ix_follow_up_due_on', ['done_on', 'due_on', 'id'], unique=False)

    op.create_table('payment',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('contract_id', sa.Integer(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False, comment='order within the contract, from 0'),
    sa.Column('kind', sa.String(length=16), nullable=False, comment='planned or royalty'),
    sa.Column('milestone', sa.Text(), nullable=False, comment='what it is paid for'),
    sa.Column('due_on', sa.Date(), nullable=True),
    sa.Column('amount', sa.Numeric(18, 2).with_variant(sa.Text(), 'sqlite'), nullable=False, comment='yuan'),
    sa.Column('received_on', sa.Date(), nullable=True),
    sa.Column('received', sa.Numeric(18, 2).with_variant(sa.Text(), 'sqlite'), nullable=True, comment='yuan received so far; may be part of the amount'),
    sa.Column('note', sa.Text(), server_default='', nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("kind IN ('planned', 'royalty')", name=op.f('ck_payment_kind')),
    sa.CheckConstraint('(received_on IS NULL) = (received IS NULL)', name=op.f('ck_payment_received')),
    sa.ForeignKeyConstraint(['contract_id'], ['contract.id'], name=op.f('fk_payment_contract_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_payment'))
    )
    with op.batch_alter_table('payment', schema=None) as batch_op:
        batch_op.create_index('ix_payment_contract_id_position', ['contract_id', 'position'], unique=False)
        batch_op.create_index('ix_payment_due_on', ['due_on'], unique=False)

    op.create_table('rating',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('contract_id', sa.Integer(), nullable=False),
    sa.Column('side', sa.String(length=8), nullable=False, comment='buyer or seller'),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('office', sa.Integer(), nullable=False, comment='1–5: the service of the office'),
    sa.Column('result', sa.Integer(), nullable=False, comment='1–5: what came of it'),
    sa.Column('words', sa.Text(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("side IN ('buyer', 'seller')", name=op.f('ck_rating_side')),
    sa.CheckConstraint('office BETWEEN 1 AND 5 AND result BETWEEN 1 AND 5', name=op.f('ck_rating_stars')),
    sa.ForeignKeyConstraint(['contract_id'], ['contract.id'], name=op.f('fk_rating_contract_id')),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_rating_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_rating')),
    sa.UniqueConstraint('contract_id', 'side', name=op.f('uq_rating_contract_id_side'))
    )
    op.create_table('story',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False, comment='counts saves; a save of an old version is refused'),
    sa.Column('contract_id', sa.Integer(), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False, comment='code of STORY_STATES'),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('buyer_consent_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('buyer_consent_by', sa.Integer(), nullable=True),
    sa.Column('seller_consent_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('seller_consent_by', sa.Integer(), nullable=True),
    sa.Column('published_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_by', sa.Integer(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("state <> 'published' OR (buyer_consent_at IS NOT NULL AND seller_consent_at IS NOT NULL)", name=op.f('ck_story_consent')),
    sa.CheckConstraint("state IN ('draft', 'published', 'withdrawn')", name=op.f('ck_story_state')),
    sa.ForeignKeyConstraint(['buyer_consent_by'], ['user_account.id'], name=op.f('fk_story_buyer_consent_by')),
    sa.ForeignKeyConstraint(['contract_id'], ['contract.id'], name=op.f('fk_story_contract_id')),
    sa.ForeignKeyConstraint(['created_by'], ['user_account.id'], name=op.f('fk_story_created_by')),
    sa.ForeignKeyConstraint(['seller_consent_by'], ['user_account.id'], name=op.f('fk_story_seller_consent_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_story')),
    sa.UniqueConstraint('contract_id', name=op.f('uq_story_contract_id'))
    )
    with op.batch_alter_table('story', schema=None) as batch_op:
        batch_op.create_index('ix_story_published', ['state', 'published_at', 'id'], unique=False)


    with op.batch_alter_table('contract', schema=None) as batch_op:
        batch_op.add_column(sa.Column('plan_name', sa.Text(), server_default='', nullable=False, comment='name and number of the project of that plan'))
        batch_op.add_column(sa.Column('content', sa.Text(), server_default='', nullable=False, comment='what is done, delivered and accepted'))
        batch_op.add_column(sa.Column('split_rule_id', sa.Integer(), nullable=True, comment='the rule it was taken from'))
        batch_op.add_column(sa.Column('end_reason', sa.Text(), server_default='', nullable=False, comment='why it was terminated'))
        batch_op.create_foreign_key(batch_op.f('fk_contract_split_rule_id'), 'split_rule', ['split_rule_id'], ['id'])
        for name, kind, old, new in COMMENTS:
            batch_op.alter_column(name, existing_type=kind, existing_comment=old, comment=new)
        for name, rule in ADDED.items():
            batch_op.create_check_constraint(batch_op.f(f'ck_contract_{name}'), sa.text(rule))


def downgrade() -> None:
    with op.batch_alter_table('contract', schema=None) as batch_op:
        for name, kind, old, new in COMMENTS:
            batch_op.alter_column(name, existing_type=kind, existing_comment=new, comment=old)
        for name in ADDED:
            batch_op.drop_constraint(batch_op.f(f'ck_contract_{name}'), type_='check')
        batch_op.drop_constraint(batch_op.f('fk_contract_split_rule_id'), type_='foreignkey')
        batch_op.drop_column('end_reason')
        batch_op.drop_column('split_rule_id')
        batch_op.drop_column('content')
        batch_op.drop_column('plan_name')

    with op.batch_alter_table('story', schema=None) as batch_op:
        batch_op.drop_index('ix_story_published')

    op.drop_table('story')
    op.drop_table('rating')
    with op.batch_alter_table('payment', schema=None) as batch_op:
        batch_op.drop_index('ix_payment_due_on')
        batch_op.drop_index('ix_payment_contract_id_position')

    op.drop_table('payment')
    with op.batch_alter_table('follow_up', schema=None) as batch_op:
        batch_op.drop_index('ix_follow_up_due_on')

    op.drop_table('follow_up')
    with op.batch_alter_table('document', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_document_sha256'))
        batch_op.drop_index(batch_op.f('ix_document_contract_id'))

    op.drop_table('document')
    op.drop_table('contract_version')
    op.drop_table('split_rule')
    op.drop_table('office_setting')
    with op.batch_alter_table('document_template', schema=None) as batch_op:
        batch_op.drop_index('ix_document_template_active', sqlite_where=sa.text('active'), postgresql_where=sa.text('active'))

    op.drop_table('document_template')

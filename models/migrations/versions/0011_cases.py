"""cases: who answers next, contacts, meetings, tasks, messages, calendars

Revision ID: 0011
Revises: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

OPEN = "state NOT IN ('passed', 'closed')"
WORDS = [
    ("intent_side", 8, "whose intent it is: need or supply"),
    ("waiting_side", 8, "who is to answer next: need, supply, office"),
    ("paused_state", 16, "where it stood before it was stalled, passed or closed"),
    ("ended_side", 8, "who passed or withdrew it"),
]
CONTACTS = {
    "need_contact_id": "who speaks for the need's side; none: the need's owner",
    "supply_contact_id": "who speaks for the supply's side; none: the supply's owner",
}
CHECKS = {
    "opened_side": "opened_side IN ('need', 'supply', 'office')",
    "reason": "reason IS NULL OR reason IN ('too_early', 'no_advantage', 'off_need', 'no_business', 'unclear', 'price', 'time', 'has_partner', 'ip', 'region', 'other')",
    "state": "state IN ('proposed', 'intent', 'accepted', 'meeting', 'diagnosis', 'nda', 'negotiation', 'drafted', 'signed', 'registered', 'performed', 'closed', 'passed', 'stalled')",
    "two_posts": "need_id <> supply_id",
}


def upgrade() -> None:
    op.create_table('calendar_feed',
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('token_hash', sa.String(length=64), nullable=False, comment="SHA-256 of the address's token"),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_calendar_feed_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('user_id', name=op.f('pk_calendar_feed')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_calendar_feed_token_hash'))
    )
    op.create_table('meeting',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False, comment='counts saves; also the sequence of its invitation'),
    sa.Column('uid', sa.String(length=64), nullable=False, comment='identifies it in every calendar'),
    sa.Column('introduction_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False, comment='code of MEETING_KINDS'),
    sa.Column('state', sa.String(length=16), nullable=False, comment='code of MEETING_STATES'),
    sa.Column('title', sa.String(length=100), nullable=False),
    sa.Column('place', sa.String(length=200), nullable=False),
    sa.Column('link', sa.String(length=500), nullable=True, comment='where it is held online'),
    sa.Column('side', sa.String(length=8), nullable=False, comment='who proposed the times that stand: need, supply, office'),
    sa.Column('options', sa.JSON(), nullable=False, comment='times proposed: start and end, UTC, ISO 8601'),
    sa.Column('starts_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ends_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('minutes', sa.Text(), nullable=False),
    sa.Column('decisions', sa.JSON(), nullable=False),
    sa.Column('findings', sa.JSON(), nullable=False, comment='what a diagnosis visit found, by FINDINGS'),
    sa.Column('need_id', sa.Integer(), nullable=True, comment='the draft need made of the findings'),
    sa.Column('created_by', sa.Integer(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("kind IN ('meeting', 'visit')", name=op.f('ck_meeting_kind')),
    sa.CheckConstraint("side IN ('need', 'supply', 'office')", name=op.f('ck_meeting_side')),
    sa.CheckConstraint("state IN ('proposed', 'agreed', 'held', 'cancelled')", name=op.f('ck_meeting_state')),
    sa.CheckConstraint("state NOT IN ('agreed', 'held') OR starts_at IS NOT NULL", name=op.f('ck_meeting_agreed')),
    sa.CheckConstraint('starts_at IS NULL OR ends_at > starts_at', name=op.f('ck_meeting_times')),
    sa.ForeignKeyConstraint(['created_by'], ['user_account.id'], name=op.f('fk_meeting_created_by')),
    sa.ForeignKeyConstraint(['introduction_id'], ['introduction.id'], name=op.f('fk_meeting_introduction_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['need_id'], ['post.id'], name=op.f('fk_meeting_need_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_meeting')),
    sa.UniqueConstraint('uid', name=op.f('uq_meeting_uid'))
    )
    with op.batch_alter_table('meeting', schema=None) as batch_op:
        batch_op.create_index('ix_meeting_case', ['introduction_id', 'id'], unique=False)
        batch_op.create_index(batch_op.f('ix_meeting_starts_at'), ['starts_at'], unique=False)

    op.create_table('message',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('introduction_id', sa.Integer(), nullable=False),
    sa.Column('author_id', sa.Integer(), nullable=False),
    sa.Column('side', sa.String(length=8), nullable=False, comment='for whom the author wrote: need, supply, office'),
    sa.Column('internal', sa.Boolean(), nullable=False, comment='a note that only the office reads'),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("NOT internal OR side = 'office'", name=op.f('ck_message_internal')),
    sa.CheckConstraint("side IN ('need', 'supply', 'office')", name=op.f('ck_message_side')),
    sa.ForeignKeyConstraint(['author_id'], ['user_account.id'], name=op.f('fk_message_author_id')),
    sa.ForeignKeyConstraint(['introduction_id'], ['introduction.id'], name=op.f('fk_message_introduction_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_message'))
    )
    with op.batch_alter_table('message', schema=None) as batch_op:
        batch_op.create_index('ix_message_case', ['introduction_id', 'id'], unique=False)

    op.create_table('participant',
    sa.Column('introduction_id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('side', sa.String(length=8), nullable=False),
    sa.Column('added_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("side IN ('need', 'supply', 'office')", name=op.f('ck_participant_side')),
    sa.ForeignKeyConstraint(['introduction_id'], ['introduction.id'], name=op.f('fk_participant_introduction_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_participant_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('introduction_id', 'user_id', name=op.f('pk_participant'))
    )
    with op.batch_alter_table('participant', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_participant_user_id'), ['user_id'], unique=False)

    op.create_table('case_task',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('introduction_id', sa.Integer(), nullable=False),
    sa.Column('meeting_id', sa.Integer(), nullable=True),
    sa.Column('text', sa.String(length=200), nullable=False),
    sa.Column('who_id', sa.Integer(), nullable=False),
    sa.Column('due', sa.Date(), nullable=True),
    sa.Column('done_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['introduction_id'], ['introduction.id'], name=op.f('fk_case_task_introduction_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['meeting_id'], ['meeting.id'], name=op.f('fk_case_task_meeting_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['who_id'], ['user_account.id'], name=op.f('fk_case_task_who_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_case_task'))
    )
    with op.batch_alter_table('case_task', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_case_task_introduction_id'), ['introduction_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_case_task_meeting_id'), ['meeting_id'], unique=False)
        batch_op.create_index('ix_case_task_who', ['who_id', 'done_at', 'due'], unique=False)

    op.create_table('message_reading',
    sa.Column('message_id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('token', sa.String(length=43), nullable=False),
    sa.Column('read_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['message_id'], ['message.id'], name=op.f('fk_message_reading_message_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_message_reading_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('message_id', 'user_id', name=op.f('pk_message_reading')),
    sa.UniqueConstraint('token', name=op.f('uq_message_reading_token'))
    )
    with op.batch_alter_table('message_reading', schema=None) as batch_op:
        batch_op.create_index('ix_message_reading_user', ['user_id', 'read_at'], unique=False)

    for name, size, meaning in WORDS:
        op.add_column("introduction", sa.Column(name, sa.String(length=size), nullable=True, comment=meaning))
    for name, meaning in CONTACTS.items():
        # Written out: a rebuilt table would lose its checks on SQLite.
        op.execute(f"ALTER TABLE introduction ADD COLUMN {name} INTEGER "
                   f"CONSTRAINT fk_introduction_{name} REFERENCES user_account (id)")
        if op.get_bind().dialect.name == "postgresql":
            op.alter_column("introduction", name, existing_type=sa.Integer(), comment=meaning)
    op.create_index("uq_introduction_open_pair", "introduction", ["need_id", "supply_id"], unique=True,
                    sqlite_where=sa.text(OPEN), postgresql_where=sa.text(OPEN))


def downgrade() -> None:
    op.drop_index("uq_introduction_open_pair", "introduction")
    checks = tuple(sa.CheckConstraint(said, name=op.f(f"ck_introduction_{name}")) for name, said in CHECKS.items())
    with op.batch_alter_table("introduction", table_args=checks) as batch_op:
        for name in [*CONTACTS, *(row[0] for row in WORDS)]:
            batch_op.drop_column(name)

    with op.batch_alter_table('message_reading', schema=None) as batch_op:
        batch_op.drop_index('ix_message_reading_user')

    op.drop_table('message_reading')
    with op.batch_alter_table('case_task', schema=None) as batch_op:
        batch_op.drop_index('ix_case_task_who')
        batch_op.drop_index(batch_op.f('ix_case_task_meeting_id'))
        batch_op.drop_index(batch_op.f('ix_case_task_introduction_id'))

    op.drop_table('case_task')
    with op.batch_alter_table('participant', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_participant_user_id'))

    op.drop_table('participant')
    with op.batch_alter_table('message', schema=None) as batch_op:
        batch_op.drop_index('ix_message_case')

    op.drop_table('message')
    with op.batch_alter_table('meeting', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_meeting_starts_at'))
        batch_op.drop_index('ix_meeting_case')

    op.drop_table('meeting')
    op.drop_table('calendar_feed')

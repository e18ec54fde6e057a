"""Organisations with members, links sent by mail, consent, notices, and the timetable

Revision ID: 0006
Revises: 0005
"""

import re
import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

LEGAL_FORM = re.compile(r"(股份有限公司|有限责任公司|有限公司|总公司|公司)$")
organisation = sa.table("organisation", sa.column("id"), sa.column("name"), sa.column("name_key"))


def key(name: str) -> str:
    plain = unicodedata.normalize("NFKC", name).casefold()
    bare = "".join(character for character in plain if character.isalnum())
    return LEGAL_FORM.sub("", bare) or bare


def _name_keys() -> None:
    connection = op.get_bind()
    change = sa.update(organisation).where(organisation.c.id == sa.bindparam("at")).values(name_key=sa.bindparam("key"))
    rows = connection.execute(sa.select(organisation.c.id, organisation.c.name)).all()
    if rows:
        connection.execute(change, [{"at": row.id, "key": key(row.name)} for row in rows])


def _positions() -> None:
    """Of those who belong to an organisation already, the first owns it."""
    first = "SELECT MIN(id) FROM user_account WHERE active AND organisation_id IS NOT NULL GROUP BY organisation_id"
    op.execute(f"UPDATE user_account SET position = 'owner' WHERE id IN ({first})")  # noqa: S608
    op.execute("UPDATE user_account SET position = 'member' WHERE organisation_id IS NOT NULL AND position IS NULL")


def upgrade() -> None:
    op.create_table('timetable_run',
    sa.Column('name', sa.String(length=64), nullable=False, comment='entry of services.timetable'),
    sa.Column('slot', sa.String(length=16), nullable=False, comment='the local hour it was last queued for, 2026-11-22T07'),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_timetable_run'))
    )
    op.create_table('join_request',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('organisation_id', sa.Integer(), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('note', sa.Text(), nullable=False, comment="who one is, in one's own words"),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('decided_by', sa.Integer(), nullable=True),
    sa.CheckConstraint("state IN ('waiting', 'accepted', 'refused', 'cancelled')", name=op.f('ck_join_request_state')),
    sa.ForeignKeyConstraint(['decided_by'], ['user_account.id'], name=op.f('fk_join_request_decided_by')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_join_request_organisation_id')),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_join_request_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_join_request'))
    )
    with op.batch_alter_table('join_request', schema=None) as batch_op:
        batch_op.create_index('ix_join_request_organisation_id', ['organisation_id', 'state'], unique=False)
        batch_op.create_index('uq_join_request_waiting', ['user_id'], unique=True, sqlite_where=sa.text("state = 'waiting'"), postgresql_where=sa.text("state = 'waiting'"))

    op.create_table('mail_link',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('token_hash', sa.String(length=64), nullable=False, comment='SHA-256 of the token in the link'),
    sa.Column('purpose', sa.String(length=16), nullable=False),
    sa.Column('email', sa.String(length=254), nullable=False, comment='lower case; to whom it was sent'),
    sa.Column('user_id', sa.Integer(), nullable=True),
    sa.Column('organisation_id', sa.Integer(), nullable=True),
    sa.Column('created_by', sa.Integer(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('used_at', sa.DateTime(timezone=True), nullable=True, comment='when it was used or taken back'),
    sa.CheckConstraint("purpose IN ('register', 'reset', 'invite')", name=op.f('ck_mail_link_purpose')),
    sa.ForeignKeyConstraint(['created_by'], ['user_account.id'], name=op.f('fk_mail_link_created_by')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_mail_link_organisation_id')),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_mail_link_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mail_link')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_mail_link_token_hash'))
    )
    with op.batch_alter_table('mail_link', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_mail_link_email'), ['email'], unique=False)
        batch_op.create_index(batch_op.f('ix_mail_link_organisation_id'), ['organisation_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_mail_link_user_id'), ['user_id'], unique=False)

    op.create_table('notice',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False, comment='code of NOTICE_KINDS'),
    sa.Column('subject', sa.String(length=200), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('link', sa.Text(), nullable=False, comment='path on this site; empty for none'),
    sa.Column('key', sa.String(length=128), nullable=False, comment='what it is about; a person is told of it once'),
    sa.Column('channel', sa.String(length=8), nullable=False, comment='code of CHANNELS'),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('read_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('mailed_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("channel IN ('now', 'daily', 'weekly', 'off')", name=op.f('ck_notice_channel')),
    sa.CheckConstraint("kind IN ('match', 'intent', 'review', 'expiry', 'message', 'task', 'account')", name=op.f('ck_notice_kind')),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_notice_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_notice')),
    sa.UniqueConstraint('user_id', 'key', name=op.f('uq_notice_user_id_key'))
    )
    with op.batch_alter_table('notice', schema=None) as batch_op:
        batch_op.create_index('ix_notice_unread', ['user_id'], unique=False, sqlite_where=sa.text('read_at IS NULL'), postgresql_where=sa.text('read_at IS NULL'))
        batch_op.create_index('ix_notice_user_id', ['user_id', 'id'], unique=False)
        batch_op.create_index('ix_notice_waiting', ['channel', 'user_id', 'id'], unique=False, sqlite_where=sa.text('mailed_at IS NULL'), postgresql_where=sa.text('mailed_at IS NULL'))

    op.create_table('notice_preference',
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('channel', sa.String(length=8), nullable=False),
    sa.CheckConstraint("channel IN ('now', 'daily', 'weekly', 'off')", name=op.f('ck_notice_preference_channel')),
    sa.CheckConstraint("kind IN ('match', 'intent', 'review', 'expiry', 'message', 'task', 'account')", name=op.f('ck_notice_preference_kind')),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_notice_preference_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('user_id', 'kind', name=op.f('pk_notice_preference'))
    )
    op.add_column('organisation', sa.Column('name_key', sa.String(length=200), server_default='', nullable=False, comment='the name as it is compared'))
    op.add_column('organisation', sa.Column('refused_at', sa.DateTime(timezone=True), nullable=True, comment='when staff could not confirm it'))
    op.add_column('organisation', sa.Column('refused_why', sa.Text(), server_default='', nullable=False))
    op.add_column('organisation', sa.Column('created_by', sa.Integer(), nullable=True, comment='the user who entered it'))
    op.create_index(op.f('ix_organisation_name_key'), 'organisation', ['name_key'])
    _name_keys()
    op.execute("ALTER TABLE user_account ADD COLUMN position VARCHAR(8) "
               "CONSTRAINT ck_user_account_position CHECK (position IS NULL OR position IN ('owner', 'member'))")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("COMMENT ON COLUMN user_account.position IS 'inside the organisation: owner or member'")
    op.add_column('user_account', sa.Column('privacy_version', sa.String(length=16), nullable=True, comment='privacy notice last consented to'))
    op.add_column('user_account', sa.Column('privacy_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('user_account', sa.Column('erased_at', sa.DateTime(timezone=True), nullable=True, comment='since when nothing personal is kept here'))
    _positions()


def downgrade() -> None:
    for column in ("erased_at", "privacy_at", "privacy_version", "position"):
        op.drop_column("user_account", column)
    op.drop_index(op.f("ix_organisation_name_key"), "organisation")
    for column in ("created_by", "refused_why", "refused_at", "name_key"):
        op.drop_column("organisation", column)
    op.drop_table('notice_preference')
    with op.batch_alter_table('notice', schema=None) as batch_op:
        batch_op.drop_index('ix_notice_waiting', sqlite_where=sa.text('mailed_at IS NULL'), postgresql_where=sa.text('mailed_at IS NULL'))
        batch_op.drop_index('ix_notice_user_id')
        batch_op.drop_index('ix_notice_unread', sqlite_where=sa.text('read_at IS NULL'), postgresql_where=sa.text('read_at IS NULL'))

    op.drop_table('notice')
    with op.batch_alter_table('mail_link', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_mail_link_user_id'))
        batch_op.drop_index(batch_op.f('ix_mail_link_organisation_id'))
        batch_op.drop_index(batch_op.f('ix_mail_link_email'))

    op.drop_table('mail_link')
    with op.batch_alter_table('join_request', schema=None) as batch_op:
        batch_op.drop_index('uq_join_request_waiting', sqlite_where=sa.text("state = 'waiting'"), postgresql_where=sa.text("state = 'waiting'"))
        batch_op.drop_index('ix_join_request_organisation_id')

    op.drop_table('join_request')
    op.drop_table('timetable_run')

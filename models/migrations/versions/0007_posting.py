"""unsaved typing of forms, and files of posts

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('attachment',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('post_id', sa.Integer(), nullable=False),
    sa.Column('part', sa.String(length=8), nullable=False, comment='code of ATTACHMENT_PARTS: with what it is disclosed'),
    sa.Column('name', sa.String(length=200), nullable=False, comment='as its owner calls it; never a path'),
    sa.Column('size', sa.Integer(), nullable=False, comment='bytes'),
    sa.Column('sha256', sa.String(length=64), nullable=False, comment='of the content; the name under which it is kept'),
    sa.Column('media_type', sa.String(length=100), nullable=False, comment='found from the content'),
    sa.Column('uploaded_by', sa.Integer(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("part IN ('public', 'full', 'annex')", name=op.f('ck_attachment_part')),
    sa.ForeignKeyConstraint(['post_id'], ['post.id'], name=op.f('fk_attachment_post_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['uploaded_by'], ['user_account.id'], name=op.f('fk_attachment_uploaded_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_attachment')),
    sa.UniqueConstraint('post_id', 'sha256', name=op.f('uq_attachment_post_id_sha256'))
    )
    op.create_table('draft',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('post_id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('page', sa.String(length=32), nullable=False, comment='the opened page that saved last'),
    sa.Column('version', sa.Integer(), nullable=False, comment='counts saves'),
    sa.Column('post_version', sa.Integer(), nullable=False, comment='version of the post that the typing began with'),
    sa.Column('data', sa.JSON(), nullable=False, comment='input name → what was typed'),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['post_id'], ['post.id'], name=op.f('fk_draft_post_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_draft_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_draft')),
    sa.UniqueConstraint('post_id', 'user_id', name=op.f('uq_draft_post_id_user_id')),
    sa.UniqueConstraint('user_id', 'page', name=op.f('uq_draft_user_id_page'))
    )


def downgrade() -> None:
    op.drop_table('draft')
    op.drop_table('attachment')

"""The journal: entries, ends and signed checkpoints, which the database refuses to change."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from ca.audit.tables import append_only

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_TABLES = ("ca_audit_entry", "ca_audit_checkpoint")


def upgrade() -> None:
    op.create_table(
        "ca_audit_head",
        sa.Column("node", sa.String(40), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("node", name="pk_ca_audit_head"),
    )
    op.create_table(
        "ca_audit_entry",
        sa.Column("node", sa.String(40), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("node", "seq", name="pk_ca_audit_entry"),
    )
    op.create_table(
        "ca_audit_checkpoint",
        sa.Column("node", sa.String(40), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("certificate", sa.LargeBinary(), nullable=False),
        sa.Column("stamp", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("node", "seq", name="pk_ca_audit_checkpoint"),
    )
    for statement in append_only(op.get_bind().dialect.name, _TABLES):
        op.execute(sa.text(statement))


def downgrade() -> None:
    for table in reversed(_TABLES):
        op.drop_table(table)
    op.drop_table("ca_audit_head")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION ca_audit_refuse()")

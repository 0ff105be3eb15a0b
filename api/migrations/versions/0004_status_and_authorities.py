"""Status of certificates, several issuing CAs, approvals by two operators."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_PARTIAL = {
    "ix_ca_certificate_revoked": (["issuer", "crl_shard"], "revoked_at IS NOT NULL"),
    "ix_ca_certificate_changed": (
        ["issuer", "crl_shard", "status_changed_at"],
        "status_changed_at IS NOT NULL",
    ),
    "ix_ca_certificate_intended": (["prepared_at"], "state = 'intended'"),
}


def upgrade() -> None:
    for column in (
        sa.Column("invalidity_date", sa.DateTime(timezone=True)),
        sa.Column("status_changed_at", sa.DateTime(timezone=True)),
        sa.Column("replaces", sa.String(40)),
        sa.Column("crl_shard", sa.Integer(), nullable=False, server_default="0"),
    ):
        op.add_column("ca_certificate", column)
    op.execute("UPDATE ca_certificate SET status_changed_at = revoked_at WHERE revoked_at IS NOT NULL")
    op.drop_index("ix_ca_certificate_issuer_revoked_at", table_name="ca_certificate")
    op.drop_index("ix_ca_certificate_state", table_name="ca_certificate")
    for name, (columns, condition) in _PARTIAL.items():
        where = sa.text(condition)
        op.create_index(name, "ca_certificate", columns, sqlite_where=where, postgresql_where=where)
    op.create_table(
        "ca_own_certificate",
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("issuer", sa.String(40), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("serial", sa.String(40), nullable=False),
        sa.Column("key_label", sa.String(80), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("not_after", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("role", "issuer", "number", name="pk_ca_own_certificate"),
    )
    op.create_table(
        "ca_authority",
        sa.Column("key_id", sa.String(40), nullable=False),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("key_label", sa.String(80), nullable=False),
        sa.Column("certificate", sa.LargeBinary(), nullable=False),
        sa.Column("chain", sa.LargeBinary(), nullable=False),
        sa.Column("crl_shards", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("activated_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("key_id", name="pk_ca_authority"),
        sa.UniqueConstraint("name", name="uq_ca_authority_name"),
    )
    op.add_column(
        "catalogue_product", sa.Column("approvals", sa.Integer(), nullable=False, server_default="1")
    )


def downgrade() -> None:
    op.drop_column("catalogue_product", "approvals")
    op.drop_table("ca_authority")
    op.drop_table("ca_own_certificate")
    for name in _PARTIAL:
        op.drop_index(name, table_name="ca_certificate")
    op.create_index("ix_ca_certificate_state", "ca_certificate", ["state"])
    op.create_index("ix_ca_certificate_issuer_revoked_at", "ca_certificate", ["issuer", "revoked_at"])
    for column in ("crl_shard", "replaces", "status_changed_at", "invalidity_date"):
        op.drop_column("ca_certificate", column)

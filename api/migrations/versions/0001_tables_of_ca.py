"""tables of ca."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ca_certificate",
        sa.Column("serial", sa.String(length=40), nullable=False),
        sa.Column("request_id", sa.String(length=80), nullable=False),
        sa.Column("issuer", sa.String(length=40), nullable=False),
        sa.Column("profile", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=400), nullable=False),
        sa.Column("key_digest", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("tbs", sa.LargeBinary(), nullable=False),
        sa.Column("der", sa.LargeBinary(), nullable=True),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("not_after", sa.DateTime(timezone=True), nullable=False),
        sa.Column("prepared_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(length=24), nullable=True),
        sa.PrimaryKeyConstraint("serial", name="pk_ca_certificate"),
    )
    op.create_index(
        "ix_ca_certificate_issuer_revoked_at", "ca_certificate", ["issuer", "revoked_at"], unique=False
    )
    op.create_index("ix_ca_certificate_key_digest", "ca_certificate", ["key_digest"], unique=False)
    op.create_index("ix_ca_certificate_state", "ca_certificate", ["state"], unique=False)
    op.create_index(
        "uq_ca_certificate_request_id",
        "ca_certificate",
        ["request_id"],
        unique=True,
        sqlite_where=sa.text("state != 'abandoned'"),
        postgresql_where=sa.text("state != 'abandoned'"),
    )
    op.create_table(
        "ca_crl",
        sa.Column("issuer", sa.String(length=40), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("this_update", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_update", sa.DateTime(timezone=True), nullable=False),
        sa.Column("der", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("issuer", "number", name="pk_ca_crl"),
    )


def downgrade() -> None:
    op.drop_table("ca_crl")
    op.drop_index(
        "uq_ca_certificate_request_id",
        table_name="ca_certificate",
        sqlite_where=sa.text("state != 'abandoned'"),
        postgresql_where=sa.text("state != 'abandoned'"),
    )
    op.drop_index("ix_ca_certificate_state", table_name="ca_certificate")
    op.drop_index("ix_ca_certificate_key_digest", table_name="ca_certificate")
    op.drop_index("ix_ca_certificate_issuer_revoked_at", table_name="ca_certificate")
    op.drop_table("ca_certificate")

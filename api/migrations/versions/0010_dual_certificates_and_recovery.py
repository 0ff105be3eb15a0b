"""Dual certificates, and the recovery of their encryption keys by two operators."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("catalogue_product", sa.Column("encryption_profile", sa.String(length=40)))
    op.add_column("certificate_key_blob", sa.Column("copy", sa.LargeBinary()))
    op.add_column("certificate_holding", sa.Column("encryption_serial", sa.String(length=40)))
    op.add_column("certificate_holding", sa.Column("encryption_key_label", sa.String(length=80)))
    op.create_index(
        "ix_certificate_holding_encryption_serial", "certificate_holding", ["encryption_serial"], unique=True
    )
    op.create_table(
        "recovery",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("serial", sa.String(length=40), nullable=False),
        sa.Column("under_way", sa.String(length=40), nullable=True),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("asked_by", sa.String(length=64), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("judged_by", sa.String(length=64), nullable=True),
        sa.Column("judged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_recovery"),
        sa.UniqueConstraint("under_way", name="uq_recovery_under_way"),
    )
    op.create_index("ix_recovery_serial", "recovery", ["serial"], unique=False)
    op.create_index("ix_recovery_status", "recovery", ["status"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_recovery_status", table_name="recovery")
    op.drop_index("ix_recovery_serial", table_name="recovery")
    op.drop_table("recovery")
    op.drop_index("ix_certificate_holding_encryption_serial", table_name="certificate_holding")
    op.drop_column("certificate_holding", "encryption_key_label")
    op.drop_column("certificate_holding", "encryption_serial")
    op.drop_column("certificate_key_blob", "copy")
    op.drop_column("catalogue_product", "encryption_profile")

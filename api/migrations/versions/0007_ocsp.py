"""OCSP answers signed ahead."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ca_ocsp_answer",
        sa.Column("issuer", sa.String(40), nullable=False),
        sa.Column("serial", sa.String(40), nullable=False),
        sa.Column("hash_name", sa.String(8), nullable=False),
        sa.Column("status", sa.String(80), nullable=False),
        sa.Column("this_update", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_update", sa.DateTime(timezone=True), nullable=False),
        sa.Column("renew_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("der", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("issuer", "serial", "hash_name", name="pk_ca_ocsp_answer"),
    )
    op.create_index("ix_ca_ocsp_answer_renew_at", "ca_ocsp_answer", ["renew_at"])


def downgrade() -> None:
    op.drop_table("ca_ocsp_answer")

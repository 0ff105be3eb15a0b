"""Revocation lists in shards and with deltas; status changes are counted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ca_status_changes",
        sa.Column("issuer", sa.String(40), nullable=False),
        sa.Column("shard", sa.Integer(), nullable=False),
        sa.Column("changes", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("issuer", "shard", name="pk_ca_status_changes"),
    )
    op.execute("CREATE TABLE ca_crl_before AS SELECT * FROM ca_crl")
    op.drop_table("ca_crl")
    op.create_table(
        "ca_crl",
        sa.Column("issuer", sa.String(40), nullable=False),
        sa.Column("shard", sa.Integer(), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("this_update", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_update", sa.DateTime(timezone=True), nullable=False),
        sa.Column("delta_next_update", sa.DateTime(timezone=True), nullable=False),
        sa.Column("complete", sa.LargeBinary(), nullable=False),
        sa.Column("delta", sa.LargeBinary(), nullable=False),
        sa.Column("changes", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("issuer", "shard", "number", name="pk_ca_crl"),
    )
    # Numbers must go on where they were (RFC 5280, section 5.2.3): what is published has no delta yet, so
    # its count is one that never occurs, and the next edition is due at once.
    op.execute(
        "INSERT INTO ca_crl (issuer, shard, number, this_update, next_update, delta_next_update, "
        "complete, delta, changes) SELECT issuer, 0, CAST(number AS BIGINT), this_update, next_update, "
        "this_update, der, der, -1 FROM ca_crl_before"
    )
    op.drop_table("ca_crl_before")


def downgrade() -> None:
    op.drop_table("ca_crl")
    op.create_table(
        "ca_crl",
        sa.Column("issuer", sa.String(40), nullable=False),
        sa.Column("number", sa.String(40), nullable=False),
        sa.Column("this_update", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_update", sa.DateTime(timezone=True), nullable=False),
        sa.Column("der", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("issuer", "number", name="pk_ca_crl"),
    )
    op.drop_table("ca_status_changes")

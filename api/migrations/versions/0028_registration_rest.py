"""What registration still lacked: who operators are, and the devices that persons signed in with."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("account_operator") as table:
        table.add_column(sa.Column("id_number_hash", sa.String(64)))
        table.create_unique_constraint("uq_account_operator_id_number_hash", ["id_number_hash"])
    op.create_table(
        "account_known_device",
        sa.Column("person_id", sa.Integer, sa.ForeignKey("account_person.id"), primary_key=True),
        sa.Column("device_mac", sa.String(64), primary_key=True),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_account_known_device_used_at", "account_known_device", ["used_at"])

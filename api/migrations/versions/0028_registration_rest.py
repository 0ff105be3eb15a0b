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

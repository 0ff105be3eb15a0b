"""When a clerk's permissions were decided on: an older consent does not bring former ones back."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("enterprise_membership", sa.Column("granted_at", sa.DateTime(timezone=True)))
    op.execute("UPDATE enterprise_membership SET granted_at = since")
    with op.batch_alter_table("enterprise_membership") as table:
        table.alter_column("granted_at", nullable=False)

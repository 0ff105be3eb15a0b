"""Operators' wrong passwords are counted by address, with everybody else's."""

from __future__ import annotations

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("account_operator") as table:
        table.drop_column("wrong_passwords")
        table.drop_column("last_try_at")

"""发送到电脑: the phone says yes to the PC that claimed, before the PC learns of the task."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("bridge_address") as table:
        table.add_column(sa.Column("program", sa.String(length=40)))
        table.add_column(sa.Column("confirmed_at", sa.DateTime(timezone=True)))
    # Who claimed before phones were asked may finish: within half an hour all of them have ended.
    claimed = "task_token_digest IS NOT NULL"
    op.execute(f"UPDATE bridge_address SET confirmed_at = CURRENT_TIMESTAMP WHERE {claimed}")  # noqa: S608

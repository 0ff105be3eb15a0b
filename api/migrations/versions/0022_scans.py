"""Sessions of both directions: what belongs to an address moves beside them, and scans come."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

_OF_ADDRESS = (
    *("address_digest", "code_digest", "tries", "openings", "task_token_digest"),
    *("certificate", "document", "answer"),
)


def upgrade() -> None:
    op.create_table(
        "bridge_address",
        sa.Column("session_id", sa.String(length=32), nullable=False),
        sa.Column("address_digest", sa.String(length=64), nullable=False),
        sa.Column("code_digest", sa.String(length=64), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("openings", sa.Integer(), nullable=False),
        sa.Column("task_token_digest", sa.String(length=64), nullable=True),
        sa.Column("certificate", sa.LargeBinary(), nullable=True),
        sa.Column("document", sa.LargeBinary(), nullable=True),
        sa.Column("answer", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["session_id"], ["bridge_session.id"], name="fk_bridge_address_session_id"),
        sa.PrimaryKeyConstraint("session_id", name="pk_bridge_address"),
        sa.UniqueConstraint("address_digest", name="uq_bridge_address_address_digest"),
        sa.UniqueConstraint("task_token_digest", name="uq_bridge_address_task_token_digest"),
    )
    columns = ", ".join(_OF_ADDRESS)
    op.execute(
        f"INSERT INTO bridge_address (session_id, {columns}) SELECT id, {columns} FROM bridge_session"  # noqa: S608
    )
    op.drop_index("ix_bridge_session_status", table_name="bridge_session")
    with op.batch_alter_table("bridge_session") as table:
        table.drop_constraint("uq_bridge_session_address_digest", type_="unique")
        table.drop_constraint("uq_bridge_session_task_token_digest", type_="unique")
        for name in _OF_ADDRESS:
            table.drop_column(name)
    op.create_index("ix_bridge_session_status", "bridge_session", ["status", "expires_at"])
    op.create_table(
        "bridge_scan",
        sa.Column("session_id", sa.String(length=32), nullable=False),
        sa.Column("origin", sa.String(length=300), nullable=False),
        sa.Column("wait_token_digest", sa.String(length=64), nullable=False),
        sa.Column("request", sa.Text(), nullable=False),
        sa.Column("request_digest", sa.String(length=64), nullable=False),
        sa.Column("holder", sa.String(length=80), nullable=True),
        sa.Column("hint", sa.String(length=24), nullable=True),
        sa.Column("approval", sa.String(length=32), nullable=True),
        sa.Column("approval_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["session_id"], ["bridge_session.id"], name="fk_bridge_scan_session_id"),
        sa.PrimaryKeyConstraint("session_id", name="pk_bridge_scan"),
    )

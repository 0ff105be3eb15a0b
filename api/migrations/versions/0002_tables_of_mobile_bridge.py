"""tables of mobile_bridge."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "bridge_session",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("owner", sa.String(length=80), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("failure", sa.String(length=48), nullable=True),
        sa.Column("address_digest", sa.String(length=64), nullable=False),
        sa.Column("code_digest", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("openings", sa.Integer(), nullable=False),
        sa.Column("task_token_digest", sa.String(length=64), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("certificate", sa.LargeBinary(), nullable=True),
        sa.Column("document", sa.LargeBinary(), nullable=True),
        sa.Column("answer", sa.LargeBinary(), nullable=True),
        sa.Column("result", sa.String(length=64), nullable=True),
        sa.Column("events", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_bridge_session"),
        sa.UniqueConstraint("address_digest", name="uq_bridge_session_address_digest"),
        sa.UniqueConstraint("task_token_digest", name="uq_bridge_session_task_token_digest"),
    )
    op.create_index("ix_bridge_session_status", "bridge_session", ["status"], unique=False)
    op.create_index(
        "ix_bridge_session_subject", "bridge_session", ["subject", "kind", "created_at"], unique=False
    )
    op.create_table(
        "bridge_event",
        sa.Column("session_id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=12), nullable=False),
        sa.Column("action", sa.String(length=24), nullable=False),
        sa.Column("before", sa.String(length=12), nullable=True),
        sa.Column("after", sa.String(length=12), nullable=False),
        sa.Column("code", sa.String(length=48), nullable=True),
        sa.ForeignKeyConstraint(["session_id"], ["bridge_session.id"], name="fk_bridge_event_session_id"),
        sa.PrimaryKeyConstraint("session_id", "number", name="pk_bridge_event"),
    )


def downgrade() -> None:
    op.drop_table("bridge_event")
    op.drop_index("ix_bridge_session_subject", table_name="bridge_session")
    op.drop_index("ix_bridge_session_status", table_name="bridge_session")
    op.drop_table("bridge_session")

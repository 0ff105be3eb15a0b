"""What platforms are told, and how often it was tried."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "platform_webhook",
        sa.Column("id", sa.String(24), nullable=False),
        sa.Column("platform", sa.String(24), nullable=False),
        sa.Column("scan", sa.String(64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(24), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("next_at", _TIME),
        sa.Column("delivered_at", _TIME),
        sa.PrimaryKeyConstraint("id", name="pk_platform_webhook"),
        sa.ForeignKeyConstraint(["platform"], ["platform.id"], name="fk_platform_webhook_platform"),
        sa.UniqueConstraint("platform", "scan", "version", name="uq_platform_webhook_platform_scan_version"),
    )
    op.create_index("ix_platform_webhook_listed", "platform_webhook", ["platform", "created_at", "id"])
    op.create_index("ix_platform_webhook_created_at", "platform_webhook", ["created_at"])
    op.create_table(
        "platform_webhook_attempt",
        sa.Column("webhook", sa.String(24), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("outcome", sa.String(24), nullable=False),
        sa.Column("http_status", sa.Integer()),
        sa.Column("milliseconds", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("webhook", "number", name="pk_platform_webhook_attempt"),
        sa.ForeignKeyConstraint(
            ["webhook"],
            ["platform_webhook.id"],
            name="fk_platform_webhook_attempt_webhook",
            ondelete="CASCADE",
        ),
    )

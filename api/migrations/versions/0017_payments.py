"""Orders and refunds."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "payment_order",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("application_id", sa.String(length=24), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("amount_fen", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=128), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.String(length=200)),
        sa.Column("trade_no", sa.String(length=64)),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("expires_at", _TIME),
        sa.Column("paid_at", _TIME),
        sa.Column("refunded_at", _TIME),
        sa.PrimaryKeyConstraint("id", name="pk_payment_order"),
    )
    in_force = sa.text("status IN ('created', 'paid', 'refunding')")
    op.create_index(
        "uq_payment_order_in_force",
        "payment_order",
        ["application_id"],
        unique=True,
        sqlite_where=in_force,
        postgresql_where=in_force,
    )
    op.create_index("ix_payment_order_application", "payment_order", ["application_id", "created_at"])
    op.create_index("ix_payment_order_listed", "payment_order", ["created_at", "id"])
    op.create_index("ix_payment_order_status", "payment_order", ["status", "created_at", "id"])
    op.create_table(
        "payment_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.String(length=32), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("action", sa.String(length=16), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("note", sa.String(length=200)),
        sa.ForeignKeyConstraint(["order_id"], ["payment_order.id"], name="fk_payment_event_order_id"),
        sa.PrimaryKeyConstraint("id", name="pk_payment_event"),
    )
    op.create_index("ix_payment_event_order_id", "payment_event", ["order_id"])


def downgrade() -> None:
    op.drop_table("payment_event")
    op.drop_table("payment_order")

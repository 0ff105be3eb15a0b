"""Orders, and what happened to them. Money is whole fen."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table

from api.db import UtcDateTime, metadata

order = Table(
    "payment_order",
    metadata,
    Column("id", String(32), primary_key=True),  # what the provider knows it by
    Column("application_id", String(24), nullable=False),
    Column("person_id", Integer, nullable=False),
    Column("amount_fen", Integer, nullable=False),
    Column("title", String(128), nullable=False),
    Column("status", String(12), nullable=False),  # of api.payments.rules.Status
    Column("reason", String(200)),  # why it was closed or given back
    Column("trade_no", String(64)),  # the provider's number
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime),  # NULL until its page was opened
    Column("paid_at", UtcDateTime),
    Column("refunded_at", UtcDateTime),
)
_IN_FORCE = order.c.status.in_(("created", "paid", "refunding"))
Index(
    "uq_payment_order_in_force",
    order.c.application_id,
    unique=True,
    sqlite_where=_IN_FORCE,
    postgresql_where=_IN_FORCE,
)
Index("ix_payment_order_application", order.c.application_id, order.c.created_at)
Index("ix_payment_order_listed", order.c.created_at, order.c.id)
Index("ix_payment_order_status", order.c.status, order.c.created_at, order.c.id)

event = Table(
    "payment_event",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("order_id", ForeignKey(order.c.id), nullable=False, index=True),
    Column("at", UtcDateTime, nullable=False),
    Column("action", String(16), nullable=False),
    Column("status", String(12), nullable=False),  # after the event
    Column("note", String(200)),
)

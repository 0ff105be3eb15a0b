"""What platforms are told, and every try to tell it."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from api.db import UtcDateTime, metadata

webhook = Table(
    "platform_webhook",
    metadata,
    Column("id", String(24), primary_key=True),
    Column("platform", ForeignKey("platform.id"), nullable=False),
    Column("scan", String(64), nullable=False),
    Column("version", Integer, nullable=False),  # of the scan
    Column("status", String(24), nullable=False),  # of the scan
    Column("body", Text, nullable=False),  # what is sent
    Column("state", String(12), nullable=False),  # of webhooks.rules.State
    Column("attempts", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("next_at", UtcDateTime),  # of the next try; null for none
    Column("delivered_at", UtcDateTime),
    UniqueConstraint("platform", "scan", "version"),
)
Index("ix_platform_webhook_listed", webhook.c.platform, webhook.c.created_at, webhook.c.id)
Index("ix_platform_webhook_created_at", webhook.c.created_at)

attempt = Table(
    "platform_webhook_attempt",
    metadata,
    Column("webhook", ForeignKey(webhook.c.id, ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", UtcDateTime, nullable=False),
    Column("outcome", String(24), nullable=False),  # of webhooks.rules.Outcome
    Column("http_status", Integer),
    Column("milliseconds", Integer, nullable=False),
)

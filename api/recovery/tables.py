"""Recoveries. A row is never removed, and holds no key."""

from __future__ import annotations

from sqlalchemy import Column, String, Table

from api.db import UtcDateTime, metadata

recovery = Table(
    "recovery",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("serial", String(40), nullable=False, index=True),  # of the encryption certificate
    Column("under_way", String(40), unique=True),  # the serial until it is closed: one at a time for a key
    Column("status", String(12), nullable=False, index=True),
    Column("reason", String(200), nullable=False),
    Column("asked_by", String(64), nullable=False),  # an operator's name
    Column("asked_at", UtcDateTime, nullable=False),
    Column("judged_by", String(64)),
    Column("judged_at", UtcDateTime),
    Column("closed_at", UtcDateTime),
)

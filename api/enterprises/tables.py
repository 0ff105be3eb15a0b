"""Enterprises with at least one certificate."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, String, Table

from api.accounts.tables import person
from api.db import UtcDateTime, metadata

enterprise = Table(
    "enterprise",
    metadata,
    Column("credit_code", String(18), primary_key=True),
    Column("name", String(64), nullable=False),
    Column("administrator_id", ForeignKey(person.c.id), nullable=False, index=True),
    Column("since", UtcDateTime, nullable=False),
)

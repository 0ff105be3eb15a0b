"""Every seal that was stamped."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Integer, String, Table

from api.certificates.tables import holding
from api.db import UtcDateTime, metadata

# Digests alone: the documents are the persons' own and are not kept.
stamp = Table(
    "seal_stamp",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("serial", ForeignKey(holding.c.serial), nullable=False, index=True),
    Column("at", UtcDateTime, nullable=False),
    Column("before_sha256", String(64), nullable=False),
    Column("after_sha256", String(64), nullable=False),
    Column("reason", String(120), nullable=False),
)

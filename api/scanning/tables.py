"""Whom a platform's users are bound to, and what was sealed for platforms."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, String, Table

from api.accounts.tables import person
from api.certificates.tables import holding
from api.db import UtcDateTime, metadata
from api.platforms.tables import platform

# Never changed back: whoever is bound again gets another row. In force while ``ended_at`` is null.
binding = Table(
    "scan_binding",
    metadata,
    Column("id", String(24), primary_key=True),
    Column("platform_id", ForeignKey(platform.c.id), nullable=False),
    Column("platform_user", String(80), nullable=False),  # as the platform calls its user
    Column("user_name", String(80)),
    Column("person_id", ForeignKey(person.c.id), nullable=False),
    Column("credit_code", String(18)),  # null where a person is bound for nobody else
    Column("enterprise_name", String(64)),
    Column("serial", ForeignKey(holding.c.serial), nullable=False, index=True),  # what it was approved with
    Column("scan_id", String(32), nullable=False),
    Column("bound_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Column("ended_by", String(12)),  # of api.scanning.bindings.rules.EndedBy
)
_IN_FORCE = binding.c.ended_at.is_(None)
Index(
    "ix_scan_binding_one",
    binding.c.platform_id,
    binding.c.platform_user,
    unique=True,
    sqlite_where=_IN_FORCE,
    postgresql_where=_IN_FORCE,
)
Index("ix_scan_binding_person", binding.c.person_id, binding.c.bound_at)
Index("ix_scan_binding_platform", binding.c.platform_id, binding.c.bound_at)
Index("ix_scan_binding_credit_code", binding.c.credit_code, binding.c.bound_at)

# Written before the approval is complete, by digest: whatever a killed process left is given to nobody.
sealed_document = Table(
    "scan_sealed_document",
    metadata,
    Column("scan_id", String(32), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),  # from 0, as in the request
    Column("sha256", String(64), primary_key=True),
    Column("pdf", LargeBinary, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
)

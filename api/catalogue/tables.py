"""The catalogue's tables. A product in use is never changed: another one takes its place."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Integer, String, Table

from api.db import metadata

province = Table(
    "catalogue_province",
    metadata,
    Column("code", String(16), primary_key=True),
    Column("name", String(64), nullable=False),
)

platform = Table(
    "catalogue_platform",
    metadata,
    Column("code", String(40), primary_key=True),
    Column("province", ForeignKey(province.c.code), nullable=False),
    Column("name", String(100), nullable=False),
)

authority = Table(
    "catalogue_authority",
    metadata,
    Column("code", String(40), primary_key=True),
    Column("name", String(100), nullable=False),
)

product = Table(
    "catalogue_product",
    metadata,
    Column("code", String(40), primary_key=True),
    Column("platform", ForeignKey(platform.c.code), nullable=False),
    Column("authority", ForeignKey(authority.c.code), nullable=False),
    Column("name", String(100), nullable=False),
    Column("profile", String(40), nullable=False),  # of ca.profiles
    Column("custody", String(12), nullable=False),  # of api.certificates.custody
    Column("key_kind", String(12), nullable=False),  # of hsm.KeyKind
    Column("validity_days", Integer, nullable=False),
    Column("fee_fen", Integer, nullable=False),
    Column("term", String(60), nullable=False),  # validity and fee as the application form says them
    Column("scope", String(120), nullable=False),
    Column("on_offer", Boolean, nullable=False),
    Column("encryption_profile", String(40)),  # of the second half of a dual certificate; null for none
    Column("approvals", Integer, nullable=False, server_default="1"),  # operators who must approve: 1 or 2
)

"""The catalogue's tables.

Nothing in it is ever deleted. A change makes the next ``version``; a product keeps every version it had,
since applications keep the one that they were made under.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    UniqueConstraint,
)

from api.db import UtcDateTime, metadata

province = Table(
    "catalogue_province",
    metadata,
    Column("code", String(16), primary_key=True),
    Column("name", String(64), nullable=False),
    Column("version", Integer, nullable=False, server_default="1"),
)

platform = Table(
    "catalogue_platform",
    metadata,
    Column("code", String(40), primary_key=True),
    Column("province", ForeignKey(province.c.code), nullable=False),
    Column("name", String(100), nullable=False),
    Column("version", Integer, nullable=False, server_default="1"),
)

authority = Table(
    "catalogue_authority",
    metadata,
    Column("code", String(40), primary_key=True),
    Column("name", String(100), nullable=False),
    Column("version", Integer, nullable=False, server_default="1"),
)

product = Table(
    "catalogue_product",
    metadata,
    Column("code", String(40), primary_key=True),
    Column("version", Integer, nullable=False, server_default="1"),  # the present one
)

product_version = Table(
    "catalogue_product_version",
    metadata,
    Column("code", ForeignKey(product.c.code), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("kind", String(16), nullable=False),  # of api.catalogue.rules.CertificateKind
    Column("name", String(100), nullable=False),
    Column("platform", ForeignKey(platform.c.code), nullable=False),
    Column("authority", ForeignKey(authority.c.code), nullable=False),
    Column("profile", String(40), nullable=False),  # of ca.profiles
    Column("encryption_profile", String(40)),  # of the second half of a dual certificate; null for none
    Column("custody", String(12), nullable=False),
    Column("key_kind", String(12), nullable=False),  # of hsm.KeyKind
    Column("validity_days", Integer, nullable=False),
    Column("fee_fen", Integer, nullable=False),
    Column("term", String(60), nullable=False),  # validity and fee as the application form says them
    Column("scope", String(120), nullable=False),
    Column("attachments", JSON, nullable=False),
    Column("approvals", Integer, nullable=False),  # operators who must approve a new one: 0, 1 or 2
    Column("renewal_approvals", Integer, nullable=False),
    Column("on_offer", Boolean, nullable=False),
    Column("offered_from", UtcDateTime),
    Column("offered_until", UtcDateTime),
)

change = Table(
    "catalogue_change",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("operator", String(64), nullable=False),  # a name; ``setup`` for what came with the software
    Column("subject", String(12), nullable=False),  # province, platform, authority or product
    Column("code", String(40), nullable=False),
    Column("version", Integer, nullable=False),
    Column("value", JSON, nullable=False),  # as it is since then
    UniqueConstraint("subject", "code", "version", name="uq_catalogue_change_subject"),
)
Index("ix_catalogue_change_code", change.c.subject, change.c.code, change.c.id)

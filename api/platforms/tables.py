"""Trading platforms: who they are, their keys, what they sent. Nothing of a registration is deleted."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
)

from api.db import UtcDateTime, metadata

platform = Table(
    "platform",
    metadata,
    Column("id", String(24), primary_key=True),
    Column("name", String(64), nullable=False),
    Column("domain", String(253), nullable=False),
    Column("origins", JSON, nullable=False),  # texts, the first is the usual one
    Column("callback_url", String(400)),
    Column("scopes", JSON, nullable=False),  # of api.platforms.rules.Scope
    Column("catalogue_code", ForeignKey("catalogue_platform.code")),
    Column("standing", String(12), nullable=False),  # of api.platforms.rules.Standing
    Column("is_sandbox", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    UniqueConstraint("name"),
)
Index("ix_platform_created_at_id", platform.c.created_at, platform.c.id)

key = Table(
    "platform_key",
    metadata,
    Column("id", String(43), primary_key=True),  # JWK thumbprint (RFC 7638)
    Column("platform", ForeignKey(platform.c.id), nullable=False),
    Column("public", LargeBinary, nullable=False),  # DER SubjectPublicKeyInfo
    Column("label", String(60), nullable=False),
    Column("added_at", UtcDateTime, nullable=False),
    Column("added_by", String(80), nullable=False),  # operator:NAME or key:ID
    Column("retired_at", UtcDateTime),
    Column("retired_by", String(80)),
    Column("used_at", UtcDateTime),  # to the minute
)
Index("ix_platform_key_platform", key.c.platform, key.c.added_at)

change = Table(
    "platform_change",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("platform", ForeignKey(platform.c.id), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("who", String(80), nullable=False),  # operator:NAME or key:ID
    Column("act", String(24), nullable=False),
    Column("detail", JSON, nullable=False),
)
Index("ix_platform_change_platform", change.c.platform, change.c.id)

# A row for each signature taken of late: whoever comes second with it is refused.
nonce = Table(
    "platform_nonce",
    metadata,
    Column("platform", String(24), primary_key=True),
    Column("digest", String(64), primary_key=True),  # SHA-256 of the nonce
    Column("until", UtcDateTime, nullable=False),
)
Index("ix_platform_nonce_until", nonce.c.until)

document = Table(
    "platform_document",
    metadata,
    Column("platform", ForeignKey(platform.c.id), primary_key=True),
    Column("sha256", String(64), primary_key=True),
    Column("content", LargeBinary, nullable=False),
    Column("bytes", Integer, nullable=False),
    Column("pages", Integer, nullable=False),
    Column("received_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
)
Index("ix_platform_document_expires_at", document.c.expires_at)

"""The ledger's table. Serial numbers are hexadecimal text, since they exceed every integer column."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Column, DateTime, Index, LargeBinary, MetaData, String, Table
from sqlalchemy.types import TypeDecorator

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class UtcDateTime(TypeDecorator[datetime]):
    """A point in time: aware on both sides of the database, UTC in it. SQLite keeps no zone by itself."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        """Refuse a naive time; hand over UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime has no place in the database")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        """Give back an aware UTC time."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


certificate = Table(
    "ca_certificate",
    metadata,
    Column("serial", String(40), primary_key=True),
    Column("request_id", String(80), nullable=False),
    Column("issuer", String(40), nullable=False),  # subject key identifier of the issuing CA, hexadecimal
    Column("profile", String(40), nullable=False),
    Column("subject", String(400), nullable=False),  # RFC 4514
    Column("key_digest", String(64), nullable=False),  # SHA-256 of the SubjectPublicKeyInfo
    Column("state", String(12), nullable=False),
    Column("tbs", LargeBinary, nullable=False),
    Column("der", LargeBinary),
    Column("not_before", UtcDateTime, nullable=False),
    Column("not_after", UtcDateTime, nullable=False),
    Column("prepared_at", UtcDateTime, nullable=False),
    Column("issued_at", UtcDateTime),
    Column("revoked_at", UtcDateTime),
    Column("reason", String(24)),
)
# One certificate a request: an abandoned intent gives its request's name free.
Index(
    "uq_ca_certificate_request_id",
    certificate.c.request_id,
    unique=True,
    sqlite_where=certificate.c.state != "abandoned",
    postgresql_where=certificate.c.state != "abandoned",
)
Index("ix_ca_certificate_key_digest", certificate.c.key_digest)
Index("ix_ca_certificate_issuer_revoked_at", certificate.c.issuer, certificate.c.revoked_at)
Index("ix_ca_certificate_state", certificate.c.state)

crl = Table(
    "ca_crl",
    metadata,
    Column("issuer", String(40), primary_key=True),
    Column("number", String(40), primary_key=True),
    Column("this_update", UtcDateTime, nullable=False),
    Column("next_update", UtcDateTime, nullable=False),
    Column("der", LargeBinary, nullable=False),
)

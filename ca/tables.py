"""The ledger's tables. Serial numbers are hexadecimal text, since they exceed every integer column."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
)
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
    Column("invalidity_date", UtcDateTime),  # since when the key is not to be trusted, if that is known
    Column("status_changed_at", UtcDateTime),  # when it was last suspended, released or revoked
    Column("replaces", String(40)),  # the serial number of the certificate that this one renews
    Column("crl_shard", Integer, nullable=False, default=0, server_default="0"),  # which list it belongs on
    Column("credit_code", String(18)),  # 统一社会信用代码 of the enterprise that it names, if it names one
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
Index("ix_ca_certificate_not_after", certificate.c.not_after)
_OF_ENTERPRISE = certificate.c.credit_code.is_not(None)
Index(
    "ix_ca_certificate_credit_code",
    certificate.c.credit_code,
    certificate.c.prepared_at,
    sqlite_where=_OF_ENTERPRISE,
    postgresql_where=_OF_ENTERPRISE,
)
# Of a million certificates few are revoked or unsettled: what is asked of those has indexes of those alone.
_REVOKED = certificate.c.revoked_at.is_not(None)
Index(
    "ix_ca_certificate_revoked",
    certificate.c.issuer,
    certificate.c.crl_shard,
    sqlite_where=_REVOKED,
    postgresql_where=_REVOKED,
)
_CHANGED = certificate.c.status_changed_at.is_not(None)
Index(
    "ix_ca_certificate_changed",
    certificate.c.issuer,
    certificate.c.crl_shard,
    certificate.c.status_changed_at,
    sqlite_where=_CHANGED,
    postgresql_where=_CHANGED,
)
_INTENDED = certificate.c.state == "intended"
Index(
    "ix_ca_certificate_intended",
    certificate.c.prepared_at,
    sqlite_where=_INTENDED,
    postgresql_where=_INTENDED,
)

# Certificates that the CA needs to serve: its responders', time stampers', journal's.
own_certificate = Table(
    "ca_own_certificate",
    metadata,
    Column("role", String(16), primary_key=True),
    Column("issuer", String(40), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("serial", String(40), nullable=False),
    Column("key_label", String(80), nullable=False),
    Column("not_before", UtcDateTime, nullable=False),
    Column("not_after", UtcDateTime, nullable=False),
)

# The issuing CAs: the one that issues, those whose certificates still run, those to come.
authority = Table(
    "ca_authority",
    metadata,
    Column("key_id", String(40), primary_key=True),  # subject key identifier, hexadecimal
    Column("name", String(40), nullable=False),  # in URLs: issuing-1
    Column("key_label", String(80), nullable=False),
    Column("certificate", LargeBinary, nullable=False),
    Column("chain", LargeBinary, nullable=False),  # PEM, its issuer first, the root last
    Column("crl_shards", Integer, nullable=False),
    Column("state", String(12), nullable=False),
    Column("added_at", UtcDateTime, nullable=False),
    Column("activated_at", UtcDateTime),
    UniqueConstraint("name", name="uq_ca_authority_name"),
)

# How often certificates were suspended, released or revoked, by the list that they belong on.
status_changes = Table(
    "ca_status_changes",
    metadata,
    Column("issuer", String(40), primary_key=True),
    Column("shard", Integer, primary_key=True),
    Column("changes", BigInteger, nullable=False),
)

# The editions of each list: the newest with its contents, older ones while a delta may build on them.
crl = Table(
    "ca_crl",
    metadata,
    Column("issuer", String(40), primary_key=True),
    Column("shard", Integer, primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("this_update", UtcDateTime, nullable=False),
    Column("next_update", UtcDateTime, nullable=False),
    Column("delta_next_update", UtcDateTime, nullable=False),
    Column("complete", LargeBinary, nullable=False),
    Column("delta", LargeBinary, nullable=False),
    Column("changes", BigInteger, nullable=False),
)

# OCSP answers signed ahead. One is given only while ``status`` is still what the certificate's row says.
ocsp_answer = Table(
    "ca_ocsp_answer",
    metadata,
    Column("issuer", String(40), primary_key=True),
    Column("serial", String(40), primary_key=True),
    Column("hash_name", String(8), primary_key=True),  # how the request names the issuer
    Column("status", String(80), nullable=False),
    Column("this_update", UtcDateTime, nullable=False),
    Column("next_update", UtcDateTime, nullable=False),
    Column("renew_at", UtcDateTime, nullable=False),
    Column("der", LargeBinary, nullable=False),
)
Index("ix_ca_ocsp_answer_renew_at", ocsp_answer.c.renew_at)

# The newest time that may have been stamped: the clock may never go back behind it. One row.
stamped_until = Table(
    "ca_stamped_until",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("until", UtcDateTime, nullable=False),
)

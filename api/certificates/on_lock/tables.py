"""Keys on locks: what was offered for an application, what was confirmed, what is back on the lock."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, LargeBinary, String, Table

from api.applications.tables import application
from api.db import UtcDateTime, metadata

# Keys may be offered anew until the phone confirms; from then on they are fixed.
lock_key = Table(
    "certificate_lock_key",
    metadata,
    Column("application_id", ForeignKey(application.c.id), primary_key=True),
    Column("session_id", String(32), nullable=False),  # of the bridge, in which they were offered
    Column("signing_key", LargeBinary, nullable=False),  # SubjectPublicKeyInfo, DER
    Column("encryption_key", LargeBinary, nullable=False),  # empty where there is one certificate
    Column("lock_label", String(64), nullable=False),
    Column("lock_serial", String(64), nullable=False),
    Column("expected_proof", String(64), nullable=False),  # of the encryption key; empty without one
    Column("offered_at", UtcDateTime, nullable=False),
    Column("proved_at", UtcDateTime),  # possession of all keys
    Column("confirmed_at", UtcDateTime),  # by the person, on the phone
    Column("written_at", UtcDateTime),  # the certificates are on the lock
)

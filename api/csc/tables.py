"""For which certificates remote signing is on, and what is authorised at present."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Integer, LargeBinary, String, Table

from api.accounts.tables import person
from api.certificates.tables import holding
from api.db import UtcDateTime, metadata

switched_on = Table(
    "csc_switched_on",
    metadata,
    Column("serial", ForeignKey(holding.c.serial), primary_key=True),
    Column("at", UtcDateTime, nullable=False),
)

authorization = Table(
    "csc_authorization",
    metadata,
    Column("sad_digest", String(64), primary_key=True),  # SHA-256 of the SAD, which only its holder has
    Column("serial", ForeignKey(holding.c.serial), nullable=False),
    Column("person_id", ForeignKey(person.c.id), nullable=False),
    Column("session_id", String(24), nullable=False),  # whose access token goes with the SAD
    Column("hashing", String(24), nullable=False),  # a Hashing
    Column("description", String(500), nullable=False),
    # The key, sealed under SAD, token and all of the above; nothing once the last signature is spent.
    Column("activation", LargeBinary),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
)

authorized_hash = Table(
    "csc_authorized_hash",
    metadata,
    Column("sad_digest", ForeignKey(authorization.c.sad_digest, ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("hash", String(128), nullable=False),  # hexadecimal
    Column("spent_at", UtcDateTime),  # before the token signed it
)

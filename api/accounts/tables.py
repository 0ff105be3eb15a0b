"""Persons, operators, their sessions, codes that wait to be typed, and what is counted against guessing."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    false,
)

from api.db import UtcDateTime, metadata

person = Table(
    "account_person",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("phone", String(11), nullable=False, unique=True),
    Column("password_hash", String(200)),  # Argon2id, encoded with its parameters
    Column("created_at", UtcDateTime, nullable=False),
)

operator = Table(
    "account_operator",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(64), nullable=False, unique=True),
    Column("password_hash", String(200), nullable=False),  # Argon2id, encoded with its parameters
    Column("created_at", UtcDateTime, nullable=False),
    # HMAC of the identity number, as api.realname has it of persons; one human is one operator.
    Column("id_number_hash", String(64), unique=True),
)

operator_role = Table(
    "account_operator_role",
    metadata,
    Column("operator_id", ForeignKey(operator.c.id), primary_key=True),
    Column("role", String(16), primary_key=True),  # a Role
)

session = Table(
    "account_session",
    metadata,
    Column("id", String(24), primary_key=True),
    Column("person_id", ForeignKey(person.c.id)),
    Column("operator_id", ForeignKey(operator.c.id)),
    # SHA-256 of the tokens, hexadecimal. A renewal puts new ones in their place.
    Column("token_digest", String(64), nullable=False, unique=True),
    Column("token_expires_at", UtcDateTime, nullable=False),
    Column("refresh_digest", String(64), unique=True),
    Column("scope", String(8), nullable=False, server_default="app"),  # a Scope
    Column("second_factor", Boolean, nullable=False, server_default=false()),
    Column("device", String(64), nullable=False, server_default=""),
    Column("platform", String(32), nullable=False, server_default=""),
    Column("app_version", String(32), nullable=False, server_default=""),
    Column("address", String(45), nullable=False, server_default=""),
    Column("created_at", UtcDateTime, nullable=False),
    Column("last_seen_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    CheckConstraint("(person_id IS NULL) <> (operator_id IS NULL)", name="ck_account_session_one_holder"),
    Index("ix_account_session_person_id", "person_id"),
    Index("ix_account_session_operator_id", "operator_id"),
    Index("ix_account_session_expires_at", "expires_at"),
)

spent_refresh = Table(
    "account_spent_refresh",
    metadata,
    Column("digest", String(64), primary_key=True),  # of a refresh token that was used
    Column("session_id", ForeignKey(session.c.id, ondelete="CASCADE"), nullable=False, index=True),
)

passkey = Table(
    "account_passkey",
    metadata,
    Column("id", String(24), primary_key=True),
    Column("operator_id", ForeignKey(operator.c.id), nullable=False, index=True),
    Column("credential_id", String(1400), nullable=False, unique=True),  # base64url
    Column("public_key", LargeBinary, nullable=False),  # COSE
    Column("sign_count", BigInteger, nullable=False),
    Column("name", String(64), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("last_used_at", UtcDateTime),
)

passkey_challenge = Table(
    "account_passkey_challenge",
    metadata,
    Column("ticket_digest", String(64), primary_key=True),  # SHA-256 of what its holder shows, hexadecimal
    Column("operator_id", ForeignKey(operator.c.id), nullable=False),
    Column("ceremony", String(8), nullable=False),  # add, sign_in
    Column("challenge", LargeBinary, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
)

sms_code = Table(
    "account_sms_code",
    metadata,
    Column("phone", String(11), primary_key=True),
    Column("purpose", String(16), primary_key=True),  # a Purpose
    Column("code_mac", String(64), nullable=False),  # HMAC-SHA256 under the server key, hexadecimal
    Column("tries", Integer, nullable=False),
    Column("sent_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
)

pace = Table(
    "account_pace",
    metadata,
    Column("name", String(64), primary_key=True),  # HMAC-SHA256 of what is counted, hexadecimal
    Column("until", UtcDateTime, nullable=False, index=True),
)

known_device = Table(
    "account_known_device",
    metadata,
    Column("person_id", ForeignKey(person.c.id), primary_key=True),
    Column("device_mac", String(64), primary_key=True),  # HMAC-SHA256 of what it calls itself
    Column("used_at", UtcDateTime, nullable=False, index=True),
)

known_address = Table(
    "account_known_address",
    metadata,
    Column("person_id", ForeignKey(person.c.id), primary_key=True),
    Column("address_mac", String(64), primary_key=True),  # HMAC-SHA256 of a network
    Column("used_at", UtcDateTime, nullable=False, index=True),
)

"""Persons, operators, their sessions, and SMS codes that wait to be typed."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKey, Integer, String, Table

from api.db import UtcDateTime, metadata

person = Table(
    "account_person",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("phone", String(11), nullable=False, unique=True),
    Column("created_at", UtcDateTime, nullable=False),
)

operator = Table(
    "account_operator",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(64), nullable=False, unique=True),
    Column("password_hash", String(200), nullable=False),  # Argon2id, encoded with its parameters
    Column("wrong_passwords", Integer, nullable=False),
    Column("last_try_at", UtcDateTime),
    Column("created_at", UtcDateTime, nullable=False),
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
    Column("token_digest", String(64), primary_key=True),  # SHA-256 of the token, hexadecimal
    Column("person_id", ForeignKey(person.c.id), index=True),
    Column("operator_id", ForeignKey(operator.c.id), index=True),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
    CheckConstraint("(person_id IS NULL) <> (operator_id IS NULL)", name="ck_account_session_one_holder"),
)

sms_code = Table(
    "account_sms_code",
    metadata,
    Column("phone", String(11), primary_key=True),
    Column("code_mac", String(64), nullable=False),  # HMAC-SHA256 under the server key, hexadecimal
    Column("tries", Integer, nullable=False),
    Column("sent_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
)

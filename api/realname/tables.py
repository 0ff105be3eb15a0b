"""Checks, each with its evidence; the identity of an account; and the key under which numbers are kept."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, String, Table

from api.accounts.tables import person
from api.db import UtcDateTime, metadata

check = Table(
    "realname_check",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("person_id", ForeignKey(person.c.id), nullable=False),
    Column("method", String(16), nullable=False),
    Column("status", String(12), nullable=False),
    Column("reason", String(40)),
    Column("name", String(40), nullable=False),
    Column("id_number", LargeBinary, nullable=False),
    Column("id_number_hash", String(64), nullable=False),
    Column("provider", String(24), nullable=False),
    Column("reference", String(64)),
    Column("answer_digest", String(64)),
    Column("started_at", UtcDateTime, nullable=False),
    Column("ends_at", UtcDateTime, nullable=False),
    Column("asked_at", UtcDateTime),
    Column("closed_at", UtcDateTime),
    Index("ix_realname_check_person_id_started_at", "person_id", "started_at"),
    Index("ix_realname_check_id_number_hash_started_at", "id_number_hash", "started_at"),
)

identity = Table(
    "realname_identity",
    metadata,
    Column("person_id", ForeignKey(person.c.id), primary_key=True, autoincrement=False),
    Column("id_number_hash", String(64), nullable=False, unique=True),  # one person, one account
    Column("name", String(40), nullable=False),
    Column("id_number", LargeBinary, nullable=False),
    Column("method", String(16), nullable=False),
    Column("check_id", ForeignKey(check.c.id), nullable=False),
    Column("verified_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
)

data_key = Table(
    "realname_data_key",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
)

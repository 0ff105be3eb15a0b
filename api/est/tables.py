"""Enrolments that operators opened, each good for one certificate."""

from __future__ import annotations

from sqlalchemy import Column, Integer, String, Table, Text

from api.db import UtcDateTime, metadata

enrolment = Table(
    "est_enrolment",
    metadata,
    Column("id", String(24), primary_key=True),  # the user name of HTTP Basic
    Column("secret_hash", String(64), nullable=False),  # SHA-256: the secret itself is 160 random bits
    Column("profile", String(40), nullable=False),
    Column("facts", Text, nullable=False),  # JSON of ca.distinguished.SubjectFacts
    Column("validity_days", Integer),
    Column("created_by", String(80), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("serial", String(40)),  # of the certificate it led to
)

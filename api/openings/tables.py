"""Openings, the bids deposited for them, and their logs. Nothing of an opening is ever deleted."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from api.accounts.tables import person
from api.db import UtcDateTime, metadata
from api.platforms.tables import platform

opening = Table(
    "opening",
    metadata,
    Column("id", String(24), primary_key=True),
    Column("platform_id", ForeignKey(platform.c.id), nullable=False),
    Column("number", String(80), nullable=False),  # of the tender, as the platform has it
    Column("title", String(80), nullable=False),
    Column("opens_at", UtcDateTime, nullable=False),
    Column("closes_at", UtcDateTime, nullable=False),
    Column("announced_at", UtcDateTime, nullable=False),  # when the window was last changed
    Column("events", Integer, nullable=False),  # rows in opening_event
    Column("head", String(64), nullable=False),  # the last event's link
    UniqueConstraint("platform_id", "number"),
)
Index("ix_opening_closes_at", opening.c.closes_at, opening.c.id)

# A bid whose content key the token has unwrapped once, at its upload.
deposit = Table(
    "opening_deposit",
    metadata,
    Column(
        "key_sha256", String(64), primary_key=True
    ),  # of the encrypted content key: see deposits.key_digest
    Column("opening_id", ForeignKey(opening.c.id), nullable=False),
    Column("envelope", String(64), nullable=False),  # the platform's own id
    Column("title", String(80), nullable=False),
    Column("sha256", String(64), nullable=False),  # of the envelope's file
    Column("bytes", BigInteger, nullable=False),
    Column("serial", String(40), nullable=False, index=True),  # of the encryption certificate
    Column("person_id", ForeignKey(person.c.id), nullable=False, index=True),
    Column("credit_code", String(18), index=True),  # null where a person bids for nobody else
    Column("scan_id", String(32), nullable=False),
    Column("deposited_at", UtcDateTime, nullable=False),
    Column("opened_at", UtcDateTime),  # when its key was first given out
    Column("content_sha256", String(64), index=True),  # see deposits.content_digest; null in older rows
)
Index("ix_opening_deposit_opening_id", deposit.c.opening_id, deposit.c.deposited_at)

# Which opening a scan is about.
opening_scan = Table(
    "opening_scan",
    metadata,
    Column("scan_id", String(32), primary_key=True),
    Column("opening_id", ForeignKey(opening.c.id), nullable=False, index=True),
)

# The log: each link is the SHA-256 over the one before and this event's own digest (mobile_bridge.evidence).
opening_event = Table(
    "opening_event",
    metadata,
    Column("opening_id", ForeignKey(opening.c.id), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),  # from 1, without gaps
    Column("at", UtcDateTime, nullable=False),
    Column("what", String(32), nullable=False),
    Column("scan_id", String(32), index=True),
    Column("person_id", ForeignKey(person.c.id)),  # whose phone, once it is known
    Column("body", Text, nullable=False),  # the event as it is digested: canonical JSON
    Column("link", String(64), nullable=False),
)

# A platform's signed call that says when an opening is: the very bytes, so that the signature can be checked.
opening_call = Table(
    "opening_call",
    metadata,
    Column("opening_id", ForeignKey(opening.c.id), primary_key=True),
    Column("sha256", String(64), primary_key=True),  # of the kept call: see calls.KeptCall
    Column("at", UtcDateTime, nullable=False),
    Column("key_id", String(43), nullable=False),  # of platform_key
    Column("method", String(8), nullable=False),
    Column("url", String(600), nullable=False),
    Column("fields", JSON, nullable=False),  # name → value of the covered fields and of the signature's own
    Column("body", LargeBinary, nullable=False),
)

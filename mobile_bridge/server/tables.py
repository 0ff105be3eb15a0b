"""Sessions, what each direction adds to them, and their events.

Times are ``timestamptz`` on PostgreSQL; SQLite has no such type, so there they are kept as naive UTC and
come back aware, through ``UtcDateTime``.
"""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import (
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)
from sqlalchemy.types import TypeDecorator

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    }
)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware point in time on the Python side, UTC in the database."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a naive time; hand over UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime has no place in the database")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give back an aware UTC time."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


# Secrets are kept as digests alone: whoever reads these tables can neither claim nor answer a session.
session = Table(
    "bridge_session",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("kind", String(24), nullable=False),
    Column("subject", String(80), nullable=False),  # what it is about, as the requesting side names it
    Column("owner", String(80), nullable=False),  # who may ask for it and take it back
    Column("status", String(12), nullable=False),
    Column("failure", String(48)),  # the code of what ended it without an answer
    Column("reason", String(200)),  # the holder's own words where there was a refusal
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("answered_at", UtcDateTime),
    Column("result", String(64)),  # SHA-256 of what came of it
    Column("events", Integer, nullable=False),  # rows in bridge_event
)
Index("ix_bridge_session_subject", session.c.subject, session.c.kind, session.c.created_at)
Index("ix_bridge_session_status", session.c.status, session.c.expires_at)

# 发送到电脑: a PC claims by a typed address and a code.
address = Table(
    "bridge_address",
    metadata,
    Column("session_id", String(32), ForeignKey("bridge_session.id"), primary_key=True),
    Column("address_digest", String(64), nullable=False, unique=True),
    Column("code_digest", String(64), nullable=False),
    Column("tries", Integer, nullable=False, default=0),  # codes tried, counted before they are compared
    Column("openings", Integer, nullable=False, default=0),  # browsers that opened the address
    Column("task_token_digest", String(64), unique=True),
    Column("program", String(40)),  # with which it was claimed, as it describes itself
    Column("confirmed_at", UtcDateTime),  # when the phone said yes to the PC that claimed
    Column("certificate", LargeBinary),  # DER, as offered
    Column("document", LargeBinary),  # prepared for that certificate
    Column("answer", LargeBinary),  # CMS
)

# 扫码: a phone claims by the QR code on a platform's page. The platform is the session's owner.
scan = Table(
    "bridge_scan",
    metadata,
    Column("session_id", String(32), ForeignKey("bridge_session.id"), primary_key=True),
    Column("origin", String(300), nullable=False),  # of the page that waits
    Column("wait_token_digest", String(64), nullable=False),
    Column("request", Text, nullable=False),  # JSON
    Column("request_digest", String(64), nullable=False),  # SHA-256 of the request as its requester knows it
    Column("holder", String(80)),  # whose phone claimed it
    Column("hint", String(24)),  # how the holder's last try to approve ended
    Column("approval", String(32)),  # whose turn it is to approve: one at a time
    Column("approval_until", UtcDateTime),  # when that turn ends, whatever became of whoever has it
    Column("answer", Text),  # JSON
)

# Numbered by the session's own counter: a line that is missing shows.
event = Table(
    "bridge_event",
    metadata,
    Column("session_id", String(32), ForeignKey("bridge_session.id"), primary_key=True),
    Column("number", Integer, primary_key=True),  # from 1
    Column("at", UtcDateTime, nullable=False),
    Column("actor", String(12), nullable=False),
    Column("action", String(24), nullable=False),
    Column("before", String(12)),  # status; none at the creation
    Column("after", String(12), nullable=False),
    Column("code", String(48)),  # of the error behind it, where there was one
)

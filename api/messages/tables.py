"""Messages. The words are kept as they were said: later templates do not change them."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, String, Table, Text, UniqueConstraint

from api.db import UtcDateTime, metadata

message = Table(
    "message",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("person_id", Integer, nullable=False),
    Column("kind", String(40), nullable=False),
    Column("title", String(80), nullable=False),
    Column("text", Text, nullable=False),
    # What it is about; at most one of them is what the link leads to, the first that is there.
    Column("application_id", String(24)),
    Column("serial", String(40)),  # lower-case hexadecimal
    Column("credit_code", String(18)),
    Column("key", String(120)),  # once only for this person
    Column("posted_at", UtcDateTime, nullable=False),
    Column("read_at", UtcDateTime),
    UniqueConstraint("person_id", "key"),
)
Index("ix_message_person_id_id", message.c.person_id, message.c.id)
Index("ix_message_person_id_kind_id", message.c.person_id, message.c.kind, message.c.id)
Index("ix_message_application_id", message.c.application_id)
_UNREAD = message.c.read_at.is_(None)
Index(
    "ix_message_unread",
    message.c.person_id,
    message.c.kind,
    sqlite_where=_UNREAD,
    postgresql_where=_UNREAD,
)

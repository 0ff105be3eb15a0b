"""Seals, what became of each, and every one that was stamped."""

from __future__ import annotations

from sqlalchemy import JSON, Column, Date, ForeignKey, Index, Integer, LargeBinary, String, Table

from api.certificates.tables import holding
from api.db import UtcDateTime, metadata

# A row is never removed: whoever sees a stamped document may ask years later which seal that was.
seal = Table(
    "seal",
    metadata,
    Column("id", String(24), primary_key=True),
    Column("serial", ForeignKey(holding.c.serial), nullable=False),  # the certificate it is bound to
    Column("credit_code", String(18)),  # null with a natural person's
    Column("kind", String(16), nullable=False),  # of ca.seals.rules.SealKind
    Column("name", String(128), nullable=False),
    Column("design", JSON),  # what the picture was drawn from; null where one was uploaded
    Column("status", String(12), nullable=False),  # of api.seals.rules.Status
    Column("png", LargeBinary, nullable=False),
    Column("pdf", LargeBinary, nullable=False),  # one page of exactly the seal's size
    Column("pdf_sha256", String(64), nullable=False),
    Column("width_um", Integer, nullable=False),  # thousandths of a millimetre
    Column("height_um", Integer, nullable=False),
    Column("der", LargeBinary),  # SESeal, once it is made
    Column("applied_at", UtcDateTime, nullable=False),
    Column("made_at", UtcDateTime),
    Column("valid_from", UtcDateTime),
    Column("valid_until", UtcDateTime, index=True),
    Column("suspended_by", String(12)),  # of api.seals.rules.Actor, while it is
    Column("filed_number", String(64)),  # 备案编号
    Column("filed_on", Date),
    Column("replaced_by", String(24)),  # the seal that follows it
    Column("note", String(200)),  # the reason of the last refusal, suspension or destruction
)
_IN_HAND = seal.c.status.in_(("made", "suspended"))
_WAITING = seal.c.status.in_(("applied", "approved"))
_ALIKE = (seal.c.serial, seal.c.kind, seal.c.name)
Index("ix_seal_in_hand", *_ALIKE, unique=True, sqlite_where=_IN_HAND, postgresql_where=_IN_HAND)
Index("ix_seal_waiting", *_ALIKE, unique=True, sqlite_where=_WAITING, postgresql_where=_WAITING)
Index("ix_seal_status", seal.c.status, seal.c.applied_at, seal.c.id)
Index("ix_seal_credit_code", seal.c.credit_code, seal.c.applied_at, seal.c.id)
Index("ix_seal_applied_at", seal.c.applied_at, seal.c.id)

# What was applied for: the letter as the administrator's certificate signed it, and what was uploaded.
seal_application = Table(
    "seal_application",
    metadata,
    Column("seal_id", ForeignKey(seal.c.id), primary_key=True),
    Column("letter", LargeBinary, nullable=False),
    Column("letter_sha256", String(64), nullable=False),
    Column("reason", String(200), nullable=False),
    Column("upload", LargeBinary),
)

seal_event = Table(
    "seal_event",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("seal_id", ForeignKey(seal.c.id), nullable=False, index=True),
    Column("at", UtcDateTime, nullable=False),
    Column("action", String(12), nullable=False),  # of api.seals.rules.Action
    Column("actor", String(12), nullable=False),  # of api.seals.rules.Actor
    Column("actor_name", String(64), nullable=False),  # an operator's name, a person's id
    Column("before", String(12)),  # null where the seal began
    Column("after", String(12), nullable=False),
    Column("note", String(200)),
)

# Digests alone: the documents are the persons' own and are not kept.
stamp = Table(
    "seal_stamp",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("serial", ForeignKey(holding.c.serial), nullable=False, index=True),
    Column("seal_id", String(24), index=True),  # null for what was stamped before seals were kept
    Column("at", UtcDateTime, nullable=False),
    Column("before_sha256", String(64), nullable=False),
    Column("after_sha256", String(64), nullable=False),
    Column("reason", String(120), nullable=False),
)

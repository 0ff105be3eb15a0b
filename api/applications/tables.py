"""Applications, their evidence, and everything that ever happened to them."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, String, Table

from api.accounts.tables import person
from api.catalogue.tables import product
from api.db import UtcDateTime, metadata

application = Table(
    "application",
    metadata,
    Column("id", String(24), primary_key=True),
    Column("person_id", ForeignKey(person.c.id), nullable=False),
    Column("product", ForeignKey(product.c.code), nullable=False),
    Column("status", String(12), nullable=False),
    Column("enterprise_name", String(64), nullable=False),
    Column("credit_code", String(18), nullable=False, index=True),
    Column("legal_person", String(40), nullable=False),
    Column("legal_person_id", LargeBinary, nullable=False),  # sealed, see api.enterprises.id_numbers
    Column("administrator_name", String(40), nullable=False),
    Column("administrator_id", LargeBinary, nullable=False),  # sealed
    Column("administrator_phone", String(11), nullable=False),
    Column("reason", String(500)),  # why it was rejected
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
)
Index("ix_application_person_id", application.c.person_id, application.c.created_at)
Index("ix_application_status", application.c.status, application.c.updated_at)

evidence = Table(
    "application_evidence",
    metadata,
    Column("application_id", ForeignKey(application.c.id), primary_key=True),
    Column("kind", String(16), primary_key=True),  # of api.applications.evidence.EvidenceKind
    Column("media_type", String(40), nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("added_at", UtcDateTime, nullable=False),
)

event = Table(
    "application_event",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("application_id", ForeignKey(application.c.id), nullable=False, index=True),
    Column("at", UtcDateTime, nullable=False),
    Column("actor", String(12), nullable=False),
    Column("actor_id", String(80), nullable=False),  # person, operator, or the lock certificate's fingerprint
    Column("action", String(12), nullable=False),
    Column("status", String(12), nullable=False),  # after the event
    Column("note", String(500)),
)

"""Applications, the versions of what they say, their evidence, and everything that ever happened to them.

What is told in ``application`` is of the current revision; an earlier revision is never changed.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
)

from api.accounts.tables import person
from api.catalogue.tables import product
from api.db import UtcDateTime, metadata

# In the order of code points, whatever the database's language is: names are found by how they begin.
_BYTEWISE = String(64).with_variant(String(64, collation="C"), "postgresql")

application = Table(
    "application",
    metadata,
    Column("id", String(24), primary_key=True),
    Column("kind", String(12), nullable=False),  # of api.applications.kinds.ApplicationKind
    Column("person_id", ForeignKey(person.c.id), nullable=False),
    Column("status", String(12), nullable=False),
    Column("revision", Integer, nullable=False),  # the current one, from 1
    # These four are of the current revision: queues and searches of operators go by them.
    Column("product", String(40), nullable=False),
    Column("authority", String(40), nullable=False),
    Column("enterprise_name", _BYTEWISE),
    Column("credit_code", String(18)),
    Column("serial", String(40)),  # of the certificate that it is about, lower-case hexadecimal
    Column("reason", String(500)),  # why it was rejected, declined or returned
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
)
# Each list and queue reads along one of these, from where its page begins: never more rows than it shows.
Index("ix_application_person", application.c.person_id, application.c.created_at, application.c.id)
Index("ix_application_person_status", application.c.person_id, application.c.status)
Index("ix_application_status", application.c.status, application.c.updated_at, application.c.id)
Index("ix_application_updated", application.c.updated_at, application.c.id)
Index(
    "ix_application_kind",
    application.c.status,
    application.c.kind,
    application.c.updated_at,
    application.c.id,
)
Index(
    "ix_application_product",
    application.c.status,
    application.c.product,
    application.c.updated_at,
    application.c.id,
)
Index(
    "ix_application_authority",
    application.c.status,
    application.c.authority,
    application.c.updated_at,
    application.c.id,
)
Index("ix_application_credit_code", application.c.credit_code, application.c.updated_at, application.c.id)
Index("ix_application_enterprise_name", application.c.enterprise_name, application.c.id)
Index("ix_application_serial", application.c.serial)

revision = Table(
    "application_revision",
    metadata,
    Column("application_id", ForeignKey(application.c.id), primary_key=True),
    Column("revision", Integer, primary_key=True, autoincrement=False),
    Column("product", ForeignKey(product.c.code), nullable=False),
    Column("product_version", Integer, nullable=False),
    Column("enterprise_name", String(64)),
    Column("credit_code", String(18)),
    Column("legal_person", String(40)),
    Column("legal_person_id", LargeBinary),  # sealed, see api.realname.id_numbers
    Column("holder_name", String(40), nullable=False),  # whose certificate it is or will be
    Column("holder_id", LargeBinary, nullable=False),  # sealed
    Column("holder_phone", String(11), nullable=False),
    Column("department", String(60)),
    Column("permissions", JSON),  # list of words, see api.enterprises
    Column("grounds", String(200)),  # why a certificate is to be revoked, or a PIN reset
    Column("created_at", UtcDateTime, nullable=False),
)

# One picture may be evidence of several versions; it is kept once.
file = Table(
    "application_file",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("media_type", String(40), nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("added_at", UtcDateTime, nullable=False),
)

evidence = Table(
    "application_evidence",
    metadata,
    Column("application_id", String(24), primary_key=True),
    Column("revision", Integer, primary_key=True, autoincrement=False),
    Column("kind", String(16), primary_key=True),  # of api.applications.evidence.EvidenceKind
    Column("name", String(40), primary_key=True),  # which attachment; empty where there is one of its kind
    Column("sha256", ForeignKey(file.c.sha256), nullable=False, index=True),
    Column("added_at", UtcDateTime, nullable=False),
    ForeignKeyConstraint(
        ["application_id", "revision"],
        [revision.c.application_id, revision.c.revision],
        name="fk_application_evidence_revision",
    ),
)

event = Table(
    "application_event",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("application_id", ForeignKey(application.c.id), nullable=False, index=True),
    Column("revision", Integer, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("actor", String(16), nullable=False),
    Column("actor_id", String(80), nullable=False),  # person, operator, or the lock certificate's fingerprint
    Column("action", String(12), nullable=False),
    Column("status", String(12), nullable=False),  # after the event
    Column("note", String(500)),
)

"""Enterprises with at least one certificate, who acts for them, and how that came and went."""

from __future__ import annotations

from sqlalchemy import JSON, Column, ForeignKey, Index, Integer, LargeBinary, String, Table

from api.accounts.tables import person
from api.db import UtcDateTime, metadata

enterprise = Table(
    "enterprise",
    metadata,
    Column("credit_code", String(18), primary_key=True),
    Column("name", String(64), nullable=False),
    Column("legal_person", String(40)),
    Column("legal_person_id", LargeBinary),  # sealed, see api.realname.id_numbers
    Column("administrator_id", ForeignKey(person.c.id), nullable=False, index=True),
    Column("since", UtcDateTime, nullable=False),  # when this person became the administrator
    Column("decided_at", UtcDateTime),  # when that was approved or accepted: no older approval undoes it
)

# A membership is never changed back: whoever comes again gets another row. In force while ``until`` is null.
membership = Table(
    "enterprise_membership",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("credit_code", ForeignKey(enterprise.c.credit_code), nullable=False),
    Column("person_id", ForeignKey(person.c.id), nullable=False),
    Column("person_name", String(40)),  # as the registration authority approved it
    Column("role", String(16), nullable=False),  # of api.enterprises.rules.Role
    Column("permissions", JSON, nullable=False),  # of a clerk; an administrator has all
    Column("granted_at", UtcDateTime, nullable=False),  # when the administrator decided on the permissions
    Column("department", String(60)),
    Column("since", UtcDateTime, nullable=False),
    Column("until", UtcDateTime),
    Column("ended_by", ForeignKey(person.c.id)),  # null where the registration authority decided
    Column("ended_how", String(16)),  # of api.enterprises.rules.Ending
    Column("ended_reason", String(200)),
)
_IN_FORCE = membership.c.until.is_(None)
_ADMINISTERS = _IN_FORCE & (membership.c.role == "administrator")
Index(
    "ix_enterprise_membership_one_administrator",
    membership.c.credit_code,
    unique=True,
    sqlite_where=_ADMINISTERS,
    postgresql_where=_ADMINISTERS,
)
Index(
    "ix_enterprise_membership_once",
    membership.c.person_id,
    membership.c.credit_code,
    unique=True,
    sqlite_where=_IN_FORCE,
    postgresql_where=_IN_FORCE,
)
Index("ix_enterprise_membership_credit_code", membership.c.credit_code, membership.c.id)

handover = Table(
    "enterprise_handover",
    metadata,
    Column("id", String(24), primary_key=True),
    Column("credit_code", ForeignKey(enterprise.c.credit_code), nullable=False),
    Column("giver_id", ForeignKey(person.c.id), nullable=False),
    Column("recipient_id", ForeignKey(person.c.id), nullable=False),
    Column("status", String(12), nullable=False),  # of api.enterprises.handover.rules.Status
    Column("letter", LargeBinary, nullable=False),  # the PDF, stamped with the enterprise's certificate
    Column("letter_sha256", String(64), nullable=False),
    Column("serial", String(40), nullable=False),  # of the certificate that stamped it
    Column("offered_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("closed_at", UtcDateTime),
    Column("note", String(200)),  # why it was declined
)
_OPEN = handover.c.status == "offered"
Index(
    "ix_enterprise_handover_one",
    handover.c.credit_code,
    unique=True,
    sqlite_where=_OPEN,
    postgresql_where=_OPEN,
)
Index("ix_enterprise_handover_recipient", handover.c.recipient_id, handover.c.status)
Index("ix_enterprise_handover_expires_at", handover.c.expires_at, sqlite_where=_OPEN, postgresql_where=_OPEN)

lookup = Table(
    "enterprise_lookup",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("person_id", ForeignKey(person.c.id), nullable=False),
    Column("at", UtcDateTime, nullable=False),
)
Index("ix_enterprise_lookup_person", lookup.c.person_id, lookup.c.at)

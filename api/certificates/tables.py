"""Who holds which certificate, the sealed keys, and the tries of their PINs."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Integer, LargeBinary, String, Table

from api.accounts.tables import person
from api.applications.tables import application
from api.db import UtcDateTime, metadata

key_blob = Table(
    "certificate_key_blob",
    metadata,
    Column("label", String(80), primary_key=True),
    Column("blob", LargeBinary, nullable=False),  # opens with the token and the PIN together alone
    Column("copy", LargeBinary),  # of an encryption key: opens with the token, for two operators together
    Column("created_at", UtcDateTime, nullable=False),
)

pin_tries = Table(
    "certificate_pin_tries",
    metadata,
    Column("label", ForeignKey(key_blob.c.label), primary_key=True),
    Column("taken", Integer, nullable=False),  # tries since the last right PIN, those under way included
    Column("wrong", Integer, nullable=False),  # of these, known to be wrong
    Column("last_try_at", UtcDateTime, nullable=False),
)

# What an application gave: a signing certificate, and with a dual product an encryption certificate beside
# it. The certificates themselves are in the ledger of ``ca``, under the serial numbers.
holding = Table(
    "certificate_holding",
    metadata,
    Column("serial", String(40), primary_key=True),  # lower-case hexadecimal, as the ledger has it
    Column("application_id", ForeignKey(application.c.id), nullable=False, unique=True),
    Column("person_id", ForeignKey(person.c.id), nullable=False, index=True),
    Column("kind", String(16), nullable=False),  # of api.catalogue.rules.CertificateKind
    Column("person_name", String(40), nullable=False, index=True),
    Column("id_number_hash", String(64), index=True),  # of the holder, see api.realname.id_numbers
    Column("enterprise_name", String(64)),  # null with a personal certificate, as is the code
    Column("credit_code", String(18), index=True),
    Column("custody", String(12), nullable=False),
    Column("key_label", String(80), nullable=False),
    Column("issued_at", UtcDateTime, nullable=False),
    Column("encryption_serial", String(40), index=True, unique=True),
    Column("encryption_key_label", String(80)),
    Column("replaced_by", String(40)),  # the serial of what was downloaded in its place or to follow it
    Column("suspended_by", String(16)),  # of api.certificates.rules.SuspendedBy, while it is
)

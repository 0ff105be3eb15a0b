"""The journal's tables. The database itself refuses to change or delete what was written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import DDL, BigInteger, Column, Index, LargeBinary, String, Table, Text, event

from ca.tables import UtcDateTime, metadata

# The end of each node's chain; locked while an entry is added to it.
head = Table(
    "ca_audit_head",
    metadata,
    Column("node", String(40), primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("hash", String(64), nullable=False),
)

entry = Table(
    "ca_audit_entry",
    metadata,
    Column("node", String(40), primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("line", Text, nullable=False),
    Column("hash", String(64), nullable=False),
)

# What entries are found by. It proves nothing, and is made anew from the lines whenever that is wanted.
finding = Table(
    "ca_audit_finding",
    metadata,
    Column("node", String(40), primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("at", UtcDateTime, nullable=False),
    Column("name", String(400), nullable=False),  # who acted
    Column("action", String(60), nullable=False),
    Column("subject", String(400), nullable=False),
    Column("outcome", String(12), nullable=False),
)
_BY_TIME: Final = (finding.c.at, finding.c.node, finding.c.seq)
Index("ix_ca_audit_finding_at", *_BY_TIME)
for _column in (finding.c.name, finding.c.action, finding.c.subject):
    Index(f"ix_ca_audit_finding_{_column.name}", _column, *_BY_TIME)

checkpoint = Table(
    "ca_audit_checkpoint",
    metadata,
    Column("node", String(40), primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("hash", String(64), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("line", Text, nullable=False),  # what is signed
    Column("signature", LargeBinary, nullable=False),
    Column("certificate", LargeBinary, nullable=False),
    Column("stamp", LargeBinary),  # a TimeStampToken over the signature (RFC 3161)
)

APPEND_ONLY: Final = ("ca_audit_entry", "ca_audit_checkpoint")


def append_only(dialect: str, tables: Sequence[str] = APPEND_ONLY) -> list[str]:
    """Statements that make the database refuse changes to what is in the journal."""
    if dialect == "postgresql":
        return [
            "CREATE FUNCTION ca_audit_refuse() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'the journal is append-only'; END $$",
            *(
                f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION ca_audit_refuse()"
                for table in tables
            ),
        ]
    return [
        f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} "
        "BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END"
        for table in tables
        for act in ("UPDATE", "DELETE")
    ]


def no_replacing(dialect: str, tables: Sequence[str] = APPEND_ONLY) -> list[str]:
    """Statements against SQLite's INSERT OR REPLACE, which deletes a row without asking the DELETE trigger.

    The row in the way may be one of the same number or one of the same rowid.
    """
    if dialect != "sqlite":
        return []
    return [
        f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "  # noqa: S608 - our own names
        f"WHEN EXISTS (SELECT 1 FROM {table} WHERE node = NEW.node AND seq = NEW.seq) "
        f"OR EXISTS (SELECT 1 FROM {table} WHERE rowid = NEW.rowid) "
        "BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END"
        for table in tables
    ]


for _dialect in ("sqlite", "postgresql"):
    for _statement in (*append_only(_dialect), *no_replacing(_dialect)):
        event.listen(
            metadata,
            "after_create",
            DDL(_statement).execute_if(dialect=_dialect),  # type: ignore[no-untyped-call]
        )

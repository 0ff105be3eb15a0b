"""What registration still lacked: who operators are, the devices that persons signed in with, and what
entries of the journal are found by."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("account_operator") as table:
        table.add_column(sa.Column("id_number_hash", sa.String(64)))
        table.create_unique_constraint("uq_account_operator_id_number_hash", ["id_number_hash"])
    op.create_table(
        "account_known_device",
        sa.Column("person_id", sa.Integer, sa.ForeignKey("account_person.id"), primary_key=True),
        sa.Column("device_mac", sa.String(64), primary_key=True),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_account_known_device_used_at", "account_known_device", ["used_at"])
    _find_entries()


_ENTRY = sa.table("ca_audit_entry", sa.column("node"), sa.column("seq"), sa.column("line"))
_COLUMNS = ("name", "action", "subject")


def _find_entries() -> None:
    finding = op.create_table(
        "ca_audit_finding",
        sa.Column("node", sa.String(40), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("name", sa.String(400), nullable=False),
        sa.Column("action", sa.String(60), nullable=False),
        sa.Column("subject", sa.String(400), nullable=False),
        sa.Column("outcome", sa.String(12), nullable=False),
        sa.PrimaryKeyConstraint("node", "seq", name="pk_ca_audit_finding"),
    )
    kept = op.get_bind().execute(sa.select(_ENTRY).execution_options(yield_per=1000))
    for rows in kept.partitions():
        op.bulk_insert(finding, [_found_by(row.node, row.seq, json.loads(row.line)) for row in rows])
    order = ["at", "node", "seq"]
    op.create_index("ix_ca_audit_finding_at", "ca_audit_finding", order)
    for column in _COLUMNS:
        op.create_index(f"ix_ca_audit_finding_{column}", "ca_audit_finding", [column, *order])


def _found_by(node: str, sequence: int, told: dict[str, Any]) -> dict[str, Any]:
    return {
        "node": node,
        "seq": sequence,
        "at": datetime.fromisoformat(told["at"]),
        "name": told["who"]["name"],
        "action": told["action"],
        "subject": told["subject"],
        "outcome": told["outcome"],
    }

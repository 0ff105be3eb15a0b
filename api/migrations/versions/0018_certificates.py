"""Certificates of clerks and persons; the enterprise of every certificate; a journal that is not replaced."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from ca.audit.tables import no_replacing

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_HOLDING = "certificate_holding"
_JOURNAL = ("ca_audit_entry", "ca_audit_checkpoint")
_OF_ENTERPRISE = sa.text("credit_code IS NOT NULL")
_CODE = {
    # organizationIdentifier as RFC 4514 writes it: the only place where shipped profiles name the code.
    "sqlite": "substr(subject, instr(subject, '2.5.4.97=NTRCN-') + 15, 18)",
    "postgresql": "substring(subject from '2\\.5\\.4\\.97=NTRCN-([0-9A-Z]{18})')",
}


def upgrade() -> None:
    _alter_holding()
    _name_enterprises()
    for statement in no_replacing(op.get_bind().dialect.name, _JOURNAL):
        op.execute(sa.text(statement))


def _alter_holding() -> None:
    op.drop_index("ix_certificate_holding_credit_code", table_name=_HOLDING)
    with op.batch_alter_table(_HOLDING) as batch:
        batch.add_column(sa.Column("kind", sa.String(length=16), nullable=False, server_default="enterprise"))
        batch.add_column(sa.Column("person_name", sa.String(length=40), nullable=False, server_default=""))
        batch.add_column(sa.Column("id_number_hash", sa.String(length=64)))
        batch.add_column(sa.Column("replaced_by", sa.String(length=40)))
        batch.add_column(sa.Column("suspended_by", sa.String(length=16)))
        batch.alter_column("enterprise_name", existing_type=sa.String(length=64), nullable=True)
        batch.alter_column("credit_code", existing_type=sa.String(length=18), nullable=True)
    op.execute(f"UPDATE {_HOLDING} SET kind = {_of_application('v.kind')}")  # noqa: S608
    op.execute(f"UPDATE {_HOLDING} SET person_name = {_of_application('r.holder_name')}")  # noqa: S608
    with op.batch_alter_table(_HOLDING) as batch:
        for name, length in (("kind", 16), ("person_name", 40)):
            batch.alter_column(name, existing_type=sa.String(length=length), server_default=None)
    for column in ("credit_code", "person_name", "id_number_hash"):
        op.create_index(f"ix_{_HOLDING}_{column}", _HOLDING, [column])


def _of_application(column: str) -> str:
    return (
        f"(SELECT {column} FROM application a "  # noqa: S608 - a column of our own
        "JOIN application_revision r ON r.application_id = a.id AND r.revision = a.revision "
        "JOIN catalogue_product_version v ON v.code = r.product AND v.version = r.product_version "
        f"WHERE a.id = {_HOLDING}.application_id)"
    )


def _name_enterprises() -> None:
    op.add_column("ca_certificate", sa.Column("credit_code", sa.String(length=18)))
    code = _CODE[op.get_bind().dialect.name]
    op.execute(
        f"UPDATE ca_certificate SET credit_code = {code} WHERE subject LIKE '%2.5.4.97=NTRCN-%'"  # noqa: S608
    )
    op.create_index(
        "ix_ca_certificate_credit_code",
        "ca_certificate",
        ["credit_code", "prepared_at"],
        sqlite_where=_OF_ENTERPRISE,
        postgresql_where=_OF_ENTERPRISE,
    )


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for table in _JOURNAL:
            op.execute(f"DROP TRIGGER {table}_no_replace")
    op.drop_index("ix_ca_certificate_credit_code", table_name="ca_certificate")
    op.drop_column("ca_certificate", "credit_code")
    for column in ("person_name", "id_number_hash"):
        op.drop_index(f"ix_{_HOLDING}_{column}", table_name=_HOLDING)
    with op.batch_alter_table(_HOLDING) as batch:
        for name in ("kind", "person_name", "id_number_hash", "replaced_by", "suspended_by"):
            batch.drop_column(name)

"""Members and permissions of enterprises; those who administer one today become its first members."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)
_IN_FORCE = sa.text("until IS NULL")
_ADMINISTERS = sa.text("until IS NULL AND role = 'administrator'")
_OPEN = sa.text("status = 'offered'")


def upgrade() -> None:
    op.add_column("enterprise", sa.Column("legal_person", sa.String(length=40)))
    op.add_column("enterprise", sa.Column("legal_person_id", sa.LargeBinary()))
    op.add_column("enterprise", sa.Column("decided_at", sa.DateTime(timezone=True)))
    _create_membership()
    _create_handover()
    op.create_table(
        "enterprise_lookup",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["account_person.id"], name="fk_enterprise_lookup_person_id"),
        sa.PrimaryKeyConstraint("id", name="pk_enterprise_lookup"),
    )
    op.create_index("ix_enterprise_lookup_person", "enterprise_lookup", ["person_id", "at"])
    _know_legal_persons()
    _admit_administrators()


def _create_membership() -> None:
    op.create_table(
        "enterprise_membership",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("credit_code", sa.String(length=18), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("person_name", sa.String(length=40)),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("permissions", sa.JSON(), nullable=False),
        sa.Column("department", sa.String(length=60)),
        sa.Column("since", _TIME, nullable=False),
        sa.Column("until", _TIME),
        sa.Column("ended_by", sa.Integer()),
        sa.Column("ended_how", sa.String(length=16)),
        sa.Column("ended_reason", sa.String(length=200)),
        sa.ForeignKeyConstraint(
            ["credit_code"], ["enterprise.credit_code"], name="fk_enterprise_membership_credit_code"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["account_person.id"], name="fk_enterprise_membership_person_id"
        ),
        sa.ForeignKeyConstraint(
            ["ended_by"], ["account_person.id"], name="fk_enterprise_membership_ended_by"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_enterprise_membership"),
    )
    op.create_index(
        "ix_enterprise_membership_one_administrator",
        "enterprise_membership",
        ["credit_code"],
        unique=True,
        sqlite_where=_ADMINISTERS,
        postgresql_where=_ADMINISTERS,
    )
    op.create_index(
        "ix_enterprise_membership_once",
        "enterprise_membership",
        ["person_id", "credit_code"],
        unique=True,
        sqlite_where=_IN_FORCE,
        postgresql_where=_IN_FORCE,
    )
    op.create_index("ix_enterprise_membership_credit_code", "enterprise_membership", ["credit_code", "id"])


def _create_handover() -> None:
    op.create_table(
        "enterprise_handover",
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("credit_code", sa.String(length=18), nullable=False),
        sa.Column("giver_id", sa.Integer(), nullable=False),
        sa.Column("recipient_id", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("letter", sa.LargeBinary(), nullable=False),
        sa.Column("letter_sha256", sa.String(length=64), nullable=False),
        sa.Column("serial", sa.String(length=40), nullable=False),
        sa.Column("offered_at", _TIME, nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
        sa.Column("closed_at", _TIME),
        sa.Column("note", sa.String(length=200)),
        sa.ForeignKeyConstraint(
            ["credit_code"], ["enterprise.credit_code"], name="fk_enterprise_handover_credit_code"
        ),
        sa.ForeignKeyConstraint(["giver_id"], ["account_person.id"], name="fk_enterprise_handover_giver_id"),
        sa.ForeignKeyConstraint(
            ["recipient_id"], ["account_person.id"], name="fk_enterprise_handover_recipient_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_enterprise_handover"),
    )
    op.create_index(
        "ix_enterprise_handover_one",
        "enterprise_handover",
        ["credit_code"],
        unique=True,
        sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    )
    op.create_index("ix_enterprise_handover_recipient", "enterprise_handover", ["recipient_id", "status"])
    op.create_index(
        "ix_enterprise_handover_expires_at",
        "enterprise_handover",
        ["expires_at"],
        sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    )


def _newest(column: str) -> str:
    """A value of the application that last gave the enterprise a certificate."""
    return (
        f"(SELECT a.{column} FROM application a WHERE a.credit_code = enterprise.credit_code "  # noqa: S608
        "AND a.status = 'issued' ORDER BY a.updated_at DESC, a.id DESC LIMIT 1)"
    )


def _know_legal_persons() -> None:
    op.execute(f"UPDATE enterprise SET legal_person = {_newest('legal_person')}")  # noqa: S608


def _admit_administrators() -> None:
    name = _newest("administrator_name")
    op.execute(
        "INSERT INTO enterprise_membership (credit_code, person_id, person_name, role, permissions, since) "  # noqa: S608
        f"SELECT credit_code, administrator_id, {name}, 'administrator', '[]', since FROM enterprise"
    )


def downgrade() -> None:
    for table in ("enterprise_lookup", "enterprise_handover", "enterprise_membership"):
        op.drop_table(table)
    op.drop_column("enterprise", "decided_at")
    op.drop_column("enterprise", "legal_person_id")
    op.drop_column("enterprise", "legal_person")

"""Users of platforms who are bound to persons and enterprises; documents that were sealed for platforms."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)
_IN_FORCE = sa.text("ended_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "scan_binding",
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("platform_id", sa.String(length=24), nullable=False),
        sa.Column("platform_user", sa.String(length=80), nullable=False),
        sa.Column("user_name", sa.String(length=80)),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("credit_code", sa.String(length=18)),
        sa.Column("enterprise_name", sa.String(length=64)),
        sa.Column("serial", sa.String(length=40), nullable=False),
        sa.Column("scan_id", sa.String(length=32), nullable=False),
        sa.Column("bound_at", _TIME, nullable=False),
        sa.Column("ended_at", _TIME),
        sa.Column("ended_by", sa.String(length=12)),
        sa.ForeignKeyConstraint(
            ["platform_id"], ["platform.id"], name="fk_scan_binding_platform_id_platform"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["account_person.id"], name="fk_scan_binding_person_id_account_person"
        ),
        sa.ForeignKeyConstraint(
            ["serial"], ["certificate_holding.serial"], name="fk_scan_binding_serial_certificate_holding"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_scan_binding"),
    )
    op.create_index(
        "ix_scan_binding_one",
        "scan_binding",
        ["platform_id", "platform_user"],
        unique=True,
        sqlite_where=_IN_FORCE,
        postgresql_where=_IN_FORCE,
    )
    op.create_index("ix_scan_binding_serial", "scan_binding", ["serial"])
    for name, column in (
        ("person", "person_id"),
        ("platform", "platform_id"),
        ("credit_code", "credit_code"),
    ):
        op.create_index(f"ix_scan_binding_{name}", "scan_binding", [column, "bound_at"])
    op.create_table(
        "scan_sealed_document",
        sa.Column("scan_id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("pdf", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("scan_id", "number", "sha256", name="pk_scan_sealed_document"),
    )
    op.create_index("ix_scan_sealed_document_expires_at", "scan_sealed_document", ["expires_at"])


def downgrade() -> None:
    op.drop_table("scan_sealed_document")
    op.drop_table("scan_binding")

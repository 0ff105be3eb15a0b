"""Authorisations of the remote signing interface; sessions that open it alone."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from ca.tables import UtcDateTime

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("account_session") as batch:
        batch.add_column(sa.Column("scope", sa.String(length=8), nullable=False, server_default="app"))
    op.create_table(
        "csc_switched_on",
        sa.Column("serial", sa.String(length=40), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["serial"], ["certificate_holding.serial"], name="fk_csc_switched_on_serial_certificate_holding"
        ),
        sa.PrimaryKeyConstraint("serial", name="pk_csc_switched_on"),
    )
    _create_authorizations()


def _create_authorizations() -> None:
    op.create_table(
        "csc_authorization",
        sa.Column("sad_digest", sa.String(length=64), nullable=False),
        sa.Column("serial", sa.String(length=40), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("session_id", sa.String(length=24), nullable=False),
        sa.Column("hashing", sa.String(length=24), nullable=False),
        sa.Column("description", sa.String(length=500), nullable=False),
        sa.Column("activation", sa.LargeBinary()),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["serial"], ["certificate_holding.serial"], name="fk_csc_authorization_serial_certificate_holding"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["account_person.id"], name="fk_csc_authorization_person_id_account_person"
        ),
        sa.PrimaryKeyConstraint("sad_digest", name="pk_csc_authorization"),
    )
    op.create_index("ix_csc_authorization_expires_at", "csc_authorization", ["expires_at"])
    op.create_table(
        "csc_authorized_hash",
        sa.Column("sad_digest", sa.String(length=64), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(length=128), nullable=False),
        sa.Column("spent_at", UtcDateTime()),
        sa.ForeignKeyConstraint(
            ["sad_digest"],
            ["csc_authorization.sad_digest"],
            name="fk_csc_authorized_hash_sad_digest_csc_authorization",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("sad_digest", "position", name="pk_csc_authorized_hash"),
    )

"""Openings: their windows, the bids deposited for them, their logs, and the calls that announced them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    _openings()
    _deposits()
    _log()


def _openings() -> None:
    op.create_table(
        "opening",
        sa.Column("id", sa.String(24), nullable=False),
        sa.Column("platform_id", sa.String(24), nullable=False),
        sa.Column("number", sa.String(80), nullable=False),
        sa.Column("title", sa.String(80), nullable=False),
        sa.Column("opens_at", _TIME, nullable=False),
        sa.Column("closes_at", _TIME, nullable=False),
        sa.Column("announced_at", _TIME, nullable=False),
        sa.Column("events", sa.Integer(), nullable=False),
        sa.Column("head", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_opening"),
        sa.ForeignKeyConstraint(["platform_id"], ["platform.id"], name="fk_opening_platform_id_platform"),
        sa.UniqueConstraint("platform_id", "number", name="uq_opening_platform_id_number"),
    )
    op.create_index("ix_opening_closes_at", "opening", ["closes_at", "id"])


def _deposits() -> None:
    op.create_table(
        "opening_deposit",
        sa.Column("key_sha256", sa.String(64), nullable=False),
        sa.Column("opening_id", sa.String(24), nullable=False),
        sa.Column("envelope", sa.String(64), nullable=False),
        sa.Column("title", sa.String(80), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("serial", sa.String(40), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("credit_code", sa.String(18)),
        sa.Column("scan_id", sa.String(32), nullable=False),
        sa.Column("deposited_at", _TIME, nullable=False),
        sa.Column("opened_at", _TIME),
        sa.PrimaryKeyConstraint("key_sha256", name="pk_opening_deposit"),
        sa.ForeignKeyConstraint(["opening_id"], ["opening.id"], name="fk_opening_deposit_opening_id_opening"),
        sa.ForeignKeyConstraint(
            ["person_id"], ["account_person.id"], name="fk_opening_deposit_person_id_account_person"
        ),
    )
    for name in ("serial", "person_id", "credit_code"):
        op.create_index(f"ix_opening_deposit_{name}", "opening_deposit", [name])
    op.create_index("ix_opening_deposit_opening_id", "opening_deposit", ["opening_id", "deposited_at"])


def _log() -> None:
    op.create_table(
        "opening_scan",
        sa.Column("scan_id", sa.String(32), nullable=False),
        sa.Column("opening_id", sa.String(24), nullable=False),
        sa.PrimaryKeyConstraint("scan_id", name="pk_opening_scan"),
        sa.ForeignKeyConstraint(["opening_id"], ["opening.id"], name="fk_opening_scan_opening_id_opening"),
    )
    op.create_index("ix_opening_scan_opening_id", "opening_scan", ["opening_id"])
    op.create_table(
        "opening_event",
        sa.Column("opening_id", sa.String(24), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("what", sa.String(32), nullable=False),
        sa.Column("scan_id", sa.String(32)),
        sa.Column("person_id", sa.Integer()),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("link", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("opening_id", "number", name="pk_opening_event"),
        sa.ForeignKeyConstraint(["opening_id"], ["opening.id"], name="fk_opening_event_opening_id_opening"),
        sa.ForeignKeyConstraint(
            ["person_id"], ["account_person.id"], name="fk_opening_event_person_id_account_person"
        ),
    )
    op.create_index("ix_opening_event_scan_id", "opening_event", ["scan_id"])
    op.create_table(
        "opening_call",
        sa.Column("opening_id", sa.String(24), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("key_id", sa.String(43), nullable=False),
        sa.Column("method", sa.String(8), nullable=False),
        sa.Column("url", sa.String(600), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("opening_id", "sha256", name="pk_opening_call"),
        sa.ForeignKeyConstraint(["opening_id"], ["opening.id"], name="fk_opening_call_opening_id_opening"),
    )

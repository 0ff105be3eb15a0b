"""Seals are kept: their pictures, their SESeals, their lives, and who applied for them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)
_IN_HAND = sa.text("status IN ('made', 'suspended')")
_WAITING = sa.text("status IN ('applied', 'approved')")


def upgrade() -> None:
    op.create_table(
        "seal",
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("serial", sa.String(length=40), nullable=False),
        sa.Column("credit_code", sa.String(length=18)),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("design", sa.JSON()),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("png", sa.LargeBinary(), nullable=False),
        sa.Column("pdf", sa.LargeBinary(), nullable=False),
        sa.Column("pdf_sha256", sa.String(length=64), nullable=False),
        sa.Column("width_um", sa.Integer(), nullable=False),
        sa.Column("height_um", sa.Integer(), nullable=False),
        sa.Column("der", sa.LargeBinary()),
        sa.Column("applied_at", _TIME, nullable=False),
        sa.Column("made_at", _TIME),
        sa.Column("valid_from", _TIME),
        sa.Column("valid_until", _TIME),
        sa.Column("suspended_by", sa.String(length=12)),
        sa.Column("filed_number", sa.String(length=64)),
        sa.Column("filed_on", sa.Date()),
        sa.Column("replaced_by", sa.String(length=24)),
        sa.Column("note", sa.String(length=200)),
        sa.ForeignKeyConstraint(
            ["serial"], ["certificate_holding.serial"], name="fk_seal_serial_certificate_holding"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_seal"),
    )
    alike = ["serial", "kind", "name"]
    for name, where in (("ix_seal_in_hand", _IN_HAND), ("ix_seal_waiting", _WAITING)):
        op.create_index(name, "seal", alike, unique=True, sqlite_where=where, postgresql_where=where)
    op.create_index("ix_seal_status", "seal", ["status", "applied_at", "id"])
    op.create_index("ix_seal_credit_code", "seal", ["credit_code"])
    op.create_index("ix_seal_valid_until", "seal", ["valid_until"])
    _what_belongs_to_seals()
    with op.batch_alter_table("seal_stamp") as table:
        table.add_column(sa.Column("seal_id", sa.String(length=24)))
        table.create_index("ix_seal_stamp_seal_id", ["seal_id"])


def _what_belongs_to_seals() -> None:
    op.create_table(
        "seal_application",
        sa.Column("seal_id", sa.String(length=24), nullable=False),
        sa.Column("letter", sa.LargeBinary(), nullable=False),
        sa.Column("letter_sha256", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("upload", sa.LargeBinary()),
        sa.ForeignKeyConstraint(["seal_id"], ["seal.id"], name="fk_seal_application_seal_id_seal"),
        sa.PrimaryKeyConstraint("seal_id", name="pk_seal_application"),
    )
    op.create_table(
        "seal_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("seal_id", sa.String(length=24), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("action", sa.String(length=12), nullable=False),
        sa.Column("actor", sa.String(length=12), nullable=False),
        sa.Column("actor_name", sa.String(length=64), nullable=False),
        sa.Column("before", sa.String(length=12)),
        sa.Column("after", sa.String(length=12), nullable=False),
        sa.Column("note", sa.String(length=200)),
        sa.ForeignKeyConstraint(["seal_id"], ["seal.id"], name="fk_seal_event_seal_id_seal"),
        sa.PrimaryKeyConstraint("id", name="pk_seal_event"),
    )
    op.create_index("ix_seal_event_seal_id", "seal_event", ["seal_id"])

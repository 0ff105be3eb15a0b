"""Keys on the holders' own locks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

_TABLE = "certificate_lock_key"


def upgrade() -> None:
    op.create_table(
        _TABLE,
        sa.Column("application_id", sa.String(length=24), nullable=False),
        sa.Column("session_id", sa.String(length=32), nullable=False),
        sa.Column("signing_key", sa.LargeBinary(), nullable=False),
        sa.Column("encryption_key", sa.LargeBinary(), nullable=False),
        sa.Column("lock_label", sa.String(length=64), nullable=False),
        sa.Column("lock_serial", sa.String(length=64), nullable=False),
        sa.Column("expected_proof", sa.String(length=64), nullable=False),
        sa.Column("offered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("proved_at", sa.DateTime(timezone=True)),
        sa.Column("confirmed_at", sa.DateTime(timezone=True)),
        sa.Column("written_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(["application_id"], ["application.id"], name=f"fk_{_TABLE}_application_id"),
        sa.PrimaryKeyConstraint("application_id", name=f"pk_{_TABLE}"),
    )


def downgrade() -> None:
    op.drop_table(_TABLE)

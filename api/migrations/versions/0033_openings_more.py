"""Deposited bids are known again by their content keys, whichever recipient's part is presented."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("opening_deposit", sa.Column("content_sha256", sa.String(64)))
    op.create_index("ix_opening_deposit_content_sha256", "opening_deposit", ["content_sha256"])

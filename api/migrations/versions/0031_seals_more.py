"""Seals are listed page by page, all of them and an enterprise's."""

from __future__ import annotations

from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_seal_applied_at", "seal", ["applied_at", "id"])
    op.drop_index("ix_seal_credit_code", "seal")
    op.create_index("ix_seal_credit_code", "seal", ["credit_code", "applied_at", "id"])

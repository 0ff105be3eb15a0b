"""Passwords, refresh tokens and devices of persons; roles and passkeys of operators."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _roles()


def _roles() -> None:
    op.create_table(
        "account_operator_role",
        sa.Column("operator_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["account_operator.id"], name="fk_account_operator_role_operator_id"
        ),
        sa.PrimaryKeyConstraint("operator_id", "role", name="pk_account_operator_role"),
    )
    # Until now every operator could do everything.
    for role in ("reviewer", "manager", "auditor"):
        everybody = f"INSERT INTO account_operator_role SELECT id, '{role}' FROM account_operator"  # noqa: S608
        op.execute(everybody)

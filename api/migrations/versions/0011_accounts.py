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
    op.add_column("account_person", sa.Column("password_hash", sa.String(length=200)))
    _sessions()
    _codes()
    _against_guessing()
    _passkeys()


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


def _sessions() -> None:
    old = sa.table(
        "account_session",
        *(sa.column(name) for name in ("token_digest", "person_id", "operator_id")),
        sa.column("created_at", sa.DateTime(timezone=True)),
        sa.column("expires_at", sa.DateTime(timezone=True)),
    )
    kept = [dict(row._mapping) for row in op.get_bind().execute(sa.select(old))]
    op.drop_table("account_session")
    time = sa.DateTime(timezone=True)
    made = op.create_table(
        "account_session",
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("operator_id", sa.Integer(), nullable=True),
        sa.Column("token_digest", sa.String(length=64), nullable=False),
        sa.Column("token_expires_at", time, nullable=False),
        sa.Column("refresh_digest", sa.String(length=64), nullable=True),
        sa.Column("second_factor", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("device", sa.String(length=64), server_default="", nullable=False),
        sa.Column("platform", sa.String(length=32), server_default="", nullable=False),
        sa.Column("app_version", sa.String(length=32), server_default="", nullable=False),
        sa.Column("address", sa.String(length=45), server_default="", nullable=False),
        sa.Column("created_at", time, nullable=False),
        sa.Column("last_seen_at", time, nullable=False),
        sa.Column("expires_at", time, nullable=False),
        sa.CheckConstraint(
            "(person_id IS NULL) <> (operator_id IS NULL)", name="ck_account_session_one_holder"
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["account_operator.id"], name="fk_account_session_operator_id"
        ),
        sa.ForeignKeyConstraint(["person_id"], ["account_person.id"], name="fk_account_session_person_id"),
        sa.PrimaryKeyConstraint("id", name="pk_account_session"),
        sa.UniqueConstraint("token_digest", name="uq_account_session_token_digest"),
        sa.UniqueConstraint("refresh_digest", name="uq_account_session_refresh_digest"),
    )
    for name in ("person_id", "operator_id", "expires_at"):
        op.create_index(f"ix_account_session_{name}", "account_session", [name], unique=False)
    if kept:  # who is signed in stays so, for as long as was promised and without renewal
        more = ({"id": row["token_digest"][:24], "token_expires_at": row["expires_at"]} for row in kept)
        seen = [
            {**row, **new, "last_seen_at": row["created_at"]} for row, new in zip(kept, more, strict=True)
        ]
        op.bulk_insert(made, seen)
    op.create_table(
        "account_spent_refresh",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("session_id", sa.String(length=24), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["account_session.id"],
            name="fk_account_spent_refresh_session_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("digest", name="pk_account_spent_refresh"),
    )
    op.create_index("ix_account_spent_refresh_session_id", "account_spent_refresh", ["session_id"])


def _codes() -> None:
    op.drop_table("account_sms_code")  # codes live for five minutes
    op.create_table(
        "account_sms_code",
        sa.Column("phone", sa.String(length=11), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("code_mac", sa.String(length=64), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("phone", "purpose", name="pk_account_sms_code"),
    )
    op.create_index("ix_account_sms_code_expires_at", "account_sms_code", ["expires_at"])


def _against_guessing() -> None:
    op.create_table(
        "account_pace",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_account_pace"),
    )
    op.create_index("ix_account_pace_until", "account_pace", ["until"])
    op.create_table(
        "account_known_address",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("address_mac", sa.String(length=64), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["account_person.id"], name="fk_account_known_address_person_id"
        ),
        sa.PrimaryKeyConstraint("person_id", "address_mac", name="pk_account_known_address"),
    )
    op.create_index("ix_account_known_address_used_at", "account_known_address", ["used_at"])


def _passkeys() -> None:
    time = sa.DateTime(timezone=True)
    op.create_table(
        "account_passkey",
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("operator_id", sa.Integer(), nullable=False),
        sa.Column("credential_id", sa.String(length=1400), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("created_at", time, nullable=False),
        sa.Column("last_used_at", time, nullable=True),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["account_operator.id"], name="fk_account_passkey_operator_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_account_passkey"),
        sa.UniqueConstraint("credential_id", name="uq_account_passkey_credential_id"),
    )
    op.create_index("ix_account_passkey_operator_id", "account_passkey", ["operator_id"])
    op.create_table(
        "account_passkey_challenge",
        sa.Column("ticket_digest", sa.String(length=64), nullable=False),
        sa.Column("operator_id", sa.Integer(), nullable=False),
        sa.Column("ceremony", sa.String(length=8), nullable=False),
        sa.Column("challenge", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", time, nullable=False),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["account_operator.id"], name="fk_account_passkey_challenge_operator_id"
        ),
        sa.PrimaryKeyConstraint("ticket_digest", name="pk_account_passkey_challenge"),
    )
    op.create_index("ix_account_passkey_challenge_expires_at", "account_passkey_challenge", ["expires_at"])

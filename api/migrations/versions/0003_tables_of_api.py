"""tables of api."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "account_operator",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("wrong_passwords", sa.Integer(), nullable=False),
        sa.Column("last_try_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_account_operator"),
        sa.UniqueConstraint("name", name="uq_account_operator_name"),
    )
    op.create_table(
        "account_person",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("phone", sa.String(length=11), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_account_person"),
        sa.UniqueConstraint("phone", name="uq_account_person_phone"),
    )
    op.create_table(
        "account_sms_code",
        sa.Column("phone", sa.String(length=11), nullable=False),
        sa.Column("code_mac", sa.String(length=64), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("phone", name="pk_account_sms_code"),
    )
    op.create_table(
        "catalogue_authority",
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.PrimaryKeyConstraint("code", name="pk_catalogue_authority"),
    )
    op.create_table(
        "catalogue_province",
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("code", name="pk_catalogue_province"),
    )
    op.create_table(
        "certificate_key_blob",
        sa.Column("label", sa.String(length=80), nullable=False),
        sa.Column("blob", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("label", name="pk_certificate_key_blob"),
    )
    op.create_table(
        "outside_sandbox_sms",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("phone", sa.String(length=11), nullable=False),
        sa.Column("code", sa.String(length=8), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_outside_sandbox_sms"),
    )
    op.create_table(
        "account_session",
        sa.Column("token_digest", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("operator_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(person_id IS NULL) <> (operator_id IS NULL)", name="ck_account_session_one_holder"
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["account_operator.id"], name="fk_account_session_operator_id"
        ),
        sa.ForeignKeyConstraint(["person_id"], ["account_person.id"], name="fk_account_session_person_id"),
        sa.PrimaryKeyConstraint("token_digest", name="pk_account_session"),
    )
    op.create_index("ix_account_session_expires_at", "account_session", ["expires_at"], unique=False)
    op.create_index("ix_account_session_operator_id", "account_session", ["operator_id"], unique=False)
    op.create_index("ix_account_session_person_id", "account_session", ["person_id"], unique=False)
    op.create_table(
        "catalogue_platform",
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("province", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.ForeignKeyConstraint(
            ["province"], ["catalogue_province.code"], name="fk_catalogue_platform_province"
        ),
        sa.PrimaryKeyConstraint("code", name="pk_catalogue_platform"),
    )
    op.create_table(
        "certificate_pin_tries",
        sa.Column("label", sa.String(length=80), nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.Column("wrong", sa.Integer(), nullable=False),
        sa.Column("last_try_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["label"], ["certificate_key_blob.label"], name="fk_certificate_pin_tries_label"
        ),
        sa.PrimaryKeyConstraint("label", name="pk_certificate_pin_tries"),
    )
    op.create_table(
        "enterprise",
        sa.Column("credit_code", sa.String(length=18), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("administrator_id", sa.Integer(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["administrator_id"], ["account_person.id"], name="fk_enterprise_administrator_id"
        ),
        sa.PrimaryKeyConstraint("credit_code", name="pk_enterprise"),
    )
    op.create_index("ix_enterprise_administrator_id", "enterprise", ["administrator_id"], unique=False)
    op.create_table(
        "catalogue_product",
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("platform", sa.String(length=40), nullable=False),
        sa.Column("authority", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("profile", sa.String(length=40), nullable=False),
        sa.Column("custody", sa.String(length=12), nullable=False),
        sa.Column("key_kind", sa.String(length=12), nullable=False),
        sa.Column("validity_days", sa.Integer(), nullable=False),
        sa.Column("fee_fen", sa.Integer(), nullable=False),
        sa.Column("term", sa.String(length=60), nullable=False),
        sa.Column("scope", sa.String(length=120), nullable=False),
        sa.Column("on_offer", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["authority"], ["catalogue_authority.code"], name="fk_catalogue_product_authority"
        ),
        sa.ForeignKeyConstraint(
            ["platform"], ["catalogue_platform.code"], name="fk_catalogue_product_platform"
        ),
        sa.PrimaryKeyConstraint("code", name="pk_catalogue_product"),
    )
    op.create_table(
        "application",
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("product", sa.String(length=40), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("enterprise_name", sa.String(length=64), nullable=False),
        sa.Column("credit_code", sa.String(length=18), nullable=False),
        sa.Column("legal_person", sa.String(length=40), nullable=False),
        sa.Column("legal_person_id", sa.LargeBinary(), nullable=False),
        sa.Column("administrator_name", sa.String(length=40), nullable=False),
        sa.Column("administrator_id", sa.LargeBinary(), nullable=False),
        sa.Column("administrator_phone", sa.String(length=11), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["account_person.id"], name="fk_application_person_id"),
        sa.ForeignKeyConstraint(["product"], ["catalogue_product.code"], name="fk_application_product"),
        sa.PrimaryKeyConstraint("id", name="pk_application"),
    )
    op.create_index("ix_application_credit_code", "application", ["credit_code"], unique=False)
    op.create_index("ix_application_person_id", "application", ["person_id", "created_at"], unique=False)
    op.create_index("ix_application_status", "application", ["status", "updated_at"], unique=False)
    op.create_table(
        "application_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.String(length=24), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=12), nullable=False),
        sa.Column("actor_id", sa.String(length=80), nullable=False),
        sa.Column("action", sa.String(length=12), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=True),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name="fk_application_event_application_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_application_event"),
    )
    op.create_index(
        "ix_application_event_application_id", "application_event", ["application_id"], unique=False
    )
    op.create_table(
        "application_evidence",
        sa.Column("application_id", sa.String(length=24), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("media_type", sa.String(length=40), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name="fk_application_evidence_application_id"
        ),
        sa.PrimaryKeyConstraint("application_id", "kind", name="pk_application_evidence"),
    )
    op.create_table(
        "certificate_holding",
        sa.Column("serial", sa.String(length=40), nullable=False),
        sa.Column("application_id", sa.String(length=24), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("enterprise_name", sa.String(length=64), nullable=False),
        sa.Column("credit_code", sa.String(length=18), nullable=False),
        sa.Column("custody", sa.String(length=12), nullable=False),
        sa.Column("key_label", sa.String(length=80), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name="fk_certificate_holding_application_id"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["account_person.id"], name="fk_certificate_holding_person_id"
        ),
        sa.PrimaryKeyConstraint("serial", name="pk_certificate_holding"),
        sa.UniqueConstraint("application_id", name="uq_certificate_holding_application_id"),
    )
    op.create_index(
        "ix_certificate_holding_credit_code", "certificate_holding", ["credit_code"], unique=False
    )
    op.create_index("ix_certificate_holding_person_id", "certificate_holding", ["person_id"], unique=False)
    op.create_table(
        "seal_stamp",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("serial", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("before_sha256", sa.String(length=64), nullable=False),
        sa.Column("after_sha256", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(["serial"], ["certificate_holding.serial"], name="fk_seal_stamp_serial"),
        sa.PrimaryKeyConstraint("id", name="pk_seal_stamp"),
    )
    op.create_index("ix_seal_stamp_serial", "seal_stamp", ["serial"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_seal_stamp_serial", table_name="seal_stamp")
    op.drop_table("seal_stamp")
    op.drop_index("ix_certificate_holding_person_id", table_name="certificate_holding")
    op.drop_index("ix_certificate_holding_credit_code", table_name="certificate_holding")
    op.drop_table("certificate_holding")
    op.drop_table("application_evidence")
    op.drop_index("ix_application_event_application_id", table_name="application_event")
    op.drop_table("application_event")
    op.drop_index("ix_application_status", table_name="application")
    op.drop_index("ix_application_person_id", table_name="application")
    op.drop_index("ix_application_credit_code", table_name="application")
    op.drop_table("application")
    op.drop_table("catalogue_product")
    op.drop_index("ix_enterprise_administrator_id", table_name="enterprise")
    op.drop_table("enterprise")
    op.drop_table("certificate_pin_tries")
    op.drop_table("catalogue_platform")
    op.drop_index("ix_account_session_person_id", table_name="account_session")
    op.drop_index("ix_account_session_operator_id", table_name="account_session")
    op.drop_index("ix_account_session_expires_at", table_name="account_session")
    op.drop_table("account_session")
    op.drop_table("outside_sandbox_sms")
    op.drop_table("certificate_key_blob")
    op.drop_table("catalogue_province")
    op.drop_table("catalogue_authority")
    op.drop_table("account_sms_code")
    op.drop_table("account_person")
    op.drop_table("account_operator")

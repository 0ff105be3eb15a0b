"""Real-name checks, identities, the sealed data key, and the sandbox of Alipay."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _checks()
    _identities()
    _certifications()
    _trades()


def _checks() -> None:
    op.create_table(
        "realname_check",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("method", sa.String(length=16), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=True),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("id_number", sa.LargeBinary(), nullable=False),
        sa.Column("id_number_hash", sa.String(length=64), nullable=False),
        sa.Column("provider", sa.String(length=24), nullable=False),
        sa.Column("reference", sa.String(length=64), nullable=True),
        sa.Column("answer_digest", sa.String(length=64), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["account_person.id"], name="fk_realname_check_person_id"),
        sa.PrimaryKeyConstraint("id", name="pk_realname_check"),
    )
    op.create_index("ix_realname_check_person_id_started_at", "realname_check", ["person_id", "started_at"])
    op.create_index(
        "ix_realname_check_id_number_hash_started_at", "realname_check", ["id_number_hash", "started_at"]
    )


def _identities() -> None:
    op.create_table(
        "realname_identity",
        sa.Column("person_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id_number_hash", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("id_number", sa.LargeBinary(), nullable=False),
        sa.Column("method", sa.String(length=16), nullable=False),
        sa.Column("check_id", sa.String(length=32), nullable=False),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["account_person.id"], name="fk_realname_identity_person_id"),
        sa.ForeignKeyConstraint(["check_id"], ["realname_check.id"], name="fk_realname_identity_check_id"),
        sa.PrimaryKeyConstraint("person_id", name="pk_realname_identity"),
        sa.UniqueConstraint("id_number_hash", name="uq_realname_identity_id_number_hash"),
    )
    op.create_table(
        "realname_data_key",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_realname_data_key"),
    )


def _certifications() -> None:
    op.create_table(
        "outside_alipay_certification",
        sa.Column("certify_id", sa.String(length=32), nullable=False),
        sa.Column("outer_order_no", sa.String(length=32), nullable=False),
        sa.Column("shown", sa.String(length=100), nullable=False),
        sa.Column("return_url", sa.String(length=400), nullable=False),
        sa.Column("status", sa.String(length=8), nullable=False),
        sa.Column("fail_reason", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("certify_id", name="pk_outside_alipay_certification"),
        sa.UniqueConstraint("outer_order_no", name="uq_outside_alipay_certification_outer_order_no"),
    )


def _trades() -> None:
    op.create_table(
        "outside_alipay_trade",
        sa.Column("trade_no", sa.String(length=32), nullable=False),
        sa.Column("out_trade_no", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=256), nullable=False),
        sa.Column("total_fen", sa.BigInteger(), nullable=False),
        sa.Column("refunded_fen", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("return_url", sa.String(length=400), nullable=False),
        sa.Column("notify_url", sa.String(length=400), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("trade_no", name="pk_outside_alipay_trade"),
        sa.UniqueConstraint("out_trade_no", name="uq_outside_alipay_trade_out_trade_no"),
    )
    op.create_table(
        "outside_alipay_refund",
        sa.Column("trade_no", sa.String(length=32), nullable=False),
        sa.Column("out_request_no", sa.String(length=64), nullable=False),
        sa.Column("fen", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=256), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["trade_no"], ["outside_alipay_trade.trade_no"], name="fk_outside_alipay_refund_trade_no"
        ),
        sa.PrimaryKeyConstraint("trade_no", "out_request_no", name="pk_outside_alipay_refund"),
    )
    op.create_table(
        "outside_alipay_notice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("url", sa.String(length=400), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_outside_alipay_notice"),
    )
    op.create_index("ix_outside_alipay_notice_due_at", "outside_alipay_notice", ["due_at"])


def downgrade() -> None:
    for table in (
        "outside_alipay_notice",
        "outside_alipay_refund",
        "outside_alipay_trade",
        "outside_alipay_certification",
        "realname_data_key",
        "realname_identity",
        "realname_check",
    ):
        op.drop_table(table)

"""Durable jobs, messages, idempotency keys."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    _messages()
    _jobs()
    op.create_table(
        "idempotency_call",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("lease", sa.String(length=32), nullable=False),
        sa.Column("ends_at", _TIME, nullable=False),
        sa.Column("fingerprint", sa.String(length=64)),
        sa.Column("status", sa.Integer()),
        sa.Column("headers", sa.Text()),
        sa.Column("body", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("name", name="pk_idempotency_call"),
    )
    op.create_index("ix_idempotency_call_ends_at", "idempotency_call", ["ends_at"])
    op.create_index("ix_ca_certificate_not_after", "ca_certificate", ["not_after"])


def _messages() -> None:
    op.create_table(
        "message",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("title", sa.String(length=80), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("application_id", sa.String(length=24)),
        sa.Column("serial", sa.String(length=40)),
        sa.Column("credit_code", sa.String(length=18)),
        sa.Column("key", sa.String(length=120)),
        sa.Column("posted_at", _TIME, nullable=False),
        sa.Column("read_at", _TIME),
        sa.PrimaryKeyConstraint("id", name="pk_message"),
        sa.UniqueConstraint("person_id", "key", name="uq_message_person_id_key"),
    )
    op.create_index("ix_message_person_id_id", "message", ["person_id", "id"])
    op.create_index("ix_message_person_id_kind_id", "message", ["person_id", "kind", "id"])
    op.create_index("ix_message_application_id", "message", ["application_id"])
    unread = sa.text("read_at IS NULL")
    op.create_index(
        "ix_message_unread", "message", ["person_id", "kind"], sqlite_where=unread, postgresql_where=unread
    )


def _jobs() -> None:
    op.create_table(
        "job",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("key", sa.String(length=120)),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("run_at", _TIME, nullable=False),
        sa.Column("lease", sa.String(length=32)),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=60)),
        sa.Column("every", sa.Integer()),
        sa.Column("finished_at", _TIME),
        sa.PrimaryKeyConstraint("id", name="pk_job"),
        sa.UniqueConstraint("key", name="uq_job_key"),
    )
    due = sa.text("status IN ('waiting', 'running')")
    op.create_index("ix_job_due", "job", ["run_at"], sqlite_where=due, postgresql_where=due)
    op.create_index("ix_job_status", "job", ["status", "finished_at"])


def downgrade() -> None:
    op.drop_index("ix_ca_certificate_not_after", table_name="ca_certificate")
    for table in ("idempotency_call", "job", "message"):
        op.drop_table(table)
